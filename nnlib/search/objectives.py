"""What a search looks for, and what has become of a trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nnlib.datasets.dataset import Dataset
from nnlib.evaluation import score_name

PARTS = 20
"""A trial is looked at after each so-manieth part of its run."""

Function = Callable[[dict[str, Any]], float]
"""What takes the settings of a trial and returns its value."""
End = Literal["done", "pruned", "sick", "diverged", "not reached", "failed"]
"""How a trial ended; only one that is done has a value."""


@dataclass(frozen=True)
class Objective:
    """What the trials are ranked by.

    Attributes
    ----------
    name : as it is asked for
    label : for people
    split : of the data, which it is measured on
    maximize : whether more is better
    log : whether it is compared by its logarithm
    """

    name: str
    label: str
    split: str = "val"
    maximize: bool = False
    log: bool = True

    def series(self, data: Dataset) -> str:
        """Return the series that says on the way how a trial does."""
        what = score_name(data) if self.name.endswith("score") else "loss"
        return f"{self.split}_{what}"

    @property
    def has_target(self) -> bool:
        """Whether it is how long a run takes to a training loss, not what the run comes to."""
        return self.name in (STEPS, SECONDS)


STEPS, SECONDS = "steps", "seconds"
OBJECTIVES = {
    objective.name: objective
    for objective in (
        Objective("val_loss", "Validation loss at the end"),
        Objective("val_score", "Validation score at the end", maximize=True, log=False),
        Objective("train_loss", "Training loss at the end", "train"),
        Objective(STEPS, "Steps to a training loss", "train"),
        Objective(SECONDS, "Seconds to a training loss", "train"),
    )
}


@dataclass(frozen=True)
class Outcome:
    """What has become of one trial.

    Attributes
    ----------
    end : how it ended
    value : what it is ranked by, the median over its seeds; None unless it is done
    reason : why it has no value, or what else is to be known; may be empty
    scores : what each seed reached, of a trial that is done
    curve : median over the seeds after so many of the `PARTS` of its run
    steps : updates made
    after : seconds of computing that the search had taken by then; one that goes on counts on
    """

    end: End
    value: float | None = None
    reason: str = ""
    scores: tuple[float, ...] = ()
    curve: Mapping[int, float] = field(default_factory=dict)
    steps: int = 0
    after: float = field(default=0.0, compare=False)


def objective_of(objective: str | Function, maximize: bool, target: float) -> Objective:
    """Return the objective of a name, or that of a function.

    Raises ValueError if there is none of this name, or its target is missing.
    """
    if not isinstance(objective, str):
        return Objective("function", "Value", "train", maximize, log=False)
    if objective not in OBJECTIVES:
        raise ValueError(f"There is no {objective!r}: take one of {', '.join(OBJECTIVES)}.")
    found = OBJECTIVES[objective]
    if found.has_target and target <= 0:
        raise ValueError(f"Counting {found.name} needs the target loss that is to be reached.")
    return found


def called(function: Function, settings: Mapping[str, Any]) -> Outcome:
    """Return what a function makes of the settings of a trial."""
    try:
        value = float(function(dict(settings)))
    except (ValueError, ArithmeticError) as error:
        return failure(error)
    if not abs(value) < float("inf"):
        return Outcome("diverged", reason="Its value is not finite.")
    return Outcome("done", value, scores=(value,))


def failure(error: BaseException) -> Outcome:
    """Return the outcome of a trial that an error has ended."""
    return Outcome("failed", reason=str(error) or type(error).__name__)
