"""The front door: what this is, a network that learns at once, and the way to every page."""

from pathlib import Path

import streamlit as st

import nnlib
from nnlib.instruments import INSTRUMENTS
from pages.shared import layout, registry
from pages.shared.charts.chart import Chart
from pages.shared.charts.instruments import plot_instrument
from pages.shared.charts.surfaces import picture_decision_surface, plot_decision_surface
from pages.shared.charts.training import plot_losses
from pages.shared.data_input import built_in, link_to_own_file
from pages.shared.export import show_chart
from pages.shared.films import Film, Picture
from pages.shared.findings import show_findings
from pages.shared.live import live
from pages.shared.opened import choose_figure
from pages.shared.references import BOOKS, PAPERS
from pages.shared.runs import LiveRun, live_run

KEY = "front"
COLUMNS = 3
REDRAWS = 15  # of the run, so that one can watch it
CARDS = Path(__file__).parent / "pages" / "shared" / "cards"
HEIGHT = 250  # of a small chart, in pixels
NETWORK = nnlib.NetworkConfig(hidden=(16, 16), activation="relu", initializer="he_normal")
TRAINING = nnlib.TrainingConfig(optimizer="adam", learning_rate=0.01, batch_size=32, epochs=60)


def main() -> None:
    """Draw the page."""
    layout.begin_page(layout.PRODUCT, "📉")
    st.markdown(
        "Change a hyperparameter and see what it does to losses, gradients, activations and "
        "decision boundaries. The networks are written in NumPy and train here, on this machine, "
        "on built-in data or on your own."
    )
    _own_data(_live_run())
    for group, pages in registry.existing_pages().items():
        _cards(group, pages)
    _reading_list()


def _live_run() -> LiveRun:
    data, reference = built_in("spiral")
    run = live_run(KEY, nnlib.Experiment(NETWORK, TRAINING, reference), data)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("A network learns to tell two spirals apart", anchor=False, width="content")
        again = st.button(
            "Train again",
            icon=":material/replay:",
            help="Go back to the same initial weights and train once more.",
            key=f"{KEY}_again",
        )
    if again:
        run.rewind()
        run.play()
    live(_live, run, most_steps=-(-run.trainer.total_steps // REDRAWS))
    return run


def _live(run: LiveRun) -> None:
    """Draw the run's three charts."""
    show_findings(run, KEY)
    history = run.history
    left, right = layout.wrapping_columns(2, key=f"{KEY}_charts")
    with left:
        film = run.films.develop("surface", picture_decision_surface, lambda: _picture(run))
        _show(plot_decision_surface(run.trainer), "surface", 2 * HEIGHT, film)
    with right:
        _show(plot_losses(history, log_y=True), "losses", HEIGHT)
        _show(plot_instrument(history, INSTRUMENTS["gradient_norm"]), "norms", HEIGHT)


def _picture(run: LiveRun) -> Picture:
    return Picture(run.trainer.step, picture_decision_surface(run.trainer))


def _show(chart: Chart, key: str, height: int, film: Film = ()) -> None:
    chart.drawing.update_layout(height=height)
    show_chart(chart, key, menu=False, film=film)


def _own_data(run: LiveRun) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown("**Why won't yours train?** Bring a table and choose the column to predict.")
        link_to_own_file("Train on your own CSV file")
    choose_figure(run)


def _cards(group: str, pages: tuple[registry.Page, ...]) -> None:
    st.header(group, anchor=False)
    for start in range(0, len(pages), COLUMNS):
        shown = pages[start : start + COLUMNS]
        row = layout.wrapping_columns(COLUMNS, key=f"cards_{shown[0].name}", least="13rem")
        for column, page in zip(row, shown, strict=False):
            with column:
                _card(page)


def _card(page: registry.Page) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        picture = CARDS / f"{page.name}.svg"
        if picture.exists():
            st.image(picture, width="stretch", alt=f"A chart of the page {page.label}")
        layout.page_link(page.path, f"**{page.label}**", page.icon)
        st.caption(page.summary)


def _reading_list() -> None:
    with st.expander("Reading list", icon=":material/menu_book:"):
        for heading, works in (("Books", BOOKS), ("Papers", PAPERS)):
            lines = "\n".join(f"- {work.markdown}" for work in works)
            st.markdown(f"**{heading}**\n\n{lines}")


main()
