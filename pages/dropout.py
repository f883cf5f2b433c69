"""Dropout: its draws on a matrix, training at several rates, and Monte Carlo dropout."""

import streamlit as st

from pages.shared import widgets
from pages.shared.data_input import choose_data
from pages.shared.dropout.charts_monte_carlo import LABELS
from pages.shared.dropout.controls import choose_drawing, choose_experiments, choose_passes
from pages.shared.dropout.monte_carlo import show_passes
from pages.shared.dropout.view import show_draws, show_training, trained
from pages.shared.layout import Next, begin_page, three_texts

VIEWS = ("The layer itself", "Several rates", "Monte Carlo dropout")

WHAT = r"""
**Dropout** (Srivastava et al. 2014) sets each hidden unit to zero with probability $r$, the
**rate**, anew for every example and training step, here ahead of the next layer. In the *inverted*
form the kept units are divided by the keep probability $p = 1 - r$, so that
$y = x\,m/p$ with $m \sim \text{Bernoulli}(p)$ has the mean $x$, and evaluation simply leaves
dropout out.

**Monte Carlo dropout** (Gal & Ghahramani 2016) leaves it on when predicting: $T$ passes with
different masks give probabilities $p_1, \dots, p_T$ and their mean $\bar p$. Their **standard
deviation** is one measure of spread. The **predictive entropy** $H[\bar p] = -\sum_k \bar p_k \log
\bar p_k$ is large wherever the mean is undecided; the **mutual information** $H[\bar p] -
\frac1T\sum_t H[p_t]$ only where the passes disagree. Here each pass draws one mask a layer and uses
it for all points: it is one thinned network. For a regression only the spread of the passes is
shown; the noise term that Gal & Ghahramani add to it is left out.
"""
LOOK_FOR = r"""
- **The mean stays, the variance does not vanish.** Over many draws the mean output of the layer
  approaches the input; a single draw is off by $|x|\sqrt{(1-p)/p}$ in the root mean square.
- **Two training losses.** The loss in evaluation mode has dropout off and is taken on the training
  split, or on 1,000 examples of a larger one; the minibatch loss has dropout on, so the two differ
  even at the same weights. Comparing a minibatch loss with a validation loss says little about
  overfitting.
- **The gap.** Dropout usually fits the training split less closely. Whether it lowers the
  validation loss depends on the data, the network and the rate: look at the bands, which reach
  from the smallest to the largest of the seeds around their median, and at the table, which says
  whether a difference is within the noise of the seeds. A seed that diverged counts as infinite.
- **Gradient norms** are those of single minibatches with dropout on.
- **Uncertainty.** Predictive entropy is high along the decision line even where all passes agree
  that it is undecided; mutual information is not.
"""
TRY_NEXT = (
    Next(
        "In *The layer itself*, set the keep probability to 0.5, then to 0.1: how many "
        "draws does the mean need now?",
        {"view": "The layer itself", "keep": 0.5},
    ),
    Next(
        "Under *Several rates*, take the width 128: where does the validation loss gain "
        "most? Then take 4 units and a rate of 0.8.",
        {"view": "Several rates", "width": 128},
    ),
    Next(
        "Under *Several rates*, choose *Digits 8×8* and compare the first-layer "
        "pictures with and without dropout.",
        {"view": "Several rates", "data": "digits"},
    ),
    Next(
        "Under *Monte Carlo dropout*, compare the rates 0.25 and 0.5, then widen the "
        "margin: does the uncertainty grow everywhere far from the data?",
        {"view": "Monte Carlo dropout", "rates": [0.25, 0.5]},
    ),
    Next(
        "Under *Monte Carlo dropout*, choose *Sine*: how many of the points are inside "
        "the band? Nothing makes sure that most are: it says nothing of the noise in "
        "the points.",
        {"view": "Monte Carlo dropout", "data": "sine"},
    ),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Dropout",
        "🎲",
        subtitle="Switching random units off in training: what it does on average, to losses and "
        "gradients, and as a measure of uncertainty.",
    )
    view = widgets.choose_view(
        VIEWS, "The layer on a matrix, networks at several rates, or passes with dropout left on."
    )
    if view == VIEWS[0]:
        with st.sidebar:
            drawing = choose_drawing()
        show_draws(drawing)
    else:
        _networks(passes=view == VIEWS[2])
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


def _networks(*, passes: bool) -> None:
    """Train at the chosen rates, and draw the training or the passes with dropout on."""
    chosen = choose_data("xor")
    if chosen is None:
        return
    with st.sidebar:
        controls = st.container()
        experiments = choose_experiments(chosen.reference)
    if not experiments:
        st.info("Choose at least one dropout rate in the sidebar.")
        return
    rates = sorted({e.network.dropout for e in experiments if e.network.dropout})
    if passes and not rates:
        st.info("Monte Carlo dropout needs a network trained with dropout: add a rate above 0.")
        return
    settings = None
    if passes:
        with controls:
            settings = choose_passes(rates, _quantities(chosen.data.task))
    trainer = trained(experiments, chosen.data)
    if trainer is None:
        return
    if settings is None:
        show_training(trainer)
    else:
        show_passes(trainer, settings)


def _quantities(task: str) -> dict[str, str]:
    """Return what can stand for uncertainty; values have no entropy here, only a spread."""
    return {"deviation": LABELS["deviation"]} if task == "regression" else LABELS


main()
