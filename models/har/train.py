"""Trains the activity network on the smart-watch recordings of BasicMotions and writes it as ONNX.

    python models/har/train.py FOLDER     (with BasicMotions_TRAIN.ts and BasicMotions_TEST.ts, as PyPI's aeon ships them)
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from model_tools import convert, manifest, onnx_export, onnx_manifest  # noqa: E402 (the line above makes it importable)

CLASSES = ["Standing", "Running", "Walking", "Badminton"]
STEPS, CHANNELS = 100, 6
# Window and stride within a recording of ten seconds: forty recordings alone are too few to train on.
WINDOW, STRIDE = 50, 5
# The watch's numbers reach tens; the network and int8 both like them near one.
FULL_SCALE = 20.0


def read(path: Path):
    """Recordings [N, 100, 6] float32 in the file's units, and classes int64."""
    rows = [line.strip() for line in path.read_text().splitlines() if line.strip()]
    rows = [row for row in rows if not row.startswith(("#", "@"))]
    recordings, labels = [], []
    for row in rows:
        *channels, label = row.split(":")
        recordings.append([[float(value) for value in channel.split(",")] for channel in channels])
        labels.append(CLASSES.index(label))
    recordings = np.asarray(recordings, dtype=np.float32).transpose(0, 2, 1)
    assert recordings.shape[1:] == (STEPS, CHANNELS), recordings.shape
    return recordings, np.asarray(labels, dtype=np.int64)


def windows(recordings, labels, starts):
    """Windows [N, 50, 1, 6], divided by the full scale and clipped to -1 to 1."""
    cut = [recordings[:, start : start + WINDOW] for start in starts]
    scaled = np.clip(np.concatenate(cut) / FULL_SCALE, -1, 1).astype(np.float32)
    return scaled[:, :, None, :], np.tile(labels, len(cut))


def build(tensorflow):
    layers = tensorflow.keras.layers

    def normalised(layer):
        return [layer, layers.BatchNormalization(), layers.ReLU()]

    return tensorflow.keras.Sequential(
        [
            layers.Input((WINDOW, 1, CHANNELS)),
            *normalised(layers.Conv2D(16, (5, 1), strides=(2, 1), padding="same", use_bias=False)),
            *normalised(layers.DepthwiseConv2D((5, 1), padding="same", use_bias=False)),
            *normalised(layers.Conv2D(24, 1, use_bias=False)),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.3),
            layers.Dense(len(CLASSES), activation="softmax"),
        ]
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path, help="folder with the two .ts files")
    arguments.add_argument("--output", type=Path, default=Path(__file__).resolve().parent, help="folder to write")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--epochs", type=int, default=60)
    chosen = arguments.parse_args()
    tensorflow = convert.import_tensorflow(chosen.seed)
    train_recordings, train_labels = read(chosen.data / "BasicMotions_TRAIN.ts")
    test_recordings, test_labels = read(chosen.data / "BasicMotions_TEST.ts")
    inputs, labels = windows(train_recordings, train_labels, range(0, STEPS - WINDOW + 1, STRIDE))
    # Two windows of a test recording, its halves: no sample is in both.
    test_inputs, test_targets = windows(test_recordings, test_labels, (0, WINDOW))
    model = build(tensorflow)
    batch = 32
    rate = tensorflow.keras.optimizers.schedules.CosineDecay(3e-3, chosen.epochs * -(-len(inputs) // batch))
    model.compile(tensorflow.keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    model.fit(inputs, labels, batch_size=batch, epochs=chosen.epochs, verbose=2)

    def channels_first(array):
        return np.ascontiguousarray(array.transpose(0, 3, 1, 2))

    onnx_export.write(model, chosen.output / "har.onnx", [1, CHANNELS, WINDOW, 1])
    manifest.write_test_set(chosen.output, channels_first(test_inputs), test_targets)
    np.savez(chosen.output / "calibration.npz", x=channels_first(inputs[::4]))
    about = {
        "": {
            "name": "har",
            "version": "1.0.0",
            "summary": "Convolutional network that names what a smart watch's wearer does, from five seconds of motion.",
        },
        "licence": {
            "model": "MIT OR Apache-2.0",
            "data": "BSD-3-Clause as shipped by aeon; UEA multivariate time series archive",
            "data_source": (
                "BasicMotions (J. Clements, 2015), timeseriesclassification.com, as shipped by aeon 1.6.0: accelerometer "
                "and gyroscope of a smart watch, 10 Hz, 40 recordings to train and 40 to test; test.npz is their halves"
            ),
        },
        "training": {
            "script": "train.py",
            "requirements": "../requirements.txt",
            "seed": chosen.seed,
            "training_samples": len(train_recordings),
            "training_windows": len(inputs),
        },
        "input": {
            "tensor": "input",
            "shape": [1, CHANNELS, WINDOW, 1],
            "layout": "NCHW: channels, time, 1",
            "units": f"the watch's units divided by {FULL_SCALE:.0f}, clipped to -1 to 1",
        },
        "output": {"shape": [1, len(CLASSES)], "units": "probability", "labels": CLASSES},
    }
    int8 = {"samples": len(test_targets), "accuracy": INT8_ACCURACY, "accuracy_tolerance": 1 / len(test_targets)}
    onnx_manifest.write(chosen.output, about, "classification", int8)


# What `mote eval` shows of the int8 model.
INT8_ACCURACY = 1.0

if __name__ == "__main__":
    main()
