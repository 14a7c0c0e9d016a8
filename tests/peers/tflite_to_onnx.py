"""A float TFLite model of convolutions, additions, pooling, dense layers and softmax as an ONNX model of the same weights.

Only what the compared models need: it exists so that onnxruntime's quantiser starts from the very weights the others
start from. The input stays NHWC; one Transpose stands behind it.
"""

import numpy
import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import TensorProto, helper, numpy_helper

RELU = schema.ActivationFunctionType.RELU
RELU6 = schema.ActivationFunctionType.RELU6


def names(enumeration):
    return {value: name for name, value in vars(enumeration).items() if not name.startswith("_")}


class Writer:
    def __init__(self, path):
        model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
        self.model, self.graph = model, model.subgraphs[0]
        self.nodes, self.constants = [], []

    def tensor(self, index):
        return self.graph.tensors[index]

    def data(self, index):
        buffer = self.model.buffers[self.tensor(index).buffer].data
        return numpy.frombuffer(bytes(buffer), numpy.float32).reshape(self.tensor(index).shape)

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(value), name))
        return name

    def add(self, kind, inputs, output, activation=0, **attributes):
        """A node, with a fused activation as a node of its own."""
        clip = {RELU: "Relu", RELU6: "Clip"}.get(activation)
        first = f"{output}_plain" if clip else output
        self.nodes.append(helper.make_node(kind, inputs, [first], name=first, **attributes))
        if clip == "Relu":
            self.nodes.append(helper.make_node("Relu", [first], [output], name=output))
        elif clip == "Clip":
            bounds = [self.constant(f"{output}_{end}", numpy.float32(value)) for end, value in (("low", 0), ("high", 6))]
            self.nodes.append(helper.make_node("Clip", [first, *bounds], [output], name=output))

    def window(self, options, source, output, kernel):
        strides = [options.strideH, options.strideW]
        pads = [0, 0, 0, 0]
        if options.padding == schema.Padding.SAME:
            for axis in range(2):
                extent = self.tensor(source).shape[1 + axis]
                wanted = self.tensor(output).shape[1 + axis]
                total = max((wanted - 1) * strides[axis] + kernel[axis] - extent, 0)
                pads[axis], pads[2 + axis] = total // 2, total - total // 2
        return {"strides": strides, "pads": pads, "kernel_shape": list(kernel)}

    def convolution(self, op, depthwise):
        source, weights, bias = op.inputs
        options, (output,) = op.builtinOptions, op.outputs
        values = self.data(weights)
        values = values.transpose(3, 0, 1, 2) if depthwise else values.transpose(0, 3, 1, 2)
        inputs = [f"t{source}", self.constant(f"w{weights}", values), self.constant(f"b{bias}", self.data(bias))]
        window = self.window(options, source, output, values.shape[2:])
        group = self.tensor(source).shape[3] if depthwise else 1
        self.add("Conv", inputs, f"t{output}", options.fusedActivationFunction, group=group, **window)

    def operator(self, op, name):
        options, output = op.builtinOptions, f"t{op.outputs[0]}"
        inputs = [f"t{index}" for index in op.inputs]
        if name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            self.convolution(op, name == "DEPTHWISE_CONV_2D")
        elif name == "ADD":
            self.add("Add", inputs, output, options.fusedActivationFunction)
        elif name == "AVERAGE_POOL_2D":
            kernel = (options.filterHeight, options.filterWidth)
            window = self.window(options, op.inputs[0], op.outputs[0], kernel)
            self.add("AveragePool", inputs, output, options.fusedActivationFunction, **window)
        elif name == "RESHAPE":
            shape = self.constant(f"{output}_shape", numpy.array(self.tensor(op.outputs[0]).shape, numpy.int64))
            self.add("Reshape", [inputs[0], shape], output)
        elif name == "FULLY_CONNECTED":
            weights, bias = op.inputs[1], op.inputs[2]
            flat = f"{output}_flat"
            self.add("Flatten", inputs[:1], flat)
            operands = [flat, self.constant(f"w{weights}", self.data(weights)), self.constant(f"b{bias}", self.data(bias))]
            self.add("Gemm", operands, output, options.fusedActivationFunction, transB=1)
        elif name == "SOFTMAX":
            self.add("Softmax", inputs, output, axis=-1)
        else:
            raise ValueError(f"{name} is not written to ONNX")

    def write(self, path):
        codes = names(schema.BuiltinOperator)
        (source,), (target,) = self.graph.inputs, self.graph.outputs
        self.add("Transpose", ["input"], f"t{source}", perm=[0, 3, 1, 2])
        for op in self.graph.operators:
            code = self.model.operatorCodes[op.opcodeIndex]
            self.operator(op, codes[max(code.builtinCode, code.deprecatedBuiltinCode)])
        self.nodes.append(helper.make_node("Identity", [f"t{target}"], ["output"]))
        graph = helper.make_graph(
            self.nodes,
            path.stem,
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, [int(e) for e in self.tensor(source).shape])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, [int(e) for e in self.tensor(target).shape])],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, str(path))


def convert(source, target):
    Writer(source).write(target)
