"""Charts of what happens in each layer: gradients, updates, and activations.

Each ``plot_…(history)`` has a ``…_data(history)`` with the same numbers as a table. Histories are
those of a single run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from nnlib.history import History
from pages.shared.charts.curves import (
    NOTHING_YET,
    STEP,
    curves_table,
    drawable,
    layer_curves,
    layer_lines,
    log_ticks,
    run_figure,
)
from pages.shared.charts.marks import mark_run
from pages.shared.charts.theme import BATCH, CLASS_COLORS, empty_figure, escape, new_figure

if TYPE_CHECKING:
    import pandas as pd

NO_HIDDEN_LAYER = "This network has no hidden layer."
RULE_OF_THUMB = 1e-3
"""A rough guide to the update ratio, from the notes of Stanford's course CS231n (A. Karpathy),
"Neural Networks Part 3: Learning and Evaluation", section "Ratio of weights:updates"."""

_WEIGHTS_COLOR, _SIGNAL_COLOR = CLASS_COLORS[2], CLASS_COLORS[6]
_STATISTICS = {
    "activation_mean": ("Mean activation by hidden layer", "mean activation"),
    "activation_std": ("Standard deviation of the activations by hidden layer", "std. deviation"),
    "dead_fraction": ("Dead units by hidden layer", "share of units"),
    "saturated_fraction": (
        "Saturated activations by hidden layer",
        "share of unit-example pairs",
    ),
}


def plot_gradient_norms(history: History, *, signal: bool = False) -> go.Figure:
    """Draw the gradient norm of each layer over the run; zeros are gaps.

    Parameters
    ----------
    history : nnlib.History
    signal : bool
        Whether to draw the back-propagated signal dL/dz instead of the weight gradient dL/dW.
    """
    if signal:
        return _layer_figure(
            history, "signal_norm", "Norm of the back-propagated signal by layer", "‖∂L/∂z‖"
        )
    return _layer_figure(
        history, "gradient_norm", "Norm of the weight gradient by layer", "‖∂L/∂W‖"
    )


def gradient_norms_data(history: History, *, signal: bool = False) -> pd.DataFrame:
    """Return rows ``step, epoch, layer, value``."""
    return curves_table(
        layer_curves(history, "signal_norm" if signal else "gradient_norm"), "layer"
    )


def plot_update_ratios(history: History) -> go.Figure:
    """Draw ‖change of W‖ / ‖W‖ of each layer, with the rule of thumb of about 0.001."""
    figure = _layer_figure(
        history, "update_ratio", "Size of an update relative to the weights", "‖ΔW‖ / ‖W‖"
    )
    steps = history.steps("update_ratio") if figure.data else np.empty(0)
    if len(steps):
        ends = np.array([steps[0], max(steps[-1], steps[0] + 1)])
        note = "0.001, a rule of thumb"
        figure.add_traces(
            [
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": note,
                    "x": ends,
                    "y": np.full(2, RULE_OF_THUMB),
                    "line": {"color": BATCH, "width": 1.5, "dash": "dash"},
                    "hovertemplate": f"{note}<br>(CS231n notes), no law<extra></extra>",
                }
            ]
        )
    return figure


def update_ratios_data(history: History) -> pd.DataFrame:
    """Return rows ``step, epoch, layer, value``."""
    return curves_table(layer_curves(history, "update_ratio"), "layer")


def _layer_figure(history: History, series: str, title: str, y_title: str) -> go.Figure:
    curves = layer_curves(history, series)
    if not curves:
        return empty_figure(title, STEP, y_title, NOTHING_YET)
    figure = run_figure(title, y_title, curves, log_y=True)
    figure.add_traces(layer_lines(curves, log_y=True))
    mark_run(figure, history, curves)
    return figure


def plot_activation_statistics(history: History, statistic: str) -> go.Figure:
    """Draw one statistic of the activations of each hidden layer over the run.

    Parameters
    ----------
    history : nnlib.History
    statistic : {"activation_mean", "activation_std", "dead_fraction", "saturated_fraction"}
    """
    title, y_title = _STATISTICS[statistic]
    curves = layer_curves(history, statistic)
    if not curves:
        message = NOTHING_YET if statistic in history else NO_HIDDEN_LAYER
        return empty_figure(title, STEP, y_title, message)
    share = statistic.endswith("fraction")
    figure = run_figure(title, y_title, curves)
    figure.add_traces(layer_lines(curves, value_format=".2%" if share else ".6g"))
    if share:
        figure.update_yaxes(tickformat=".0%", range=(-0.02, 1.02))
    mark_run(figure, history, curves)
    return figure


def activation_statistics_data(history: History, statistic: str) -> pd.DataFrame:
    """Return rows ``step, epoch, layer, value``."""
    return curves_table(layer_curves(history, statistic), "layer")


@dataclass(frozen=True, eq=False)
class GradientProfile:
    """Gradient norms of all layers at one step; both arrays have shape (layers,)."""

    step: int
    layers: tuple[str, ...]
    weights: NDArray[np.float64]
    signal: NDArray[np.float64]


def gradient_profile(history: History, *, step: int | None = None) -> GradientProfile | None:
    """Return the newest record at or before a step (the first one where none is), or None.

    Without a step, it is the newest one with a finite number in it: the last of a run that
    diverged has none.
    """
    if "gradient_norm" not in history or not len(history["gradient_norm"]):
        return None
    steps = history.steps("gradient_norm")
    if step is None:
        finite = np.flatnonzero(np.isfinite(history["gradient_norm"]).any(axis=-1))
        at = int(finite[-1]) if len(finite) else 0
    else:
        at = max(int(np.searchsorted(steps, step, "right")) - 1, 0)
    return GradientProfile(
        int(steps[at]),
        history.labels("gradient_norm"),
        history["gradient_norm"][at],
        history["signal_norm"][at],
    )


def plot_gradient_profile(history: History, *, step: int | None = None) -> go.Figure:
    """Draw the norms of weight gradient and back-propagated signal over the layers at one step.

    Parameters
    ----------
    history : nnlib.History
    step : int, optional
        As in `gradient_profile`.
    """
    profile = gradient_profile(history, step=step)
    axes = ("layer, from input to output", "norm")
    if profile is None:
        return empty_figure("Gradient norm by layer", *axes, NOTHING_YET)
    title = f"Gradient norm by layer at step {profile.step:,}"
    figure = new_figure(title, *axes, log_y=True)
    figure.update_layout(
        uirevision="gradient profile",  # the title changes as the run goes on
        xaxis_type="category",
        yaxis=log_ticks(np.concatenate([profile.weights, profile.signal])),
    )
    names = [escape(name) for name in profile.layers]
    figure.add_traces(
        [
            _profile_line(
                names, profile.weights, "weight gradient ‖∂L/∂W‖", _WEIGHTS_COLOR, "circle"
            ),
            _profile_line(
                names, profile.signal, "back-propagated signal ‖∂L/∂z‖", _SIGNAL_COLOR, "diamond"
            ),
        ]
    )
    _name_gaps(figure, profile)
    return figure


def _profile_line(
    layers: list[str], norms: NDArray[np.float64], name: str, color: str, symbol: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": layers,
        "y": drawable(norms, log=True),
        "line": {"color": color, "width": 2},
        "marker": {"color": color, "size": 8, "symbol": symbol},
        "hovertemplate": f"<b>%{{x}}</b><br>{name}: %{{y:.6g}}<extra></extra>",
    }


def _name_gaps(figure: go.Figure, profile: GradientProfile) -> None:
    """Say in a note which weight gradients a logarithmic axis cannot show."""
    shown = np.isfinite(drawable(profile.weights, log=True))
    gaps = [name for name, drawn in zip(profile.layers, shown, strict=True) if not drawn]
    if not gaps:
        return
    more = f" and {len(gaps) - 3} more" if len(gaps) > 3 else ""
    what = "zero or not finite" if not np.isfinite(profile.weights).all() else "zero"
    figure.add_annotation(
        text=f"weight gradient {what}: {escape(', '.join(gaps[:3]))}{more}",
        x=0,
        y=0,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font_size=11,
    )


def gradient_profile_data(history: History, *, step: int | None = None) -> pd.DataFrame:
    """Return rows ``step, layer, gradient_norm, signal_norm``."""
    import pandas as pd

    profile = gradient_profile(history, step=step)
    if profile is None:
        return pd.DataFrame(columns=["step", "layer", "gradient_norm", "signal_norm"])
    return pd.DataFrame(
        {
            "step": profile.step,
            "layer": profile.layers,
            "gradient_norm": profile.weights,
            "signal_norm": profile.signal,
        }
    )
