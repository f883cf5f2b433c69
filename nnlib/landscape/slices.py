"""A slice of the loss: a plane on a grid, with the way of a run on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib.datasets.dataset import Dataset
from nnlib.landscape.evaluation import losses_at
from nnlib.landscape.path import Path
from nnlib.landscape.plane import Floats, Plane

Progress = Callable[[float], None]
_MARGIN = 0.3
_AT_ONCE = 2**22
"""Numbers of the weights of one part of a grid, which bounds its memory."""


@dataclass(frozen=True, eq=False)
class Slice:
    """Losses on a grid of a plane, and of a path beside its projection.

    Attributes
    ----------
    x, y : coordinates along the first and the second direction, shape (nx,) and (ny,)
    loss, score : shape (ny, nx)
    steps : of the places of the path, shape (n,)
    places : their coordinates in the plane, shape (n, 2)
    path_loss : where the run was, shape (n,)
    projected_loss : at the nearest points of the plane, shape (n,)
    inside : the share of the path's squared distances from its end that lies in the plane
    cosine : of the angle between the directions
    variances : as of `Plane`
    parameters : how many directions there are
    """

    x: Floats
    y: Floats
    loss: Floats
    score: Floats
    steps: npt.NDArray[np.int64]
    places: Floats
    path_loss: Floats
    projected_loss: Floats
    inside: float
    cosine: float
    variances: Floats
    parameters: int


def survey(
    plane: Plane,
    path: Path,
    data: Dataset,
    x: Floats,
    y: Floats,
    split: str = "train",
    progress: Progress | None = None,
) -> Slice:
    """Evaluate a plane on a grid, a path, and the path's projection; see `losses_at`.

    Parameters
    ----------
    x, y : coordinates of the grid
    split : "train" or "val"
    progress : called with the share of the work done, from 0 to 1
    """
    places = plane.coordinates(path.weights)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    coordinates = np.concatenate([grid, places])
    part = max(1, _AT_ONCE // len(plane.origin))
    total, found = len(coordinates) + len(places), []
    for start in range(0, len(coordinates), part):
        points = plane.points(coordinates[start : start + part]).astype(np.float32)
        found.append(_measured(path, data, points, split, progress, (start, total)))
    loss, score = np.concatenate(found, axis=1)
    along, _ = _measured(path, data, path.weights, split, progress, (len(coordinates), total))
    shape = len(y), len(x)
    return Slice(
        x,
        y,
        loss[: len(grid)].reshape(shape),
        score[: len(grid)].reshape(shape),
        path.steps,
        places,
        along,
        loss[len(grid) :],
        plane.share(path.weights),
        plane.cosine,
        plane.variances,
        len(plane.origin),
    )


def _measured(
    path: Path,
    data: Dataset,
    points: npt.NDArray[np.floating],
    split: str,
    progress: Progress | None,
    done: tuple[int, int],
) -> Floats:
    """Return loss and score, shape (2, n); `done` are the points ahead of these, and all."""
    tell = None
    if progress is not None:
        outer = progress
        tell = lambda share: outer((done[0] + share * len(points)) / done[1])  # noqa: E731
    measured = losses_at(path.experiment, data, points, splits=(split,), progress=tell)
    return np.array(list(measured.values()))


def around(places: Floats, count: int) -> Sequence[Floats]:
    """Return even coordinates, (count,) each, of a window around places of a plane, (n, 2)."""
    low, high = places.min(axis=0), places.max(axis=0)
    margin = _MARGIN * (high - low).max()
    return [np.linspace(a - margin, b + margin, count) for a, b in zip(low, high, strict=True)]
