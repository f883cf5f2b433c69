"""The cards of the Papers page: what a paper says, and what comes of it here."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nnlib.papers import PAPERS, Band, Measured, Paper
from pages.shared import widgets
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.papers.charts import plot_picture
from pages.shared.registry import existing_pages
from pages.shared.results import about, computed

MOST_SEEDS = 999


def choose_seed() -> int:
    """Draw the seed of all reruns in the sidebar."""
    with st.sidebar:
        return widgets.number_input(
            "seed",
            "Seed",
            (0, MOST_SEEDS, 0, 1),
            help="Draws data, initial weights and minibatches of every rerun; another seed is "
            "another rerun.",
        )


def show_papers(seed: int, papers: Mapping[str, Paper] = PAPERS) -> None:
    """Draw a card for each paper, and then what was measured of those that were asked for.

    All the cards come first, for a rerun holds up what is drawn after it.
    """
    listed = list(papers.values())
    places: list[DeltaGenerator] = []
    for start in range(0, len(listed), 2):
        row = wrapping_columns(2, key=f"papers_{start // 2}")
        for column, paper in zip(row, listed[start : start + 2], strict=False):
            with column:
                places.append(_frame(paper))
    for paper, place in zip(listed, places, strict=True):
        with place:
            _show_rerun(paper, seed)


def _frame(paper: Paper) -> DeltaGenerator:
    """Draw what is known before a rerun; return the place of the rest."""
    with st.container(border=True, height="stretch", key=f"card_{paper.name}"):
        st.subheader(paper.title, anchor=False)
        st.markdown(paper.work.markdown)
        st.markdown(f"{paper.claim}\n\n**What to expect.** {paper.expect}")
        with st.expander("Settings and bands", icon=":material/straighten:"):
            reasons = "\n".join(f"- {b.what}: **{b.text}**. {b.reason}" for b in paper.bands)
            st.markdown(
                f"**Scaled to a laptop.** {paper.scaled}\n\n**The bands.**\n{reasons}\n\n"
                f"**What differs on the page to play with.** {paper.differs}"
            )
        place = st.container()
        _link(paper)
    return place


def _link(paper: Paper) -> None:
    (page,) = (p for group in existing_pages().values() for p in group if p.name == paper.page)
    st.page_link(
        page.path,
        label=f"Play with it: {page.label}",
        icon=page.icon,
        help="Opens the page with settings as near to those of this rerun as it has them. What "
        f"differs: {paper.differs}",
        query_params=address_of(paper),
    )


def address_of(paper: Paper) -> dict[str, str | list[str]]:
    """Return the settings of a card as an address has them."""
    return {
        key: [*map(str, value)] if isinstance(value, tuple) else str(value)
        for key, value in paper.values.items()
    }


def _show_rerun(paper: Paper, seed: int) -> None:
    numbers = st.empty()
    numbers.markdown(_table(paper.bands, None))
    lacking = paper.lacking()
    if lacking:
        st.info(lacking, icon=":material/folder_off:")
        return
    measured = computed(
        f"paper_{paper.name}",
        seed,
        lambda tell: paper.rerun(seed, tell),
        doing=f"Rerunning {_short(paper)} …",
        ask=about(paper.seconds) and f"A rerun takes about {paper.seconds:.0f} seconds.",
        begin="Rerun",
    )
    if measured is None:
        return
    numbers.markdown(_table(paper.bands, measured))
    if paper.holds(measured):
        st.success(f"Reproduced at this size, with seed {seed}.", icon=":material/check_circle:")
    else:
        st.warning(
            f"Not reproduced at this size, with seed {seed}. {paper.if_not}",
            icon=":material/cancel:",
        )
    show_chart(plot_picture(measured.picture, f"paper_{paper.name}"), f"chart_{paper.name}")


def _short(paper: Paper) -> str:
    """Return authors and year as texts cite them."""
    names = [name.split(",")[0] for name in paper.work.authors.split("., ")]
    who = " & ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{who} {paper.work.year}"


def _table(bands: Sequence[Band], measured: Measured | None) -> str:
    """Return the bands, and what was measured, as a table in Markdown."""
    values = [None] * len(bands) if measured is None else measured.values
    rows = [
        f"| {band.what} | {band.text} | {_cell(band, value)} |"
        for band, value in zip(bands, values, strict=True)
    ]
    return "\n".join(["| | Band | Measured |", "|---|---|---|", *rows])


def _cell(band: Band, value: float | None) -> str:
    if value is None:
        return "–"
    icon = "check" if band.holds(value) else "close"
    return f":material/{icon}: **{band.say(value)}**"
