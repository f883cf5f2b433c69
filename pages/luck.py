"""Luck: the same settings from many seeds, and how often they learn."""

from pages.shared.layout import Next, begin_page, three_texts
from pages.shared.luck.controls import choose_settings
from pages.shared.luck.presets import PRESETS
from pages.shared.luck.view import show_luck
from pages.shared.presets import choose_preset

WHAT = r"""
A **seed** decides the initial weights and the order of the minibatches. One experiment from $n$
seeds gives $n$ runs, and $k$ of them learn: the share $k/n$ is an estimate, and its interval
(Wilson 1927) is what $n$ seeds can say of it. With 50 seeds it is up to 27 points wide, with 5 up
to 66.

A deep and narrow ReLU network can be **dead from the start**, or die on its way: it then is a
constant, and no gradient brings it back (Lu et al. 2019). They trained ten layers of width 2 on
$|x|$, which such a network can represent exactly, and more than 90 % collapsed.
"""
LOOK_FOR = """
- **Two kinds of runs, not one with scatter.** Where some seeds learn and others end as constants,
  the losses fall into groups with nothing between them: the mean of all says what no run does.
- **Width helps.** Take |x| with width 2, then 4, then 8: the share of constants falls, though the
  problem stays as easy as it was.
- **The interval.** Two settings whose intervals overlap widely are not told apart by these seeds.
"""
TRY_NEXT = (
    Next("Raise the learning rate to 0.2: do more seeds learn, or fewer?", {"learning_rate": 0.2}),
    Next("Take leaky ReLU, which has no dead region.", {"activation": "leaky_relu"}),
    Next("Add batch normalization.", {"batch_norm": True}),
    Next("Ask 10 seeds, then 200: how wide are the intervals?", {"luck_seeds": 10}),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Luck of the seed",
        "🍀",
        subtitle="The same settings from many seeds: how often they learn, and how sure that is.",
    )
    choose_preset(PRESETS)
    settings = choose_settings()
    if settings is not None:
        show_luck(settings)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
