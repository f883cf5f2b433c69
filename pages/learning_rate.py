"""Learning rate: too small, about right, too large, and how to find out which."""

import streamlit as st

from pages.shared import widgets
from pages.shared.layout import Next, begin_page, three_texts
from pages.shared.learning_rate import controls
from pages.shared.learning_rate.presets import PRESETS
from pages.shared.learning_rate.quadratic import show_quadratic
from pages.shared.learning_rate.range_test import show_range_test
from pages.shared.learning_rate.view import show_schedules, show_sweep
from pages.shared.presets import choose_preset

WHAT = r"""
The **learning rate** $\eta$ is the length of a step in units of the gradient:
$w \leftarrow w - \eta\,\nabla L(w)$. On a quadratic with second derivative $f''$, each step
multiplies the distance from the minimum by $1 - \eta f''$, so gradient descent converges exactly
for $0 < \eta < 2/f''$. In several dimensions the largest eigenvalue of the Hessian takes the place
of $f''$. The loss of a network is no quadratic: its curvature changes along the way, so the limit
is a guide there and no fixed number, and adaptive optimizers such as Adam rescale the gradient.

The **range test** raises the rate from step to step, one minibatch each, in one short run. Smith
(2017) raises it linearly and watches the accuracy; here, as is common since, it rises by the same
factor at every step, and the loss is watched. A **schedule** changes the rate during training:
this step's rate is the configured one times the schedule's factor. Cosine: Loshchilov & Hutter
(2017); one-cycle: Smith & Topin (2018), here without its cycling of the momentum.
"""
LOOK_FOR = r"""
- **The quadratic.** At 0.01 the path creeps, at 0.5 it arrives in one step, at 1.0 it jumps between
  two points for ever, and past 1.0 every jump is longer than the last. Between 0.5 and 1.0 it
  converges although it jumps over the minimum each time.
- **Many rates.** Far below the best rate the final loss depends on the number of steps: a rate ten
  times smaller moves about a tenth as far. Above the best, with the defaults, the loss turns up
  within a factor of a few.
- **Too large need not mean infinite.** With ReLU units and the cross-entropy, a huge rate often
  ends at a finite, useless loss: after a few giant steps whole layers are dead and pass no gradient
  back. Choose such a rate and see its gradient norms.
- **The range test.** At first the rate is too small to change anything; then the loss falls, and
  at last it rises. Every point has the weights that all
  the smaller rates before it have left, so it is a guide and not a measurement of single rates; and
  the smoothed loss lags behind.
- **Schedules.** They differ in how long the rate stays high, and in how low it ends. A rate that is
  too low early costs progress; one that stays high keeps the loss jittering.
"""
TRY_NEXT = (
    Next(
        "On the quadratic, move *One more rate* slowly from 0.5 up. From which rate on "
        "do the jumps not get shorter any more? Which rate below 0.5 has the same loss "
        "curve as 0.8?",
        {"view": "Quadratic", "own_rate": 0.5},
    ),
    Next(
        "Start the quadratic from −5. Does the stability limit move?",
        {"view": "Quadratic", "quadratic_start": -5.0},
    ),
    Next(
        "Under *Many rates*, train with SGD, then with Adam. How far does the best rate "
        "move, and how wide is the range of good rates?",
        {"view": "Many rates", "optimizer": "sgd"},
    ),
    Next(
        "Switch *batch normalization* on under *Many rates*: do larger rates work now?",
        {"view": "Many rates", "batch_norm": True},
    ),
    Next(
        "Run the range test, train with its suggestion, and compare with the best rate "
        "under *Many rates*.",
        {"view": "Range test"},
    ),
    Next(
        "With *Schedules*, lower the learning rate to 0.1. Which schedule is best now, and why?",
        {"view": "Schedules", "learning_rate": 0.1},
    ),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Learning rate",
        "⏱️",
        subtitle="Too small, about right, too large: what the learning rate does, where its limit "
        "is, and how to find a good one.",
    )
    choose_preset(PRESETS)
    view = widgets.choose_view(controls.VIEWS, "A function whose theory is exact, or a network.")
    if view == controls.QUADRATIC:
        with st.sidebar:
            quadratic = controls.choose_quadratic()
        show_quadratic(quadratic)
    else:
        _networks(view)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


def _networks(view: str) -> None:
    """Draw one of the views in which networks train."""
    own = st.sidebar.container()  # what the view is about comes first
    runs = controls.choose_runs()
    with own:
        if view == controls.MANY_RATES:
            rates = controls.choose_grid()
        elif view == controls.RANGE_TEST:
            test = controls.choose_range()
        else:
            names, changes = controls.choose_schedules()
            runs = runs and runs.with_training(**changes)
    if runs is None:
        return
    if view == controls.MANY_RATES:
        show_sweep(runs, rates)
    elif view == controls.RANGE_TEST:
        show_range_test(runs, test)
    else:
        show_schedules(runs, names)


main()
