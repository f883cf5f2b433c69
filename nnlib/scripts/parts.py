"""From a template to a program: which of its lines stay, and what is written into them."""

from dataclasses import dataclass
from pathlib import Path
from string import Template
from textwrap import indent
from typing import Any

from nnlib._version import __version__
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.layers import BatchNorm, Dropout, Noise, Scale, SkipStart
from nnlib.network import Network

_MARK = "  #? "
_RATES = {
    "constant": "return RATE",
    "step": "return RATE * $factor ** (min(step, $total) // $period)",
    "exponential": "return RATE * $factor ** (min(step, $total) / $period)",
    "cosine": "return RATE * (1 + math.cos(math.pi * min(step / $total, 1))) / 2",
    "warmup_cosine": """\
if step < $warmup:
    return RATE * (step + 1) / $warmup
return RATE * (1 + math.cos(math.pi * min((step - $warmup) / $rest, 1))) / 2""",
    "one_cycle": """\
if step <= $peak:
    return RATE * (1 + (1 / 25 - 1) * (1 + math.cos(math.pi * step / $peak)) / 2)
share = min((step - $peak) / $fall, 1)
return RATE * (1 / 25e4 + (1 - 1 / 25e4) * (1 + math.cos(math.pi * share)) / 2)""",
}


@dataclass(frozen=True)
class Plan:
    """What a program is written from; `network` has the initial weights."""

    experiment: Experiment
    data: Dataset
    network: Network
    steps_per_epoch: int

    @property
    def weighted(self) -> bool:
        """Whether classes have weights."""
        training = self.experiment.training
        return training.class_weight != "none" and self.data.task != "regression"

    def has(self, kind: type) -> bool:
        """Whether the network has such a layer."""
        return any(isinstance(layer, kind) for layer in self.network.layers)

    @property
    def flags(self) -> set[str]:
        """What decides which lines of a template stay."""
        training = self.experiment.training
        rules = ("l1", "l2", "clip_value", "clip_norm", "max_norm", "patience", "target_loss")
        choices = {
            "weighted": self.weighted,
            "val": len(self.data.features("val")) > 0,
            "dropout": self.has(Dropout),
            "scale": self.has(Scale),
            "skip": self.has(SkipStart),
            **{name: bool(getattr(training, name)) for name in rules},
        }
        return {name for name, on in choices.items() if on} | {training.optimizer, self.data.task}

    @property
    def values(self) -> dict[str, Any]:
        """What the templates of the other libraries have in common, by name."""
        training, dropout = self.experiment.training, self.experiment.network.dropout
        numbers = {name: repr(value) for name, value in vars(training).items()}
        return numbers | {
            "rate": repr(training.learning_rate),
            "learning_rate": indent(rate_of_step(self), "    "),
            "twice_l2": repr(2 * training.l2),
            "dropout": repr(dropout),
            "kept_scale": repr(1 / (1 - dropout)),
            "n_inputs": self.data.n_features,
        }


def lacks(plan: Plan, library: str) -> str:
    """Say in one sentence why another library does not do the same; empty where it does."""
    if plan.has(Noise):
        return f"Noise after normalization has no counterpart in {library}, so there is no program."
    batch = min(plan.experiment.training.batch_size, len(plan.data.features("train")))
    if plan.has(BatchNorm) and (batch == 1 or len(plan.data.features("train")) % batch == 1):
        return (
            "The last minibatch of an epoch is a single example, with which batch normalization "
            f"does another thing in {library}: choose another batch size."
        )
    return ""


def rate_of_step(plan: Plan) -> str:
    """Return the body of a function of ``step`` that gives the learning rate, ``RATE`` at first."""
    training = plan.experiment.training
    total = plan.steps_per_epoch * training.epochs
    warmup, peak = round(training.warmup_fraction * total), max(0.3 * total - 1, 1e-9)
    return Template(_RATES[training.schedule]).substitute(
        factor=training.decay_factor,
        period=training.decay_epochs * plan.steps_per_epoch,
        total=total,
        warmup=warmup,
        rest=max(total - warmup, 1),
        peak=peak,
        fall=max(max(total - 1, 1) - peak, 1e-9),
    )


def render(template: str, flags: set[str], values: dict[str, Any]) -> str:
    """Return the program that a template gives.

    Parameters
    ----------
    template : name of a file beside this one. A line that ends with ``#? a | not b`` stays where
        one of the words holds; ``$name`` stands for a value.
    """
    text = Path(__file__).with_name(f"{template}.txt").read_text("utf-8")
    lines = []
    for line in text.splitlines():
        kept, _, condition = line.partition(_MARK)
        if not condition or any(_holds(word, flags) for word in condition.split("|")):
            lines.append(kept.rstrip())
    return Template("\n".join(lines) + "\n").substitute(values, version=__version__)


def _holds(word: str, flags: set[str]) -> bool:
    name = word.strip()
    return (name.removeprefix("not ") in flags) != name.startswith("not ")
