"""The packed file: every case with its model and the answers (format in README.md of the folder above)."""

import struct

import numpy as np

MAGIC = b"MOTEONNX"
CODES = {np.dtype(np.float32): 0, np.dtype(np.int8): 1, np.dtype(np.uint8): 2, np.dtype(np.int32): 3}


def _bytes(data):
    return struct.pack("<I", len(data)) + data


def _text(text):
    return _bytes(text.encode())


def _array(array):
    header = struct.pack("<BB", CODES[array.dtype], array.ndim) + struct.pack(f"<{array.ndim}I", *array.shape)
    return header + _bytes(np.ascontiguousarray(array).tobytes())


def record(case, model, plain, optimised):
    out = _text(case.name) + _text(case.family) + _bytes(model.SerializeToString()) + struct.pack("<B", len(plain))
    for a, b in zip(plain, optimised):
        out += _array(a)
        same = a.tobytes() == b.tobytes()
        out += struct.pack("<B", 0 if same else 1) + (b"" if same else _array(b))
    return out


def whole(records):
    return MAGIC + struct.pack("<I", len(records)) + b"".join(records)
