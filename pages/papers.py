"""Papers: published results to rerun, each with the band in which it counts as reproduced."""

from pages.shared.layout import Next, begin_page, three_texts
from pages.shared.papers.view import choose_seed, show_papers

WHAT = """
Each card is a published result, scaled to what a laptop computes in about half a minute. It says
what the paper claims, what is smaller here, and the **band** of every number: where the number has
to lie for the result to count as reproduced. The bands come from the paper, or from the theory that
it gives, and were set before the first rerun. A result that misses its band here is no
refutation: it says what this size does not show. The numbers of all cards over three seeds are in
`docs/papers.md`; `make papers` measures them again.
"""
LOOK_FOR = """
- **How far within its band** a number lies, and how much of that the next seed takes away.
- **Whether a claim is one of size or of direction.** Some papers give numbers that theory explains
  at any width; others say only that one thing is larger than another.
- **What was scaled down.** The settings and the reasons for the bands are folded into each card.
- **What a result depends on**: *Play with it* leads to a page with the settings of the card, to be
  changed one by one.
"""
TRY_NEXT = (
    Next("Seed 1: which numbers change, and does any verdict?", {"seed": 1}),
    Next(
        "Seed 2, and the card of the two initializations: how far do its four numbers move?",
        {"seed": 2},
    ),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Papers",
        "📄",
        subtitle="Published results to rerun here: what they claim, and whether it comes out.",
    )
    show_papers(choose_seed())
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
