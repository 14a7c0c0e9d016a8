"""Fits scikit-learn's scaler and logistic regression on card defaults and writes them as skl2onnx does.

    python models/card_default/train.py Default.csv     (as PyPI's ISLP ships it)
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from model_tools import manifest, onnx_manifest  # noqa: E402 (the line above makes it importable)

TEST_SAMPLES = 2_500
CALIBRATION_SAMPLES = 1_000
FEATURES = ["student (0 or 1)", "balance in 1,000 dollars", "income in 10,000 dollars"]


def read(path: Path):
    """Rows [N, 3] float32 as FEATURES say, and defaults as 0 or 1."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    inputs = [
        [float(row["student"] == "Yes"), float(row["balance"]) / 1_000, float(row["income"]) / 10_000] for row in rows
    ]
    labels = [int(row["default"] == "Yes") for row in rows]
    return np.asarray(inputs, dtype=np.float32), np.asarray(labels, dtype=np.int64)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path, help="Default.csv")
    arguments.add_argument("--output", type=Path, default=Path(__file__).resolve().parent, help="folder to write")
    arguments.add_argument("--seed", type=int, default=7)
    chosen = arguments.parse_args()

    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    inputs, labels = read(chosen.data)
    train_inputs, test_inputs, train_labels, test_labels = train_test_split(
        inputs, labels, test_size=TEST_SAMPLES, random_state=chosen.seed, stratify=labels
    )
    # No class weights: the score stays a probability, and 0.5 means "more likely default than not".
    fit = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, tol=1e-8)).fit(train_inputs, train_labels)
    model = convert_sklearn(
        fit, initial_types=[("input", FloatTensorType([None, len(FEATURES)]))], options={"zipmap": False}
    )
    (chosen.output / "card_default.onnx").write_bytes(model.SerializeToString())
    manifest.write_test_set(chosen.output, test_inputs, test_labels)
    np.savez(chosen.output / "calibration.npz", x=train_inputs[:CALIBRATION_SAMPLES])
    about = {
        "": {
            "name": "card_default",
            "version": "1.0.0",
            "summary": "Logistic scorer of credit card defaults: a scikit-learn pipeline as skl2onnx writes it.",
        },
        "licence": {
            "model": "MIT OR Apache-2.0",
            "data": "BSD-3-Clause as shipped by ISLP",
            "data_source": (
                "Default, simulated by the authors of An Introduction to Statistical Learning (G. James and others), as "
                "shipped by ISLP 0.6.0: 10,000 card holders, 3.33 % default; test.npz is 2,500 of them"
            ),
        },
        "training": {
            "script": "train.py",
            "requirements": "../requirements.txt",
            "seed": chosen.seed,
            "training_samples": len(train_labels),
            "test_default_rate": float(test_labels.mean()),
        },
        "input": {"tensor": "input", "shape": [1, len(FEATURES)], "features": FEATURES},
        "output": {"shape": [1, 2], "units": "probability", "labels": ["pays", "defaults"]},
    }
    int8 = {"samples": len(test_labels), **INT8}
    onnx_manifest.write(chosen.output, about, "binary_score", int8)


# What `mote eval` shows of the int8 model.
INT8: dict[str, float] = {
    "accuracy": 0.9744,
    "precision": 0.7878787878787878,
    "recall": 0.3132530120481928,
    "roc_auc": 0.9482780106773806,
    "accuracy_tolerance": 0.001,
    "precision_tolerance": 0.02,
    "recall_tolerance": 0.02,
    "roc_auc_tolerance": 0.001,
}

if __name__ == "__main__":
    main()
