"""What every page opens with: page settings, the grouped navigation, its title and short texts."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shared import engine, export_settings, presets, undo, widgets
from pages.shared.plain_text import plain
from pages.shared.registry import existing_pages
from pages.shared.widget_values import ask_for, forget_set_widgets

PRODUCT = "Training dynamics dashboard"
STYLE, LARGE = (Path(__file__).with_name(name) for name in ("page.css", "lecture.css"))


def begin_page(title: str, icon: str, *, subtitle: str | None = None) -> None:
    """Set up the page and draw navigation and title; the first call of every page.

    Parameters
    ----------
    title : the heading, also the first part of the browser tab's title
    icon : an emoji for the browser tab. A ``:material/…:`` icon would make the browser fetch a
        picture from another site.
    subtitle : one line below the heading, in Markdown
    """
    forget_set_widgets()
    tab = title if title == PRODUCT else f"{title} · {PRODUCT}"
    st.set_page_config(
        page_title=tab,
        page_icon=icon,
        layout="wide",
        initial_sidebar_state="collapsed" if is_lecture() else "auto",
    )
    st.html(STYLE)
    with st.sidebar:
        _navigation(unfolded=title == PRODUCT)
        _lecture_options()
        undo.begin(page_path())
    st.title(title, anchor=False)
    engine.prepare()
    if subtitle:
        with st.container(key="subtitle"):
            st.caption(subtitle)
    widgets.open_places()
    presets.take_asked()
    export_settings.begin(title, page_path())


def page_path() -> str:
    """Return the path of this page in the address; empty for the front page."""
    context = get_script_run_ctx()
    assert context is not None  # in the script of a page
    path: str = context.pages_manager.get_pages()[context.page_script_hash]["url_pathname"]
    return path


def _navigation(*, unfolded: bool) -> None:
    """Draw the links to all pages, folded on a page, which has controls of its own below them."""
    with st.expander("Pages", icon=":material/menu:", expanded=unfolded, key="pages"):
        page_link("dashboard.py", "Home", ":material/home:")
        for group, pages in existing_pages().items():
            # The usual gap would part each link from the next; a group is one block.
            with st.container(gap="xxsmall"):
                st.caption(group)
                for page in pages:
                    page_link(page.path, page.label, page.icon)


def page_link(path: str, label: str, icon: str) -> None:
    """Draw a link to a page, which takes along what is set for a lecture."""
    kept = {name: st.query_params[name] for name in ("lecture", "hide") if name in st.query_params}
    st.page_link(path, label=label, icon=icon, query_params=kept or None)


def is_lecture() -> bool:
    """Whether the page is drawn large."""
    return st.query_params.get("lecture") == "true"


def _lecture_options() -> None:
    """Draw large type and hidden controls, and the fields that ask for them."""
    with st.expander("For a lecture", icon=":material/co_present:"):
        large = widgets.toggle(
            "lecture",
            "Large type",
            help="Draws text and charts larger, for a screen of 1280 × 720, and folds the sidebar.",
        )
        hidden = widgets.text_input(
            "hide",
            "Hide controls",
            placeholder="learning_rate, layers",
            help="The names of controls as the address has them, with commas between; the link to "
            "this page then hides them.",
        )
    if large:
        st.html(LARGE)
    names = [f".st-key-{name}" for name in re.findall(r"[\w-]+", hidden)]
    if names:
        st.html(f"<style>{', '.join(names)} {{display: none}}</style>")


def wrapping_columns(count: int, *, key: str, least: str = "22rem") -> list[DeltaGenerator]:
    """Return columns that move to the next row where Streamlit's own would get too narrow.

    Parameters
    ----------
    count : number of columns
    key : unique on the page, of letters, digits and ``_``
    least : least width of a column in CSS units; the default is what a chart needs

    Returns
    -------
    list of DeltaGenerator
        As `st.columns` does.
    """
    rule = f".st-key-{key} [data-testid=stColumn] {{min-width: min({least}, 100%)}}"
    st.html(f"<style>{rule}</style>")
    with st.container(key=key):
        return st.columns(count)


class Next(NamedTuple):
    """Something to try: a sentence, and what it names as the values of the page's widgets."""

    text: str
    values: Mapping[str, Any] = MappingProxyType({})


def three_texts(what: str, look_for: str, try_next: Sequence[Next]) -> None:
    """Draw a page's three short texts in one compact box, at its end.

    Parameters
    ----------
    what : what this is, with the formula; Markdown, as the other two
    look_for : what to look for
    try_next : what to try next; a sentence with values is a link that sets them
    """
    with st.container(border=True):
        tabs = st.tabs(["What this is", "What to look for", "What to try next"])
        tabs[0].markdown(what)
        tabs[1].markdown(look_for)
        with tabs[2], st.container(key="try_next", gap="xsmall"):
            for index, one in enumerate(try_next):
                if not one.values:
                    st.markdown(one.text)
                else:  # by a callback: a run that ends ahead of it would end this script
                    st.button(
                        one.text,
                        key=f"next_{index}",
                        icon=":material/play_circle:",
                        type="tertiary",
                        on_click=ask_for,
                        args=(one.values,),
                    )
    undo.offer(page_path())


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
