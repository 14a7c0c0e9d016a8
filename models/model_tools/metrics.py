"""The figures recorded for each kind of task, from dequantised outputs [N, K] and the test set's `y`."""

import numpy as np


def classification(outputs: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Share of rows whose largest output (the first, if several are equal) is at the label's index."""
    return {"accuracy": float(np.mean(np.argmax(outputs, axis=1) == labels))}


def regression(outputs: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Mean squared, mean absolute and largest absolute error, in the target's units."""
    error = outputs.astype(np.float64).reshape(-1) - targets.astype(np.float64).reshape(-1)
    return {
        "mean_squared_error": float(np.mean(error**2)),
        "mean_absolute_error": float(np.mean(np.abs(error))),
        "largest_absolute_error": float(np.max(np.abs(error))),
    }


def binary_score(outputs: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Accuracy, precision and recall of `score >= 0.5`, and the area under the ROC curve of the score.

    On data as unbalanced as fraud, accuracy says little alone: refusing nothing already scores one minus the rate.
    """
    from sklearn.metrics import roc_auc_score

    scores = outputs.reshape(-1)
    flagged = scores >= 0.5
    positive = labels.astype(bool)
    true_positives = int(np.count_nonzero(flagged & positive))
    return {
        "accuracy": float(np.mean(flagged == positive)),
        "precision": true_positives / max(1, int(np.count_nonzero(flagged))),
        "recall": true_positives / max(1, int(np.count_nonzero(positive))),
        "roc_auc": float(roc_auc_score(positive, scores)),
    }


BY_TASK = {"classification": classification, "regression": regression, "binary_score": binary_score}
