"""Well-formed flatbuffers that say something impossible or unsupported.

Each case is (name, bytes, what is wrong, words of which the refusal must hold one).
"""

import math

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from maker.builder import ACTIVATIONS, PADDINGS, Model

SHAPE = (1, 4, 4, 2)
INPUTS = [{"shape": list(SHAPE), "dtype": "int8"}]
FLOAT_CASES = ("hybrid_without_scale",)
_SCALE = 0.05
# Tensor numbers in the sound model.
SOURCE, WEIGHTS, BIAS, MIDDLE, RESULT = range(5)


def sound():
    """The undamaged model: a per-channel convolution and a RELU."""
    model = Model("malformed_base", "CONV_2D")
    source = model.input(SHAPE, scale=_SCALE, zero_point=-3)
    scales = np.array([0.01, 0.02, 0.03], np.float32)
    weights = model.constant(model.weights((3, 3, 3, 2)), "int8", scales)
    bias = model.constant([100, -200, 300], "int32", scales * np.float32(_SCALE))
    middle = model.tensor((1, 4, 4, 3), scale=0.2, zero_point=1)
    model.add("CONV_2D", [source, weights, bias], [middle], "Conv2DOptions",
              padding=PADDINGS["same"], strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1,
              fusedActivationFunction=ACTIVATIONS["none"])
    result = model.output((1, 4, 4, 3), scale=0.2, zero_point=1)
    model.add("RELU", [middle], [result])
    return model


def _changed(change):
    """Bytes of the sound model after `change(model, tensors, operators)`."""
    model = sound()
    change(model, model.graph.tensors, model.graph.operators)
    return model.to_bytes()


def _set(target, **fields):
    for name, value in fields.items():
        setattr(target, name, value)


def _quantisation(tensor, **fields):
    """A change of one tensor's quantisation parameters."""
    return lambda model, tensors, operators: _set(tensors[tensor].quantization, **fields)


def _options(operator, **fields):
    """A change of one operator's options."""
    return lambda model, tensors, operators: _set(operators[operator].builtinOptions, **fields)


def _operator(operator, **fields):
    """A change of one operator's record."""
    return lambda model, tensors, operators: _set(operators[operator], **fields)


def _tensor(tensor, **fields):
    """A change of one tensor's record."""
    return lambda model, tensors, operators: _set(tensors[tensor], **fields)


def _code(operator, **fields):
    """A change of the operator code of one operator."""
    return lambda model, tensors, operators: _set(model.root.operatorCodes[operator], **fields)


def _custom(model, tensors, operators):
    _set(model.root.operatorCodes[1], builtinCode=schema.BuiltinOperator.CUSTOM,
         deprecatedBuiltinCode=schema.BuiltinOperator.CUSTOM, customCode=b"UnheardOf")


def _unknown_builtin(model, tensors, operators):
    _set(model.root.operatorCodes[1], builtinCode=99999, deprecatedBuiltinCode=127)


def _hybrid_without_scale(model, tensors, operators):
    for index in (SOURCE, BIAS, MIDDLE, RESULT):
        _set(tensors[index], type=schema.TensorType.FLOAT32, quantization=None)
    _set(tensors[WEIGHTS], quantization=None)


def _short_buffer(model, tensors, operators):
    buffer = model.root.buffers[tensors[WEIGHTS].buffer]
    buffer.data = buffer.data[:20]


def _long_buffer(model, tensors, operators):
    buffer = model.root.buffers[tensors[WEIGHTS].buffer]
    buffer.data = buffer.data + bytes(9)


def _weights_as_input(model, tensors, operators):
    tensors[WEIGHTS].buffer = 0
    model.graph.inputs.append(WEIGHTS)


def _data_of_weights_gone(model, tensors, operators):
    tensors[WEIGHTS].buffer = 0


def _cyclic(model, tensors, operators):
    operators[0].inputs[0] = RESULT


def _used_before_written(model, tensors, operators):
    operators.reverse()


def _written_twice(model, tensors, operators):
    operators[1].outputs = [MIDDLE]
    model.graph.outputs = [MIDDLE]


def _no_outputs(model, tensors, operators):
    model.graph.outputs = []


def _no_subgraph(model, tensors, operators):
    model.root.subgraphs = []


def _schema_version(model, tensors, operators):
    model.root.version = 4


def _output_index(model, tensors, operators):
    model.graph.outputs = [99]


def _input_index(model, tensors, operators):
    model.graph.inputs = [-2]


