"""Writes the models and onnxruntime's answers that `tests/classical.rs` compares with.

    python runtime/host/reference/tests/classical/make.py

Needs scikit-learn, skl2onnx, onnx and onnxruntime.
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Binarizer, MinMaxScaler, Normalizer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

SAMPLES = 12
FOLDER = Path(__file__).resolve().parent


def models():
    """Name, fitted pipeline, samples."""
    iris, labels = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[labels]
    cancer, malignant = load_breast_cancer(return_X_y=True)
    cancer = cancer[:, :8]
    diabetes, progression = load_diabetes(return_X_y=True)
    yield "logistic_two_classes", make_pipeline(StandardScaler(), LogisticRegression()).fit(cancer, malignant), cancer
    yield "logistic_three_named", make_pipeline(StandardScaler(), LogisticRegression()).fit(iris, names), iris
    yield "one_against_rest", OneVsRestClassifier(LogisticRegression()).fit(iris, labels), iris
    yield "linear_regression", make_pipeline(MinMaxScaler(), LinearRegression()).fit(diabetes, progression), diabetes
    yield "normalised", make_pipeline(Normalizer("l2"), LogisticRegression()).fit(iris, labels), iris
    yield "binarised", make_pipeline(Binarizer(threshold=2.0), LogisticRegression()).fit(iris, labels), iris
    yield "linear_svc", LinearSVC().fit(iris, labels), iris
    yield "tree", DecisionTreeClassifier(max_depth=3, random_state=0).fit(iris, labels), iris
    yield "forest", RandomForestClassifier(5, max_depth=3, random_state=0).fit(iris, names), iris
    yield "boosted_regression", GradientBoostingRegressor(n_estimators=5, random_state=0).fit(diabetes, progression), diabetes


def plain(output):
    """Scores of one output: ZipMap gives a dictionary per sample."""
    if isinstance(output, list) and output and isinstance(output[0], dict):
        return [list(map(float, row.values())) for row in output]
    return np.asarray(output, dtype=np.float64).reshape(len(output), -1).tolist()


def main():
    answers = {}
    for name, pipeline, rows in models():
        rows = rows[:: max(1, len(rows) // SAMPLES)][:SAMPLES].astype(np.float32)
        model = convert_sklearn(pipeline, initial_types=[("x", FloatTensorType([None, rows.shape[1]]))])
        (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        outputs = session.run(None, {"x": rows})
        operators = sorted({node.op_type for node in model.graph.node})
        answers[name] = {"operators": operators, "inputs": rows.tolist(), "scores": plain(outputs[-1])}
    (FOLDER / "answers.json").write_text(json.dumps(answers) + "\n")


if __name__ == "__main__":
    main()
