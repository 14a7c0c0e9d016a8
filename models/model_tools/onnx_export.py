"""Sequential Keras models to `.onnx`, channels first, batch normalisation left in for the importer to fold.

Only the layers our models use: a layer that is not listed here is an error, never skipped.
"""

from pathlib import Path

import numpy as np

OPERATOR_SET = 17


class _Graph:
    """Nodes and weights of the file, with the name of the value made last."""

    def __init__(self, first: str):
        self.nodes, self.weights, self.value, self.count = [], [], first, 0

    def add(self, kind: str, weights=(), **attributes) -> None:
        from onnx import helper, numpy_helper

        self.count += 1
        name = f"{kind.lower()}_{self.count}"
        names = []
        for index, array in enumerate(weights):
            names.append(f"{name}.weight_{index}")
            self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), names[-1]))
        self.nodes.append(helper.make_node(kind, [self.value, *names], [name], name=name, **attributes))
        self.value = name


def write(model, path: Path, input_shape: list[int]) -> None:
    """Writes a Keras model with input [N, ...channels last] as ONNX with input `input_shape` (channels first, one sample).

    A Keras Flatten runs over [height, width, channels]; the dense weights behind it are put into [channels, height,
    width] order, so no transpose is in the file.
    """
    import onnx
    from onnx import TensorProto, helper

    graph = _Graph("input")
    spatial = None
    for layer in model.layers:
        kind = type(layer).__name__
        weights = [np.asarray(weight) for weight in layer.get_weights()]
        if kind in ("Conv2D", "DepthwiseConv2D", "Conv1D"):
            _convolution(graph, layer, kind, weights)
        elif kind == "BatchNormalization":
            graph.add("BatchNormalization", weights, epsilon=float(layer.epsilon))
        elif kind == "ReLU":
            graph.add("Relu")
        elif kind in ("MaxPooling2D", "AveragePooling2D"):
            pooled = "MaxPool" if kind == "MaxPooling2D" else "AveragePool"
            graph.add(pooled, kernel_shape=list(layer.pool_size), strides=list(layer.strides))
        elif kind == "GlobalAveragePooling2D":
            graph.add("GlobalAveragePool")
            graph.add("Flatten", axis=1)
        elif kind == "Flatten":
            spatial = layer.input.shape[1:]
            graph.add("Flatten", axis=1)
        elif kind == "Dense":
            kernel = weights[0]
            if spatial is not None:
                kernel = kernel.reshape(*spatial, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)
                spatial = None
            graph.add("Gemm", [kernel.T, weights[1]], transB=1)
            activation = layer.activation.__name__
            if activation != "linear":
                graph.add({"softmax": "Softmax", "relu": "Relu", "sigmoid": "Sigmoid"}[activation])
        elif kind not in ("Dropout", "InputLayer"):
            raise ValueError(f"layer {kind} is not written")
    outputs = [1, *model.output_shape[1:]]
    onnx_graph = helper.make_graph(
        graph.nodes,
        model.name,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, input_shape)],
        [helper.make_tensor_value_info(graph.value, TensorProto.FLOAT, outputs)],
        graph.weights,
    )
    opsets = [helper.make_opsetid("", OPERATOR_SET)]
    written = helper.make_model(onnx_graph, opset_imports=opsets, producer_name="mote models")
    # The newest version that every runtime in use reads.
    written.ir_version = 9
    onnx.checker.check_model(written, full_check=True)
    path.write_bytes(written.SerializeToString())


def _convolution(graph: _Graph, layer, kind: str, weights) -> None:
    kernel = weights[0]
    if layer.padding not in ("same", "valid"):
        raise ValueError(f"padding {layer.padding} is not written")
    attributes = {"strides": list(layer.strides), "kernel_shape": list(layer.kernel_size)}
    attributes["auto_pad"] = "SAME_UPPER" if layer.padding == "same" else "VALID"
    if kind == "DepthwiseConv2D":
        height, width, channels, multiplier = kernel.shape
        kernel = kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
        attributes["group"] = channels
    else:
        kernel = kernel.transpose(3, 2, 0, 1)
    graph.add("Conv", [kernel, *weights[1:]], **attributes)
