"""Makes vectors.txt: what TensorFlow Lite Micro computes for single operators with odd parameters.

Run from the repository root, with the packages of tests/golden/requirements.txt installed:
    PYTHONPATH=tests/golden python runtime/core/kernels/tests/tflm/make.py
Each line is one case: operator, numbers, and hex strings, separated by blanks.
"""

import pathlib
import struct

import numpy as np
from maker.builder import ACTIVATIONS, PADDINGS, Model
from tflite_micro import runtime

RANDOM = np.random.default_rng(20261123)
LINES = []


def run(model, *inputs):
    interpreter = runtime.Interpreter.from_bytes(model.to_bytes(), arena_size=200_000)
    for index, data in enumerate(inputs):
        interpreter.set_input(data, index)
    interpreter.invoke()
    return interpreter.get_output(0)


def emit(*fields):
    def text(field):
        if isinstance(field, np.ndarray):
            return field.tobytes().hex() or "-"
        if isinstance(field, (float, np.floating)):
            return struct.pack("<f", field).hex()
        return str(int(field)) if not isinstance(field, str) else field

    LINES.append(" ".join(text(field) for field in fields))


def scale(low=0.002, high=0.2):
    return np.float32(np.exp(RANDOM.uniform(np.log(low), np.log(high))))


def zero_point():
    return int(RANDOM.integers(-128, 128))


def int8(*shape):
    return RANDOM.integers(-128, 128, size=shape).astype(np.int8)


def unary(operator, count, output=None, options=None, fields=lambda: {}, extra=(), in_dtype="int8", out_dtype="int8"):
    """One line per case: operator, input scale and zero point, output scale and zero point, extra, 256 outputs."""
    for case in range(count):
        model = Model(f"{operator}{case}", operator)
        in_scale, in_zero = scale(), zero_point()
        if in_dtype == "uint8":
            in_zero += 128
        out_scale, out_zero = output(in_scale) if output else (scale(), zero_point())
        if operator == "HARD_SWISH":
            out_scale = np.float32(max(out_scale, in_scale / 100))
        if out_dtype == "uint8":
            out_zero += 128
        a = model.input([1, 256], in_dtype, in_scale, in_zero)
        b = model.output([1, 256], out_dtype, out_scale, out_zero)
        values = fields()
        model.add(operator, [a], [b], options, **values)
        data = np.arange(256).astype(np.uint8).view(in_dtype).reshape(1, 256)
        name = operator if in_dtype == out_dtype else f"{operator}_{in_dtype}_{out_dtype}"
        emit(name, in_scale, in_zero, out_scale, out_zero, *[values[key] for key in extra], run(model, data))


def binary(operator, count, options):
    for case in range(count):
        activation = list(ACTIVATIONS)[case % 3]
        a_scale, a_zero, b_scale, b_zero = scale(), zero_point(), scale(), zero_point()
        out_scale, out_zero = scale(0.01, 0.5), zero_point()
        if operator == "MUL":
            out_scale = np.float32(a_scale * b_scale * RANDOM.uniform(3, 300))
        model = Model(f"{operator}{case}", operator)
        a = model.input([1, 300], "int8", a_scale, a_zero)
        b = model.input([1, 300], "int8", b_scale, b_zero)
        c = model.output([1, 300], "int8", out_scale, out_zero)
        model.add(operator, [a, b], [c], options, fusedActivationFunction=ACTIVATIONS[activation])
        x, y = int8(1, 300), int8(1, 300)
        emit(operator, a_scale, a_zero, b_scale, b_zero, out_scale, out_zero, activation, x, y, run(model, x, y))


def softmax():
    for case, (depth, beta, in_scale) in enumerate(
        [(10, 1.0, 0.1), (2, 1.0, 0.0039), (12, 0.7, 0.3), (100, 1.0, 0.02), (4, 2.5, 0.7), (600, 1.0, 0.01), (5, 1.0, 9.0)]
    ):
        in_scale = np.float32(in_scale * RANDOM.uniform(0.9, 1.1))
        model = Model(f"softmax{case}", "SOFTMAX")
        a = model.input([8, depth], "int8", in_scale, zero_point())
        b = model.output([8, depth], "int8", 1 / 256, -128)
        model.add("SOFTMAX", [a], [b], "SoftmaxOptions", beta=beta)
        x = int8(8, depth)
        emit("SOFTMAX", in_scale, np.float32(beta), depth, x, run(model, x))


