"""A run's file, which puts the run on the shelf again, for instance after a restart.

The data in it are not read; all else is checked, so that no file can break a page or take more
memory than the shelf has.
"""

import io
import json
import weakref
from dataclasses import asdict, replace
from math import isfinite

import streamlit as st

import nnlib
from nnlib.datasets.dataset import SPLITS
from nnlib.history import Series
from nnlib.instruments import INSTRUMENTS
from pages.shared import shelf
from pages.shared.export import download
from pages.shared.export_settings import source
from pages.shared.layout import show_error
from pages.shared.runs import COMPUTE, LiveRun, leave_if_stopped
from pages.shared.uploads import upload_limit

MOST_UNPACKED = 64 * 2**20
"""Bytes of a file without its data: weights, the optimizer's state and the records."""
_SCORES = ("accuracy", "r2")
_MOST_STEPS, _MOST_LAYERS, _MOST_EVENTS = 2**31, 1000, 10_000
_MOST_LETTERS = 1_000_000  # of settings, versions and names
_COUNT, _REFUSED = "run_files_taken", "run_file_refused"
_NO_RUN = "This file is not a run saved by nnlib."


def offer_to_open_run(run: LiveRun) -> None:
    """Draw where a run's file is dropped, and put it on the shelf or say why it cannot be."""
    count, full = st.session_state.setdefault(_COUNT, 0), shelf.why_full()
    file = st.file_uploader(
        "Put a run's file on the shelf",
        type="zip",
        key=f"run_file_{count}",  # one that was taken leaves an empty place for the next one
        disabled=full is not None,
        max_upload_size=upload_limit(),
        help=full
        or "A .zip that was saved here, or by nnlib.save_run. The run lies on the shelf again, "
        "also after a restart. The data in the file are not read.",
    )
    if file is None or full is not None:
        st.session_state.pop(_REFUSED, None)
        return
    seen, why = st.session_state.get(_REFUSED, ("", ""))
    if seen != file.file_id:
        why = _take(file.getvalue(), run)
        st.session_state[_REFUSED] = file.file_id, why
    if why:
        show_error(why)
        return
    st.session_state[_COUNT] = count + 1
    st.rerun()


def offer_file(kept: shelf.KeptRun, run: LiveRun) -> None:
    """Draw the download of a kept run's file, of one on the page's data."""
    if kept.run.fingerprint != run.trainer.data.fingerprint:
        return
    # What Streamlit remembers of the button would else hold on to a run that is deleted.
    held, data = weakref.ref(kept), run.trainer.data

    def make() -> bytes:
        still = held()
        return b"" if still is None else file_of(still.run.end(data))

    download(
        "Save (.zip)",
        f"{source().file_name('run')}.zip",
        make,
        key="kept_file",
        mime="application/zip",
        help="The run as one file with its data: drop it below to have the run here again; "
        "`python -m nnlib.replay run.zip` trains it again and compares.",
    )


def file_of(trainer: nnlib.Trainer) -> bytes:
    """Return the file of a run as it stands, with its data."""
    buffer = io.BytesIO()
    nnlib.save_run(buffer, trainer)
    return buffer.getvalue()


def _take(content: bytes, page: LiveRun) -> str:
    """Put the run of a file on the shelf; return why it is not there, or an empty text."""
    kept, data = shelf.shelf(), page.trainer.data
    try:
        with st.spinner("Reading the run …"), COMPUTE.turn(leave_if_stopped):
            new = read_run(content)
            if new.run.fingerprint == data.fingerprint:
                new.run.end(data)  # raises where its parts do not fit together
    except ValueError as error:
        return f"{error} Choose another .zip of a run."
    if any(new.identity == each.identity for each in kept):
        return "This run is on the shelf already. Choose the file of another one."
    if new.nbytes + sum(each.nbytes for each in kept) > shelf.MOST_BYTES:
        return (
            f"With this run the shelf would take more than {shelf.MOST_BYTES >> 20} MB. Delete "
            "a kept run, or choose the file of a smaller one."
        )
    kept.append(new)
    return ""


def read_run(content: bytes) -> shelf.KeptRun:
    """Return the run of a file as it is kept on the shelf.

    Raises
    ------
    ValueError
        if it is no single run saved by nnlib, or too large, in one sentence
    """
    run = nnlib.load_run(io.BytesIO(content), most_bytes=MOST_UNPACKED, with_data=False)
    if run.snapshot.lead:
        raise ValueError("This file holds several runs that were trained as one.")
    score = next((name for name in _SCORES if f"train_{name}" in run.history), None)
    if score is None or not _is_plain(run) or not _has_known_records(run, score):
        raise ValueError(_NO_RUN)
    first = 0 if run.snapshot.base is None else run.snapshot.base.step
    named = not run.history.events and first == 0
    return shelf.KeptRun(shelf.free_place(), replace(run, preparation=None), score, named)


def _is_plain(run: nnlib.Run) -> bool:
    """Whether a run has the numbers and the size that one from a page has."""
    last, base, history = run.snapshot, run.snapshot.base, run.history
    texts: list[object] = [asdict(e) for e in (*last.experiments, *last.started)]
    texts += [run.versions, run.fingerprint, history.layer_names]
    texts += [one.labels for one in history.series.values()]
    texts += [event.name for event in history.events]
    texts += [asdict(divergence) for divergence in history.divergences]
    return (
        0 <= (0 if base is None else base.step) <= last.step < _MOST_STEPS
        and (base is None or (base.base is None and base.history is None))
        and isfinite(last.seconds)
        and last.seconds >= 0
        and history.steps_per_epoch >= 1
        and len(history.events) <= _MOST_EVENTS
        and len(history.divergences) <= 1
        and len(json.dumps(texts)) <= _MOST_LETTERS
    )


def _has_known_records(run: nnlib.Run, score: str) -> bool:
    """Whether all records are those that pages know, in their shape, and of the run's steps."""
    layered = {i.name: i.per != "run" for i in INSTRUMENTS.values()}
    layered |= {f"{split}_{what}": False for split in SPLITS for what in ("loss", score)}
    series = run.history.series
    return run.history.last("train_loss") is not None and all(
        name in layered
        and one.values.ndim == 1 + layered[name]
        and bool(one.labels) == layered[name]
        and len(one.labels) <= _MOST_LAYERS
        and _lies_within(one, run.snapshot.step)
        for name, one in series.items()
    )


def _lies_within(series: Series, last: int) -> bool:
    return not len(series.steps) or bool(series.steps[0] >= 0 and series.steps[-1] <= last)
