"""The gradients of all layers side by side, at one step of a single run."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.history import History
from pages.shared.charts import curves
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, escape, new_figure

_WEIGHTS_COLOR, _SIGNAL_COLOR = CLASS_COLORS[2], CLASS_COLORS[6]


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
        history["gradient_norm"][at].copy(),
        history["signal_norm"][at].copy(),
    )


def plot_gradient_profile(history: History, *, step: int | None = None) -> Chart:
    """Draw the norms of weight gradient and back-propagated signal over the layers at one step.

    Parameters
    ----------
    step : as in `gradient_profile`
    """
    profile = gradient_profile(history, step=step)
    table = partial(profile_table, profile)
    axes = ("layer, from input to output", "norm")
    if profile is None:
        return Chart(
            empty_figure("Gradient norm by layer", *axes, curves.NOTHING_YET),
            "gradient-profile",
            table,
        )
    title = f"Gradient norm by layer at step {profile.step:,}"
    figure = new_figure(title, *axes, log_y=True)
    figure.update_layout(
        uirevision="gradient profile",  # the title changes as the run goes on
        xaxis_type="category",
        yaxis=curves.log_ticks(np.concatenate([profile.weights, profile.signal])),
    )
    names = [escape(name) for name in profile.layers]
    lines = (
        (profile.weights, "weight gradient ‖∂L/∂W‖", _WEIGHTS_COLOR, "circle"),
        (profile.signal, "back-propagated signal ‖∂L/∂z‖", _SIGNAL_COLOR, "diamond"),
    )
    figure.add_traces([_profile_line(names, *line) for line in lines])
    _name_gaps(figure, profile)
    return Chart(figure, "gradient-profile", table)


def _profile_line(
    layers: list[str], norms: NDArray[np.float64], name: str, color: str, symbol: str
) -> dict[str, Any]:
    return {
        "mode": "lines+markers",
        "name": name,
        "x": layers,
        "y": curves.drawable(norms, log=True),
        "line": {"color": color, "width": 2},
        "marker": {"color": color, "size": 8, "symbol": symbol},
        "hovertemplate": f"<b>%{{x}}</b><br>{name}: %{{y:.6g}}<extra></extra>",
    }


def _name_gaps(figure: Figure, profile: GradientProfile) -> None:
    """Say in a note which weight gradients a logarithmic axis cannot show."""
    shown = np.isfinite(curves.drawable(profile.weights, log=True))
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


def profile_table(profile: GradientProfile | None) -> pd.DataFrame:
    """Return rows ``step, layer, gradient_norm, signal_norm``."""
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
