"""What every page opens with: page settings, the grouped navigation, its title and short texts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.widget_values import forget_set_widgets

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = "Training dynamics dashboard"


class Page(NamedTuple):
    """One page of the dashboard: its file in ``pages/``, and how links show it."""

    name: str
    label: str
    icon: str
    summary: str

    @property
    def path(self) -> str:
        """Return the path as `st.page_link` wants it, relative to ``dashboard.py``."""
        return f"pages/{self.name}.py"


PAGES: dict[str, tuple[Page, ...]] = {
    "Foundations": (
        Page(
            "backpropagation",
            "Backpropagation",
            ":material/account_tree:",
            "How the chain rule carries the gradient from the loss back to every weight.",
        ),
        Page(
            "gradient_descent",
            "Gradient descent",
            ":material/trending_down:",
            "How optimizers move on a loss surface, and what learning rate and momentum change.",
        ),
        Page(
            "activations",
            "Activations",
            ":material/show_chart:",
            "Activation functions, their derivatives, and where those derivatives go to zero.",
        ),
    ),
    "Training dynamics": (
        Page(
            "learning_rate",
            "Learning rate",
            ":material/speed:",
            "Too small, about right, too large: one network trained at several learning rates.",
        ),
        Page(
            "vanishing_gradients",
            "Vanishing gradients",
            ":material/blur_on:",
            "Why gradients shrink or grow on their way back through a deep network.",
        ),
        Page(
            "batch_normalization",
            "Batch normalization",
            ":material/align_vertical_center:",
            "One network with and without batch normalization, side by side.",
        ),
        Page(
            "regularization",
            "Regularization",
            ":material/tune:",
            "What L1 and L2 penalties do to the weights and to overfitting.",
        ),
        Page(
            "dropout",
            "Dropout",
            ":material/grid_off:",
            "What it does to training when random units are left out at every step.",
        ),
    ),
    "Applications": (
        Page(
            "classification",
            "Classification",
            ":material/scatter_plot:",
            "Train a network on a built-in data set or on your own CSV file.",
        ),
        Page(
            "text_sentiment",
            "Text sentiment",
            ":material/forum:",
            "Tell positive from negative sentences, and see which words decide.",
        ),
    ),
}


def existing_pages() -> dict[str, tuple[Page, ...]]:
    """Return `PAGES` without the pages that have no file, and without groups that are empty."""
    groups = {
        group: tuple(page for page in pages if (ROOT / page.path).is_file())
        for group, pages in PAGES.items()
    }
    return {group: pages for group, pages in groups.items() if pages}


def begin_page(title: str, icon: str, *, subtitle: str | None = None) -> None:
    """Set up the page and draw navigation and title; the first call of every page.

    Parameters
    ----------
    title : str
        The heading, also the first part of the browser tab's title.
    icon : str
        An emoji for the browser tab. A ``:material/…:`` icon would make the browser fetch a
        picture from another site.
    subtitle : str, optional
        One line below the heading, in Markdown.
    """
    forget_set_widgets()
    tab = title if title == PRODUCT else f"{title} · {PRODUCT}"
    st.set_page_config(page_title=tab, page_icon=icon, layout="wide")
    _navigation()
    if title != PRODUCT:
        # What follows in the sidebar are the page's own controls; the front door has none.
        st.sidebar.divider()
    st.title(title, anchor=False)
    if subtitle:
        st.caption(subtitle)


def _navigation() -> None:
    with st.sidebar:
        st.page_link("dashboard.py", label="Home", icon=":material/home:")
        for group, pages in existing_pages().items():
            # The usual gap would part each link from the next; a group is one block.
            with st.container(gap="xxsmall"):
                st.caption(group)
                for page in pages:
                    st.page_link(page.path, label=page.label, icon=page.icon)


def wrapping_columns(count: int, *, key: str, least: str = "22rem") -> list[DeltaGenerator]:
    """Return columns that move to the next row where Streamlit's own would get too narrow.

    Parameters
    ----------
    count : int
        Number of columns.
    key : str
        Unique on the page, of letters, digits and ``_``.
    least : str
        Least width of a column in CSS units; the default is what a chart needs.

    Returns
    -------
    list of DeltaGenerator
        As `st.columns` does.
    """
    rule = f".st-key-{key} [data-testid=stColumn] {{min-width: min({least}, 100%)}}"
    st.html(f"<style>{rule}</style>")
    with st.container(key=key):
        return st.columns(count)


def three_texts(what: str, look_for: str, try_next: str) -> None:
    """Draw a page's three short texts in one compact box.

    Parameters
    ----------
    what : str
        What this is, with the formula; Markdown, as the other two.
    look_for : str
        What to look for.
    try_next : str
        What to try next.
    """
    with st.container(border=True):
        tabs = st.tabs(["What this is", "What to look for", "What to try next"])
        for tab, text in zip(tabs, (what, look_for, try_next), strict=True):
            tab.markdown(text)


def show_error(error: Exception | str) -> None:
    """Say in one sentence what is wrong, and what to do where that is known.

    Parameters
    ----------
    error : Exception or str
        An error with ``problem`` and ``hint``, or any with a message for people. Text in it that
        came from a person's file is shown as it is, never as Markdown.
    """
    problem = getattr(error, "problem", None) or str(error) or type(error).__name__
    hint = getattr(error, "hint", None)
    st.error(f"{plain(problem)}\n\n{plain(hint)}" if hint else plain(problem))


_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Link and icon shortcuts are found after Markdown has dropped the backslashes, so these need an
# invisible word joiner between their characters.
_SHORTCUT = re.compile(r"(?<=:)(?=\S)|(?<=www)(?=\.)|(?<=@)(?=\w)", re.IGNORECASE)


def plain(text: object) -> str:
    """Return Markdown that Streamlit shows as the given text, without format, links or pictures.

    For text from a person (column names, cells, file names) in any element that reads Markdown.
    Line breaks become spaces.
    """
    one_line = " ".join(str(text).split())
    return _PUNCTUATION.sub(r"\\\1", _SHORTCUT.sub("\u2060", one_line))
