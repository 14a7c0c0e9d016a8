"""Post-training quantisation by LiteRT's quantiser, onnxruntime's and Mote: same weights, same samples, same questions.

Every quantiser gets a float model and calibration samples; the int8 model it makes answers the other samples. Rounds are
fixed beforehand: `first` calibrates on the first samples and asks the rest; rounds 0 to 4 calibrate on the samples whose
index leaves the round's number when divided by 5, and ask the rest, so that each sample is asked four times. Results
are written to quantise.json. What is stored there of the peers, a test of mote-quantise compares Mote with, which it
measures itself. onnxruntime's entropy calibration gives min-max ranges with its own defaults (128 bins, 128 levels).

Run: python quantise.py [QUANTISER ..]   (after `cargo build --release -p mote-cli` and pip install -r requirements.txt)
With names of quantisers only those are measured; what is stored of the others is kept.
"""

import datetime
import importlib.metadata
import json
import logging
import pathlib
import sys
import tempfile

import flatbuffers
import numpy
import onnxruntime
from ai_edge_litert import schema_py_generated as schema
from ai_edge_quantizer import quantizer, recipe
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from common import PLAIN, ZOO, litert, mote
from tflite_to_onnx import convert

ROUNDS = 5
# Probabilities below this are taken as this, so that an int8 output of 0 does not make a cross-entropy infinite.
LEAST_PROBABILITY = 1 / 512

# Name, file, folder of samples, shape, stored byte to real value, samples of the first round's calibration.
MODELS = {
    "kws01": ("kws01_dscnn_float", "kws01", (49, 10, 1), lambda x: 0.584703 * (x.view(numpy.int8) - 83.0), 100),
    "ic01": ("ic01_resnet_float", "ic_cifar10", (32, 32, 3), lambda x: x.astype(float), 100),
    "vww01": ("vww01_mobilenetv1_float", "vww01", (96, 96, 3), lambda x: x / 255.0, 30),
}


def samples(folder, shape, real):
    stored = numpy.fromfile(ZOO / "data" / folder / "x.bin", numpy.uint8).reshape(-1, 1, *shape)
    rows = [line.split(",") for line in (ZOO / "data" / folder / "labels.csv").read_text().splitlines()]
    labels = [int(row[rows[0].index("label")]) for row in rows[1:]]
    return real(stored).astype(numpy.float32), numpy.array(labels)


def run_litert(model, inputs):
    interpreter = litert(model, PLAIN)
    (source,), (target,) = interpreter.get_input_details(), interpreter.get_output_details()
    answers = []
    for sample in inputs:
        interpreter.set_tensor(source["index"], stored(sample, source))
        interpreter.invoke()
        answers.append(real(interpreter.get_tensor(target["index"]), target).ravel())
    return numpy.array(answers)


def stored(values, detail):
    if detail["dtype"] == numpy.float32:
        return values
    scale, zero_point = detail["quantization"]
    limits = numpy.iinfo(detail["dtype"])
    return numpy.clip(numpy.round(values / scale) + zero_point, limits.min, limits.max).astype(detail["dtype"])


def real(values, detail):
    scale, zero_point = detail["quantization"]
    return values if detail["dtype"] == numpy.float32 else scale * (values.astype(numpy.float64) - zero_point)


def modernised(source, target):
    """A copy of a model as LiteRT's quantiser reads it: ends with names, operator codes in the field of today."""
    model = schema.ModelT.InitFromPackedBuf(source.read_bytes(), 0)
    for code in model.operatorCodes:
        code.builtinCode = max(code.builtinCode, code.deprecatedBuiltinCode)
    named = schema.SignatureDefT()
    named.signatureKey, named.subgraphIndex = b"serving_default", 0
    ends = (("input", model.subgraphs[0].inputs), ("output", model.subgraphs[0].outputs))
    for name, (index,) in ends:
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = name.encode(), index
        setattr(named, f"{name}s", [entry])
    model.signatureDefs = [named]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    target.write_bytes(bytes(builder.Output()))


def by_litert(source, inputs, asked, folder):
    modern = folder / "modern.tflite"
    modernised(source, modern)
    tool = quantizer.Quantizer(str(modern), recipe.static_wi8_ai8())
    found = tool.calibrate({"serving_default": [{"input": sample} for sample in inputs]})
    target = folder / "litert.tflite"
    target.write_bytes(bytes(tool.quantize(found).quantized_model))
    return run_litert(target, asked)


class Reader(CalibrationDataReader):
    def __init__(self, inputs):
        self.samples = iter([{"input": sample} for sample in inputs])

    def get_next(self):
        return next(self.samples, None)


def session(path):
    options = onnxruntime.SessionOptions()
    # Quantised values computed exactly: fused kernels of some processors saturate in between.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options)


def run_onnx(path, asked):
    running = session(path)
    return numpy.array([running.run(None, {"input": sample})[0].ravel() for sample in asked])


