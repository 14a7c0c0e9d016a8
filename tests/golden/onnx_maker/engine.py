"""onnxruntime on the formula's inputs (see README.md of the folder above)."""

import numpy as np
import onnxruntime

DTYPES = {"tensor(float)": np.float32, "tensor(int8)": np.int8, "tensor(uint8)": np.uint8, "tensor(int32)": np.int32}


def formula(dtype, shape, index):
    """Input number `index`: a hash of the element's number, in the element's type."""
    with np.errstate(over="ignore"):
        count = int(np.prod(shape, dtype=np.int64))
        u = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        u += np.uint64(index) * np.uint64(0xD1B54A32D192ED03)
        u ^= u >> np.uint64(30)
        u *= np.uint64(0xBF58476D1CE4E5B9)
        u ^= u >> np.uint64(27)
        u *= np.uint64(0x94D049BB133111EB)
        u ^= u >> np.uint64(31)
    if dtype == np.float32:
        values = (u >> np.uint64(40)).astype(np.float64) / 2**24 * 2 - 1
        return values.astype(np.float32).reshape(shape)
    return (u >> np.uint64(56)).astype(np.uint8).view(dtype).reshape(shape)


def run(model, name, optimised):
    """Outputs of `model` (an onnx.ModelProto) on the formula's inputs."""
    options = onnxruntime.SessionOptions()
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
        ports = session.get_inputs()
        inputs = {port.name: formula(DTYPES[port.type], port.shape, at) for at, port in enumerate(ports)}
        return session.run(None, inputs)
    except Exception as error:
        raise SystemExit(f"{name}: {error}") from error


def distance(a, b):
    """Elementwise distance, in numbers of the type."""
    return np.abs(a.astype(np.float64) - b.astype(np.float64))
