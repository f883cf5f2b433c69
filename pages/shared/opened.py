"""A figure's file that is dropped on the dashboard leads back to where it was made."""

import streamlit as st

import nnlib
from nnlib.lineage import Lineage, Stretch
from pages.shared import undo
from pages.shared.layout import page_path, show_error
from pages.shared.live import leave_for
from pages.shared.origins import MAX_BYTES, Origin, read_origin
from pages.shared.plain_text import plain
from pages.shared.registry import existing_pages
from pages.shared.results import computed, forget
from pages.shared.runs import MOST_REMEMBERED, LiveRun, run_key

_KEY = "opened_figure"
_ICON = ":material/history:"


def choose_figure(run: LiveRun) -> None:
    """Draw where a figure's file is dropped, and go to where that figure was made.

    Parameters
    ----------
    run : the page's own, which rests then
    """
    left, right = st.columns(2, border=True, vertical_alignment="center")
    left.markdown(
        "**Open a figure again.** A PNG, SVG, PDF, HTML or ZIP file that was exported here says "
        "where it was made: drop it, and you are on that page, with its settings."
    )
    file = right.file_uploader(
        "Open a figure again",
        key="figure_file",
        max_upload_size=MAX_BYTES >> 20,
        label_visibility="collapsed",
    )
    if file is None:
        return
    files = {page.name: page.path for group in existing_pages().values() for page in group}
    try:
        origin = read_origin(file.getvalue(), frozenset({"", *files}))
    except ValueError as error:
        show_error(error)
        return
    if not origin.path:
        st.info("This figure is of the run on this page.", icon=_ICON)
        return
    st.session_state[_KEY] = origin
    st.session_state.pop(run_key(origin.path), None)  # its settings would only change in it
    named = origin.step is not None and origin.lineage is None
    step = {"step": [str(origin.step)]} if named else {}
    undo.go_to(origin.path, origin.query | step)
    leave_for(files[origin.path], run)


def bring_run_back(key: str, experiment: nnlib.Experiment, data: nnlib.datasets.Dataset) -> None:
    """Train the run of an opened figure again, where settings and step do not say all of it."""
    origin = _of_this_page()
    if origin is None or origin.lineage is None or run_key(key) in st.session_state:
        return
    if experiment != origin.experiment or data.fingerprint != experiment.data.fingerprint:
        return
    lineage, engine = origin.lineage, origin.engine
    trainer = computed(
        "run_of_figure",
        (lineage, data.fingerprint),
        lambda tell: nnlib.retrace(
            lineage, data, engine=engine, timeline=nnlib.Timeline(MOST_REMEMBERED), progress=tell
        ),
        doing="Training the run of the figure again …",
    )
    if trainer is not None:
        forget("run_of_figure")  # the run goes on, and is then no longer this one
        first = trainer.first_step
        begun = nnlib.fork(trainer, first) if first else None
        st.session_state[run_key(key)] = LiveRun(trainer, running=False, origin=begun)


def compare_with_figure(trainer: nnlib.Trainer) -> None:
    """Say whether the page's run is that of the figure that was opened, if one was."""
    origin = _of_this_page()
    if origin is None or origin.experiment is None:
        return
    title, made = plain(origin.title), origin.experiment
    if trainer.experiment.data.fingerprint != made.data.fingerprint:
        st.warning(
            f"The figure “{title}” was made from other data, {plain(made.data.name)}: another "
            "file or set, or its rows and columns were used in another way.",
            icon=_ICON,
        )
        st.button("Forget the figure", type="tertiary", on_click=_forget)
    elif origin.step is not None and origin.lineage and _is_run_of(origin.lineage, trainer):
        same = trainer.history.engine == origin.engine
        but = "" if same else " Another engine made the steps, so the last bits may differ."
        st.info(
            f"This is the run of the figure “{title}”, trained again to step {origin.step:,}.{but}",
            icon=_ICON,
        )
    elif trainer.experiment == made and _is_run_of(_plain(made, trainer.step), trainer):
        at = "" if origin.step is None else f", which was made at step {origin.step:,}"
        but = " That run was changed while it trained; this one has its last settings throughout."
        st.info(
            f"These are the settings of the figure “{title}”{at}.{but if origin.changed else ''}",
            icon=_ICON,
        )


def _is_run_of(lineage: Lineage, trainer: nnlib.Trainer) -> bool:
    step = lineage[-1].until
    return step <= trainer.step and trainer.lineage(step) == lineage


def _plain(experiment: nnlib.Experiment, step: int) -> Lineage:
    return (Stretch(experiment, (), step),)


def ask_for_file_of_figure() -> None:
    """Name the file that the figure was made from, where the page has none yet."""
    origin = _of_this_page()
    if origin is not None and origin.experiment is not None:
        st.info(
            f"The figure “{plain(origin.title)}” was made from your file "
            f"**{plain(origin.experiment.data.name)}**. Hand it over once more; the page then says "
            "whether it is the same.",
            icon=_ICON,
        )


def _of_this_page() -> Origin | None:
    origin: Origin | None = st.session_state.get(_KEY)
    return origin if origin is not None and origin.path == page_path() else None


def _forget() -> None:
    st.session_state.pop(_KEY, None)
