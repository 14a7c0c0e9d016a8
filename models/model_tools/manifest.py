"""Measures a finished model folder and writes its `model.toml`: every figure in that file comes from here."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from . import cost, measure, metrics


@dataclass(frozen=True)
class Description:
    """What a person has to say about a model; the rest of `model.toml` is measured.

    `tolerances` holds one allowed absolute difference per metric of the task: what a right runtime may move the
    figure by when it rounds differently from the measuring interpreter. A bit-exact runtime needs none of it.
    """

    name: str
    version: str
    summary: str
    task: str
    model_licence: str
    data_licence: str
    data_source: str
    seed: int
    training_samples: int
    input_units: str
    input_preprocessing: str
    output_units: str
    labels: list[str]
    tolerances: dict[str, float]
    input_features: list[str] = field(default_factory=list)
    input_numbers: dict[str, object] = field(default_factory=dict)
    data_numbers: dict[str, object] = field(default_factory=dict)


def write_test_set(folder: Path, inputs: np.ndarray, targets: np.ndarray) -> None:
    """Stores the test set uncompressed: a reader then needs no inflater, and numpy writes no time into it."""
    np.savez(folder / "test.npz", x=inputs, y=targets)


def figures(folder: Path, name: str, task: str) -> dict[str, dict[str, object]]:
    """Measures the folder's int8 file (both interpreters) and float file over all of `test.npz`."""
    test = np.load(folder / "test.npz")
    score = metrics.BY_TASK[task]
    int8_path, float_path = folder / f"{name}_int8.tflite", folder / f"{name}_float.tflite"
    input_info, output_info = measure.describe(int8_path)
    rows = measure.quantise(test["x"], input_info)
    tflm = measure.run_tflm(int8_path, rows)
    litert = measure.run_litert(int8_path, rows)
    float_outputs = measure.run_litert(float_path, test["x"])

    def int8_figures(interpreter, raw):
        return {
            "interpreter": interpreter,
            **score(measure.dequantise(raw, output_info), test["y"]),
            "output_sha256": measure.sha256(raw.astype(np.int8).tobytes()),
        }

    return {
        "expected": {"samples": len(rows), **int8_figures(measure.TFLM, tflm)},
        "expected.litert": int8_figures(measure.LITERT, litert),
        "expected.float": {"interpreter": measure.LITERT, **score(float_outputs, test["y"])},
        "expected.agreement": asdict(measure.compare(tflm, litert)),
        "budget": {
            key: value for key, value in asdict(cost.of_file(int8_path)).items() if key != "operators"
        },
    }


def write(folder: Path, about: Description) -> None:
    """Writes `folder/model.toml` and prints the measured tables."""
    int8_path = folder / f"{about.name}_int8.tflite"
    input_info, output_info = measure.describe(int8_path)
    measured = figures(folder, about.name, about.task)
    files = {"int8": int8_path.name, "float": f"{about.name}_float.tflite", "test": "test.npz"}

    tables: dict[str, dict[str, object]] = {
        "": {"name": about.name, "version": about.version, "summary": about.summary, "task": about.task},
        **{
            f"files.{role}": {
                "path": path,
                "bytes": (folder / path).stat().st_size,
                "sha256": measure.sha256((folder / path).read_bytes()),
            }
            for role, path in files.items()
        },
        "licence": {"model": about.model_licence, "data": about.data_licence, "data_source": about.data_source},
        "training": {
            "script": "train.py",
            "requirements": "../requirements.txt",
            "seed": about.seed,
            "training_samples": about.training_samples,
            **about.data_numbers,
        },
        "input": {
            **_tensor(input_info),
            "units": about.input_units,
            "preprocessing": about.input_preprocessing,
            **({"features": about.input_features} if about.input_features else {}),
            **about.input_numbers,
        },
        "output": {**_tensor(output_info), "units": about.output_units, "labels": about.labels},
        "operators": {"int8": list(cost.of_file(int8_path).operators)},
        **measured,
    }
    tables["expected"].update({f"{metric}_tolerance": value for metric, value in about.tolerances.items()})
    text = [
        "# Written by train.py; do not edit. [expected] is the int8 file over the whole test set in the interpreter",
        "# it names, and output_sha256 hashes its raw int8 outputs in test order. Inputs are quantised as",
        "# clamp(round(x / scale) + zero_point, -128, 127); no test input is near a rounding tie. [budget] is counted",
        "# from the int8 file as converted: arena_bytes is the largest sum of live activations, model input and output",
        "# included; constant_bytes is weights and biases; macs includes padding taps.",
    ]
    for title, table in tables.items():
        text += ["", f"[{title}]"] if title else [""]
        text += [f"{key} = {_toml(value)}" for key, value in table.items()]
    (folder / "model.toml").write_text("\n".join(text) + "\n")
    for title, table in measured.items():
        print(title, json.dumps(table))


def _tensor(info: measure.TensorInfo) -> dict[str, object]:
    return {
        "tensor": info.name,
        "shape": info.shape,
        "type": "int8",
        "scale": info.scale,
        "zero_point": info.zero_point,
    }


def _toml(value) -> str:
    # JSON strings, numbers, booleans and flat lists are TOML ones too; repr keeps a float's every digit.
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)
