"""Trains an autoencoder on benign tumours; what it rebuilds badly is an anomaly. Written as ONNX.

    python models/tumour_anomaly/train.py
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from model_tools import convert, manifest, onnx_export, onnx_manifest  # noqa: E402 (the line above makes it importable)

BENIGN_TRAINING_SAMPLES = 257
CALIBRATION_SAMPLES = 128
# Standard deviations of the benign training rows: one long tail would make every other feature coarse in int8.
CLIP = 6.0


def build(tensorflow, features: int):
    layers = tensorflow.keras.layers
    return tensorflow.keras.Sequential(
        [
            layers.Input((features,)),
            layers.Dense(16, activation="relu"),
            layers.Dense(6, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(features),
        ]
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--output", type=Path, default=Path(__file__).resolve().parent, help="folder to write")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--epochs", type=int, default=200)
    chosen = arguments.parse_args()
    tensorflow = convert.import_tensorflow(chosen.seed)
    from sklearn.datasets import load_breast_cancer

    rows, labels = load_breast_cancer(return_X_y=True)
    # The data set calls benign 1; here 1 is the anomaly.
    anomalous = 1 - labels
    order = np.random.default_rng(chosen.seed).permutation(len(rows))
    rows, anomalous = rows[order], anomalous[order]
    benign = np.flatnonzero(anomalous == 0)
    train = benign[:BENIGN_TRAINING_SAMPLES]
    test = np.setdiff1d(np.arange(len(rows)), train)
    mean, deviation = rows[train].mean(axis=0), rows[train].std(axis=0)

    def standardised(chosen_rows):
        return np.clip((chosen_rows - mean) / deviation, -CLIP, CLIP).astype(np.float32)

    inputs = standardised(rows[train])
    model = build(tensorflow, rows.shape[1])
    model.compile(tensorflow.keras.optimizers.Adam(2e-3), "mse")
    model.fit(inputs, inputs, batch_size=32, epochs=chosen.epochs, verbose=0)

    onnx_export.write(model, chosen.output / "tumour_anomaly.onnx", [1, rows.shape[1]])
    manifest.write_test_set(chosen.output, standardised(rows[test]), anomalous[test].astype(np.int64))
    np.savez(chosen.output / "calibration.npz", x=inputs[:CALIBRATION_SAMPLES])
    about = {
        "": {
            "name": "tumour_anomaly",
            "version": "1.0.0",
            "summary": "Autoencoder that has seen benign tumours only: its reconstruction error tells malignant ones.",
        },
        "licence": {
            "model": "MIT OR Apache-2.0",
            "data": "CC-BY-4.0",
            "data_source": (
                "Breast Cancer Wisconsin (Diagnostic) (W. Wolberg, O. Mangasarian, N. Street, W. Street, 1995), UCI "
                "Machine Learning Repository, doi:10.24432/C5DW2B, as shipped by scikit-learn 1.9.1; trained on 257 "
                "benign rows, test.npz is the other 100 benign and all 212 malignant rows, standardised"
            ),
        },
        "training": {
            "script": "train.py",
            "requirements": "../requirements.txt",
            "seed": chosen.seed,
            "training_samples": len(train),
        },
        "input": {
            "tensor": "input",
            "shape": [1, rows.shape[1]],
            "units": f"standard deviations from the benign training mean, clipped to -{CLIP:.0f} to {CLIP:.0f}",
        },
        "output": {"shape": [1, rows.shape[1]], "units": "the input, rebuilt"},
    }
    int8 = {"samples": len(test), **INT8}
    onnx_manifest.write(chosen.output, about, "anomaly", int8)


# What `mote eval --task anomaly` shows of the int8 model.
INT8: dict[str, float] = {
    "roc_auc": 0.9304716981132076,
    "roc_auc_tolerance": 0.005,
}

if __name__ == "__main__":
    main()
