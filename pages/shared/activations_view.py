"""Controls and texts of the Activations page."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from nnlib.activations import ACTIVATIONS, ELU, Activation, LeakyReLU
from nnlib.born_dead import SYMMETRIC
from nnlib.initializers import INITIALIZERS
from pages.shared.controls import label_of, plain_value

SHOWN_FIRST = ["sigmoid", "tanh", "relu"]
# The default of a select box is its first option.
_RELU_FIRST = ["relu", *(name for name in ACTIVATIONS if name != "relu")]
_HE_FIRST = ["he_normal", *(name for name in INITIALIZERS if name != "he_normal")]
SCALES = [0.1, 0.2, 0.5, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0]
NETWORKS = [1_000, 2_000, 5_000, 10_000]

WHAT = r"""
An activation function $f$ turns the pre-activations $z_l = W_l^\top a_{l-1}$ of a layer into its
activations $a_l = f(z_l)$; without it, a stack of layers is one linear map. Back-propagation
multiplies the gradient by $f'(z)$ at every layer.

**Through layers.** For random weights of mean 0 and variance $\sigma_w^2$, without biases, and in
the limit of infinite width, the pre-activations of a layer are normal with mean 0 and a variance
$q_l = n\,\sigma_w^2\,\mathbb{E}[f(z)^2]$, $z \sim N(0, q_{l-1})$, with the fan-in $n$ (Poole et
al. 2016; He et al. 2015 for ReLU). The first is $q_1 = n\,\sigma_w^2\,(\mu^2 + \sigma^2)$ for
inputs from $N(\mu, \sigma^2)$. On the way back, the variance of $\partial L/\partial z$ is
multiplied by $\chi_l = n\,\sigma_w^2\,\mathbb{E}[f'(z_l)^2]$ from layer $l+1$ to layer $l$, with
the fan-out $n$ (Schoenholz et al. 2017).

**Born dead.** A ReLU network is born dead if one of its hidden layers gives zero for every input;
then its output is constant and no gradient reaches the weights up to that layer (Lu et al. 2020).
Here it has one input, zero biases and $H$ hidden layers of $N$ units. Some input reaches the last
living layer, and the next one is zero for it with probability $2^{-N}$; the first hidden layer
never is, since what is off for $x$ is on for $-x$. Hence the upper bound
$1 - (1 - 2^{-N})^{H-1}$.
"""
LOOK_FOR = """
- **Shaded**: where |f′| is below a tenth of its largest value. The sigmoid's largest derivative is
  only 0.25. GELU and SiLU also have derivatives below zero.
- **Variance by layer**: a straight line on the logarithmic axis is growth or decay by a constant
  factor a layer. In theory, He's rule keeps the variance of the pre-activations of ReLU, and
  Glorot's rule halves it in each of these square layers.
- **Points off the line** are no error: the theory is exact for infinite width. One network of
  finite width scatters around it, the more the deeper and narrower it is.
- **Dead units** are off for all inputs of this sample. In deep ReLU stacks different inputs become
  more and more alike, so a unit tends to be off for all of them or for none.
- **Born dead**: the probability grows with depth and falls fast with width.
"""
TRY_NEXT = """
- Add *GELU* to the functions. It is saturated in two separate regions: which sign has its
  derivative in between?
- Compare *tanh* with *Glorot normal* and with *normal*, at depth 50. What becomes of the signal
  on its way back?
- Choose *SELU* with *LeCun normal*: variance near 1 and mean near 0 are a fixed point, which is
  what its two constants were made for (Klambauer et al. 2017). Start it from a mean of 2.
- With *ReLU* and *He normal*, change the seed at width 16 and then at width 512.
- In the dying ReLU lab, find the width at which 50 hidden layers are rarely born dead. Does
  *normal*, with a standard deviation of 0.05, differ from *He normal*?
"""


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
            note = f", slope {self.slope:g}"
        if name == "elu" and self.alpha != ELU().alpha:
            note = f", α {self.alpha:g}"
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
    slope = st.slider(
        "Slope of leaky ReLU",
        0.0,
        0.5,
        LeakyReLU().slope,
        step=0.01,
        help="The derivative of leaky ReLU for negative pre-activations.",
        key="slope",
        bind="query-params",
    )
    alpha = st.slider(
        "Alpha of ELU",
        0.1,
        3.0,
        ELU().alpha,
        step=0.1,
        help="ELU goes to -alpha for very negative pre-activations.",
        key="alpha",
        bind="query-params",
    )
    return Shape(slope, alpha)


def choose_functions() -> tuple[list[str], float]:
    """Draw which activations are shown, and how far the z axis reaches."""
    names = st.multiselect(
        "Activations",
        list(ACTIVATIONS),
        SHOWN_FIRST,
        format_func=label_of,
        help="The activation functions that are drawn together.",
        key="functions",
        bind="query-params",
    )
    reach = st.slider(
        "Range of z",
        1.0,
        15.0,
        5.0,
        step=0.5,
        help="The curves are drawn from minus this to plus this pre-activation.",
        key="reach",
        bind="query-params",
    )
    return names, reach


def choose_layers() -> LayerChoice:
    """Draw the controls of the inputs and the stack of random layers."""
    activation = _choice("Activation", _RELU_FIRST, "activation", "What every layer applies to z.")
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
        "Initializer", _HE_FIRST, "initializer", "The distribution that the weights are drawn from."
    )
    scale = st.select_slider(
        "Initial scale",
        SCALES,
        value=1.0,
        format_func=plain_value,
        help="Multiplies the standard deviation of the weights.",
        key="scale",
        bind="query-params",
    )
    width = st.select_slider(
        "Width",
        [4, 8, 16, 32, 64, 128, 256, 512],
        value=128,
        help="The number of inputs and of units in every layer.",
        key="width",
        bind="query-params",
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
        list(SYMMETRIC),
        "dead_initializer",
        "The distribution that the weights are drawn from; all of these are symmetric around zero.",
    )
    networks = st.select_slider(
        "Networks",
        NETWORKS,
        value=2_000,
        format_func=plain_value,
        help="How many networks are drawn; four times as many halve the confidence interval.",
        key="networks",
        bind="query-params",
    )
    seed = _seed("dead_seed", "Draws other networks.")
    return DeadChoice(width, depth, initializer, networks, seed)


def _choice(label: str, names: list[str], key: str, text: str) -> str:
    chosen: str = st.selectbox(
        label, names, format_func=label_of, help=text, key=key, bind="query-params"
    )
    return chosen


def _slider(
    label: str, low: float, high: float, default: float, step: float, key: str, text: str
) -> float:
    return st.slider(label, low, high, default, step=step, help=text, key=key, bind="query-params")


def _seed(key: str, text: str) -> int:
    return st.number_input("Seed", 0, 999_999, 0, help=text, key=key, bind="query-params")
