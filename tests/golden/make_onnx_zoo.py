"""onnxruntime's stored answers of the zoo's QDQ models, before their last DequantizeLinear.

    MOTE_ZOO=folder python make_onnx_zoo.py      writes onnx/kws01_qdq.i8 and onnx/ad01_qdq.i8

kws01: all 500 samples, 12 scores each. ad01: every fifth window of 5 frames, 640 values each. One int8 a value, graph
optimisations off; where the default optimisations answer otherwise is printed.
"""

import os
import pathlib

import numpy
import onnx
import onnxruntime

HERE = pathlib.Path(__file__).parent
ZOO = pathlib.Path(os.environ["MOTE_ZOO"])


def kws_samples():
    stored = numpy.fromfile(ZOO / "data/kws01/x.bin", numpy.int8).reshape(500, 490)
    return (0.584703 * (stored.astype(numpy.float64) - 83)).astype(numpy.float32)


def ad_samples():
    frames = numpy.fromfile(ZOO / "data/ad01/normal_id_01_00000000_hist_librosa.bin", numpy.float32).reshape(200, 128)
    return numpy.array([frames[start:start + 5].ravel() for start in range(0, 196, 5)])


def answers(name, samples, optimised):
    model = onnx.load(ZOO / "models/onnx" / f"{name}.onnx")
    last = [node for node in model.graph.node if node.op_type == "QuantizeLinear"][-1].output[0]
    model.graph.output.append(onnx.helper.make_tensor_value_info(last, onnx.TensorProto.INT8, None))
    options = onnxruntime.SessionOptions()
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    port = session.get_inputs()[0].name
    return numpy.concatenate([session.run([last], {port: sample[None]})[0] for sample in samples])


for name, samples in (("kws01_qdq", kws_samples()), ("ad01_qdq", ad_samples())):
    plain, optimised = (answers(name, samples, optimised) for optimised in (False, True))
    distance = numpy.abs(plain.astype(int) - optimised)
    same = (plain.argmax(1) == optimised.argmax(1)).sum()
    print(f"{name}: {plain.shape}, {(distance > 0).sum()} of {plain.size} differ by up to {distance.max()} "
          f"between optimisations off and default; same largest in {same} of {len(plain)}")
    (HERE / "onnx" / f"{name}.i8").write_bytes(plain.tobytes())
