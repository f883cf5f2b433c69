"""The shelf: runs of this session that were kept, to lay others over and to go back to."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import streamlit as st

import nnlib
from pages.shared.charts.kept import KeptCurve
from pages.shared.charts.recorded import all_layers_curve, run_curves
from pages.shared.run_names import names_of
from pages.shared.runs import LiveRun
from pages.shared.widget_values import run_whole_page

MOST_RUNS = 12
MOST_BYTES = 24 * 2**20
_SHELF = "shelf_of_runs"


@dataclass(eq=False)
class KeptRun:
    """A run that is kept, complete; its data are not.

    Attributes
    ----------
    place : on the shelf, which gives it its color
    run : as it was put away
    can_be_named : whether its settings say all, as of a live run
    shown : whether its curves are drawn
    own_name : the person's, or empty
    """

    place: int
    run: nnlib.Run
    score_name: str
    can_be_named: bool
    shown: bool = True
    own_name: str = ""

    @property
    def experiment(self) -> nnlib.Experiment:
        """Its settings, as they stood at its end."""
        return self.run.snapshot.experiments[0]

    @property
    def first_step(self) -> int:
        """The step of another run that it goes on from; 0 for none."""
        base = self.run.snapshot.base
        return 0 if base is None else base.step

    @property
    def history(self) -> nnlib.History:
        """What it recorded."""
        return self.run.history

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """What no other run has in common with it."""
        return identity_of(self.run.snapshot)

    @property
    def nbytes(self) -> int:
        """Bytes that it takes, the room of its series included."""
        kept = [self.run.snapshot, self.run.snapshot.base]
        return self.history.nbytes + sum(each.nbytes for each in kept if each is not None)


def identity_of(run: nnlib.Trainer | nnlib.Snapshot) -> tuple[Hashable, ...]:
    """Return what no other run has in common with this one as it stands."""
    return tuple(run.experiments), run.step, run.seconds


def shelf() -> list[KeptRun]:
    """Return the runs that this session has kept, in their order."""
    kept: list[KeptRun] = st.session_state.setdefault(_SHELF, [])
    return kept


def at_place(place: int) -> KeptRun | None:
    """Return the run at a place of the shelf.

    What Streamlit remembers of buttons names a place: it would hold on to a run that is deleted.
    """
    return next((kept for kept in shelf() if kept.place == place), None)


def why_full() -> str | None:
    """Return why the shelf has no room, or None."""
    kept = shelf()
    if len(kept) >= MOST_RUNS:
        return f"The shelf has room for {MOST_RUNS} runs: delete one first."
    if sum(each.nbytes for each in kept) > MOST_BYTES:
        return f"The kept runs take more than {MOST_BYTES >> 20} MB: delete one first."
    return None


def free_place() -> int:
    """Return the first place that no run has, of a shelf that is not full."""
    taken = {each.place for each in shelf()}
    return next(i for i in range(MOST_RUNS) if i not in taken)


def why_not_keep(run: LiveRun) -> str | None:
    """Return why a run cannot be kept, or None."""
    if any(kept.identity == identity_of(run.whole.trainer) for kept in shelf()):
        return "This run is on the shelf already."
    return why_full()


def keep(run: LiveRun) -> None:
    """Put a run on the shelf as it now is, where there is room."""
    if why_not_keep(run) is not None:
        return
    with run.lock:
        put_away(run.whole.trainer, can_be_named=run.can_be_named)
    run_whole_page()


def put_away(trainer: nnlib.Trainer, *, can_be_named: bool) -> None:
    """Put a run on the shelf, which has room, as it now is; `can_be_named` as of a `KeptRun`."""
    kept = nnlib.run_of(trainer, with_data=False)
    shelf().append(KeptRun(free_place(), kept, trainer.score_name, can_be_named))


def names(kept: Sequence[KeptRun], run: LiveRun) -> list[str]:
    """Return the names of kept runs: what differs among them and the present one, or their own."""
    now, runs = run.whole.trainer, [(k.experiment, k.first_step) for k in kept]
    if (now.experiment, now.first_step) not in runs:
        runs.append((now.experiment, now.first_step))
    given = names_of([experiment for experiment, _ in runs], [start for _, start in runs])
    return [k.own_name or name for k, name in zip(kept, given, strict=False)]


def kept_curves(run: LiveRun, what: str) -> list[KeptCurve]:
    """Return the validation curves, or the training ones where there are none, of kept runs.

    Parameters
    ----------
    run : whose curves they lie under; runs on other data are left out
    what : ``"loss"``, or the name of the score
    """
    found = []
    for kept, name in _drawn_under(run):
        curves = run_curves(kept.history, {f"val_{what}": name, f"train_{what}": name})
        found += [KeptCurve(kept.place, curve) for curve in curves[:1]]
    return found


def kept_gradients(run: LiveRun) -> list[KeptCurve]:
    """Return the norm of the gradient of all weights together, of kept runs on the same data."""
    return [
        KeptCurve(kept.place, curve)
        for kept, name in _drawn_under(run)
        for curve in all_layers_curve(kept.history, "gradient_norm", f"{name}, all layers")
    ]


def _drawn_under(run: LiveRun) -> list[tuple[KeptRun, str]]:
    """Return the kept runs whose curves are drawn under those of a run, with their names."""
    named = zip(shelf(), names(shelf(), run), strict=True)
    data = run.trainer.data.fingerprint
    return [(kept, name) for kept, name in named if kept.shown and kept.run.fingerprint == data]
