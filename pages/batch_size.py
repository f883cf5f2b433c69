"""Batch size and noise: how noisy gradients are, and which batch size that makes worth while."""

import streamlit as st

from pages.shared import widgets
from pages.shared.batch_size import controls
from pages.shared.batch_size.advice_view import show_advice
from pages.shared.batch_size.live_view import show_live
from pages.shared.batch_size.map_view import show_map
from pages.shared.batch_size.presets import PRESETS
from pages.shared.layout import Next, begin_page, three_texts
from pages.shared.presets import choose_preset

WHAT = r"""
A minibatch's gradient is the mean of $B$ examples' gradients $g$. It scatters around the gradient
$G$ of all examples with a variance of $\operatorname{tr}\Sigma / B$, summed over the parameters,
where $\Sigma$ is the covariance of $g$. The **simple noise scale**
$B_\text{simple} = \operatorname{tr}\Sigma / |G|^2$ is the batch size at which noise and gradient
are equally large (McCandlish et al. 2018, "An empirical model of large-batch training"). On a
quadratic with Hessian $H$, a step makes $1 / (1 + B_\text{noise}/B)$ of the progress that one with
the exact gradient makes, each at its best rate, with $B_\text{noise} =
\operatorname{tr}(H\Sigma) / G^\top H G$, which is $B_\text{simple}$ where the curvature is the same
in all directions. That leads to the **trade-off** $(S/S_\text{min} - 1)(E/E_\text{min} - 1) = 1$
between steps $S$ and examples $E$. Its corner, $B_\text{crit} = E_\text{min} /
S_\text{min}$, is what the noise scale is to predict, to an order of magnitude.

No example's gradient is made: in an affine layer it is the outer product of the input $a$ and the
signal $\delta$, so that its squared norm is $|a|^2|\delta|^2$ (Goodfellow 2015). With batch
normalization an example's gradient depends on the rest of its batch, so this page does without.
The **norm test** (Byrd et al. 2012) and the **inner product test** with its **orthogonality test**
(Bollapragada et al. 2018) ask whether a batch is large enough; drawn is the smallest $\theta$ or
$\nu$ with which it is.

**CABS** takes the batch size $\eta\operatorname{tr}\Sigma / L$ for the learning rate $\eta$ and the
loss $L$: the variance of the minibatch's gradient is $L/\eta$ then, and falls as the loss does, in
place of a schedule of the rate (Balles, Romero & Hennig 2017, "Coupling adaptive batch sizes with
learning rates"). It is made for SGD without momentum, and for a loss whose least value is 0.

**Early-stopping evidence** needs no validation data: of $N$ training examples, each of the $D$
parameters has a gradient $G$ with the variance $\sigma^2/N$. Were the gradient of the population 0,
$N G^2/\sigma^2$ would be about 1 on average; where its mean over the parameters is below 1, what
the gradient still says is which examples were drawn (Mahsereci, Balles, Lassner & Hennig 2017,
"Early stopping without a validation set"; their criterion is 1 less that mean, which is to be above
0). Drawn is their form for a whole data set, not that for minibatches.
"""
LOOK_FOR = """
- **The noise scale grows** while the loss falls, as McCandlish et al. (2018) found over a range of
  tasks: the gradient shrinks faster than its noise. A batch that is right at the beginning is small
  at the end.
- **The cosine** between two minibatches' gradients is near 1 where the noise scale is far below the
  batch size, and near 0 where it is far above: then two steps have little in common. The dashed
  line is 1 / (1 + noise scale / batch size).
- **CABS** asks for less and moves less, for it goes by the loss and not by the squared gradient:
  in *Noise that grows* it rises from 5 to about 20 and falls to 12, while the noise scale grows
  from 23 to several hundred.
- **Early-stopping evidence.** On *Breast cancer* with 50 epochs, and otherwise the settings of
  *Noise that grows*, it says to stop at the steps 181, 272 and 272 for three seeds, measured some
  ninety steps apart; the validation loss is lowest at 696, 580 and 174. On the digits it does not
  say so in 20 epochs, and the validation loss is lowest in the last five of them. It takes the
  parameters for independent of each other.
- **The way travelled** is much longer than the distance from the start where steps undo each other.
- **The maps.** Towards large batches, steps stop falling: there further examples are wasted.
  Towards small ones, examples stop falling, and each halving of the batch doubles the steps. By the
  theory the best rate rises with the batch size up to the corner, and hardly beyond.
- **What the fit misses** is stated with it. The theory knows a quadratic around each point, SGD,
  the best rate at each step and examples drawn afresh; a run has one rate from a grid, epochs
  without replacement, and few seeds.
"""
TRY_NEXT = (
    Next(
        "Train with a batch of 256: how does the cosine change, and the way beside the distance?",
        {"view": "Live run", "batch_size": 256},
    ),
    Next(
        "Raise the learning rate to 0.5 while the run plays. The noise scale belongs to the place, "
        "not to the rate: what moves it all the same?",
        {"view": "Live run", "learning_rate": 0.5},
    ),
    Next(
        "Ask the map for a loss of 0.5, then for one of 0.1: both limits rise. Does their quotient "
        "rise too, by more than it differs among the seeds?",
        {"view": "Steps and examples", "target_loss": 0.5},
    ),
    Next(
        "Let a batch of 2 at a rate of 0.05 be advised. Does the run save the steps that were "
        "predicted?",
        {"view": "Advice", "batch_size": 2, "learning_rate": 0.05},
    ),
    Next(
        "On *Breast cancer*, with 50 epochs: where does the evidence say to stop, and where does "
        "the validation loss turn?",
        {"view": "Live run", "data": "breast_cancer", "epochs": 50},
    ),
    Next("Drop your own CSV file on the sidebar and look at *Advice*."),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Batch size and noise",
        "🎲",
        subtitle="How noisy minibatch gradients are, what that costs in steps and examples, and "
        "which batch size to take.",
    )
    choose_preset(PRESETS)
    view = widgets.choose_view(
        controls.VIEWS, "A run with its noise, a map of many runs, or advice for your data."
    )
    own = st.sidebar.container()  # what the view is about comes first
    settings = controls.choose_settings(view)
    if view == controls.MAP:
        with own:
            grid = controls.choose_grid()
        if settings is not None:
            show_map(settings, grid)
    elif settings is not None:
        show = show_live if view == controls.LIVE else show_advice
        show(settings)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
