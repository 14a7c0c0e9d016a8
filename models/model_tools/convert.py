"""Keras to `.tflite`: one float file and one fully int8 file from the same trained weights."""

import os
from pathlib import Path

import numpy as np


def import_tensorflow(seed: int):
    """Imports TensorFlow so that two runs on one machine give the same bytes, and seeds every generator.

    The environment has to be set before the import. oneDNN and several threads both change the order of float
    additions, and so the trained weights; these models are small enough to do without either.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    import tensorflow

    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.keras.utils.set_random_seed(seed)
    tensorflow.config.experimental.enable_op_determinism()
    return tensorflow


def write_float_and_int8(model, calibration: np.ndarray, float_path: Path, int8_path: Path) -> None:
    """Converts `model` twice and writes both files.

    `calibration` is [N, ...] float32 in the units of the model's float input; only training rows belong in it.
    """
    import tensorflow
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    # A fixed batch of one: with an open batch the converter adds SHAPE, STRIDED_SLICE and PACK around a flatten,
    # and no shape in the file can then be planned ahead of time.
    signature = tensorflow.TensorSpec([1, *calibration.shape[1:]], tensorflow.float32, name="input")
    function = tensorflow.function(lambda value: model(value, training=False))
    # Keras 3 variables survive the converter's own freezing as READ_VARIABLE, which calibration cannot run.
    frozen = convert_variables_to_constants_v2(function.get_concrete_function(signature))

    def converter():
        return tensorflow.lite.TFLiteConverter.from_concrete_functions([frozen])

    float_path.write_bytes(converter().convert())

    quantiser = converter()
    quantiser.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    quantiser.representative_dataset = lambda: ([row[np.newaxis]] for row in calibration)
    quantiser.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
    quantiser.inference_input_type = tensorflow.int8
    quantiser.inference_output_type = tensorflow.int8
    # Convolutions keep one scale per output channel. Dense layers get one scale for the whole matrix: it costs
    # these models nothing, and microcontroller kernels older than 2024 take nothing else.
    quantiser._experimental_disable_per_channel_quantization_for_dense_layers = True
    int8_path.write_bytes(quantiser.convert())
