"""Whole int8 models compiled with --numerics litert against LiteRT's reference kernels, byte by byte.

Run: python exact.py [steps]   (after `cargo build --release -p mote-cli` and pip install -r requirements.txt)
"""

import pathlib
import sys
import tempfile

import numpy

from common import REFERENCE, ZOO, REPOSITORY, golden_input, litert, mote

MODELS = [
    *sorted(ZOO.glob("models/mlperf/*int8.tflite")),
    *sorted(ZOO.glob("models/tflm/*int8.tflite")),
    *sorted(ZOO.glob("models/wakeword/*.tflite")),
    *sorted(REPOSITORY.glob("models/*/*_int8.tflite")),
]


def compare(path, steps, folder):
    """(differing bytes, bytes), or the reason why there is nothing to compare."""
    try:
        interpreter = litert(path, REFERENCE)
    except (RuntimeError, ValueError) as error:
        return f"LiteRT refuses it: {str(error).strip().splitlines()[-1][:60]}"
    compiled, x, y = folder / "m.mote", folder / "x.raw", folder / "y.raw"
    try:
        mote("compile", path, "-o", compiled, "--numerics", "litert")
    except Exception:
        return "Mote refuses it"
    inputs, theirs = b"", b""
    for step in range(steps):
        for k, detail in enumerate(interpreter.get_input_details()):
            value = golden_input(step, k, detail)
            interpreter.set_tensor(detail["index"], value)
            inputs += value.tobytes()
        interpreter.invoke()
        for detail in interpreter.get_output_details():
            theirs += interpreter.get_tensor(detail["index"]).tobytes()
    x.write_bytes(inputs)
    mote("run", compiled, "--input", x, "--output", y)
    ours = numpy.frombuffer(y.read_bytes(), numpy.uint8)
    return int((ours != numpy.frombuffer(theirs, numpy.uint8)).sum()), len(ours)


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in MODELS:
            result = compare(path, steps, pathlib.Path(folder))
            if isinstance(result, str):
                print(f"{path.stem:32} skipped: {result}")
                continue
            differing, total = result
            passed, failed = passed + (differing == 0), failed + (differing != 0)
            print(f"{path.stem:32} {differing:7} of {total:8} bytes differ, {steps} inputs")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
