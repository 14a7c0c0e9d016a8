"""The input formula: golden inputs are computed, never stored.

For element i (from 0) of input k at step s, with seed = 16*s + k, all in wrapping 64-bit unsigned
arithmetic, a splitmix64-style mix of (i+1) and seed gives u; each dtype takes its bits from u.
"""

import numpy as np

_MASK = (1 << 64) - 1


def _mix(element, seed):
    """The 64-bit hash of one element, as a Python integer below 2^64."""
    u = ((element + 1) * 0x9E3779B97F4A7C15 + seed * 0xD1B54A32D192ED03) & _MASK
    u ^= u >> 30
    u = u * 0xBF58476D1CE4E5B9 & _MASK
    u ^= u >> 27
    u = u * 0x94D049BB133111EB & _MASK
    return u ^ (u >> 31)


def _value(u, dtype):
    """One element of `dtype` out of the hash u."""
    if dtype == "float32":
        return (u >> 40) / 2.0**24 * 2.0 - 1.0
    if dtype == "int8":
        return (u >> 56) - 256 if (u >> 56) >= 128 else u >> 56
    if dtype == "uint8":
        return u >> 56
    if dtype == "int16":
        return (u >> 48) - 65536 if (u >> 48) >= 32768 else u >> 48
    if dtype in ("int32", "int64"):
        return u % 256
    raise ValueError(f"the formula has no rule for {dtype}")


def make_input(shape, dtype, step, index):
    """Input number `index` at `step`, of `shape` (C order) and numpy dtype name `dtype`."""
    count = int(np.prod(shape, dtype=np.int64))
    seed = 16 * step + index
    flat = [_value(_mix(i, seed), dtype) for i in range(count)]
    return np.array(flat, dtype=dtype).reshape(shape)
