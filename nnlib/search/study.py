"""The study: Optuna proposes the trials, keeps them, and says which of them to prune."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlib.search.objectives import End, Outcome
from nnlib.search.proposals import pruner_of, sampler_of
from nnlib.search.space import Choice, Range, Settings, decoded, drawn, encoded, grid, suggested

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

_END, _REASON, _SCORES, _STEPS, _AFTER = "end", "reason", "scores", "steps", "after_seconds"


@dataclass(frozen=True)
class Trial:
    """One trial of a search.

    Attributes
    ----------
    number : counted from 0
    settings : values of the knobs that were there
    outcome : what has become of it; None while it is under way
    """

    number: int
    settings: Settings
    outcome: Outcome | None

    @property
    def value(self) -> float | None:
        """What it is ranked by, or None."""
        return None if self.outcome is None else self.outcome.value


class Study:
    """Trials in Optuna's storage.

    Parameters
    ----------
    space : with every scale decided
    budget : trials of the whole study
    storage : None for memory; a path ending in .db or .sqlite, or an address of a database, for
        that; any other path for a journal file. A study that is there goes on.
    """

    def __init__(
        self,
        space: Mapping[str, Range | Choice],
        budget: int,
        *,
        maximize: bool,
        sampler: str = "tpe",
        pruner: str = "none",
        seed: int = 0,
        storage: str | Path | None = None,
        name: str = "search",
        about: str = "",
    ) -> None:
        import optuna

        self.space, self.budget = space, budget
        self._sampler, self._seed = sampler, seed
        self._told: dict[int, Trial] = {}
        self._asked: dict[int, optuna.Trial] = {}
        self._reported: set[tuple[int, int]] = set()
        with quiet():
            self.optuna = optuna.create_study(
                storage=storage_of(storage),
                study_name=name,
                direction="maximize" if maximize else "minimize",
                pruner=pruner_of(pruner),
                load_if_exists=storage is not None,
            )
        self._check_same(about)
        # Whoever had these under way may be gone: they do not count as under way.
        self._left_behind = {t.number for t in self._frozen if t.state.name == "RUNNING"}
        if sampler == "grid" and not self._frozen:
            for settings in grid(space, budget):
                self.optuna.enqueue_trial({n: encoded(space[n], v) for n, v in settings.items()})

    @property
    def _frozen(self) -> list[FrozenTrial]:
        return self.optuna.get_trials(deepcopy=False)

    def _check_same(self, about: str) -> None:
        attributes = self.optuna.user_attrs
        if attributes.setdefault("about", about) != about:
            raise ValueError(
                "The study that is stored there is of another space, run or objective: "
                "give it another name or place."
            )
        if not self.optuna.user_attrs:
            self.optuna.set_user_attr("about", about)

    @property
    def left(self) -> int:
        """How many trials nobody has been given yet, of those that share the study."""
        frozen = self._frozen
        if self._sampler == "grid":
            return sum(t.state.name == "WAITING" for t in frozen)
        under_way = {t.number for t in frozen if t.state.name == "RUNNING"} - self._left_behind
        ended = sum(t.state.is_finished() for t in frozen)
        return max(0, self.budget - ended - len(under_way))

    def ask(self, count: int) -> dict[int, Settings]:
        """Return the settings of at most so many new trials, by number."""
        found: dict[int, Settings] = {}
        with quiet():
            for _ in range(min(count, self.left)):
                trial = self.optuna.ask()
                if not found:  # by the number, which no other process has
                    self.optuna.sampler = sampler_of(self._sampler, self._seed, trial.number)
                found[trial.number] = drawn(self.space, partial(self._value, trial))
                self._asked[trial.number] = trial
        return found

    def _value(self, trial: optuna.Trial, name: str) -> Any:
        return suggested(trial, name, self.space[name])

    def judge(self, number: int, part: int, level: float) -> str:
        """Take how a trial does after some parts of its run; return why to end it, or nothing."""
        trial = self._asked[number]
        trial.report(level, part)
        self._reported.add((number, part))
        return "Others did better by then." if trial.should_prune() else ""

    def tell(self, number: int, outcome: Outcome) -> None:
        """Take what has become of a trial that was asked for."""
        from optuna.trial import TrialState

        trial = self._asked.pop(number)
        for part, level in outcome.curve.items():
            if (number, part) not in self._reported:
                trial.report(level, part)
        for key, said in (
            (_END, outcome.end),
            (_REASON, outcome.reason),
            (_SCORES, list(outcome.scores)),
            (_STEPS, outcome.steps),
            (_AFTER, outcome.after),
        ):
            trial.set_user_attr(key, said)
        state = {"done": TrialState.COMPLETE, "failed": TrialState.FAIL}.get(
            outcome.end, TrialState.PRUNED
        )
        value = outcome.value if state is TrialState.COMPLETE else None
        self.optuna.tell(number, value, state=state)

    @property
    def trials(self) -> list[Trial]:
        """The trials, by number; those under way have no outcome.

        What others have under way in the same storage, or had when they were killed, is left out.
        """
        found = []
        for frozen in self._frozen:
            number = frozen.number
            if frozen.state.is_finished() and number not in self._told:
                self._told[number] = self._trial(frozen)
            if number in self._told:
                found.append(self._told[number])
            elif number in self._asked:
                found.append(self._trial(frozen))
        return found

    def to_journal(self) -> bytes:
        """Return the study as a journal file of Optuna, with which it goes on elsewhere."""
        import optuna

        with tempfile.TemporaryDirectory() as folder, quiet():
            path = Path(folder) / "study.journal"
            optuna.copy_study(
                from_study_name=self.optuna.study_name,
                from_storage=self.optuna._storage,
                to_storage=storage_of(path) or "",
            )
            return path.read_bytes()

    def distributions(self, trial: Trial) -> dict[str, BaseDistribution]:
        """Return what each knob of a trial was drawn from."""
        return dict(self._frozen[trial.number].distributions)

    def _trial(self, frozen: FrozenTrial) -> Trial:
        settings = {n: decoded(self.space[n], v) for n, v in frozen.params.items()}
        said = frozen.user_attrs
        outcome = None
        if frozen.state.is_finished():
            usual: End = "done" if frozen.state.name == "COMPLETE" else "failed"
            outcome = Outcome(
                said.get(_END, usual),
                frozen.value if frozen.state.name == "COMPLETE" else None,
                said.get(_REASON, ""),
                tuple(said.get(_SCORES, ())),
                dict(frozen.intermediate_values),
                said.get(_STEPS, 0),
                said.get(_AFTER, 0.0),
            )
        return Trial(frozen.number, settings, outcome)


def storage_of(place: str | Path | None) -> str | BaseStorage | None:
    """Return the storage that a path or an address stands for; None for memory."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    if place is None or "://" in str(place):
        return None if place is None else str(place)
    if Path(place).suffix in (".db", ".sqlite", ".sqlite3"):
        return f"sqlite:///{place}"
    lock = JournalFileOpenLock(str(place))
    return JournalStorage(JournalFileBackend(str(place), lock_obj=lock))


@contextmanager
def quiet() -> Iterator[None]:
    """Keep to oneself that Optuna calls parts of it experimental, and its log of every study."""
    from optuna import logging
    from optuna.exceptions import ExperimentalWarning

    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        try:
            yield
        finally:
            logging.set_verbosity(before)
