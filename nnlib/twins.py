"""Twins: where two runs part, how far they get from each other, and what seeds do by themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlib._array import Array
from nnlib.forks import fork
from nnlib.history import Event
from nnlib.interventions import follow
from nnlib.network import place_of
from nnlib.training import Trainer

_MOST_SEED = 2**31 - 1
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Twins:
    """Two runs side by side, over the steps that both have.

    Attributes
    ----------
    differing : fields that differ with the values of both, "data" among them, as they now stand
    parted : the first step at which parameters differ; None where none do
    layers : the layers that differ there
    steps : at which the distances are taken, shape (points,)
    parameters : ‖θa - θb‖, shape (points,); NaN where the architectures differ
    outputs : root of the mean square difference of what they predict for the validation rows of
        the first, probabilities or standardized values, shape (points,); NaN where the inputs or
        outputs differ
    seed_parameters, seed_outputs : the same between the first run and its twin with another seed;
        of forks, which begin with the same weights, the other order of examples alone
    losses : of the first run, the second and the twin with another seed, each on its own
        validation rows, shape (points, 3)
    """

    differing: dict[str, tuple[Any, Any]]
    parted: int | None
    layers: tuple[str, ...]
    steps: Array
    parameters: Array
    outputs: Array
    seed_parameters: Array
    seed_outputs: Array
    losses: Array

    @property
    def relative_parameters(self) -> Array:
        """The distance of the parameters as a share of that between two seeds; NaN for 0 / 0."""
        return _share(self.parameters, self.seed_parameters)

    @property
    def relative_outputs(self) -> Array:
        """The distance of the outputs as a share of that between two seeds; NaN for 0 / 0."""
        return _share(self.outputs, self.seed_outputs)


class _Walk:
    """A run made again, step by step, with what was done by hand."""

    def __init__(self, run: Trainer, events: list[Event]) -> None:
        self.run, self._events = run, [e for e in events if e.step > run.step]

    def to(self, step: int) -> None:
        due = [e for e in self._events if e.step <= step]
        self._events = self._events[len(due) :]
        follow(self.run, due, step)


def compare(a: Trainer, b: Trainer, *, points: int = 30, progress: Progress | None = None) -> Twins:
    """Return where two runs part and how far apart they are; both are made again, and stay.

    A third run, the first with the next seed, says what a distance is worth. It costs up to the
    time of three runs that measure nothing.

    Parameters
    ----------
    points : about so many steps at which distances are taken, evenly spread, beside 1, 2, 4, 8, …
    progress : called with the share of the work done, from 0 to 1

    Raises
    ------
    ValueError
        if one is a stack, or they have no step in common
    """
    if a.lead or b.lead:
        raise ValueError("Compare single runs, not stacks of them.")
    start, end = max(a.first_step, b.first_step), min(a.step, b.step)
    if start > end:
        raise ValueError("These runs have no step in common.")
    walks = [_Walk(run.at(start), run.history.events) for run in (a, b)]
    walks.append(_Walk(_other_seed(a, start), a.history.events))
    first, second, third = (walk.run for walk in walks)
    parted, layers = None, tuple[str, ...]()
    steps, distances, losses = _points(start, end, points), [], []
    for step in range(start, end + 1):
        if parted is not None and step not in steps:
            continue
        for walk in walks[: 3 if step in steps else 2]:
            walk.to(step)
        if parted is None:
            layers = _unlike(first, second)
            parted = step if layers else None
        if step in steps:
            distances.append([*_distances(first, second), *_distances(first, third)])
            losses.append([float(walk.run.evaluate("val")["loss"]) for walk in walks])
            if progress is not None:
                progress((step - start) / max(1, end - start))
    apart, out, seed_apart, seed_out = np.array(distances).T
    at = np.array(sorted(steps))
    differing, lost = _differing(a, b), np.array(losses)
    return Twins(differing, parted, layers, at, apart, out, seed_apart, seed_out, lost)


def _points(start: int, end: int, points: int) -> set[int]:
    even = np.linspace(start, end, points).round().astype(int).tolist()
    early = [start + 2**k for k in range(63) if start + 2**k <= end]
    return {*even, *early}


def _other_seed(run: Trainer, start: int) -> Trainer:
    seed = run.config.seed + (1 if run.config.seed < _MOST_SEED else -1)
    if start:
        return fork(run, start, seed=seed)
    begun = run.at(0).experiment.with_training(seed=seed)
    return Trainer(begun, run.data, run.network.dtype, instruments=(), engine=run.history.engine)


def _unlike(a: Trainer, b: Trainer) -> tuple[str, ...]:
    """Return the layers that have unlike parameters, from input to output."""
    own, others = a.network.parameters(), b.network.parameters()
    same = {
        n for n in own.keys() & others.keys() if np.array_equal(own[n], others[n], equal_nan=True)
    }
    places = sorted({place_of(name)[0] for name in {*own, *others} - same})
    names = max(a.network.layer_names, b.network.layer_names, key=len)
    return tuple(names[place - 1] for place in places)


def _distances(a: Trainer, b: Trainer) -> tuple[float, float]:
    """Return the distance of parameters and of outputs; NaN where they are not comparable."""
    parameters = outputs = np.nan
    with np.errstate(all="ignore"):
        if a.network.slices == b.network.slices:
            between = a.network.flat_parameters.astype(np.float64) - b.network.flat_parameters
            parameters = float(np.linalg.norm(between))
        if _meaning(a) == _meaning(b):
            x = np.asarray(a.data.features("val"), a.network.dtype)
            given = [r.loss.predict(r.network.predict_logits(x)).astype(np.float64) for r in (a, b)]
            outputs = float(np.sqrt(np.square(given[0] - given[1]).mean()))
    return parameters, outputs


def _meaning(run: Trainer) -> tuple[object, ...]:
    data = run.data
    return data.task, data.feature_names, data.class_names, data.target_names


def _differing(a: Trainer, b: Trainer) -> dict[str, tuple[Any, Any]]:
    one, other = a.experiment.settings, b.experiment.settings
    found = {name: (one[name], other[name]) for name in one if one[name] != other[name]}
    if a.data.fingerprint != b.data.fingerprint:
        found["data"] = (a.data.name, b.data.name)
    return found


def _share(distance: Array, noise: Array) -> Array:
    with np.errstate(all="ignore"):
        share: Array = distance / noise
    return share