def _bias_short(model, tensors, operators):
    tensors[BIAS].shape = [2]
    buffer = model.root.buffers[tensors[BIAS].buffer]
    buffer.data = buffer.data[:8]
    _set(tensors[BIAS].quantization, scale=[0.0005, 0.001], zeroPoint=[0, 0])


def _huge_constant(model, tensors, operators):
    tensors[WEIGHTS].shape = [65536, 65536, 65536, 65536]


_INDEX = ["malformed", "index", "name tensor"]
_SHAPE = ["shape", "extent", "elements"]
_SCALES = ["scale"]

ROWS = {  # name: (change, what is wrong, words)
    "operator_input_out_of_range": (_operator(0, inputs=[SOURCE, 99, BIAS]), "tensor 99 of 5", _INDEX),
    "operator_input_negative": (_operator(0, inputs=[-7, WEIGHTS, BIAS]), "tensor -7", _INDEX),
    "operator_input_largest": (_operator(0, inputs=[2**31 - 1, WEIGHTS, BIAS]), "tensor 2^31 - 1", _INDEX),
    "operator_output_out_of_range": (_operator(1, outputs=[99]), "tensor 99 of 5", _INDEX),
    "operator_output_absent": (_operator(1, outputs=[]), "RELU without an output", ["output"]),
    "operator_inputs_absent": (_operator(0, inputs=[]), "CONV_2D without inputs", ["input"]),
    "operator_input_omitted": (_operator(0, inputs=[-1, WEIGHTS, BIAS]), "CONV_2D's input is -1", ["input"]),
    "opcode_out_of_range": (_operator(1, opcodeIndex=42), "operator code 42 of 2", ["operator code"]),
    "buffer_out_of_range": (_tensor(WEIGHTS, buffer=77), "buffer 77 of 3", ["buffer"]),
    "graph_output_out_of_range": (_output_index, "graph output is tensor 99", _INDEX),
    "graph_input_negative": (_input_index, "graph input is tensor -2", _INDEX),
    "graph_without_outputs": (_no_outputs, "the main subgraph has no outputs", ["output"]),
    "no_subgraph": (_no_subgraph, "no subgraph", ["subgraph"]),
    "schema_version_4": (_schema_version, "schema version 4", ["version"]),
    "shape_negative": (_tensor(SOURCE, shape=[1, -4, 4, 2]), "an extent of -4", _SHAPE),
    "shape_zero_extent": (_tensor(SOURCE, shape=[1, 0, 4, 2]), "an extent of 0", _SHAPE),
    "shape_product_overflow": (_tensor(MIDDLE, shape=[65536] * 4), "2^64 elements", _SHAPE),
    "shape_product_overflow_32": (_tensor(MIDDLE, shape=[65536, 65536, 1, 1]), "2^32 elements", _SHAPE),
    "shape_largest_extents": (_tensor(MIDDLE, shape=[2**31 - 1] * 4), "extents of 2^31 - 1", _SHAPE),
    "shape_of_constant_overflows": (_huge_constant, "weights of 2^64 elements", [*_SHAPE, "buffer"]),
    "shape_rank_12": (_tensor(MIDDLE, shape=[1] * 10 + [4, 12]), "twelve axes", ["axes", "rank", "shape"]),
    "shape_not_what_the_operator_gives": (_tensor(MIDDLE, shape=[1, 3, 3, 3]), "SAME convolution declared 3x3", ["shape"]),
    "dynamic_shape": (_tensor(SOURCE, shapeSignature=[1, -1, 4, 2]), "height is -1 in shape_signature", ["dynamic shape"]),
    "buffer_shorter_than_shape": (_short_buffer, "20 bytes for 54 weights", ["buffer"]),
    "buffer_longer_than_shape": (_long_buffer, "63 bytes for 54 weights", ["buffer"]),
    "bias_too_short": (_bias_short, "2 bias values for 3 outputs", ["bias", "shape"]),
    "scale_zero": (_quantisation(SOURCE, scale=[0.0]), "scale 0", _SCALES),
    "scale_negative": (_quantisation(SOURCE, scale=[-0.05]), "scale below 0", _SCALES),
    "scale_nan": (_quantisation(SOURCE, scale=[math.nan]), "scale is not a number", _SCALES),
    "scale_infinite": (_quantisation(RESULT, scale=[math.inf]), "scale is infinite", _SCALES),
    "scale_subnormal_weights": (_quantisation(WEIGHTS, scale=[0.01, 0.0, 0.03]), "one channel has scale 0", _SCALES),
    "scale_count_mismatch": (_quantisation(WEIGHTS, scale=[0.01, 0.02], zeroPoint=[0, 0]), "2 scales for 3 channels", _SCALES),
    "scale_count_of_wrong_axis": (_quantisation(WEIGHTS, quantizedDimension=3), "3 scales along an axis of 2", _SCALES),
    "zero_point_count_mismatch": (_quantisation(WEIGHTS, zeroPoint=[0, 0]), "2 zero points for 3 scales", ["zero point"]),
    "zero_point_out_of_range": (_quantisation(SOURCE, zeroPoint=[300]), "zero point 300 of an int8", ["zero point"]),
    "zero_point_huge": (_quantisation(SOURCE, zeroPoint=[2**40]), "zero point 2^40", ["zero point"]),
    "weights_with_zero_points": (_quantisation(WEIGHTS, zeroPoint=[1, 2, 3]), "per-channel zero points", ["zero point"]),
    "quantized_dimension_out_of_range": (_quantisation(WEIGHTS, quantizedDimension=9), "axis 9 of 4", ["dimension", "axis"]),
    "quantized_dimension_negative": (_quantisation(WEIGHTS, quantizedDimension=-1), "axis -1", ["dimension", "axis"]),
    "quantisation_missing": (_tensor(MIDDLE, quantization=None), "int8 without a scale", ["quantis", "quantiz"]),
    "custom_operator": (_custom, "unknown custom operator UnheardOf", ["UnheardOf"]),
    "unknown_builtin": (_unknown_builtin, "operator code 99999", ["99999"]),
    "unsupported_builtin": (_code(1, builtinCode=schema.BuiltinOperator.NON_MAX_SUPPRESSION_V5, deprecatedBuiltinCode=121), "operator that no kernel computes", ["NON_MAX_SUPPRESSION_V5"]),
    "unknown_tensor_type": (_tensor(MIDDLE, type=77), "tensor type 77", ["type"]),
    "string_tensor": (_tensor(MIDDLE, type=schema.TensorType.STRING), "tensor of strings", ["type", "STRING"]),
    "hybrid_without_scale": (_hybrid_without_scale, "int8 weights without a scale, float activations", ["hybrid"]),
    "weights_not_constant": (_weights_as_input, "weights are a graph input", ["constant", "run time"]),
    "weights_without_data": (_data_of_weights_gone, "weights have no data", ["data", "constant", "run time"]),
    "cyclic_graph": (_cyclic, "the first operator reads the last one's output", ["before", "cycl"]),
    "used_before_written": (_used_before_written, "operators in the wrong order", ["before"]),
    "tensor_written_twice": (_written_twice, "two operators write one tensor", ["twice"]),
    "writes_a_constant": (_operator(1, outputs=[BIAS]), "RELU writes the bias", ["constant"]),
    "writes_the_input": (_operator(1, outputs=[SOURCE]), "RELU writes the graph input", ["input", "twice"]),
    "stride_zero": (_options(0, strideH=0), "stride 0", ["stride"]),
    "stride_negative": (_options(0, strideW=-1), "stride -1", ["stride"]),
    "dilation_zero": (_options(0, dilationWFactor=0), "dilation 0", ["dilation"]),
    "dilation_huge": (_options(0, dilationHFactor=2**31 - 1, padding=1), "dilation 2^31 - 1", ["dilation", "shape", "window", "kernel"]),
    "padding_unknown": (_options(0, padding=9), "padding mode 9", ["padding"]),
    "activation_unsupported": (_options(0, fusedActivationFunction=schema.ActivationFunctionType.SIGN_BIT), "fused activation SIGN_BIT", ["activation"]),
    "options_missing": (_operator(0, builtinOptionsType=0, builtinOptions=None), "CONV_2D without options", ["options"]),
    "options_of_another_operator": (_operator(0, builtinOptionsType=schema.BuiltinOptions.SoftmaxOptions, builtinOptions=schema.SoftmaxOptionsT(1.0)), "CONV_2D with softmax options", ["options"]),
    "filter_channels_do_not_divide": (_tensor(SOURCE, shape=[1, 4, 4, 3]), "3 channels by filters of 2", ["channel", "group", "shape"]),
}


