"""Batch normalization: what it does to a unit, to training, and what is known of why it helps."""

import streamlit as st

from pages.shared.batch_norm_view import show_inside, show_rates, show_unit_batch
from pages.shared.layout import begin_page, three_texts

WHAT = r"""
In training, batch normalization (Ioffe & Szegedy 2015) takes each unit's values $x_1, \dots, x_B$
over the minibatch, and gives

$$
y_i = \gamma\,\frac{x_i - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}} + \beta,\qquad
\mu_B = \frac{1}{B}\sum_i x_i,\quad \sigma_B^2 = \frac{1}{B}\sum_i (x_i - \mu_B)^2 .
$$

$\gamma$ and $\beta$ are learned with the weights; they begin at 1 and 0. The gradient flows through
$\mu_B$ and $\sigma_B^2$ as well. In **evaluation**, an output must not depend on its neighbors, so
**running** averages of mean and variance take their place. The paper puts the layer ahead of the
activation; *Normalize after the activation* puts it behind.
"""
LOOK_FOR = r"""
- **One batch.** Whatever goes in, mean $\beta$ and variance about $\gamma^2$ come out. The
  estimates are noisy: the mean of $B$ values strays by $\sigma/\sqrt{B}$. At batch size 2 hardly
  anything is left of the values: they become $\beta \pm \gamma$.
- **Learning rates.** With the defaults the normalized networks train over a range of rates that is
  hundreds of times as wide as that of the plain one, from the same initial weights.
- **Inside a unit.** The paper's reason was that normalization keeps the distributions of units
  steady while the layers before them change ("internal covariate shift").
- **That reason is in doubt.** Santurkar et al. (2018) added random noise behind the normalization,
  anew in each step, so that the distributions shift more than without normalization; their networks
  still trained about as well as with it. They propose that the loss becomes smoother instead. The
  third arm repeats their experiment on a small scale: with the defaults its median moves further
  from record to record than without the noise, and yet it trains nearly as well.
"""
TRY_NEXT = r"""
- Batch size 2, then 4, then 64: how does the spread of one and the same example shrink?
- Set $\gamma = 0$. What is left of the batch, and what could the next layer learn from it?
- *Learning rates* with ReLU and *He normal*: is the plain network's range still so narrow?
- *Normalize after the activation*: does the range change?
- *Inside a unit* with noise of strength 2: how much shift can training bear?
- Follow a link to *The paper's network*, and compare the plain network's unit with the normalized
  one's.
"""

VIEWS = {
    "One batch": show_unit_batch,
    "Learning rates": show_rates,
    "Inside a unit": show_inside,
}


def main() -> None:
    """Draw the page."""
    begin_page(
        "Batch normalization",
        "⚖️",
        subtitle="What it does to one unit and to a whole network, over which learning rates it "
        "lets a network train, and what is known of why.",
    )
    view = st.segmented_control(
        "View",
        tuple(VIEWS),
        default=next(iter(VIEWS)),
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
        help="One unit, networks at many learning rates, or a unit while its network trains.",
    )
    VIEWS[view]()
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
