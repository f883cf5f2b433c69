"""Controls of the Regularization page."""

from dataclasses import dataclass, fields, replace

import nnlib
from nnlib.config import TrainingConfig, of_training, setting
from nnlib.labs.linear_draws import STRENGTHS, LinearProblem
from pages.shared import widgets
from pages.shared.controls import choose, plain_value
from pages.shared.presets import Preset
from pages.shared.regularization.charts_networks import WAY_COLORS

TRUE_LABELS = "True labels"
PENALTIES: dict[str, float | None] = {"L1": 1.0, "L2": 0.0, "elastic net": 0.5, "none": None}
SPANS = {"−1 to 1": (-1.0, 1.0), "0 to 10": (0.0, 10.0)}
_LINE = {
    "lab": "Linear regression",
    "penalty": "L1",
    "strength": 0.02,
    "degree": 15,
    "x_range": "−1 to 1",
    "intercept": True,
    "standardize": True,
    "line_points": 20,
    "line_noise": 0.5,
    "line_seed": 0,
    "draws": 5,
}
PRESETS = (
    Preset("Lasso on 15 powers", "L1 leaves few of 15 powers of x for a noisy line.", _LINE),
    Preset(
        "A line through the origin",
        "x from 0 to 10 and y = 2x + 1, fitted without an intercept as on the slide; what the "
        "slide calls L1 is ridge regression, an L2 penalty.",
        _LINE
        | {
            "penalty": "L2",
            "strength": 1.0,
            "degree": 1,
            "x_range": "0 to 10",
            "intercept": False,
            "standardize": False,
        },
    ),
)


def choose_linear() -> LinearProblem:
    """Draw the controls of the linear regression."""
    ratio, strength = _choose_penalty()
    degree = widgets.slider(
        "degree", "Highest power", (1, 15, 15), help="The features are x to this power."
    )
    points = widgets.slider(
        "line_points", "Training points", (20, 200, 20, 5), help="How many points the fit may see."
    )
    noise = widgets.slider(
        "line_noise", "Noise", (0.0, 2.0, 0.5, 0.05), help="Standard deviation added to 2x + 1."
    )
    span = widgets.selectbox(
        "x_range", "Range of x", list(SPANS), help="Where the points are drawn, evenly likely."
    )
    intercept = widgets.toggle(
        "intercept",
        "Intercept",
        True,
        help="Whether the fit has a constant beside the powers of x; it is never penalized.",
    )
    standardized = widgets.toggle(
        "standardize",
        "Standardize the powers",
        True,
        help="Gives each power deviation 1 on the training points, or without an intercept root "
        "mean square 1, so that the penalty treats all powers alike.",
    )
    seed = widgets.number_input(
        "line_seed", "Data seed", (0, 2**31 - 1, 0), help="Decides which points are drawn."
    )
    draws = widgets.number_input(
        "draws", "Draws for the bands", (1, 10, 5), help="Data sets behind the error bands."
    )
    return LinearProblem(
        ratio, strength, degree, points, noise, seed, draws, SPANS[span], intercept, standardized
    )


def _choose_penalty() -> tuple[float | None, float]:
    penalty = widgets.selectbox(
        "penalty",
        "Penalty",
        list(PENALTIES),
        help="What is added to the squared error: absolute weights, squared weights, or both.",
    )
    ratio = PENALTIES[penalty]
    if penalty == "elastic net":
        ratio = widgets.slider(
            "ratio", "L1 share ρ", (0.05, 0.95, 0.5, 0.05), help="How much of the penalty is L1."
        )
    strength = widgets.select_slider(
        "strength",
        "Strength λ",
        STRENGTHS,
        0.02,
        format_func=plain_value,
        disabled=ratio is None,
        help="How much the penalty counts against the squared error.",
    )
    return ratio, strength


@dataclass(frozen=True)
class Comparison:
    """What the controls of the networks say.

    `ways` are those compared, which share everything else.
    """

    points: int = setting(
        40, "Training points", "So many training points, drawn at random.", low=10, high=200, step=5
    )
    flipped: float = setting(
        0.15,
        "Flipped labels",
        "Share of training points that get a wrong class; validation points keep theirs.",
        low=0.0,
        high=0.4,
        step=0.05,
    )
    width: int = setting(32, "Units a layer", "Of both hidden layers.", low=4, high=128, step=4)
    learning_rate: float = of_training("learning_rate", 0.01, low=1e-3, high=0.1)
    epochs: int = of_training("epochs", 300, low=50, high=5000)
    l1: float = of_training("l1", 0.002, low=1e-5, high=0.1, off=None)
    l2: float = of_training("l2", 0.005, low=1e-5, high=1.0, off=None)
    weight_decay: float = of_training("weight_decay", 0.5, low=1e-3, high=1.0, off=None, read_by="")
    max_norm: float = of_training("max_norm", 1.0, low=0.1, high=10.0, off=None)
    patience: int = setting(
        30,
        "Early stopping patience",
        "Stops after this many epochs without a better validation loss.",
        low=1,
        high=1000,
    )
    seeds: int = setting(5, "Seeds", "How often every network is trained.", low=1, high=10)
    seed: int = setting(
        0, "First seed", "Decides points, flipped labels and initial weights.", low=0, high=10**6
    )
    ways: tuple[str, ...] = ()

    def base(self, reference: nnlib.DataReference) -> nnlib.Experiment:
        """Return what all ways change: two hidden layers, every step on all training points."""
        training = TrainingConfig(
            learning_rate=self.learning_rate,
            epochs=self.epochs,
            batch_size=256,  # more than there are points
            seed=self.seed,
        )
        network = nnlib.NetworkConfig(hidden=(self.width,) * 2)
        return nnlib.Experiment(network, training, reference)

    def experiments(self, reference: nnlib.DataReference) -> dict[str, nnlib.Experiment]:
        """Return the experiment of each way by its name."""
        base = self.base(reference)
        changes: dict[str, dict[str, object]] = {
            "L1": {"l1": self.l1},
            "L2": {"l2": self.l2},
            "AdamW": {"optimizer": "adamw", "weight_decay": self.weight_decay},
            "Max-norm": {"max_norm": self.max_norm},
            "Early stopping": {"patience": self.patience},
        }
        return {name: base.with_training(**changes.get(name, {})) for name in self.ways}


def choose_comparison() -> Comparison:
    """Draw the controls of the networks."""
    ways = widgets.multiselect(
        "ways",
        "Compare",
        WAY_COLORS,
        WAY_COLORS,
        help="The ways of regularizing that are trained side by side.",
    )
    names = [field.name for field in fields(Comparison) if field.name != "ways"]
    chosen = choose(Comparison, names, in_strip=False)
    return replace(chosen, ways=tuple(name for name in WAY_COLORS if name in ways))


def choose_shrinkage() -> tuple[float, int]:
    """Draw the controls of the experiment with single weights: decay and steps."""
    decay = widgets.select_slider(
        "decay",
        "Decay d",
        (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0),
        0.5,
        format_func=plain_value,
        help="AdamW's weight decay, and twice the strength of the L2 penalty.",
    )
    steps = widgets.slider(
        "shrink_steps", "Steps", (50, 500, 200, 50), help="How often the weights are updated."
    )
    return decay, steps


def choose_threshold() -> float:
    """Draw the threshold below which a weight counts as near zero."""
    threshold: float = widgets.select_slider(
        "threshold",
        "Near zero is |w| below",
        (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1),
        1e-2,
        format_func=plain_value,
        help="The share of near-zero weights counts those below this.",
    )
    return threshold
