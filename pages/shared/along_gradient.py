"""Loss and gradient along the direction of the step, with and without batch normalization."""

import numpy as np
import streamlit as st

from nnlib import Experiment
from nnlib.datasets import Dataset
from nnlib.landscape import AlongGradient, look_along_gradient
from pages.shared.charts import along_gradient as charts
from pages.shared.charts.theme import plain_number
from pages.shared.results import Tell, computed, part
from pages.shared.rows import Tile, show_metrics, show_row

VIEW = "Along the gradient"
WITH, WITHOUT = "with normalization", "without"


def show_along_gradient(experiment: Experiment, data: Dataset) -> None:
    """Train with and without batch normalization, looking along the gradient, and draw both."""
    key = experiment, data.fingerprint
    found = computed("along_gradient", key, lambda tell: _look(experiment, data, tell))
    if found is None:
        return
    show_metrics(
        "gradient_numbers",
        [
            Tile("Range of the loss", f"{ratio(found, 'ranges')}×", "without over with",
                 "The largest minus the smallest loss along the gradient: the median over the run "
                 "without batch normalization, divided by the one with it."),
            Tile("Change of the gradient", f"{ratio(found, 'change')}×", "without over with",
                 "The largest distance of the gradient along itself from where it was taken: the "
                 "median over the run without batch normalization, divided by the one with it."),
        ],
    )  # fmt: skip
    show_row("gradient", ranges=charts.plot_ranges(found), changes=charts.plot_changes(found))
    st.caption(
        "From 60 places of each run, about, steps of half to four times the learning rate are "
        "tried along the negative gradient of a minibatch, on that minibatch, which batch "
        "normalization normalizes by its own mean and variance (Santurkar et al. 2018, figure 4). "
        "A factor above 1 says that the loss is smoother with it. Loss and gradient also vary "
        "little where a network has learned its examples, and where it has not begun to, on a "
        "plateau: the height of the loss tells."
    )


def _look(experiment: Experiment, data: Dataset, tell: Tell) -> dict[str, AlongGradient]:
    return {
        name: look_along_gradient(
            experiment.with_network(batch_norm=on), data, progress=part(tell, index, 2)
        )
        for index, (name, on) in enumerate(((WITH, True), (WITHOUT, False)))
    }


def ratio(found: dict[str, AlongGradient], what: str) -> str:
    """Return the median of a run without normalization over that of one with it, as a text."""
    medians = [np.median(getattr(found[name], what)) for name in (WITHOUT, WITH)]
    if not np.isfinite(medians).all() or not medians[1]:
        return "–"
    return plain_number(float(medians[0] / medians[1]), 3)
