"""Trains the digits network of `models/digits` once more and writes it as ONNX, channels first.

    python models/digits_cnn/train.py
"""

import argparse
import importlib.util
import sys
from pathlib import Path

import numpy as np

MODELS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(MODELS))
from model_tools import convert, manifest, onnx_export, onnx_manifest  # noqa: E402 (the line above makes it importable)

CALIBRATION_SAMPLES = 100


def digits():
    """The script of `models/digits`: data, augmentation and layers are its own."""
    spec = importlib.util.spec_from_file_location("digits", MODELS / "digits" / "train.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def channels_first(images: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--output", type=Path, default=Path(__file__).resolve().parent, help="folder to write")
    arguments.add_argument("--seed", type=int, default=11)
    arguments.add_argument("--epochs", type=int, default=30)
    chosen = arguments.parse_args()
    tensorflow = convert.import_tensorflow(chosen.seed)
    source = digits()
    # The split is that of `models/digits`, so the two are compared on the same images.
    train_images, test_images, train_labels, test_labels = source.load(7)
    images, labels = source.shifted(train_images, train_labels)
    model = source.build(tensorflow)
    batch = 64
    rate = tensorflow.keras.optimizers.schedules.CosineDecay(2e-3, chosen.epochs * -(-len(images) // batch))
    model.compile(tensorflow.keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    model.fit(images, labels, batch_size=batch, epochs=chosen.epochs, verbose=2)

    onnx_export.write(model, chosen.output / "digits_cnn.onnx", [1, 1, 8, 8])
    manifest.write_test_set(chosen.output, channels_first(test_images), test_labels)
    np.savez(chosen.output / "calibration.npz", x=channels_first(train_images[:CALIBRATION_SAMPLES]))
    about = {
        "": {
            "name": "digits_cnn",
            "version": "1.0.0",
            "summary": "Convolutional network that reads one handwritten digit of 8x8 pixels, from ONNX.",
        },
        "licence": {
            "model": "MIT OR Apache-2.0",
            "data": "CC-BY-4.0",
            "data_source": (
                "Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak, 1998), UCI Machine Learning "
                "Repository, doi:10.24432/C50P49, its 1,797-image test part as shipped by scikit-learn 1.9.1; "
                "test.npz is 360 of those images, calibration.npz another 100, divided by 16"
            ),
        },
        "training": {
            "script": "train.py",
            "requirements": "../requirements.txt",
            "seed": chosen.seed,
            "training_samples": len(train_images),
        },
        "input": {
            "tensor": "input",
            "shape": [1, 1, 8, 8],
            "layout": "NCHW",
            "units": "share of ink in a pixel, 0 (paper) to 1 (full ink)",
        },
        "output": {"shape": [1, 10], "units": "probability", "labels": [str(digit) for digit in range(10)]},
    }
    int8 = {"samples": len(test_labels), "accuracy": INT8_ACCURACY, "accuracy_tolerance": 1 / len(test_labels)}
    onnx_manifest.write(chosen.output, about, "classification", int8)


# What `mote eval` shows of the int8 model.
INT8_ACCURACY = 0.9888888888888888

if __name__ == "__main__":
    main()
