"""The line between two runs, and runs that part after some steps: barriers between their ends."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

import nnlib
from nnlib.evaluation import score_name
from nnlib.landscape import (
    Line,
    Parting,
    follow_path,
    line_between,
    measure_parting,
    parting_steps,
)
from pages.shared import widgets
from pages.shared.charts.theme import plain_number
from pages.shared.landscape import charts_lines as charts
from pages.shared.landscape.controls import KEPT, LineChoice, Settings
from pages.shared.results import Tell, about, computed, part
from pages.shared.rows import Tile, show_metrics, show_row
from pages.shared.run_names import names_of
from pages.shared.shelf import KeptRun, shelf

_STEP, _PRODUCT = 8e-5, 2e-10
"""Seconds of a step, and of each weight of it and example, roughly."""


def show_line(settings: Settings, choice: LineChoice) -> None:
    """Evaluate and draw the line between two runs."""
    experiment = settings.experiment
    if choice.pair == KEPT:
        runs = _choose_kept(settings)
        if runs is None:
            return
        experiment, line = runs[0].experiment, _between_kept(settings, *runs)
    else:
        line = _between_seeds(settings, choice)
    if line is None:
        return
    score = score_name(settings.data)
    _show_barriers(line, score)
    show_row("line", line_loss=charts.plot_line(line, "loss"),
             line_score=charts.plot_line(line, score))  # fmt: skip
    if experiment.network.batch_norm:
        st.caption(STATISTICS)


STATISTICS = (
    "Batch normalization takes the means and variances of the training examples, computed anew at "
    "every point of a line."
)


def _between_seeds(settings: Settings, choice: LineChoice) -> Line | None:
    def make(tell: Tell) -> Line:
        first, second = (
            follow_path(settings.experiment.with_training(seed=seed), settings.data, 3,
                        part(tell, index, 3)).end
            for index, seed in enumerate((settings.experiment.training.seed, choice.other_seed))
        )  # fmt: skip
        return line_between(
            settings.experiment, settings.data, first, second, progress=part(tell, 2, 3)
        )

    return computed("landscape_line", (settings.key, choice.other_seed), make)


def _choose_kept(settings: Settings) -> tuple[KeptRun, KeptRun] | None:
    """Let two kept runs be chosen that have the data and one architecture."""
    fitting = [k for k in shelf() if k.run.fingerprint == settings.data.fingerprint]
    fitting = [k for k in fitting if not k.run.snapshot.lead]
    pairs = [k for k in fitting if sum(_alike(k, other) for other in fitting) > 1]
    if not pairs:
        st.info(
            "There are no two kept runs of one architecture on the data chosen here. Keep two on "
            "the Classification page, with other seeds or settings, and choose their data here.",
            icon=":material/inventory_2:",
        )
        return None
    names = names_of([k.experiment for k in pairs], [k.first_step for k in pairs])
    named = {
        f"{k.place + 1}: {k.own_name or name}": k for k, name in zip(pairs, names, strict=True)
    }
    first = named[_choose_run("first_run", "First run", list(named))]
    others = [name for name, k in named.items() if k is not first and _alike(k, first)]
    return first, named[_choose_run("second_run", "Second run", others)]


def _between_kept(settings: Settings, first: KeptRun, second: KeptRun) -> Line | None:
    def make(tell: Tell) -> Line:
        one, other = (k.run.end(settings.data).network.flat_parameters for k in (first, second))
        return line_between(first.experiment, settings.data, one, other, progress=tell)

    return computed("landscape_kept_line", (first.identity, second.identity), make)


def _alike(one: KeptRun, other: KeptRun) -> bool:
    networks = (one.experiment.network, other.experiment.network)
    return networks[0].architecture == networks[1].architecture


def _choose_run(key: str, label: str, names: Sequence[str]) -> str:
    return widgets.selectbox(
        key, label, names, help="A kept run on these data; both have one architecture."
    )


def _show_barriers(line: Line, score: str) -> None:
    """Draw the barriers' heights as tiles, and say what they mean."""
    heights = {name: line.barrier(name) for name in line.measured}
    tiles = [
        Tile("Loss barrier", plain_number(heights["train_loss"], 3),
             f"validation: {plain_number(heights['val_loss'], 3)}",
             "The highest training loss on the line minus the mean of the losses at its ends."),
    ]  # fmt: skip
    if score == "accuracy":
        tiles.append(
            Tile("Error barrier", f"{heights['train_accuracy']:.1%}",
                 f"validation: {heights['val_accuracy']:.1%}",
                 "The highest share of training examples classified wrongly on the line, minus the "
                 "mean of those at its ends.")
        )  # fmt: skip
    tiles.append(
        Tile("Distance", plain_number(line.distance, 3), "between the weights",
             "The Euclidean distance between the two networks' parameters.")
    )  # fmt: skip
    show_metrics("line_numbers", tiles)
    if score == "accuracy":
        st.markdown(line_sentence(line))


