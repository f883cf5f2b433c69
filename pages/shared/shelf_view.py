"""What a page shows of the shelf: a table of the kept runs, and what can be done with each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from nnlib.diagnosis import Remedy, describe
from pages.shared.charts.numbers import plain_number
from pages.shared.charts.recorded import run_curves
from pages.shared.controls import label_of
from pages.shared.finding_view import widget_values
from pages.shared.layout import show_error
from pages.shared.run_names import differing, values
from pages.shared.runs import LiveRun, run_key
from pages.shared.shelf import KeptRun, at_place, keep, names, shelf, why_not_keep
from pages.shared.shelf_files import offer_file, offer_to_open_run
from pages.shared.twin_view import offer_to_compare, show_twin
from pages.shared.widget_values import ask_for

_WRONG = "wrong_with_kept_run"


def offer_to_keep_run(run: LiveRun) -> None:
    """Draw the button that puts a run on the shelf."""
    reason = why_not_keep(run)
    st.button(
        "Keep this run",
        icon=":material/bookmark_add:",
        key="keep_run",
        disabled=reason is not None,
        help=reason
        or "Lay its curves under those of runs to come, and compare settings and results. Kept "
        "runs are there until you close this browser tab.",
        on_click=keep,
        args=(run,),
    )


def show_shelf(run: LiveRun, key: str) -> None:
    """Draw the kept runs in a table of what differs, and what can be done with each."""
    kept = shelf()
    with st.expander(
        f"Kept runs: {len(kept) or 'none'}", icon=":material/bookmarks:", key="kept_runs"
    ):
        if _WRONG in st.session_state:
            show_error(st.session_state.pop(_WRONG))
        if kept:
            _show_kept(kept, run, key)
        offer_to_open_run(run)


def _show_kept(kept: list[KeptRun], run: LiveRun, key: str) -> None:
    said = names(kept, run)
    table = pd.DataFrame([_row(k, name, kept, run) for k, name in zip(kept, said, strict=True)])
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=[str(c) for c in table if c not in ("shown", "run")],
        key=f"shelf_{'_'.join(str(k.place) for k in kept)}",
        column_config={
            "shown": st.column_config.CheckboxColumn(help="Whether its curves are drawn."),
            "run": st.column_config.TextColumn(
                help="Its name, which you can change.", required=True, max_chars=60
            ),
        },
    )
    if _take(edited, table, kept):
        st.rerun()
    st.caption(
        "Under the losses, and under the scores where they are drawn, lies the curve of each "
        "on validation rows, or on training rows where there are no others. Under the "
        "gradients lies one line of each: the norm over the weights of all its layers."
    )
    others = sum(k.run.fingerprint != run.trainer.data.fingerprint for k in kept)
    if others:
        st.caption(
            f"{others} of them trained on other data: their losses and scores cannot be "
            "compared with those on this page, so they are not drawn."
        )
    unknown = sum(not len(k.history.clock.ticks) for k in kept)
    if unknown and run.look.over == "seconds":
        st.caption(
            f"{unknown} of them are from older files without the seconds of their records, so they "
            "are not drawn over seconds."
        )
    _choose_one(kept, said, run, key)
    show_twin(run, kept, said)


def _row(kept: KeptRun, name: str, others: Sequence[KeptRun], run: LiveRun) -> dict[str, object]:
    """Return a row: settings that differ among the runs, results, steps and seconds."""
    all_of_them = [*(k.experiment for k in others), run.trainer.experiment]
    unlike = differing(all_of_them)
    settings = {
        field: describe(Remedy({part: {field: value}}, "")).removeprefix(_words(field)).strip()
        for part, fields in values(kept.experiment, unlike).items()
        for field, value in fields.items()
    }
    return {
        "shown": kept.shown,
        "run": name,
        **({"data": kept.experiment.data.name} if kept.experiment.data else {}),
        **({"from step": kept.first_step} if any(k.first_step for k in others) else {}),
        **{_words(field): text for field, text in settings.items()},
        **_levels(kept, "loss", np.min),
        **_levels(kept, kept.score_name, np.max),
        "steps": kept.run.snapshot.step,
        "seconds": plain_number(kept.run.snapshot.seconds, 3),
    }


def _words(field: str) -> str:
    return "hidden layers" if field == "hidden" else field.replace("_", " ")


def _levels(
    kept: KeptRun, what: str, best: Callable[[NDArray[np.float64]], float]
) -> dict[str, str]:
    """Return the last and the best of a curve on validation, on training where there is none."""
    curves = run_curves(kept.history, {f"val_{what}": "", f"train_{what}": ""})
    values = curves[0].values if curves else np.empty(0)
    finite = values[np.isfinite(values)]
    return {
        f"final {label_of(what)}": plain_number(float(values[-1])) if len(values) else "–",
        f"best {label_of(what)}": plain_number(float(best(finite))) if len(finite) else "–",
    }


def _take(edited: pd.DataFrame, table: pd.DataFrame, kept: Sequence[KeptRun]) -> bool:
    """Take over what the person has changed in the table; return whether there was something."""
    changed = False
    for index, each in enumerate(kept):
        shown, name = bool(edited["shown"][index]), str(edited["run"][index]).strip()
        if shown != each.shown:
            each.shown, changed = shown, True
        if name != table["run"][index]:
            each.own_name, changed = name, True
    return changed


def _choose_one(kept: list[KeptRun], said: Sequence[str], run: LiveRun, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="one_kept_run"):
        at = st.selectbox(
            "Run",
            range(len(kept)),
            format_func=said.__getitem__,
            key=f"kept_run_{len(kept)}",
            width=320,
            help="The kept run that the buttons are about.",
        )
        settings = _settings(kept[at], run)
        st.button(
            "Make it current",
            icon=":material/restore:",
            key="kept_again",
            disabled=settings is None,
            help="Set the controls to it and go back to its end, without training it again. Not "
            "for a run on other data, or with settings that this page has no control for.",
            on_click=_make_current,
            args=(kept[at].place, settings, run, key),
        )
        offer_to_compare(kept[at], run)
        offer_file(kept[at], run)
        gone = st.button(
            "Delete",
            icon=":material/delete:",
            key="kept_delete",
            help="Take it off the shelf and free its memory.",
        )
    if gone:
        del kept[at]
        st.rerun()


def _settings(kept: KeptRun, run: LiveRun) -> dict[str, object] | None:
    """Return the values of widgets that are its settings, or None where there are none."""
    now = run.trainer.experiment
    if kept.run.fingerprint != run.trainer.data.fingerprint:
        return None
    changes = values(kept.experiment, differing([kept.experiment, now]))
    return widget_values(Remedy(changes, ""), now)


def _make_current(place: int, settings: dict[str, object], run: LiveRun, key: str) -> None:
    kept = at_place(place)
    if kept is None:
        return
    try:
        back = LiveRun.brought_back(kept.run, run.trainer.data)
    except ValueError as error:  # of a file whose parts do not fit together
        st.session_state[_WRONG] = f"This run cannot be made current. {error}"
        return
    st.session_state[run_key(key)] = back
    ask_for(settings)
