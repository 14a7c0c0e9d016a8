"""Trains the digits CNN on scikit-learn's 8x8 handwritten digits and writes every file of this folder.

    python models/digits/train.py
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from model_tools import convert, manifest  # noqa: E402 (the line above makes it importable)

TEST_SAMPLES = 360
# The data set counts the dark cells of a 4x4 block for each pixel, so 16 is full ink.
FULL_INK = 16.0


def load(seed: int):
    """Training and test images [N, 8, 8, 1] float32 in 0..1, labels int64; the split keeps each digit's share."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    images = (images.reshape(-1, 8, 8, 1) / FULL_INK).astype(np.float32)
    return train_test_split(images, labels.astype(np.int64), test_size=TEST_SAMPLES, random_state=seed, stratify=labels)


def shifted(images: np.ndarray, labels: np.ndarray):
    """The images, and each moved one pixel left, right, up and down: 1,437 images alone are learnt by heart."""
    moves = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    views = [padded[:, 1 + down : 9 + down, 1 + right : 9 + right] for down, right in moves]
    return np.concatenate(views), np.tile(labels, len(moves))


def build(tensorflow):
    """CONV 3x3, depthwise + pointwise, max pool, depthwise + pointwise, dense, softmax.

    Every layer kind of a mobile network is here once, small enough that the demonstration takes seconds. Batch
    normalisation steadies the training; the converter folds it into the convolutions.
    """
    layers = tensorflow.keras.layers

    def normalised(layer):
        return [layer, layers.BatchNormalization(), layers.ReLU()]

    return tensorflow.keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            *normalised(layers.Conv2D(16, 3, padding="same", use_bias=False)),
            *normalised(layers.DepthwiseConv2D(3, padding="same", use_bias=False)),
            *normalised(layers.Conv2D(24, 1, use_bias=False)),
            layers.MaxPooling2D(2),
            *normalised(layers.DepthwiseConv2D(3, padding="same", use_bias=False)),
            *normalised(layers.Conv2D(32, 1, use_bias=False)),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--output", type=Path, default=Path(__file__).resolve().parent, help="folder to write")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--epochs", type=int, default=40)
    chosen = arguments.parse_args()
    chosen.output.mkdir(parents=True, exist_ok=True)

    tensorflow = convert.import_tensorflow(chosen.seed)
    train_images, test_images, train_labels, test_labels = load(chosen.seed)
    images, labels = shifted(train_images, train_labels)
    model = build(tensorflow)
    batch = 64
    # The rate falls to nothing, so the last epoch is the model: no test row chooses when to stop.
    rate = tensorflow.keras.optimizers.schedules.CosineDecay(2e-3, chosen.epochs * -(-len(images) // batch))
    model.compile(tensorflow.keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=batch, epochs=chosen.epochs, verbose=2)

    convert.write_float_and_int8(
        model, train_images, chosen.output / "digits_float.tflite", chosen.output / "digits_int8.tflite"
    )
    manifest.write_test_set(chosen.output, test_images, test_labels)
    manifest.write(
        chosen.output,
        manifest.Description(
            name="digits",
            version="1.0.0",
            summary="Convolutional network that reads one handwritten digit of 8x8 pixels.",
            task="classification",
            model_licence="MIT OR Apache-2.0",
            data_licence="CC-BY-4.0",
            data_source=(
                "Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak, 1998), UCI Machine Learning "
                "Repository, doi:10.24432/C50P49, its 1,797-image test part as shipped by scikit-learn 1.9.1 "
                "(sklearn.datasets.load_digits); test.npz is 360 of those images divided by 16"
            ),
            seed=chosen.seed,
            training_samples=len(train_images),
            input_units="share of ink in a pixel, 0 (paper) to 1 (full ink)",
            input_preprocessing=(
                "grey image of 8x8 pixels, light strokes on dark: 0..16 divided by 16, or 0..255 by 255"
            ),
            output_units="probability",
            labels=[str(digit) for digit in range(10)],
            # One test image more or less.
            tolerances={"accuracy": 1 / TEST_SAMPLES},
            input_numbers={"minimum": 0.0, "maximum": 1.0},
        ),
    )


if __name__ == "__main__":
    main()
