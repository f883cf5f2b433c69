"""Trying a remedy: twins of a run with only the remedy changed, and whether it healed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nnlib._array import Array
from nnlib.comparison import Arm, difference, gather, with_seeds
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.diagnosis.finding import Remedy
from nnlib.diagnosis.preparations import prepared
from nnlib.diagnosis.report import describe
from nnlib.diagnosis.rule import BAD_LEVEL
from nnlib.metrics import balanced_accuracy
from nnlib.paired import Difference
from nnlib.sweeps import SweepResult, sweep
from nnlib.training import Trainer

SEEDS = 5
_SERIES = ("train_loss", "val_loss")

Verdict = Literal["healed", "better", "no difference", "worse"]


@dataclass(frozen=True, eq=False)
class Trial:
    """A run and its twin with a remedy, over the same seeds.

    Attributes
    ----------
    remedy : what was changed
    before, after : the runs as they are, and with the remedy; their series "score" is the score
        of the final weights
    score : what "score" is: "balanced accuracy" or "R²", on validation where there is one
    guess : what a guess reaches of it
    """

    remedy: Remedy
    before: Arm
    after: Arm
    score: str
    guess: float

    @property
    def by_score(self) -> Difference:
        """The paired difference of the scores."""
        return difference(self.before, self.after, "score_r2")

    @property
    def by_loss(self) -> Difference:
        """The paired ratio of the losses, of validation where there is one."""
        return difference(self.before, self.after, self.loss)

    @property
    def loss(self) -> str:
        """The series that the losses are compared by."""
        return "val_loss" if "val_loss" in self.before.series else "train_loss"

    @property
    def judged_by(self) -> str:
        """What tells the two apart: "diverged", else "score", else "loss", else nothing."""
        if self.before.diverged.sum() != self.after.diverged.sum():
            return "diverged"
        judges = {"score": self.by_score, "loss": self.by_loss}
        return next((n for n, d in judges.items() if d.reading in ("higher", "lower")), "")

    @property
    def verdict(self) -> Verdict:
        """What the remedy did, by `judged_by`.

        "healed" where the twin is better and its training loss is no longer bad or, with classes
        weighed anew, its balanced error, over that of a guess.
        """
        better = {
            "diverged": self.after.diverged.sum() < self.before.diverged.sum(),
            "score": self.by_score.reading == "higher",
            "loss": self.by_loss.reading == "lower",
        }
        if not self.judged_by:
            return "no difference"
        if not better[self.judged_by]:
            return "worse"
        level = self.after.final("train_loss") / max(self.after.guess, 1e-12)
        if self._weighs_classes:  # by which the plain loss rises, as it should
            level = (1 - self.after.final("score_r2")) / (1 - self.guess)
        return "healed" if level <= BAD_LEVEL and not self.after.diverged.any() else "better"

    @property
    def _weighs_classes(self) -> bool:
        changes = self.remedy.changes
        return "class_weight" in changes.get("training", {}) or changes.get("data") == "rebalance"

    @property
    def sentence(self) -> str:
        """The verdict in words, with the numbers that it was judged by."""
        words = {
            "healed": "Healed",
            "better": "Better",
            "no difference": "No difference beyond the noise of the seeds",
            "worse": "Worse",
        }
        numbers = self._of_both(f"median {self.score}", "score_r2")
        if self.judged_by == "loss":
            split = "validation" if self.loss == "val_loss" else "training"
            alike = f"{self.score} differs no more than the seeds do"
            numbers = f"{self._of_both(f'median {split} loss', self.loss)}; {alike}"
        elif self.judged_by == "diverged":
            before, after = (int(arm.diverged.sum()) for arm in (self.before, self.after))
            numbers = f"{before} diverged as it is, {after} with {self.label}; {numbers}"
        return f"{words[self.verdict]}: {numbers} (over {self.before.seeds} seeds)."

    def _of_both(self, what: str, name: str) -> str:
        before, after = (_number(arm.final(name)) for arm in (self.before, self.after))
        return f"{what} {before} as it is, {after} with {self.label}"

    @property
    def label(self) -> str:
        """The remedy in words."""
        return describe(self.remedy)


def can_be_tried(remedy: Remedy, data: Dataset) -> bool:
    """Say whether twins can tell: not of another seed, nor of what only a person can decide."""
    name = remedy.changes.get("data")
    if "seed" in remedy.changes.get("training", {}):
        return False
    return name is None or prepared(data, name) is not None


def changed(experiment: Experiment, remedy: Remedy) -> Experiment:
    """Return the experiment with the settings of a remedy."""
    network, training = (remedy.changes.get(part, {}) for part in ("network", "training"))
    return experiment.with_network(**network).with_training(**training)


def try_remedies(
    trainer: Trainer,
    remedies: list[Remedy],
    seeds: int = SEEDS,
    progress: Callable[[float], None] | None = None,
) -> list[Trial]:
    """Train a run and a twin for each remedy from the same seeds and compare their ends.

    The twins have the same order of minibatches, and the same initial weights where the shapes
    agree. The seeds are that of the run and those that follow it.

    Parameters
    ----------
    trainer : of a single run; it is not touched
    remedies : each a twin of its own
    seeds : how many, at least 2 for a verdict
    progress : called with the share of the work done, from 0 to 1

    Raises
    ------
    ValueError
        if a remedy asks for a preparation of the data that only a person can make
    """
    arms = []
    for index, remedy in enumerate([None, *remedies]):
        experiment, data = trainer.experiment, trainer.data
        if remedy is not None:
            experiment = changed(experiment, remedy)
            name = remedy.changes.get("data")
            new = data if name is None else prepared(data, name)
            if new is None:
                raise ValueError(f"Only a person can {describe(remedy)}.")
            data = new

        def tell(share: float, index: int = index) -> None:
            if progress is not None:
                progress((index + share) / (len(remedies) + 1))

        label = "as it is" if remedy is None else describe(remedy)
        arms.append(_arm(label, experiment, data, seeds, tell))
    regression = trainer.data.task == "regression"
    score, guess = "R²" if regression else "balanced accuracy", 0.0
    if not regression:
        guess = 1 / max(len(trainer.data.class_names), 2)
    return [Trial(r, arms[0], a, score, guess) for r, a in zip(remedies, arms[1:], strict=True)]


def _arm(
    label: str, experiment: Experiment, data: Dataset, seeds: int, progress: Callable[[float], None]
) -> Arm:
    runs = sweep(with_seeds(experiment, seeds), data, progress, instruments=[])
    (arm,) = gather({label: runs}, _SERIES)
    return arm.with_end("score_r2", [_score(run, data) for run in runs])


def _score(run: SweepResult, data: Dataset) -> float:
    """Return balanced accuracy or R² of the final weights, on validation where there is one."""
    split = "val" if len(data.X_val) else "train"
    if data.task == "regression":
        return float(np.ravel(run.trainer.evaluate(split)["r2"])[run.replica])
    dtype = run.trainer.network.dtype
    with np.errstate(all="ignore"):
        logits: Array = run.trainer.network.predict_logits(np.asarray(data.features(split), dtype))
    return float(np.ravel(balanced_accuracy(logits, data.targets(split, dtype)))[run.replica])


def _number(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "none, it diverged"