def reduce():
    shapes = [([1, 4, 5, 7], [1, 2]), ([2, 4, 5, 7], [2, 1]), ([1, 3, 6, 70], [3]), ([2, 9], [0]), ([3, 5, 8], [1]),
              ([1, 4, 5, 7], [1, 3]), ([2, 3, 4, 5], [0, 2]), ([1, 16, 16, 3], [1, 2])]
    for operator in ("MEAN", "SUM"):
        for case, (shape, axes) in enumerate(shapes * 3):
            same = case % 3 == 0
            keep = case % 2 == 0
            in_scale, in_zero = scale(), zero_point()
            count = int(np.prod([shape[axis] for axis in axes]))
            wide = in_scale * (count if operator == "SUM" else 1)
            out_scale, out_zero = (in_scale, in_zero) if same else (np.float32(wide * RANDOM.uniform(0.2, 2)), zero_point())
            model = Model(f"{operator}{case}", operator)
            a = model.input(shape, "int8", in_scale, in_zero)
            axis = model.constant(np.array(axes, np.int32), "int32")
            left = [1 if index in axes else extent for index, extent in enumerate(shape)]
            if not keep:
                left = [extent for index, extent in enumerate(shape) if index not in axes]
            b = model.output(left, "int8", out_scale, out_zero)
            model.add(operator, [a, axis], [b], "ReducerOptions", keepDims=keep)
            x = int8(*shape)
            flags = "".join("1" if index in axes else "0" for index in range(len(shape)))
            extents = ",".join(map(str, shape))
            emit(operator, in_scale, in_zero, out_scale, out_zero, extents, flags, x, run(model, x))


