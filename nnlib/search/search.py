"""The search: trials are proposed in batches, and those of one architecture train as one stack."""

from __future__ import annotations

import json
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.search.objectives import Function, Outcome, called, failure, objective_of
from nnlib.search.proposals import PRUNERS, SAMPLERS
from nnlib.search.remote import Elsewhere
from nnlib.search.space import Space, experiment_with, resolved
from nnlib.search.stacks import Plan, StackRun, stacks_of
from nnlib.search.study import Study, Trial

BATCH = 16
"""So many trials are proposed at once where earlier ones count; all of them where they do not."""
_LARGEST_BATCH = 64


class Search:
    """A study that goes on trial by trial; see `search` for what it is made of.

    Attributes
    ----------
    space : every knob with its scale
    objective : what the trials are ranked by
    base : the experiment whose fields the knobs change
    budget : trials in all
    sampler : what proposes them
    seconds : of computing that it has taken, before it was stored and opened again included
    """

    def __init__(
        self,
        space: Space,
        data: Dataset | None,
        budget: int,
        *,
        base: Experiment | None = None,
        objective: str | Function = "val_loss",
        maximize: bool = False,
        target: float = 0.0,
        seeds: int = 1,
        sampler: str = "tpe",
        pruner: str = "none",
        sick: bool = False,
        batch: int | None = None,
        ahead: int = 1,
        seed: int = 0,
        storage: str | Path | None = None,
        name: str = "search",
        executor: Executor | None = None,
    ) -> None:
        _check(budget, seeds, sampler, pruner, executor, ahead)
        function = None if isinstance(objective, str) else objective
        self.space = resolved(space, of_experiments=function is None)
        self.base, self.data, self.budget = base or Experiment(), data, budget
        self.sampler = sampler
        self.objective = objective_of(objective, maximize, target)
        self.plan = Plan(self.objective, seeds, target, sick)
        self._function, self._pruner = function, pruner
        if data is None and function is None:
            raise ValueError("The search needs data to train on.")
        self._elsewhere: Elsewhere | None = None
        if executor is not None and data is not None and function is None:
            self._elsewhere = Elsewhere(executor, data, self.plan)
        self._ahead = ahead
        self._batch = batch or (BATCH if sampler == "tpe" else _LARGEST_BATCH)
        self._queue: list[dict[int, Experiment]] = []
        self._stack: StackRun | None = None
        self._numbers: list[int] = []  # of the stack
        self.study = Study(
            self.space,
            budget,
            maximize=self.objective.maximize,
            sampler=sampler,
            pruner=pruner,
            seed=seed,
            storage=storage,
            name=name,
            about=self._about(),
        )
        ended = [t.outcome.after for t in self.trials if t.outcome is not None]
        self.seconds = max(ended, default=0.0)
        self._began = perf_counter() - self.seconds

    def _about(self) -> str:
        """Say what must be the same where a stored study goes on."""
        said = {
            "space": {name: repr(knob) for name, knob in self.space.items()},
            "base": json.loads(self.base.to_json()),
            "data": "" if self.data is None else self.data.fingerprint,
            "objective": [self.objective.name, self.plan.target, self.plan.seeds],
        }
        return json.dumps(said, sort_keys=True)

    @property
    def trials(self) -> list[Trial]:
        """The trials, by number; those under way have no outcome."""
        return self.study.trials

    @property
    def ranked(self) -> list[Trial]:
        """The trials that are done, the best first."""
        sign = -1.0 if self.objective.maximize else 1.0
        done = [(t.value, t) for t in self.trials if t.value is not None]
        return [t for _, t in sorted(done, key=lambda pair: (sign * pair[0], pair[1].number))]

    @property
    def best(self) -> Trial | None:
        """The best trial that is done, or None."""
        return next(iter(self.ranked), None)

    @property
    def curves(self) -> dict[int, dict[int, float]]:
        """Median over the seeds after so many parts of its run, by the number of the trial."""
        ended = {t.number: dict(t.outcome.curve) for t in self.trials if t.outcome is not None}
        return ended | ({} if self._stack is None else self._stack.curves)

    @property
    def done(self) -> bool:
        """Whether `advance` has nothing left to do."""
        away = self._elsewhere is not None and self._elsewhere.trials
        return self._stack is None and not self._queue and not away and not self.study.left

    @property
    def progress(self) -> float:
        """The share of the trials that have ended, with the parts of those in training."""
        trials, under_way = self.trials, 0.0
        ended = sum(t.outcome is not None for t in trials)
        if self._stack is not None:
            left = len(self._numbers) - len(self._stack.outcomes)
            under_way = left * self._stack.progress
        return min(1.0, (ended + under_way) / max(1, len(trials) + self.study.left))

    def extend(self, budget: int) -> None:
        """Allow more trials; a grid stays as it is."""
        self.budget = self.study.budget = budget

    def experiment(self, trial: Trial) -> Experiment:
        """Return the experiment of a trial, with the first of its seeds."""
        return experiment_with(self.base, trial.settings)

    def advance(self, *, seconds: float | None = None) -> None:
        """Propose, train and tell, to the end of the budget or for so long.

        With a function to search it goes from batch to batch, with an executor from stack to
        stack. A time bound makes at least one step.
        """
        end = None if seconds is None else self.seconds + seconds
        self._began = perf_counter() - self.seconds
        while not self.done and (end is None or self.seconds < end):
            self._go_on(None if end is None else end - self.seconds)
            self.seconds = perf_counter() - self._began

    def _go_on(self, seconds: float | None) -> None:
        """Make the next thing that is to be done."""
        if self._stack is not None:
            self._train(self._stack, seconds)
        elif self._queue:
            self._begin_stack(self._queue.pop(0))
        elif self._elsewhere is not None:
            self._keep_busy(self._elsewhere)
        elif self._function is None:
            self._queue = self._batch_of_stacks()
        else:
            for number, settings in self.study.ask(self._batch).items():
                self._tell(number, called(self._function, settings))

    def _keep_busy(self, elsewhere: Elsewhere) -> None:
        """Send a batch where there is room for it, or else take what comes back."""
        if elsewhere.trials <= (self._ahead - 1) * self._batch and self.study.left:
            for stack in self._batch_of_stacks():
                elsewhere.send(stack)
            return
        for number, outcome in elsewhere.receive().items():
            self._tell(number, outcome)

    def _batch_of_stacks(self) -> list[dict[int, Experiment]]:
        asked = self.study.ask(self._batch)
        experiments = {n: experiment_with(self.base, settings) for n, settings in asked.items()}
        return [
            {n: experiments[n] for n in numbers} for numbers in stacks_of(experiments, self.plan)
        ]

    def _tell(self, number: int, outcome: Outcome) -> None:
        self.study.tell(number, replace(outcome, after=perf_counter() - self._began))

    def _begin_stack(self, experiments: dict[int, Experiment]) -> None:
        assert self.data is not None
        self._numbers = list(experiments)
        try:
            judge = None if self._pruner == "none" else self.study.judge
            self._stack = StackRun(experiments, self.data, self.plan, judge)
        except (ValueError, MemoryError) as error:
            self._give_up(failure(error))

    def _train(self, stack: StackRun, seconds: float | None) -> None:
        known = set(stack.outcomes)
        try:
            stack.advance(seconds)
        except (MemoryError, ArithmeticError) as error:
            self._give_up(failure(error))
            return
        for number, outcome in stack.outcomes.items():
            if number not in known:
                self._tell(number, outcome)
        if stack.done:
            self._stack = None

    def _give_up(self, outcome: Outcome) -> None:
        """Tell the same of all trials of the stack that have not ended."""
        ended = {} if self._stack is None else self._stack.outcomes
        for number in self._numbers:
            if number not in ended:
                self._tell(number, outcome)
        self._stack = None