def _single(operator, shape, result, constants, options, **fields):
    """Bytes of a model with one operator, int32 constants as further inputs."""
    model = Model(f"malformed_{operator.lower()}", operator)
    source = model.input(shape, scale=_SCALE, zero_point=0)
    extra = [model.constant(value, "int32") for value in constants]
    output = model.output(result, scale=_SCALE, zero_point=0)
    model.add(operator, [source, *extra], [output], options, **fields)
    return model.to_bytes()


def _operator_cases():
    """Impossible constants and options of other operators, on an input of SHAPE."""
    pool = dict(padding=1, strideH=1, strideW=1, filterHeight=0, filterWidth=2)
    yield ("pool_window_zero", _single("MAX_POOL_2D", SHAPE, SHAPE, [], "Pool2DOptions", **pool),
           "pool window 0 high", ["window", "filter", "kernel", "shape"])
    yield ("reshape_element_count", _single("RESHAPE", SHAPE, (1, 33), [(1, 33)], "ReshapeOptions"),
           "32 elements reshaped to 33", ["element", "shape"])
    yield ("transpose_repeated_axis",
           _single("TRANSPOSE", SHAPE, SHAPE, [(0, 1, 1, 3)], "TransposeOptions"),
           "axis 1 twice in the permutation", ["permut", "axis", "axes"])
    yield ("pad_negative", _single("PAD", SHAPE, (1, 3, 4, 2), [[[0, 0], [-1, 0], [0, 0], [0, 0]]],
                                   "PadOptions"), "padding of -1", ["pad"])
    yield ("pad_overflow", _single("PAD", SHAPE, SHAPE, [[[0, 0], [2**31 - 1, 2**31 - 1], [0, 0],
                                                         [0, 0]]], "PadOptions"),
           "padding of 2^31 - 1 on both sides", ["pad", "shape", "elements"])
    yield ("gather_index_out_of_range",
           _single("GATHER", SHAPE, (1, 1, 4, 2), [[4]], "GatherOptions", axis=1),
           "index 4 into an axis of 4", ["index", "gather"])
    yield ("concatenation_axis", _single("CONCATENATION", SHAPE, SHAPE, [], "ConcatenationOptions",
                                         axis=7), "axis 7 of 4", ["axis"])
    yield ("strided_slice_stride_zero",
           _single("STRIDED_SLICE", SHAPE, SHAPE, [(0,) * 4, SHAPE, (1, 0, 1, 1)],
                   "StridedSliceOptions"), "stride 0", ["stride"])
    yield ("slice_out_of_range", _single("SLICE", SHAPE, SHAPE, [(0, 2, 0, 0), SHAPE],
                                         "SliceOptions"), "rows 2 to 6 of 4", ["slice", "range", "outside", "beyond"])
    yield ("mean_axis_out_of_range", _single("MEAN", SHAPE, (1, 2), [(1, 8)], "ReducerOptions"),
           "axis 8 of 4", ["axis"])
    yield "softmax_beta_nan", _softmax(math.nan), "beta is not a number", ["beta"]
    yield ("squeeze_wide_axis", _single("SQUEEZE", SHAPE, (1, 4, 2), [], "SqueezeOptions",
                                        squeezeDims=[1]), "squeezed axis has extent 4", ["squeeze", "extent", "shape"])
    yield ("add_shapes_do_not_broadcast", _mismatched_add(), "shapes 4 and 3", ["broadcast", "shape"])
    yield ("call_once_subgraph_out_of_range", _call_once(9), "CALL_ONCE of subgraph 9 of 1", ["subgraph"])
    yield ("call_once_of_itself", _call_once(0), "CALL_ONCE of the subgraph it is in",
           ["subgraph", "itself", "recurs", "CALL_ONCE"])


def _mismatched_add():
    model = Model("malformed_add", "ADD")
    left = model.input(SHAPE, scale=_SCALE)
    right = model.constant(np.ones((1, 3, 1, 1)), "int8", _SCALE)
    output = model.output(SHAPE, scale=_SCALE)
    model.add("ADD", [left, right], [output], "AddOptions")
    return model.to_bytes()


def _softmax(beta):
    model = Model("malformed_softmax", "SOFTMAX")
    source = model.input(SHAPE, scale=_SCALE)
    output = model.output(SHAPE, scale=1.0 / 256, zero_point=-128)
    model.add("SOFTMAX", [source], [output], "SoftmaxOptions", beta=beta)
    return model.to_bytes()


def _call_once(subgraph):
    model = sound()
    model.add("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=subgraph)
    model.graph.operators.insert(0, model.graph.operators.pop())
    return model.to_bytes()


def cases():
    """All cases of this module."""
    for name, (change, wrong, words) in ROWS.items():
        yield name, _changed(change), wrong, words
    yield from _operator_cases()
