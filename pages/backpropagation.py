"""Backpropagation: one training step of a network small enough to see whole."""

import streamlit as st

from pages.shared.backpropagation.controls import choose_problem
from pages.shared.backpropagation.presets import PRESETS
from pages.shared.backpropagation.state import Position, choose_steps, current_stage
from pages.shared.backpropagation.view import show_walk
from pages.shared.layout import Next, begin_page, show_error, three_texts
from pages.shared.presets import choose_preset

WHAT = r"""
**Forward:** each layer computes $z = a W + b$ from the activations $a$ of the layer before, and
$a = f(z)$. **Loss:** $L$ compares the predictions $p$ with the targets $y$. **Backward:** the chain
rule gives $\delta = \partial L/\partial z$ of the output layer, then of the layer before it, and so
on: $\delta_j = f'(z_j)\sum_k w_{jk}\delta_k$ (Rumelhart, Hinton & Williams 1986). Each gradient is
a product of two numbers that are then at hand, $\partial L/\partial w_{ij} = a_i\,\delta_j$.
**Update:** $w \leftarrow w - \eta\,\partial L/\partial w$.

The loss is a mean over the $B$ examples of the batch, so $\delta$ contains $1/B$, and gradients add
up over the examples. The squared error is $(p-y)^2$, averaged over outputs too, so its
$\delta$ at $K$ linear outputs is $2(p-y)/(BK)$; some books put $\frac12$ in front. Where the output
is a sigmoid, its $\delta$ has the factor $p(1-p)$ as well. Initial weights follow He's rule for
ReLU, leaky ReLU, GELU, SiLU and softplus, LeCun's for ELU and SELU, and Glorot's for the others;
biases start at 0 and can be switched off.
"""
LOOK_FOR = """
- The backward pass uses the **same weights** as the forward pass, in the other direction.
- A ReLU unit with z < 0 is off: a = 0 and f'(z) = 0. In that example the gradients of all weights
  into it are zero, and so are those of the weights out of it, since they are multiplied by its a.
- A weight whose input is 0 has gradient 0 in that example, however wrong the prediction is.
- Every hidden sigmoid multiplies delta by f'(z), which is 0.25 at most.
- The finite difference agrees with the chain rule to many digits, but it costs two forward passes
  for each weight. The backward pass gives all gradients at once.
"""
TRY_NEXT = (
    Next(
        "Choose *One example*, set an input to 0, and look at the gradients of the "
        "weights that leave it.",
        {"preset": "One example"},
    ),
    Next(
        "Choose *XOR* and the learning rate 10: where the actual change of the loss is "
        "positive, the step is too long.",
        {"preset": "XOR, four examples", "xor_learning_rate": 10.0},
    ),
    Next(
        "Choose *XOR* and train until it is solved; then try one hidden unit. A sigmoid "
        "of one weighted sum rises or falls along one direction, so one hidden unit "
        "cannot solve XOR.",
        {"preset": "XOR, four examples"},
    ),
    Next(
        "Take *One example* and choose three outputs: the delta of each output is then "
        "p - y of a softmax.",
        {"preset": "One example", "one_outputs": 3},
    ),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Backpropagation",
        "🔗",
        subtitle="One training step of a small network, number by number: forward, loss, "
        "backward, update.",
    )
    choose_preset(PRESETS)
    with st.sidebar:
        preset, problem = choose_problem()
        steps = choose_steps(preset)
    try:
        show_walk(preset, problem, Position(steps, current_stage()))
    except ValueError as error:
        show_error(error)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