def search(
    space: Space,
    data: Dataset | None,
    budget: int,
    *,
    seconds: float | None = None,
    **options: Any,
) -> Search:
    """Search a space of settings, and return the study at its end.

    Trials that differ only in what a stack can differ in (see `Trainer`) train together. The same
    space, data, options and seed give the same study.

    Parameters
    ----------
    space : fields of `NetworkConfig` and `TrainingConfig`, ``"depth"`` or ``"width"`` to a `Range`
        or `Choice`; what depends on another knob comes after it
    data : to train and validate on; None where the objective is a function
    budget : trials, those that fail, diverge or are pruned included
    seconds : after so many it ends with what it has, if not before
    **options : as follows

        base : Experiment
            What the knobs change; by default an `Experiment`.
        objective : str or callable
            A name in `OBJECTIVES`, or a function of the settings to be minimized.
        maximize : bool
            Whether the function is to be maximized.
        target : float
            The training loss that is to be reached, for the objectives ``"steps"`` and
            ``"seconds"``: those in which all seeds of one trial alone train together.
        seeds : int
            From so many each trial is trained; its value is the median.
        sampler : str
            ``"tpe"`` (Bergstra et al. 2011), ``"qmc"`` (a scrambled Sobol' sequence) or ``"grid"``.
        pruner : str
            ``"none"``, ``"median"`` or ``"halving"``: what ends trials on the way.
        sick : bool
            Whether a trial that has learned nothing in a quarter of its run, and that `diagnose`
            finds a problem in other than too short steps or runs, ends there.
        batch : int
            Trials that are proposed at once.
        seed : int
            Of the proposals.
        storage : str or Path
            None for memory; a path ending in ``.db`` or ``.sqlite``, or the address of a database;
            any other path is that of a journal file. A study that is there goes on.
        name : str
            Of the study in its storage.
        executor : concurrent.futures.Executor
            Trains the stacks elsewhere, side by side, without a pruner.
        ahead : int
            Batches under way at an executor. With 1 each waits for the whole one before it, as it
            does without an executor; with more, TPE's proposals depend on who is ready first.

    Raises
    ------
    ValueError
        if the space, an option or the data do not go together
    """
    found = Search(space, data, budget, **options)
    found.advance(seconds=seconds)
    return found


def _check(
    budget: int, seeds: int, sampler: str, pruner: str, executor: object, ahead: int
) -> None:
    if budget < 1 or seeds < 1 or ahead < 1:
        raise ValueError("A search needs at least one trial, one seed and one batch ahead.")
    for kind, known in ((sampler, SAMPLERS), (pruner, PRUNERS)):
        if kind not in known:
            raise ValueError(f"There is no {kind!r}: take one of {', '.join(known)}.")
    if executor is not None and pruner != "none":
        raise ValueError("Trials that train elsewhere cannot be pruned: leave out the pruner.")
