"""Forks: a run that goes on from a step of another one, with something changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets.dataset import Dataset
from nnlib.interventions import follow
from nnlib.kept import Arrays, copied, put_back
from nnlib.lineage import Lineage
from nnlib.timeline import Timeline
from nnlib.training import Trainer

State = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Origin:
    """Where a fork comes from.

    Attributes
    ----------
    step : of the run that it goes on from
    changes : settings by name, as they are in the fork
    carried : what it took over: parameters and running statistics by name, and parts of the state
    new : what begins anew in it, in the same words
    """

    step: int
    changes: tuple[tuple[str, Any], ...]
    carried: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What is carried over and what is new, for people."""
        begin = f"It goes on from step {self.step:,}"
        if not self.new:
            return f"{begin} with everything carried over."
        return f"{begin}; new in it: {', '.join(self.new)}."


class Fork(Trainer):
    """A trainer that goes on from another one's step; see `fork`.

    Attributes
    ----------
    origin : where it comes from
    """

    origin: Origin


def fork(trainer: Trainer, step: int, **changes: Any) -> Fork:
    """Return a new run that goes on from a step of another one with some settings changed.

    Weights and running statistics go over where a layer has them in the same shape. The
    optimizer's state goes over where all parameters do and the new rule keeps the same quantities
    (momentum and Nesterov do, as Adam and AdamW do), the random streams where the seed stays, early
    stopping where all parameters go over. All else begins anew, as in a new run; `Fork.origin`
    says what. Without changes it trains on with the bits of the old run, which stays as it is.

    With another batch size the fork keeps its place in the epoch: `step` becomes the number of
    updates that come before that place at the new size. `seconds` go on from those of the run.

    Parameters
    ----------
    step : of the run, as for `Trainer.at`
    changes : fields of `TrainingConfig` and `NetworkConfig`

    Raises
    ------
    ValueError
        if there is no such step or setting, or a value is out of bounds
    """
    there = trainer.at(step)
    experiments = [changed(e, changes) for e in there.experiments]
    result = Fork(
        experiments if trainer.lead else experiments[0],
        trainer.data,
        trainer.network.dtype,
        instruments=trainer._panel.instruments,
        schedule=trainer._own_schedule,
        evaluations=trainer._evaluates,
        engine=trainer.history.engine,
        timeline=None if trainer.timeline is None else Timeline(trainer.timeline.most_bytes),
    )
    result.step, start = _place(there, result)
    result.seconds = there.seconds
    old, new = copied(there._parts), copied(result._parts)
    took = _carry(there, result, old, new)
    new["minibatches.start"] = np.asarray(start)
    put_back(result._parts, new)
    result._before = trainer.lineage(step)
    result.begin_here()
    names = [*result.network.parameters(), *result.network.state(), *_labels(result)]
    carried = tuple(name for name in names if name in took)
    fresh = tuple(name for name in names if name not in took)
    result.origin = Origin(step, tuple(changes.items()), carried, fresh)
    return result


def retrace(
    lineage: Lineage,
    data: Dataset,
    *,
    engine: str = "auto",
    timeline: Timeline | None = None,
    progress: Callable[[float], None] | None = None,
) -> Trainer:
    """Train a run again from what it was made of, through what it went on from.

    With the same engine it has the same bits.

    Parameters
    ----------
    lineage : of `Trainer.lineage`
    engine : as for a `Trainer`
    timeline : gets snapshots on the way; what goes on from it has one of its own
    progress : called with the share of the work done, from 0 to 1

    Raises
    ------
    ValueError
        if it does not fit the data
    """
    trainer = Trainer(lineage[0].began, data, engine=engine, timeline=timeline)
    end = lineage[-1].until
    for index, stretch in enumerate(lineage):
        if index:
            trainer = fork(trainer, trainer.step, **stretch.began.settings)
        if stretch.until < trainer.step:
            raise ValueError("There is no such run: it ends ahead of its beginning.")
        events = list(stretch.events)
        for until in np.linspace(trainer.step, stretch.until, 51).round().astype(int).tolist():
            follow(trainer, events[len(trainer.history.events) :], until)
            if progress is not None:
                progress(min(1.0, until / max(1, end)))
    return trainer


def changed(experiment: Experiment, changes: Mapping[str, Any]) -> Experiment:
    """Return an experiment with some fields of its network and its training changed.

    Raises
    ------
    ValueError
        if there is no such field, or a value is out of bounds
    """
    parts: dict[str, dict[str, Any]] = {"network": {}, "training": {}}
    declared = {"network": NetworkConfig, "training": TrainingConfig}
    own = {f.name: part for part, config in declared.items() for f in fields(config)}
    for name, value in changes.items():
        if name not in own:
            raise ValueError(f"There is no setting {name}.")
        parts[own[name]][name] = value
    return replace(
        experiment,
        network=replace(experiment.network, **parts["network"]),
        training=replace(experiment.training, **parts["training"]),
    )


def _labels(trainer: Trainer) -> list[str]:
    """Return what the state beside the parameters is called, part by part."""
    return [_label(part) for part in trainer._parts if part not in ("network", "watch")]


def _label(part: str) -> str:
    words = {"minibatches": "order of the examples", "optimizer": "state of the optimizer"}
    return words.get(part, part.replace("_", " "))


def _place(there: Trainer, result: Trainer) -> tuple[int, int]:
    """Return the step of a fork, and how many examples of its epoch are behind it."""
    start = int(there._parts["minibatches"].kept()["start"])
    epoch, within = divmod(there.step, there.steps_per_epoch)
    if there.steps_per_epoch == result.steps_per_epoch or not within:
        return epoch * result.steps_per_epoch + within, start
    batches = start // result._minibatches.size
    return epoch * result.steps_per_epoch + batches, batches * result._minibatches.size


def _carry(there: Trainer, result: Trainer, old: Arrays, new: State) -> set[str]:
    """Put into the state of a fork what it takes over; return what that is called."""
    took = set()
    a, b = there.network, result.network
    for own, others in ((b.parameters(), a.parameters()), (b.state(), a.state())):
        for name, view in own.items():
            if name in others and others[name].shape == view.shape:
                view[...] = others[name]
                took.add(name)
    new["network.flat_parameters"], new["network.flat_state"] = b.flat_parameters, b.flat_state
    same_layout = took == {*a.parameters(), *a.state()} == {*b.parameters(), *b.state()}
    same_seeds = [e.training.seed for e in there.experiments] == [
        e.training.seed for e in result.experiments
    ]
    for part in result._parts:
        names = [n for n in new if n.partition(".")[0] == part]
        fits = {n for n in old if n.partition(".")[0] == part} == set(names) and all(
            old[n].shape == new[n].shape for n in names
        )
        goes = same_layout if part in ("optimizer", "early_stopping") else same_seeds
        if part not in ("network", "watch") and fits and goes:
            new |= {n: old[n] for n in names}
            took.add(_label(part))
    return took
