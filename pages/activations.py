"""Activations: functions and derivatives, signals through random layers, born-dead networks."""

import streamlit as st

from pages.shared import widgets
from pages.shared.activations import controls
from pages.shared.activations.presets import PRESETS
from pages.shared.activations.view import show_dead, show_functions, show_layers
from pages.shared.layout import Next, begin_page, three_texts
from pages.shared.presets import choose_preset

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
LOOK_FOR = r"""
- **Shaded**: where |f′| is below a tenth of its largest value. The sigmoid's largest derivative is
  only 0.25. GELU and SiLU also have derivatives below zero.
- **Variance by layer**: a straight line on the logarithmic axis is growth or decay by a constant
  factor a layer. In theory, He's rule keeps the variance of the pre-activations of ReLU, and
  Glorot's rule halves it in each of these square layers.
- **Off the line** is no error: the theory is exact for infinite width, and a network departs from
  it the more, the deeper and narrower it is. With ReLU and He's rule the line is also the mean
  over many networks of any width, but a few large ones make that mean. The typical network lies
  below it: its variance is about $e^{-5L/2n}$ of the line after $L$ layers of $n$ units (Hanin &
  Nica 2020), 0.4 at 50 layers of 128 and a thousandth or less at 50 layers of 16.
- **Dead units** are off for all inputs of this sample. In deep ReLU stacks different inputs become
  more and more alike, so a unit tends to be off for all of them or for none.
- **Born dead**: the probability grows with depth and falls fast with width.
"""
TRY_NEXT = (
    Next(
        "Draw *GELU* alone. It is saturated in two separate regions: which sign has its "
        "derivative in between?",
        {"lab": "Functions", "functions": ["gelu"]},
    ),
    Next(
        "Compare *tanh* with *Glorot normal* and with *normal*, at depth 50. What "
        "becomes of the signal on its way back?",
        {
            "lab": "Through layers",
            "activation": "tanh",
            "initializer": "glorot_normal",
            "depth": 50,
        },
    ),
    Next(
        "Choose *SELU* with *LeCun normal*: variance near 1 and mean near 0 are a fixed "
        "point, which is what its two constants were made for (Klambauer et al. 2017). "
        "Start it from a mean of 2.",
        {"lab": "Through layers", "activation": "selu", "initializer": "lecun_normal"},
    ),
    Next(
        "With *ReLU* and *He normal*, change the seed at width 16 and then at width 512.",
        {"lab": "Through layers", "activation": "relu", "initializer": "he_normal", "width": 16},
    ),
    Next(
        "In the dying ReLU lab, find the width at which 50 hidden layers are rarely "
        "born dead. Does *normal*, with a standard deviation of 0.05, differ from *He "
        "normal*?",
        {"lab": "Dying ReLU lab", "dead_depth": 50},
    ),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Activations",
        "📈",
        subtitle="Activation functions and their derivatives, what they do to a signal in deep "
        "random networks, and why narrow ReLU networks can be dead before training.",
    )
    choose_preset(PRESETS)
    functions, layers, lab = widgets.tabs("lab", controls.TABS)
    # Every control is drawn whatever tab is open, so that a link holds them all.
    with st.sidebar:
        with st.expander("Functions", expanded=bool(functions.open)):
            names, reach = controls.choose_functions()
        with st.expander("Parameters", expanded=not lab.open):
            shape = controls.choose_shape()
        with st.expander("Distribution and layers", expanded=bool(layers.open)):
            stack = controls.choose_layers()
        with st.expander("Dying ReLU lab", expanded=bool(lab.open)):
            networks = controls.choose_dead()
    if functions.open:
        with functions:
            show_functions(names, reach, shape)
    if layers.open:
        with layers:
            show_layers(stack, shape)
    if lab.open:
        with lab:
            show_dead(networks)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
