"""What a network predicts everywhere in a plane or along a line: a record, and its table."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import nnlib
from nnlib.datasets import Dataset
from nnlib.probes.unit_surfaces import grid_points, plane_axes
from pages.shared.charts.points import first_target

RESOLUTION = 80
NOT_FINITE = "The predictions are not finite numbers: the run diverged."


@dataclass(frozen=True, eq=False)
class Surface:
    """Predictions on a grid over one or two features, in the coordinates the network sees.

    Attributes
    ----------
    x, y : shape (g,); the grid; `y` is None for a single feature
    value : shape (g, g) or (g,); probability of the winning class, or the predicted value; row i
        belongs to ``y[i]``
    winner : ndarray of int, same shape
        Index of the most probable class; None for a regression.
    """

    x: NDArray[np.floating[Any]]
    y: NDArray[np.floating[Any]] | None
    value: NDArray[np.float64]
    winner: NDArray[np.int64] | None

    @property
    def axes(self) -> tuple[NDArray[np.floating[Any]], ...]:
        """The grid's coordinates, one array a feature."""
        return (self.x,) if self.y is None else (self.x, self.y)

    @property
    def finite(self) -> bool:
        """Whether every prediction is a finite number."""
        return bool(np.isfinite(self.value).all())


def decision_surface(
    model: nnlib.Trainer | nnlib.Model, data: Dataset, *, resolution: int = RESOLUTION
) -> Surface:
    """Return a model's predictions on a grid around the training and validation points.

    Parameters
    ----------
    model : nnlib.Trainer or nnlib.Model
        A single run, of one or two features.
    data : sets the range of the grid; of several regression targets, the first is taken
    resolution : grid points along each feature

    Raises
    ------
    ValueError
        If there are more than two features.
    """
    if data.n_features > 2:
        raise ValueError(f"A surface needs one or two features, not {data.n_features}.")
    axes = plane_axes(data, resolution)
    shape = (resolution,) * len(axes)
    grid = grid_points(*axes).astype(np.float32)
    y = axes[1] if len(axes) == 2 else None
    if data.task == "regression":
        value = first_target(np.asarray(model.predict(grid), np.float64))
        return Surface(axes[0], y, value.reshape(shape), None)
    probabilities = np.asarray(model.predict_proba(grid), np.float64)
    winner = probabilities.argmax(axis=1)
    return Surface(axes[0], y, probabilities.max(axis=1).reshape(shape), winner.reshape(shape))


def surface_table(surface: Surface, data: Dataset) -> pd.DataFrame:
    """Return one row a grid point: the features, and the prediction.

    For classes that is ``predicted class`` and its ``probability``, for a regression
    ``predicted``.
    """
    table = pd.DataFrame(grid_points(*surface.axes), columns=list(data.feature_names))
    values: dict[str, Any] = {"predicted": surface.value.ravel()}
    if surface.winner is not None:
        names = np.array(data.class_names, object)[surface.winner.ravel()]
        values = {"predicted class": names, "probability": surface.value.ravel()}
    return pd.concat([table, pd.DataFrame(values)], axis=1)  # a feature may have such a name too
