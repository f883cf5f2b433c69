"""The front door: what this is, a network that learns at once, and the way to every page."""

from pathlib import Path

import streamlit as st

import nnlib
from pages.shared import layout
from pages.shared.charts import predictions, training
from pages.shared.data_input import built_in, link_to_own_file
from pages.shared.export import show_chart
from pages.shared.reading import BOOKS, PAPERS
from pages.shared.runs import LiveRun, live, live_run

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
        "decision boundaries. Every number comes from a small NumPy neural network that trains "
        "here, on this machine, on built-in data or on your own."
    )
    _live_run()
    _own_data()
    for group, pages in layout.existing_pages().items():
        _cards(group, pages)
    _reading_list()


def _live_run() -> None:
    data, reference = built_in("spiral")
    run = live_run(KEY, nnlib.Experiment(NETWORK, TRAINING, reference), data)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("A network learns to tell two spirals apart", anchor=False, width="content")
        again = st.button(
            "Train again",
            icon=":material/replay:",
            help="Go back to the same initial weights and train once more.",
            key=f"{KEY}_again",
        )
    if again:
        run.rewind()
        run.play()
    live(_live, run)


def _live(run: LiveRun) -> None:
    """Train for a slice while the run plays, and redraw."""
    if run.running:
        run.play_slice(-(-run.trainer.total_steps // REDRAWS))
        if not run.running:
            st.rerun()
    history = run.trainer.history
    left, right = layout.wrapping_columns(2, key=f"{KEY}_charts")
    surface = predictions.plot_decision_surface(run.trainer).update_layout(height=2 * HEIGHT)
    losses = training.plot_losses(history, log_y=True).update_layout(height=HEIGHT)
    norms = training.plot_gradient_norms(history).update_layout(height=HEIGHT)
    with left:
        show_chart(surface, key="surface", name="decision-surface", menu=False)
    with right:
        show_chart(losses, key="losses", name="losses", menu=False)
        show_chart(norms, key="norms", name="gradient-norms", menu=False)


def _own_data() -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown("**Why won't yours train?** Bring a table and choose the column to predict.")
        link_to_own_file("Train on your own CSV file")


def _cards(group: str, pages: tuple[layout.Page, ...]) -> None:
    st.subheader(group, anchor=False)
    for start in range(0, len(pages), COLUMNS):
        shown = pages[start : start + COLUMNS]
        row = layout.wrapping_columns(COLUMNS, key=f"cards_{shown[0].name}", least="13rem")
        for column, page in zip(row, shown, strict=False):
            with column:
                _card(page)


def _card(page: layout.Page) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        picture = CARDS / f"{page.name}.svg"
        if picture.exists():
            st.image(picture, width="stretch", alt=f"A chart of the page {page.label}")
        st.page_link(page.path, label=f"**{page.label}**", icon=page.icon)
        st.caption(page.summary)


def _reading_list() -> None:
    with st.expander("Reading list", icon=":material/menu_book:"):
        for heading, works in (("Books", BOOKS), ("Papers", PAPERS)):
            lines = "\n".join(f"- {work.markdown}" for work in works)
            st.markdown(f"**{heading}**\n\n{lines}")


main()
