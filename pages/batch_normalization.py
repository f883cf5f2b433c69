"""Batch normalization: what it does to a unit, to training, and what is known of why it helps."""

from pages.shared import widgets
from pages.shared.along_gradient import VIEW
from pages.shared.batch_norm.networks import show_gradient, show_inside, show_rates
from pages.shared.batch_norm.presets import PRESETS, SMALL_BATCH
from pages.shared.batch_norm.small_batch import show_small_batch
from pages.shared.batch_norm.view import show_unit_batch
from pages.shared.layout import Next, begin_page, three_texts
from pages.shared.presets import choose_preset

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
- **One batch.** Mean $\beta$ and variance about $\gamma^2$ come out, unless the values hardly
  differ. The estimates are noisy: the mean of $B$ values strays by $\sigma/\sqrt{B}$. At batch
  size 2 hardly anything is left of the values: they become $\beta \pm \gamma$.
- **Learning rates.** Two readings. Given the same epochs, the normalized networks train over a
  range that is hundreds of times as wide, but nearly all of that is the plain network being too
  slow: given the same rate × epochs, it trains at small rates as well. What is left is the
  *highest* rate, with the defaults about three times as high, and a lower loss.
- **Inside a unit.** The paper's reason was that normalization keeps the distributions of units
  steady while the layers before them change ("internal covariate shift").
- **That reason is in doubt.** Santurkar et al. (2018) added random noise behind the normalization,
  anew in each step, so that the distributions shift more than without normalization; their networks
  still trained about as well as with it. They propose that the loss becomes smoother instead. The
  third arm repeats their experiment on a small scale: with the defaults its median moves further
  from record to record than without the noise, and yet it trains nearly as well.
- **Along the gradient** of a minibatch, with steps of half to four times the learning rate, loss
  and gradient varied less with normalization in their networks. In small ones it depends on depth,
  batch size and how much is learned: see the factors.
"""
TRY_NEXT = (
    Next(
        "*One batch* of batch size 2, then 4, then 64: how does the spread of one and "
        "the same example shrink?",
        {"view": "One batch", "size": 2},
    ),
    Next(
        r"Set $\gamma = 0$ in *One batch*. What is left of the batch, and what could the "
        r"next layer learn from it?",
        {"view": "One batch", "gamma": 0.0},
    ),
    Next(
        "*Learning rates* with ReLU and *He normal*: is the plain network's range still so narrow?",
        {"view": "Learning rates", "activation": "relu", "initializer": "he_normal"},
    ),
    Next(
        "*Small batch*: make the numbers of one feature a thousand times as large. What comes out?",
        {"view": "Small batch"},
    ),
    Next(
        "*Learning rates* and *Normalize after the activation*: does the range change?",
        {"view": "Learning rates", "batch_norm_after": True},
    ),
    Next(
        "*Inside a unit* with noise of strength 2: how much shift can training bear?",
        {"view": "Inside a unit", "noise": 2.0},
    ),
    Next(
        "*Along the gradient* with 8 layers and ReLU, then with 2 layers: where is the loss "
        "smoother with normalization?",
        {"view": "Along the gradient", "layers": 8, "activation": "relu"},
    ),
    Next(
        "Follow a link to *The paper's network*, and compare the plain network's unit "
        "with the normalized one's."
    ),
)

VIEWS = {
    "One batch": show_unit_batch,
    "Learning rates": show_rates,
    "Inside a unit": show_inside,
    VIEW: show_gradient,
    SMALL_BATCH: show_small_batch,
}


def main() -> None:
    """Draw the page."""
    begin_page(
        "Batch normalization",
        "⚖️",
        subtitle="What it does to one unit and to a whole network, over which learning rates it "
        "lets a network train, and what is known of why.",
    )
    choose_preset(PRESETS)
    view = widgets.choose_view(
        VIEWS,
        "One unit, networks at many learning rates, a unit while its network trains, the loss "
        "along the gradient, or a batch of your own numbers.",
    )
    VIEWS[view]()
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
