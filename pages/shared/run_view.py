"""What every page shows of a run: metrics, notices, losses, gradients, updates, activations."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import streamlit as st

import nnlib
from nnlib.instruments import INSTRUMENTS, Instrument
from nnlib.interventions import is_edited
from nnlib.metrics import balanced_accuracy
from nnlib.optimizers import OPTIMIZERS
from pages.shared.charts.gradient_profile import plot_gradient_profile
from pages.shared.charts.instruments import plot_instrument
from pages.shared.charts.kept import lay_under
from pages.shared.charts.numbers import plain_number
from pages.shared.charts.points import class_codes
from pages.shared.charts.training import plot_learning_rate, plot_losses
from pages.shared.controls import label_of
from pages.shared.plain_text import plain
from pages.shared.rows import Tile, show_grid, show_metrics, show_row
from pages.shared.runs import LiveRun
from pages.shared.shelf import kept_curves, kept_gradients

_SPLITS = {"train": "Train", "val": "Val."}
_UNEQUAL = 1.5  # the largest class is so many times as frequent as the smallest
_ELSEWHERE = ("gradient_norm", "batch_loss", "learning_rate", "effective_learning_rate")


def show_numbers(run: LiveRun, key: str) -> None:
    """Draw step, losses, scores and speed (computing, not drawing) in a row."""
    trainer = run.trainer
    speed = trainer.step / trainer.seconds if trainer.seconds else math.nan
    latest = {split: _latest(trainer, split) for split in _SPLITS}
    tiles = [
        Tile("Step", number_or_dash(trainer.step, "{:,}")),
        *(Tile(f"{_SPLITS[s]} loss", number_or_dash(latest[s]["loss"])) for s in _SPLITS),
        *(_score_tile(trainer, split, latest[split]) for split in _SPLITS),
        *_balanced_tile(trainer),
        Tile("Steps / s", number_or_dash(speed, "{:,.0f}"), *_engine_words(trainer)),
    ]
    show_metrics(f"{key}_metrics", tiles, least="7.4rem")


def _engine_words(trainer: nnlib.Trainer) -> tuple[str, str]:
    """Return what makes the steps, in small print and as a sentence."""
    if trainer.history.engine == "compiled":
        return "compiled", (
            "Numba's compiled kernels make the steps of this run; they agree with NumPy's to "
            "rounding."
        )
    why = f", for {trainer.engine_note}" if trainer.engine_note else ""
    return "by NumPy", f"NumPy makes the steps of this run{why}."


def _score_tile(trainer: nnlib.Trainer, split: str, latest: dict[str, float]) -> Tile:
    """Return accuracy or R², beside what the best constant prediction reaches."""
    name = trainer.score_name
    r2 = name == "r2"
    value = number_or_dash(latest[name], "" if r2 else "{:.1%}")
    guess = trainer.guesses.get(split)
    if guess is None or not math.isfinite(guess.score):
        return Tile(f"{_SPLITS[split]} {label_of(name)}", value)
    note = "always the mean: 0" if r2 else f"majority: {guess.score:.1%}"
    meaning = (
        "R² of 0 is what predicting the mean of these examples for each of them reaches."
        if r2
        else "The majority is the share of the largest class: so often one is right who always "
        "says that class."
    )
    return Tile(f"{_SPLITS[split]} {label_of(name)}", value, note, meaning)


def _balanced_tile(trainer: nnlib.Trainer) -> list[Tile]:
    """Return the balanced validation accuracy where accuracy alone favors a large class."""
    data = trainer.data
    if data.task == "regression" or not len(data.features("val")):
        return []
    counts = np.bincount(class_codes(data.labels("val")), minlength=len(data.class_names))
    if counts.max() < _UNEQUAL * counts.min():
        return []
    dtype = trainer.network.dtype
    with np.errstate(all="ignore"):  # of a run that has diverged
        logits = trainer.network.predict_logits(np.asarray(data.features("val"), dtype))
    value = float(balanced_accuracy(logits, data.targets("val", dtype)))
    classes = int((counts > 0).sum())
    return [
        Tile(
            "Balanced acc.",
            number_or_dash(value, "{:.1%}"),
            f"one class: {1 / classes:.1%}",
            "The mean over the classes of the share of each that is recognized, on the validation "
            "rows: accuracy that counts every class alike, shown since they are not equally large.",
        )
    ]


def _latest(trainer: nnlib.Trainer, split: str) -> dict[str, float]:
    """Return the newest loss and score, of restored or edited weights where there are such."""
    if trainer.restored_step is not None or is_edited(trainer):
        return {name: float(value) for name, value in trainer.evaluate(split).items()}
    names = ("loss", trainer.score_name)
    records = {name: trainer.history.last(f"{split}_{name}") for name in names}
    return {name: math.nan if v is None else float(v) for name, v in records.items()}


def number_or_dash(value: float, style: str = "") -> str:
    """Return a number in a style or, without one, as all numbers are written; a dash for none."""
    if not math.isfinite(value):
        return "–"
    return style.format(value) if style else plain_number(value)


def show_notices(run: LiveRun) -> None:
    """Say what a person should know: divergence, early stopping."""
    trainer = run.trainer
    found = trainer.history.divergence
    if found is not None:
        # Clipping does not limit the step of an optimizer that divides by the gradient's size.
        free = OPTIMIZERS[trainer.experiment.training.optimizer].scale_free
        st.warning(
            f"The run diverged: at step {found.step:,} the {found.what} of {found.layer} stopped "
            f"being finite. Try a smaller learning rate{'' if free else ', clip the gradient norm'}"
            ", or take an initializer that suits the activation; then Reset and Play.",
            icon=":material/error:",
        )
    if trainer.status == "target reached":
        st.info(
            f"The training loss reached the target after {trainer.epoch:,.0f} epochs, so the run "
            "ended there.",
            icon=":material/flag:",
        )
    if trainer.restored_step is not None:
        epoch = int(trainer.restored_step) / trainer.steps_per_epoch
        verb = "stopped early" if trainer.status == "stopped early" else "ended"
        st.info(
            f"The run {verb}; the weights of epoch {epoch:,.0f}, those with the smallest "
            "validation loss, were put back.",
            icon=":material/history:",
        )


def show_losses_and_gradients(run: LiveRun, key: str) -> None:
    """Draw the two charts that no page is without."""
    history, look, guess = run.history, run.look, run.trainer.guesses.get("train")
    show_row(
        f"{key}_main",
        losses=lay_under(
            plot_losses(history, look, constant=None if guess is None else guess.loss),
            kept_curves(run, "loss"),
            "curve",
            "loss",
            look,
        ),
        gradient_norms=lay_under(
            plot_instrument(history, INSTRUMENTS["gradient_norm"], look),
            kept_gradients(run),
            "layer",
            "gradient_norm",
            look,
        ),
    )


def show_layers(run: LiveRun, key: str) -> None:
    """Draw the gradients over the layers, and what each instrument for all layers or the run says.

    An instrument that is registered is drawn; the losses and `_ELSEWHERE` have charts of their own.
    """
    history, look = run.history, run.look
    drawn = [i for i in INSTRUMENTS.values() if i.per != "hidden" and i.name not in _ELSEWHERE]
    _say_what_they_mean(drawn)
    show_grid(
        f"{key}_layers_tab",
        {"gradient_profile": plot_gradient_profile(history, step=run.cursor)}
        | {i.name: plot_instrument(history, i, look) for i in drawn if i.per == "layer"}
        | {"rates": plot_learning_rate(history, look)}
        | {i.name: plot_instrument(history, i, look) for i in drawn if i.per == "run"},
    )


def show_activations(run: LiveRun, key: str) -> None:
    """Draw what each instrument for the hidden layers says."""
    st.caption("Measured on the minibatch of a step, in training mode.")
    drawn = [i for i in INSTRUMENTS.values() if i.per == "hidden"]
    _say_what_they_mean(drawn)
    charts = {i.name: plot_instrument(run.history, i, run.look) for i in drawn}
    show_grid(f"{key}_activations_tab", charts)


def _say_what_they_mean(instruments: Iterable[Instrument]) -> None:
    with st.expander("What is measured", icon=":material/straighten:"):
        st.markdown(
            "\n".join(f"- **{plain(i.title or i.name)}**: {plain(i.meaning)}" for i in instruments)
        )
