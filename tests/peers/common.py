"""What the comparisons with LiteRT share: where models are, how the `mote` command is called."""

import json
import os
import pathlib
import subprocess

import numpy
from ai_edge_litert.interpreter import Interpreter, OpResolverType

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
ZOO = pathlib.Path(os.environ.get("MOTE_ZOO", REPOSITORY.parent / "shared" / "zoo"))
MOTE = REPOSITORY / "target" / "release" / "mote"
REFERENCE = OpResolverType.BUILTIN_REF
PLAIN = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


def mote(*arguments):
    """Runs the command with --json and returns its document."""
    done = subprocess.run([MOTE, *map(str, arguments), "--json"], check=True, capture_output=True)
    return json.loads(done.stdout)


def litert(path, kernels):
    """An interpreter on one thread."""
    interpreter = Interpreter(str(path), experimental_op_resolver_type=kernels, num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def golden_input(step, k, detail):
    """Input k of a step by the formula of the file specification (8-bit types)."""
    count = int(numpy.prod(detail["shape"]))
    with numpy.errstate(over="ignore"):
        u = numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        u += numpy.uint64(16 * step + k) * numpy.uint64(0xD1B54A32D192ED03)
        u ^= u >> numpy.uint64(30)
        u *= numpy.uint64(0xBF58476D1CE4E5B9)
        u ^= u >> numpy.uint64(27)
        u *= numpy.uint64(0x94D049BB133111EB)
        u ^= u >> numpy.uint64(31)
    return (u >> numpy.uint64(56)).astype(numpy.uint8).view(detail["dtype"]).reshape(detail["shape"])
