"""Simpler models on the same rows, which tell whether a network is worth it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets import Dataset
from pages.shared.charts.points import class_codes, first_target

_LEAST_PROBABILITY = 1e-15  # whose logarithm is taken, as in scikit-learn's log_loss


class Result(NamedTuple):
    """A model's scores on the validation split; `seconds` is how long it took to fit."""

    name: str
    loss: float
    score: float
    seconds: float


def fit_baselines(data: Dataset, seed: int = 0) -> list[Result]:
    """Fit a guess, a linear model and gradient boosting, and score them on the validation split.

    All with scikit-learn's default settings, on the network's own inputs and training rows.

    Parameters
    ----------
    data : Dataset
        Of several regression targets, the first is predicted.
    seed : int
        Of gradient boosting, which draws rows for early stopping in large sets.

    Returns
    -------
    list of Result
        The loss is the mean cross-entropy, or the mean squared error of the standardized target;
        the score is accuracy or R².
    """
    score = _score_values if data.task == "regression" else _score_classes
    results = []
    for name, model in _models(data.task, seed):
        start = perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a linear model that has not quite converged
            model.fit(data.X_train, _labels(data, "train"))
        seconds = perf_counter() - start
        results.append(Result(name, *score(model, data), seconds))
    return results


def _models(task: str, seed: int) -> Iterator[tuple[str, Any]]:
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge

    if task == "regression":
        yield "mean of the training rows", DummyRegressor()
        yield "ridge regression", Ridge()
        yield "gradient boosting", HistGradientBoostingRegressor(random_state=seed)
    else:
        yield "class shares of the training rows", DummyClassifier(strategy="prior")
        yield "logistic regression", LogisticRegression(max_iter=1000)
        yield "gradient boosting", HistGradientBoostingClassifier(random_state=seed)


def _labels(data: Dataset, split: str) -> NDArray[Any]:
    labels = data.labels(split)
    return first_target(labels) if data.task == "regression" else class_codes(labels)


def _score_classes(model: Any, data: Dataset) -> tuple[float, float]:
    actual = _labels(data, "val")
    chances = np.zeros((len(actual), len(data.class_names)))
    chances[:, model.classes_] = model.predict_proba(data.X_val)
    of_actual = chances[np.arange(len(actual)), actual]
    loss = -np.log(np.maximum(of_actual, _LEAST_PROBABILITY)).mean()
    return float(loss), float((chances.argmax(axis=1) == actual).mean())


def _score_values(model: Any, data: Dataset) -> tuple[float, float]:
    actual, predicted = _labels(data, "val"), model.predict(data.X_val)
    errors = np.square(actual - predicted)
    spread = np.square(actual - actual.mean()).sum()
    loss = errors.mean() / data.target_scale[0] ** 2
    return float(loss), float(1 - errors.sum() / spread) if spread else float("nan")