def line_sentence(line: Line) -> str:
    """Say whether two runs are linearly connected."""
    height = line.barrier("train_accuracy")
    if not np.isfinite(height):
        return "**No verdict**: on the line, numbers are not finite."
    if height < charts.STABLE:
        return (
            "The runs are **linearly connected** by the margin of Frankle et al. (2020): the "
            "training error's barrier is below 2 %."
        )
    return (
        "The runs are **not linearly connected**: the training error's barrier is not below the "
        "2 % of Frankle et al. (2020). A way that is not straight may still connect them."
    )


def seconds_of(settings: Settings, pairs: int) -> float:
    """Return roughly how long the runs that part take."""
    training, data = settings.experiment.training, settings.data
    rows = len(data.features("train"))
    widths = (data.n_features, *settings.experiment.network.hidden, data.n_outputs)
    weights = sum(a * b for a, b in zip(widths, widths[1:], strict=False))
    total = -(-rows // training.batch_size) * training.epochs
    left = sum(2 * (total - step) for step in parting_steps(total).tolist()) + total
    return float(pairs * left * (_STEP + training.batch_size * weights * _PRODUCT))


def show_parting(settings: Settings, pairs: int) -> None:
    """Train pairs of runs that share their first steps, and draw the barriers between them."""
    found = computed(
        "landscape_parting",
        (settings.key, pairs),
        lambda tell: _part(settings, pairs, tell),
        ask=about(seconds_of(settings, pairs)),
        begin="Train them",
    )
    if found is None:
        return
    score = score_name(settings.data)
    what = "accuracy" if score == "accuracy" else "loss"
    if what == "accuracy":
        st.markdown(parting_sentence(found))
    show_row("parting", barriers=charts.plot_barriers(found, what),
             parted_lines=charts.plot_lines(found))  # fmt: skip
    if settings.experiment.network.batch_norm:
        st.caption(STATISTICS)


def _part(settings: Settings, pairs: int, tell: Tell) -> Parting:
    steps = nnlib.Trainer(settings.experiment, settings.data, instruments=()).total_steps
    return measure_parting(
        settings.experiment, settings.data, parting_steps(steps).tolist(), pairs, tell
    )


def parting_sentence(found: Parting) -> str:
    """Say from how many shared steps on the outcome is determined up to a straight line."""
    heights = found.barriers("train_accuracy")
    if not np.isfinite(heights).all():
        return "**No verdict**: on some lines, numbers are not finite."
    above = np.flatnonzero((heights >= charts.STABLE).any(axis=1))
    pairs = "the pair" if heights.shape[1] == 1 else f"all {heights.shape[1]} pairs"
    if not above.size:
        return (
            f"**Stable from the start**: {pairs} of runs are linearly connected, whatever number "
            "of steps they share; every barrier of the training error is below 2 %."
        )
    if above[-1] + 1 == len(found.steps):
        last = found.steps[-1]
        return (
            f"**Not stable**: even with {last:,} shared steps a pair of runs has a barrier of 2 % "
            "or more."
        )
    step = found.steps[above[-1] + 1]
    return (
        f"**Stable from step {step:,} on**, of {found.total_steps:,}: with so many steps in common "
        f"or more, {pairs} of runs have a barrier of the training error below 2 %; with fewer, "
        "some do not."
    )
