"""Twins: the run on the page beside a kept one, where they part, and what a seed does by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

import nnlib
from nnlib.comparison import Arm, compare
from pages.shared.charts.comparison import plot_loss_curves
from pages.shared.charts.kept import color_of
from pages.shared.charts.numbers import plain_number
from pages.shared.charts.twins import (
    Other,
    plot_losses_apart,
    plot_outputs_apart,
    plot_parameters_apart,
)
from pages.shared.comparing import show_differences
from pages.shared.export import show_chart
from pages.shared.plain_text import plain
from pages.shared.results import Tell, about, computed
from pages.shared.rows import show_row
from pages.shared.run_names import names_of
from pages.shared.runs import LiveRun
from pages.shared.shelf import KeptRun, at_place, identity_of

SEEDS = 5
_ASKED = "twin_asked"


def offer_to_compare(kept: KeptRun, run: LiveRun) -> None:
    """Draw the button that lays a kept run beside the one on the page."""
    other_data = kept.run.fingerprint != run.trainer.data.fingerprint
    st.button(
        "Compare",
        icon=":material/compare_arrows:",
        key="kept_compare",
        disabled=other_data,
        help="Lay it beside the run on the page: the first step and layer at which they differ, "
        "how far apart they get, and whether that is more than another seed does. Not for a run "
        "on other data.",
        on_click=_ask,
        args=(kept.place, run),
    )


def _ask(place: int, run: LiveRun) -> None:
    run.pause()
    st.session_state[_ASKED] = place


def show_twin(run: LiveRun, kept: Sequence[KeptRun], said: Sequence[str]) -> None:
    """Draw the kept run that was asked for beside the one on the page."""
    asked = at_place(st.session_state.get(_ASKED, -1))
    if asked is None or asked.run.fingerprint != run.trainer.data.fingerprint:
        return
    name = said[kept.index(asked)]
    with st.container(horizontal=True, vertical_alignment="center", key="twin_head"):
        st.subheader(f"This run beside “{plain(name)}”", anchor=False)
        if st.button("Close", key="twin_close", icon=":material/close:", type="tertiary"):
            st.session_state.pop(_ASKED)
            st.rerun()
    if run.running:
        st.caption("They are compared when the run on the page rests.")
        return
    twins = _twins(run, asked)
    if twins is None:
        return
    st.markdown("\n\n".join(_sentences(twins, run, asked)))
    trainer = run.whole.trainer
    other = Other(name, color_of(asked.place), trainer.steps_per_epoch)
    show_row(
        "twin",
        twin_outputs=plot_outputs_apart(twins, other),
        twin_parameters=plot_parameters_apart(twins, other),
        twin_losses=plot_losses_apart(twins, other),
    )
    _show_seeds(run, asked, name)


def _twins(run: LiveRun, kept: KeptRun) -> nnlib.Twins | None:
    trainer = run.whole.trainer
    data = trainer.data

    def make(tell: Tell) -> nnlib.Twins:
        with run.lock:
            own = nnlib.run_of(trainer)
        return nnlib.compare(own.end(), kept.run.end(data), progress=tell)

    return computed(
        "twin",
        (identity_of(trainer), kept.identity),
        make,
        doing="Training both again, and a twin with another seed …",
        ask=about(1.5 * trainer.seconds + kept.run.snapshot.seconds),
        begin="Compare",
    )


def _sentences(twins: nnlib.Twins, run: LiveRun, kept: KeptRun) -> list[str]:
    """Return what differs, where they part, and how far they are apart at the end."""
    trainer = run.whole.trainer
    starts = [trainer.first_step, kept.first_step]
    own, other = names_of([trainer.experiment, kept.experiment], starts)
    differ = (
        f"This run: {plain(own)}. The other: {plain(other)}."
        if twins.differing
        else "Their settings are the same."
    )
    return [f"{differ} {_parting(twins)}", _distance(twins)]


def _parting(twins: nnlib.Twins) -> str:
    first, last = int(twins.steps[0]), int(twins.steps[-1])
    if twins.parted is None:
        return (
            f"All their parameters have the same bits at each of the steps {first:,} to {last:,}."
        )
    layers = ", ".join(twins.layers)
    if twins.parted == first:
        return f"They differ from step {first:,} on, where both begin, in {layers}."
    return (
        f"Their parameters have the same bits up to step {twins.parted - 1:,}; at step "
        f"**{twins.parted:,}** they part, in {layers}."
    )


def _distance(twins: nnlib.Twins) -> str:
    share, apart = float(twins.relative_outputs[-1]), float(twins.outputs[-1])
    if not np.isfinite(share):
        return "How far apart they are cannot be said of numbers that are not finite or not alike."
    more = "no further than" if share <= 1 else "further than"
    return (
        f"At step {int(twins.steps[-1]):,}, the last that both have, what they predict for the "
        f"validation rows differs by {plain_number(apart)} (root mean square): {more} this run and "
        f"its twin with the next seed, {plain_number(float(twins.seed_outputs[-1]))}. That is one "
        "other seed; several say more."
    )


def _show_seeds(run: LiveRun, kept: KeptRun, name: str) -> None:
    """Train both settings from several seeds to the end, and say what is noise."""
    trainer = run.whole.trainer
    if not (run.can_be_named and kept.can_be_named):
        st.caption(
            "One of the two was changed on its way or goes on from another run, so settings and a "
            "seed do not say what it is: it is not trained from other seeds."
        )
        return
    if trainer.experiment == kept.experiment:
        return
    experiments = {"this run": trainer.experiment, f"kept: {name}": kept.experiment}
    seconds = SEEDS * 0.5 * (trainer.seconds + kept.run.snapshot.seconds)
    arms: list[Arm] | None = computed(
        "twin_seeds",
        (tuple(experiments.values()), trainer.data.fingerprint),
        lambda tell: compare(
            experiments, SEEDS, trainer.data, tell, series=("train_loss", "val_loss")
        ),
        doing=f"Training both from {SEEDS} seeds …",
        ask=about(seconds) or f"Train both from {SEEDS} seeds to the end: is the difference noise?",
        begin=f"Train from {SEEDS} seeds",
    )
    if arms is None:
        return
    show_chart(
        plot_loss_curves(arms, "Training loss of both: median and range of the seeds", "twins"),
        "twin_seeds",
    )
    st.caption("Below: the last validation loss of each, seed against seed.")
    show_differences(arms, name="val_loss")
