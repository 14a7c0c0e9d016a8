"""QUANTIZE, DEQUANTIZE and CAST."""

from maker.builder import TENSOR_TYPES, Model

# name -> (input dtype, scale, zero point, output dtype, scale, zero point)
_QUANTIZE = {
    "f32_to_i8": ("float32", None, 0, "int8", 0.0117, 13),
    "f32_to_i8_saturating": ("float32", None, 0, "int8", 0.003, -128),
    "f32_to_i8_ties": ("float32", None, 0, "int8", 0.0078125, 0),
    "f32_to_u8": ("float32", None, 0, "uint8", 0.0093, 121),
    "f32_to_i16": ("float32", None, 0, "int16", 0.00004, 0),
    "i8_to_i8_coarser": ("int8", 0.031, 5, "int8", 0.074, -20),
    "i8_to_i8_finer": ("int8", 0.074, -20, "int8", 0.031, 5),
    "i8_to_i8_half": ("int8", 0.5, 0, "int8", 1.0, 0),
    "i8_to_i8_offset_only": ("int8", 0.04, -128, "int8", 0.04, 0),
    "i8_to_u8_same_scale": ("int8", 1.0 / 256, -128, "uint8", 1.0 / 256, 0),
    "i8_to_u8_rescaled": ("int8", 0.05, 3, "uint8", 0.07, 100),
    "u8_to_i8_same_scale": ("uint8", 0.02, 128, "int8", 0.02, 0),
    "u8_to_i8_rescaled": ("uint8", 0.02, 77, "int8", 0.013, -40),
    "i8_to_i32": ("int8", 0.05, 3, "int32", 0.0011, 0),
    "i16_to_i8": ("int16", 0.0003, 0, "int8", 0.08, -2),
}
_DEQUANTIZE = {
    "i8": ("int8", 0.0371, -44), "i8_extreme": ("int8", 3.3, 127), "u8": ("uint8", 0.0213, 130),
    "i16": ("int16", 0.00017, 0),
}
_CAST = (("int8", "int32"), ("int8", "float32"), ("int32", "float32"), ("int32", "int8"),
         ("int8", "int16"), ("int16", "int32"), ("int16", "int8"), ("uint8", "int32"))
_SHORT = {"float32": "f32", "int8": "i8", "uint8": "u8", "int16": "i16", "int32": "i32"}


def cases():
    """All models of this module."""
    for name, (dtype, scale, zero, to, to_scale, to_zero) in _QUANTIZE.items():
        model = Model(f"quantize_{name}", "QUANTIZE", dtype)
        source = model.input((1, 64), scale=scale, zero_point=zero)
        output = model.output((1, 64), to, to_scale, to_zero)
        model.add("QUANTIZE", [source], [output], "QuantizeOptions")
        yield model
    for name, (dtype, scale, zero) in _DEQUANTIZE.items():
        model = Model(f"dequantize_{name}", "DEQUANTIZE", dtype)
        source = model.input((2, 12), scale=scale, zero_point=zero)
        output = model.output((2, 12), "float32")
        model.add("DEQUANTIZE", [source], [output], "DequantizeOptions")
        yield model
    for dtype, to in _CAST:
        model = Model(f"cast_{_SHORT[dtype]}_to_{_SHORT[to]}", "CAST", dtype)
        source, output = model.input((2, 3, 4)), model.output((2, 3, 4), to)
        model.add("CAST", [source], [output], "CastOptions", inDataType=TENSOR_TYPES[dtype],
                  outDataType=TENSOR_TYPES[to])
        yield model
    for to in ("int8", "int32"):
        # MUL by 50 first: the inputs are -1..1, and a cast beyond the target's range is undefined.
        model = Model(f"cast_f32_to_{_SHORT[to]}", "CAST", "float32")
        source, scaled = model.input((1, 24)), model.tensor((1, 24))
        output = model.output((1, 24), to)
        gain = model.constant([50.0], "float32")
        model.add("MUL", [source, gain], [scaled], "MulOptions")
        model.add("CAST", [scaled], [output], "CastOptions", inDataType=TENSOR_TYPES["float32"],
                  outDataType=TENSOR_TYPES[to])
        yield model