def pool():
    for operator in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
        for case, (h, w, c, kh, kw, sh, sw, padding) in enumerate(
            [(8, 8, 3, 2, 2, 2, 2, "valid"), (7, 9, 70, 3, 3, 2, 1, "same"), (25, 5, 64, 25, 5, 25, 5, "valid"),
             (6, 6, 5, 4, 3, 1, 1, "same")]
        ):
            s, z = scale(), zero_point()
            model = Model(f"{operator}{case}", operator)
            extent = lambda n, k, t: -(-n // t) if padding == "same" else -(-(n - k + 1) // t)
            oh, ow = extent(h, kh, sh), extent(w, kw, sw)
            a = model.input([1, h, w, c], "int8", s, z)
            b = model.output([1, oh, ow, c], "int8", s, z)
            activation = list(ACTIVATIONS)[case % 3]
            model.add(operator, [a], [b], "Pool2DOptions", filterHeight=kh, filterWidth=kw, strideH=sh, strideW=sw,
                      padding=PADDINGS[padding], fusedActivationFunction=ACTIVATIONS[activation])
            x = int8(1, h, w, c)
            top = max((oh - 1) * sh + kh - h, 0) // 2 if padding == "same" else 0
            left = max((ow - 1) * sw + kw - w, 0) // 2 if padding == "same" else 0
            geometry = ",".join(map(str, (h, w, c, oh, ow, kh, kw, sh, sw, top, left)))
            emit(operator, s, z, activation, geometry, x, run(model, x))


def resize():
    for operator, options in (("RESIZE_BILINEAR", "ResizeBilinearOptions"),
                              ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions")):
        for align, half in ((False, False), (True, False), (False, True)):
            for h, w, c, oh, ow in ((3, 4, 2, 7, 9), (8, 8, 5, 3, 5), (4, 4, 66, 8, 8), (1, 2, 1, 5, 1)):
                model = Model(f"{operator}{align}{half}{h}{w}{c}{oh}{ow}", operator)
                a = model.input([1, h, w, c], "int8", 0.1, 3)
                size = model.constant(np.array([oh, ow], np.int32), "int32")
                b = model.output([1, oh, ow, c], "int8", 0.1, 3)
                model.add(operator, [a, size], [b], options, alignCorners=align, halfPixelCenters=half)
                x = int8(1, h, w, c)
                geometry = ",".join(map(str, (h, w, c, oh, ow)))
                emit(operator, align, half, geometry, x, run(model, x))


def quantize_float():
    for case in range(4):
        s, z = scale(), zero_point()
        model = Model(f"quantize{case}", "QUANTIZE", "float32")
        a = model.input([1, 400], "float32")
        b = model.output([1, 400], "int8", s, z)
        model.add("QUANTIZE", [a], [b], "QuantizeOptions")
        x = np.concatenate([(np.arange(200) - 100.5) * s, RANDOM.normal(0, 60 * s, 200)]).astype(np.float32).reshape(1, -1)
        emit("QUANTIZE_F32", s, z, x, run(model, x))
        model = Model(f"dequantize{case}", "DEQUANTIZE")
        a = model.input([1, 256], "int8", s, z)
        b = model.output([1, 256], "float32")
        model.add("DEQUANTIZE", [a], [b], "DequantizeOptions")
        x = np.arange(256).astype(np.uint8).view(np.int8).reshape(1, 256)
        emit("DEQUANTIZE", s, z, x, run(model, x))


def fully_connected():
    """Biases chosen where a product of scales rounded to single precision gives another output than a double one."""
    for case in range(6):
        while True:
            a, b = scale(0.002, 0.01), scale(0.002, 0.01)
            if abs(np.float64(np.float32(a * b)) / (np.float64(a) * np.float64(b)) - 1) > 2e-8:
                break
        c = np.float32(np.float64(a) * np.float64(b) * 2**23)
        single, double = np.float64(np.float32(a * b)) / np.float64(c), np.float64(a) * np.float64(b) / np.float64(c)
        steps = np.arange(20, 120) + 0.5
        biases = np.round(steps / ((single + double) / 2)).astype(np.int32)
        model = Model(f"fully_connected{case}", "FULLY_CONNECTED")
        x = model.input([1, 1], "int8", a, 0)
        w = model.constant(np.zeros((100, 1), np.int8), "int8", b)
        bias = model.constant(biases, "int32", np.float32(a * b))
        y = model.output([1, 100], "int8", c, 0)
        model.add("FULLY_CONNECTED", [x, w, bias], [y], "FullyConnectedOptions")
        emit("FULLY_CONNECTED", a, b, c, biases, run(model, np.zeros((1, 1), np.int8)))
        model = Model(f"convolution{case}", "CONV_2D")
        x = model.input([1, 1, 1, 1], "int8", a, 0)
        w = model.constant(np.zeros((100, 1, 1, 1), np.int8), "int8", [b] * 100, 0, 0)
        bias = model.constant(biases, "int32", [np.float32(a * b)] * 100, 0, 0)
        y = model.output([1, 1, 1, 100], "int8", c, 0)
        model.add("CONV_2D", [x, w, bias], [y], "Conv2DOptions", strideH=1, strideW=1)
        emit("CONV_2D", a, b, c, biases, run(model, np.zeros((1, 1, 1, 1), np.int8)))


unary("LOGISTIC", 8, lambda _: (np.float32(1 / 256), -128))
unary("TANH", 8, lambda _: (np.float32(1 / 128), 0))
unary("RELU", 8)
unary("RELU6", 8)
unary("LEAKY_RELU", 12, None, "LeakyReluOptions", lambda: {"alpha": np.float32(RANDOM.uniform(-0.3, 1.2))}, ("alpha",))
unary("HARD_SWISH", 12, None, "HardSwishOptions")
unary("QUANTIZE", 8, None, "QuantizeOptions")
unary("QUANTIZE", 4, None, "QuantizeOptions", in_dtype="int8", out_dtype="uint8")
unary("QUANTIZE", 4, None, "QuantizeOptions", in_dtype="uint8", out_dtype="int8")
binary("ADD", 9, "AddOptions")
binary("SUB", 9, "SubOptions")
binary("MUL", 9, "MulOptions")
softmax()
reduce()
pool()
resize()
quantize_float()
fully_connected()
pathlib.Path(__file__).with_name("vectors.txt").write_text("\n".join(LINES) + "\n")
