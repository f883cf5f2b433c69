"""Controls of the Activations page."""

from collections.abc import Iterable
from dataclasses import dataclass

from nnlib.activations import ACTIVATIONS, ELU, Activation, LeakyReLU
from nnlib.initializers import INITIALIZERS
from nnlib.labs.born_dead import SYMMETRIC
from pages.shared import widgets
from pages.shared.charts.numbers import plain_number
from pages.shared.controls import label_of, plain_value
from pages.shared.widgets import N

TABS = FUNCTIONS, LAYERS, LAB = "Functions", "Through layers", "Dying ReLU lab"
SHOWN_FIRST = ["sigmoid", "tanh", "relu"]
SCALES = [0.1, 0.2, 0.5, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0]
NETWORKS = [1_000, 2_000, 5_000, 10_000]


@dataclass(frozen=True)
class Shape:
    """Parameters of the activations that have one."""

    slope: float
    alpha: float

    def function(self, name: str) -> Activation:
        """Return the activation of a name with its parameter."""
        own = {"leaky_relu": LeakyReLU(self.slope), "elu": ELU(self.alpha)}
        return own.get(name, ACTIVATIONS[name])

    def label(self, name: str) -> str:
        """Return the name for people, with the parameter where it is not the usual one."""
        note = ""
        if name == "leaky_relu" and self.slope != LeakyReLU().slope:
            note = f", slope {plain_number(self.slope)}"
        if name == "elu" and self.alpha != ELU().alpha:
            note = f", α {plain_number(self.alpha)}"
        return label_of(name) + note


@dataclass(frozen=True)
class LayerChoice:
    """What the layers section of the sidebar says."""

    activation: str
    mean: float
    deviation: float
    initializer: str
    scale: float
    width: int
    depth: int
    seed: int


@dataclass(frozen=True)
class DeadChoice:
    """What the dying ReLU section of the sidebar says."""

    width: int
    depth: int
    initializer: str
    networks: int
    seed: int


def choose_shape() -> Shape:
    """Draw the parameters of leaky ReLU and ELU, which hold for all charts."""
    slope = widgets.slider(
        "slope",
        "Slope of leaky ReLU",
        (0.0, 0.5, LeakyReLU().slope, 0.01),
        help="The derivative of leaky ReLU for negative pre-activations.",
    )
    alpha = widgets.slider(
        "alpha",
        "Alpha of ELU",
        (0.1, 3.0, ELU().alpha, 0.1),
        help="ELU goes to -alpha for very negative pre-activations.",
    )
    return Shape(slope, alpha)


def choose_functions() -> tuple[list[str], float]:
    """Draw which activations are shown, and how far the z axis reaches."""
    names = widgets.multiselect(
        "functions",
        "Activations",
        list(ACTIVATIONS),
        SHOWN_FIRST,
        format_func=label_of,
        help="The activation functions that are drawn together.",
    )
    reach = widgets.slider(
        "reach",
        "Range of z",
        (1.0, 15.0, 5.0, 0.5),
        help="The curves are drawn from minus this to plus this pre-activation.",
    )
    return names, reach


def choose_layers() -> LayerChoice:
    """Draw the controls of the inputs and the stack of random layers."""
    activation = _choice(
        "Activation", ACTIVATIONS, "activation", "What every layer applies to z.", "relu"
    )
    mean = _slider("Mean μ", -3.0, 3.0, 0.0, 0.1, "mean", "Mean of the normal distribution.")
    deviation = _slider(
        "Standard deviation σ",
        0.1,
        5.0,
        1.0,
        0.1,
        "deviation",
        "Spread of the normal distribution.",
    )
    initializer = _choice(
        "Initializer",
        INITIALIZERS,
        "initializer",
        "The distribution that the weights are drawn from.",
        "he_normal",
    )
    scale = widgets.select_slider(
        "scale",
        "Initial scale",
        SCALES,
        1.0,
        format_func=plain_value,
        help="Multiplies the standard deviation of the weights.",
    )
    width = widgets.select_slider(
        "width",
        "Width",
        [4, 8, 16, 32, 64, 128, 256, 512],
        128,
        help="The number of inputs and of units in every layer.",
    )
    depth = _slider("Depth", 1, 50, 20, 1, "depth", "The number of random layers.")
    seed = _seed("seed", "Draws other weights and inputs.")
    return LayerChoice(activation, mean, deviation, initializer, scale, width, depth, seed)


def choose_dead() -> DeadChoice:
    """Draw the controls of the dying ReLU lab."""
    width = _slider("Units a layer", 1, 10, 3, 1, "dead_width", "The width N of each hidden layer.")
    depth = _slider(
        "Hidden layers", 1, 100, 30, 1, "dead_depth", "The largest number of hidden layers drawn."
    )
    initializer = _choice(
        "Initializer of the networks",
        SYMMETRIC,
        "dead_initializer",
        "The distribution that the weights are drawn from; all of these are symmetric around zero.",
    )
    networks = widgets.select_slider(
        "networks",
        "Networks",
        NETWORKS,
        2_000,
        format_func=plain_value,
        help="How many networks are drawn; four times as many halve the confidence interval.",
    )
    seed = _seed("dead_seed", "Draws other networks.")
    return DeadChoice(width, depth, initializer, networks, seed)


def _choice(
    label: str, names: Iterable[str], key: str, text: str, default: str | None = None
) -> str:
    return widgets.selectbox(key, label, names, default, format_func=label_of, help=text)


def _slider(label: str, low: N, high: N, default: N, step: N, key: str, text: str) -> N:
    return widgets.slider(key, label, (low, high, default, step), help=text)


def _seed(key: str, text: str) -> int:
    return widgets.number_input(key, "Seed", (0, 999_999, 0), help=text)
