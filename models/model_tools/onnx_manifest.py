"""Writes `model.toml` of a model whose source is an `.onnx` file, and measures that file in onnxruntime.

The int8 figures are not measured here: `mote compile --calibrate calibration.npz` makes the int8 model, and a test of the
command line holds its accuracy to `[expected]`.
"""

import json
from pathlib import Path

import numpy as np

from . import measure, metrics
from .manifest import _toml


def outputs(path: Path, inputs: np.ndarray) -> np.ndarray:
    """The last output of the model at `path` for each row of `inputs` [N, ...], one sample at a time."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate([np.asarray(session.run(None, {name: row[None]})[-1]) for row in inputs])


def anomaly(rebuilt: np.ndarray, inputs: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Area under the ROC curve of the mean square error between input and output; class 1 is the anomaly."""
    from sklearn.metrics import roc_auc_score

    errors = np.mean((rebuilt.astype(np.float64) - inputs) ** 2, axis=1)
    return {"roc_auc": float(roc_auc_score(labels, errors))}


def float_figures(folder: Path, path: str, task: str) -> dict[str, object]:
    """Measures the folder's `.onnx` file over all of `test.npz`."""
    import onnxruntime

    test = np.load(folder / "test.npz")
    answered = outputs(folder / path, test["x"])
    if task == "anomaly":
        score = anomaly(answered, test["x"], test["y"])
    elif task == "binary_score":
        score = metrics.binary_score(answered[:, -1], test["y"])
    else:
        score = metrics.BY_TASK[task](answered, test["y"])
    engine = f"onnxruntime {onnxruntime.__version__} (optimisations off, x86-64)"
    return {"samples": len(test["y"]), "interpreter": engine, **score}


def write(folder: Path, about: dict[str, dict[str, object]], task: str, int8: dict[str, object]) -> None:
    """Writes `folder/model.toml`. `about[""]` names the model; `int8` is what `mote eval` showed of the int8 model."""
    files = {"float": f"{about['']['name']}.onnx", "test": "test.npz", "calibration": "calibration.npz"}
    entry = lambda path: {  # noqa: E731
        "path": path,
        "bytes": (folder / path).stat().st_size,
        "sha256": measure.sha256((folder / path).read_bytes()),
    }
    tables = {
        "": {**about[""], "task": task},
        **{f"files.{role}": entry(path) for role, path in files.items()},
        **{title: table for title, table in about.items() if title},
        "expected": int8,
        "expected.float": float_figures(folder, files["float"], task),
    }
    text = [
        "# Written by train.py; do not edit. The source is the .onnx file. [expected] is the int8 model that",
        "# `mote compile NAME.onnx --calibrate calibration.npz` makes of it, over the whole test set in Mote's engine;",
        "# [expected.float] is the .onnx file itself.",
    ]
    for title, table in tables.items():
        text += ["", f"[{title}]"] if title else [""]
        text += [f"{key} = {_toml(value)}" for key, value in table.items()]
    (folder / "model.toml").write_text("\n".join(text) + "\n")
    print("expected.float", json.dumps(tables["expected.float"]))