def by_onnxruntime(method, symmetric):
    def quantise(source, inputs, asked, folder):
        float_model, prepared, target = folder / "float.onnx", folder / "prepared.onnx", folder / "int8.onnx"
        convert(source, float_model)
        quant_pre_process(str(float_model), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(target),
            Reader(inputs),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=method,
            extra_options={"ActivationSymmetric": symmetric, "WeightSymmetric": True},
        )
        return run_onnx(target, asked)

    return quantise


def by_mote(source, inputs, asked, folder):
    calibration, questions = folder / "calibration.npy", folder / "asked.npy"
    numpy.save(calibration, inputs[:, 0])
    numpy.save(questions, asked[:, 0])
    compiled, answers = folder / "m.mote", folder / "answers.npy"
    mote("compile", source, "-o", compiled, "--calibrate", calibration, "--float-ports")
    mote("run", compiled, "--input", questions, "--output", answers)
    return numpy.load(answers).reshape(len(asked), -1)


QUANTISERS = {
    "litert": by_litert,
    "onnxruntime min-max": by_onnxruntime(CalibrationMethod.MinMax, False),
    "onnxruntime percentile": by_onnxruntime(CalibrationMethod.Percentile, False),
    "onnxruntime entropy": by_onnxruntime(CalibrationMethod.Entropy, False),
    "mote": by_mote,
}


def decibels(signal, noise):
    return float(10 * numpy.log10(signal / noise)) if noise > 0 else None


def measure(answers, float_answers, labels):
    chosen, float_chosen = answers.argmax(1), float_answers.argmax(1)
    bounded = numpy.maximum(answers, LEAST_PROBABILITY)
    return {
        "asked": len(labels),
        "correct": int((chosen == labels).sum()),
        "same_class": int((chosen == float_chosen).sum()),
        "sqnr_db": decibels((float_answers**2).sum(), ((float_answers - answers) ** 2).sum()),
        "cross_entropy": float(-(float_answers * numpy.log(bounded)).sum(1).mean()),
    }


def splits(count, first):
    index = numpy.arange(count)
    return {"first": index < first, **{str(round): index % ROUNDS == round for round in range(ROUNDS)}}


def compare(name, quantisers, stored_rounds):
    file, folder, shape, to_real, first = MODELS[name]
    source = ZOO / "models" / "mlperf" / f"{file}.tflite"
    inputs, labels = samples(folder, shape, to_real)
    float_answers = run_litert(source, inputs)
    results = []
    for number, (round, calibration) in enumerate(splits(len(inputs), first).items()):
        asked = ~calibration
        with tempfile.TemporaryDirectory() as place:
            place = pathlib.Path(place)
            convert(source, place / "check.onnx")
            difference = abs(run_onnx(place / "check.onnx", inputs[:5]) - float_answers[:5]).max()
            assert difference < 1e-4, f"{name}: the ONNX twin differs by {difference}"
            row = dict(stored_rounds[number]["results"]) if stored_rounds else {}
            row["float"] = measure(float_answers[asked], float_answers[asked], labels[asked])
            for quantiser in quantisers:
                answers = QUANTISERS[quantiser](source, inputs[calibration], inputs[asked], place)
                row[quantiser] = measure(answers, float_answers[asked], labels[asked])
        results.append({"round": round, "calibrated_on": int(calibration.sum()), "results": row})
        show(name, round, row)
    return results


def show(name, round, row):
    for quantiser, found in row.items():
        lost = 100 * (row["float"]["correct"] - found["correct"]) / found["asked"]
        print(
            f"{name:6} {round:6} {quantiser:24} {found['correct']:4} of {found['asked']:4} right, lost {lost:6.2f} points, "
            f"same class {found['same_class']:4}, SQNR {found['sqnr_db'] or 0:7.2f} dB, cross-entropy {found['cross_entropy']:.4f}",
            flush=True,
        )


def total(rounds, quantiser):
    """Sums over rounds 0 to 4."""
    found = [one["results"][quantiser] for one in rounds if one["round"] != "first"]
    counts = {key: sum(one[key] for one in found) for key in ("asked", "correct", "same_class")}
    means = {key: float(numpy.mean([one[key] or 0 for one in found])) for key in ("sqnr_db", "cross_entropy")}
    return counts | means


def main():
    logging.disable(logging.WARNING)
    versions = {name: importlib.metadata.version(name) for name in ("ai-edge-quantizer", "ai-edge-litert", "onnxruntime")}
    path = pathlib.Path(__file__).with_suffix(".json")
    quantisers = sys.argv[1:] or list(QUANTISERS)
    before = json.loads(path.read_text())["models"] if sys.argv[1:] else {}
    document = {"date": datetime.date.today().isoformat(), "versions": versions, "models": {}}
    for name in MODELS:
        rounds = compare(name, quantisers, before.get(name, {}).get("rounds"))
        totals = {quantiser: total(rounds, quantiser) for quantiser in rounds[0]["results"]}
        show(name, "all", totals)
        document["models"][name] = {"rounds": rounds, "total": totals}
    path.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
