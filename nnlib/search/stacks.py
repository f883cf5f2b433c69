"""Trials of one architecture that train as one stack, each from some seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from time import perf_counter

import numpy as np
import numpy.typing as npt

from nnlib.comparison import LEARNED_BELOW, median_over_seeds, with_seeds
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.diagnosis import diagnose
from nnlib.replica import Replica
from nnlib.search.objectives import PARTS, SECONDS, End, Objective, Outcome, failure
from nnlib.search.thinning import thinned
from nnlib.stacking import stacking_key
from nnlib.sweeps import MAX_STACK, SweepResult
from nnlib.training import Trainer

Judge = Callable[[int, int, float], str]
"""Takes a trial's number, the parts of its run, its median; returns why to end it, or nothing."""
SICK_AT = PARTS // 4
"""After so many parts a trial that has learned nothing is diagnosed."""
_MAY_STILL_ARRIVE = ("lr_too_low", "too_few_epochs")
_THIN_BELOW = 0.5  # of the replicas left; a smaller stack is not much faster per step


@dataclass(frozen=True)
class Plan:
    """How every trial of a search is trained and measured.

    Attributes
    ----------
    seeds : from so many, its own and those that follow it, each trial is trained
    target : the training loss to be reached where steps are counted
    sick : whether trials that are diagnosed as sick end
    """

    objective: Objective
    seeds: int = 1
    target: float = 0.0
    sick: bool = False


