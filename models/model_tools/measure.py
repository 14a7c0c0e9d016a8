"""Runs a `.tflite` file over a whole test set with the two public interpreters and compares what they say."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

TFLM = f"tflite-micro {version('tflite-micro')} (TensorFlow Lite Micro reference kernels, x86-64)"
LITERT = f"ai-edge-litert {version('ai-edge-litert')} (BUILTIN_REF kernels, no delegate, x86-64)"


@dataclass(frozen=True)
class TensorInfo:
    """Outer tensor of a model: name, shape with its batch of one, and int8 parameters (scale 0 for float)."""

    name: str
    shape: list[int]
    scale: float
    zero_point: int


@dataclass(frozen=True)
class Agreement:
    """How many raw output values the two interpreters disagree on, and by how many steps at most."""

    values: int
    differing_values: int
    largest_difference: int


def describe(path: Path) -> tuple[TensorInfo, TensorInfo]:
    """Input and output of a model with one of each."""
    interpreter = _litert(path)

    def info(details):
        scale, zero_point = details["quantization"]
        return TensorInfo(details["name"], [int(size) for size in details["shape"]], float(scale), int(zero_point))

    return info(interpreter.get_input_details()[0]), info(interpreter.get_output_details()[0])


def quantise(values: np.ndarray, info: TensorInfo) -> np.ndarray:
    """int8 values of float32 `values`: divide by the scale, round to nearest, add the zero point, clamp.

    Raises ValueError if a value sits so near a tie that float32 and float64, or the two common tie rules, disagree:
    a recorded output hash would then depend on which one a runtime picked.
    """
    scale = np.float32(info.scale)
    single = values.astype(np.float32) / scale
    double = values.astype(np.float64) / np.float64(scale)
    candidates = [np.rint(single), np.rint(double), np.sign(single) * np.floor(np.abs(single) + np.float32(0.5))]
    if any(not np.array_equal(candidates[0], other) for other in candidates[1:]):
        raise ValueError("an input value is a rounding tie; give the test set values that are not")
    return np.clip(candidates[0] + info.zero_point, -128, 127).astype(np.int8)


def dequantise(raw: np.ndarray, info: TensorInfo) -> np.ndarray:
    """float32 values of raw int8 outputs."""
    return (raw.astype(np.float32) - np.float32(info.zero_point)) * np.float32(info.scale)


def run_tflm(path: Path, rows: np.ndarray) -> np.ndarray:
    """Raw outputs [N, ...] of TensorFlow Lite Micro for raw inputs [N, ...] (no batch axis beyond N)."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_file(str(path))
    outputs = []
    for row in rows:
        interpreter.set_input(row[np.newaxis], 0)
        interpreter.invoke()
        outputs.append(interpreter.get_output(0).reshape(-1).copy())
    return np.stack(outputs)


def run_litert(path: Path, rows: np.ndarray) -> np.ndarray:
    """Raw outputs [N, ...] of LiteRT's reference kernels; also runs float files."""
    interpreter = _litert(path)
    input_index = interpreter.get_input_details()[0]["index"]
    output_index = interpreter.get_output_details()[0]["index"]
    outputs = []
    for row in rows:
        interpreter.set_tensor(input_index, row[np.newaxis])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(output_index).reshape(-1).copy())
    return np.stack(outputs)


def compare(left: np.ndarray, right: np.ndarray) -> Agreement:
    """Counts differing raw int8 values."""
    difference = np.abs(left.astype(np.int32) - right.astype(np.int32))
    return Agreement(int(difference.size), int(np.count_nonzero(difference)), int(difference.max()))


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def _litert(path: Path):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(model_path=str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    return interpreter