def stacks_of(experiments: Mapping[int, Experiment], plan: Plan) -> list[list[int]]:
    """Return the numbers of trials, put together into the stacks that they can train as.

    Where seconds are measured every trial is a stack of its own.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, experiment in experiments.items():
        groups.setdefault(stacking_key(experiment), []).append(number)
    most = 1 if plan.objective.name == SECONDS else max(1, MAX_STACK // plan.seeds)
    return [
        group[start : start + most]
        for group in groups.values()
        for start in range(0, len(group), most)
    ]


class StackRun:
    """Trials that train together.

    Parameters
    ----------
    experiments : by the number of the trial
    judge : asked after each part of the run; None where every trial trains to its end

    Attributes
    ----------
    outcomes : of the trials that have ended, by number
    curves : of all trials, by number

    Raises
    ------
    ValueError
        if the experiments and the data do not go together
    """

    def __init__(
        self,
        experiments: Mapping[int, Experiment],
        data: Dataset,
        plan: Plan,
        judge: Judge | None = None,
    ) -> None:
        self._plan, self._judge = plan, judge
        self._open = list(experiments)
        self.outcomes: dict[int, Outcome] = {}
        self.curves: dict[int, dict[int, float]] = {number: {} for number in experiments}
        runs = [run for e in experiments.values() for run in with_seeds(e, plan.seeds)]
        measured = None if plan.sick else ()
        if plan.objective.name == SECONDS:  # what is compiled or loaded first is not timed
            Trainer(runs, data, instruments=measured).advance(steps=1)
        self._trainer = Trainer(runs, data, instruments=measured)
        self._series = plan.objective.series(data)
        self._worst = -np.inf if plan.objective.maximize else np.inf
        self._places = {number: i for i, number in enumerate(experiments)}
        self._part, self._seen = 0, -1
        self._reached = np.full(len(runs), np.inf)
        self._note_target()

    @property
    def done(self) -> bool:
        """Whether every trial has ended."""
        return not self._open

    @property
    def progress(self) -> float:
        """The share of the run that is behind the trials that are left, from 0 to 1."""
        return 1.0 if self.done else self._trainer.step / self._trainer.total_steps

    def advance(self, seconds: float | None = None) -> None:
        """Train on, to the end or for so long; it ends trials only where a part of the run ends.

        A time bound makes at least one step.
        """
        left, start = seconds, perf_counter()
        while not self.done and (left is None or left > 0):
            end = self._end_of_part()
            self._trainer.advance(steps=end - self._trainer.step, seconds=left)
            if self._trainer.step >= end or self._trainer.done:
                self._part += 1
                self._look()
            left = None if seconds is None else seconds - (perf_counter() - start)

    def _end_of_part(self) -> int:
        return max(-(-self._trainer.total_steps * (self._part + 1) // PARTS), 1)

    def _look(self) -> None:
        """Record how the trials do, end some of them, and leave these out of the stack."""
        trainer = self._trainer
        self._note_target()
        at_end = trainer.done or self._part >= PARTS
        now = trainer.history[self._series][-1]
        levels = np.where(np.isfinite(now) & ~trainer._watch.diverged, now, self._worst)
        medians = median_over_seeds(levels.reshape(-1, self._plan.seeds))
        for number in list(self._open):
            self._look_at(number, float(medians[self._places[number]]), at_end)
        if self._plan.sick and self._part == SICK_AT and not at_end and not trainer.first_step:
            self._end_the_sick()
        if self._open and len(self._open) <= _THIN_BELOW * len(self._places):
            self._leave_out()

    def _look_at(self, number: int, level: float, at_end: bool) -> None:
        if not isfinite(level):
            self._close(number, "diverged", self._divergence(number))
            return
        self.curves[number][self._part] = level
        targets = self._plan.objective.has_target
        if targets and np.isfinite(self._reached[self._rows(number)]).all():
            self._finish(number, self._until_reached())
        elif at_end and targets:
            self._finish_target(number)
        elif at_end:
            split, _, what = self._series.partition("_")
            self._finish(number, self._trainer.evaluate(split)[what])
        elif self._judge is not None and (reason := self._judge(number, self._part, level)):
            self._close(number, "pruned", reason)

    def _rows(self, number: int) -> slice:
        first = self._places[number] * self._plan.seeds
        return slice(first, first + self._plan.seeds)

    def _finish(self, number: int, values: npt.NDArray[np.float64]) -> None:
        own = values[self._rows(number)]
        scores = np.where(np.isfinite(own), own, self._worst)
        value = float(median_over_seeds(scores))
        if not np.isfinite(value):
            self._close(number, "diverged", self._divergence(number))
            return
        lost = int((~np.isfinite(own)).sum())
        note = f"{lost} of {self._plan.seeds} seeds diverged." if lost else ""
        self._close(number, "done", note, value, tuple(map(float, scores)))

    def _until_reached(self) -> npt.NDArray[np.float64]:
        """Return the steps, or the seconds, to the loss asked for; infinite where it is not yet."""
        if self._plan.objective.name != SECONDS:
            return self._reached
        reached = np.isfinite(self._reached)
        seconds = self._trainer.history.clock.at(np.where(reached, self._reached, 0))
        return np.where(reached, seconds, np.inf)

    def _finish_target(self, number: int) -> None:
        reached = self._reached[self._rows(number)]
        if np.isfinite(median_over_seeds(reached)):
            self._finish(number, self._until_reached())
            return
        self._close(
            number,
            "not reached",
            f"The training loss did not come down to {self._plan.target:g} in "
            f"{self._trainer.step:,} steps.",
        )

    def _note_target(self) -> None:
        """Take down at which step each replica first had the training loss asked for."""
        if not self._plan.objective.has_target:
            return
        steps, losses = self._trainer.history.steps(self._series), self._trainer.history
        for step, values in zip(steps, losses[self._series], strict=True):
            if step > self._seen:
                hit = (values <= self._plan.target) & ~np.isfinite(self._reached)
                self._reached[hit] = step
        self._seen = int(steps[-1])

    def _divergence(self, number: int) -> str:
        rows = self._rows(number)
        found = [
            d for d in self._trainer.history.divergences if rows.start <= d.replica[0] < rows.stop
        ]
        if not found:
            name = self._series.replace("val_", "validation ").replace("train_", "training ")
            return f"The {name} was no longer finite after {self._trainer.step:,} steps."
        first = min(found, key=lambda d: d.step)
        verb = "was" if first.what == "loss" else "were"
        layer = first.layer.replace("_", " ")
        return f"The {first.what} of {layer} {verb} no longer finite after {first.step:,} steps."

    def _end_the_sick(self) -> None:
        trainer = self._trainer
        losses = trainer.history["train_loss"][-1]
        for number in list(self._open):
            rows = self._rows(number)
            if not (losses[rows] >= LEARNED_BELOW * trainer.guesses["train"].loss).all():
                continue
            run = SweepResult(trainer.experiments[rows.start], trainer, rows.start)
            findings = diagnose(Replica(run), thorough=False).findings
            problem = next((f for f in findings if f.severity == "problem"), None)
            if problem is not None and problem.fault not in _MAY_STILL_ARRIVE:
                self._close(number, "sick", problem.explanation)

    def _close(
        self,
        number: int,
        end: End,
        reason: str = "",
        value: float | None = None,
        scores: tuple[float, ...] = (),
    ) -> None:
        curve, steps = self.curves[number], self._trainer.step
        self.outcomes[number] = Outcome(end, value, reason, scores, curve, steps)
        self._open.remove(number)

    def _leave_out(self) -> None:
        """Go on with the replicas of the trials that have not ended."""
        rows = [row for n in self._open for row in range(len(self._reached))[self._rows(n)]]
        self._trainer = thinned(self._trainer, rows)
        self._reached = self._reached[rows]
        self._places = {number: i for i, number in enumerate(self._open)}


def train_stack(
    experiments: Mapping[int, Experiment], data: Dataset, plan: Plan
) -> dict[int, Outcome]:
    """Train a stack to its end and return what has become of its trials, by number."""
    return outcomes_of(lambda: StackRun(experiments, data, plan), experiments)


def outcomes_of(
    make: Callable[[], StackRun], numbers: Sequence[int] | Mapping[int, object]
) -> dict[int, Outcome]:
    """Return the outcomes of a stack, where it cannot be trained as failures with the reason."""
    try:
        run = make()
        run.advance()
    except (ValueError, MemoryError, ArithmeticError) as error:
        return dict.fromkeys(numbers, failure(error))
    return run.outcomes
