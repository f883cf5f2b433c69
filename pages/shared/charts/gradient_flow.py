"""Charts of the signal on its way through the layers: profiles and heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from nnlib.gradient_flow import InitialFlow, Prediction
from nnlib.history import History
from pages.shared.charts.curves import NOTHING_YET, STEP, drawable, log_ticks
from pages.shared.charts.theme import (
    CLASS_COLORS,
    SEQUENTIAL,
    TRAIN,
    empty_figure,
    escape,
    faded,
    new_figure,
    plain_number,
)

if TYPE_CHECKING:
    import pandas as pd

LAYER = "hidden layer, from input to output"
QUANTITIES = {
    "signal_norm": ("back-propagated signal", "‖∂L/∂z‖"),
    "gradient_norm": ("weight gradient", "‖∂L/∂W‖"),
    "activation_std": ("activation", "std. deviation"),
}
"""What the heat map can show: recorded series, name, and what its numbers are."""
_MOST_COLUMNS = 300


# ------------------------------------------------------------------ before training


def plot_signal_profile(flow: InitialFlow, theory: Prediction | None) -> go.Figure:
    """Draw the norm of dL/dz of each hidden layer, relative to the last, with the theory."""
    return _profile(
        "Back-propagated signal by layer, before training",
        "‖∂L/∂z‖ relative to the last",
        flow.relative_signal,
        None if theory is None else theory.relative_signal,
    )


def plot_gradient_profile(flow: InitialFlow) -> go.Figure:
    """Draw the norm of dL/dW of each layer, the output layer last."""
    title = "Weight gradient by layer, before training"
    figure = _profile(title, "‖∂L/∂W‖", flow.gradient, None)
    return figure.update_xaxes(title_text="layer, the last one is the output layer")


def plot_deviation_profile(flow: InitialFlow, theory: Prediction | None) -> go.Figure:
    """Draw the standard deviation of the activations of each hidden layer, with the theory."""
    return _profile(
        "Standard deviation of the activations by layer, before training",
        "std. deviation",
        flow.activation_std,
        None if theory is None else theory.activation_std,
    )


def _profile(
    title: str, y_title: str, measured: NDArray[Any], theory: NDArray[Any] | None
) -> go.Figure:
    """Draw rows of seeds as median and range over the layers."""
    figure = new_figure(title, LAYER, y_title, log_y=True)
    layers = np.arange(1, measured.shape[1] + 1)
    ranked = np.sort(measured, axis=0)
    middle = np.median(ranked, axis=0)
    edge = {"type": "scatter", "x": layers, "mode": "lines", "line": {"width": 0}}
    edge |= {"hoverinfo": "skip", "showlegend": False}
    if len(ranked) > 1:
        fill = {"fill": "tonexty", "fillcolor": faded(TRAIN, 0.18)}
        figure.add_trace(edge | {"y": drawable(ranked[0], log=True)})
        figure.add_trace(edge | {"y": drawable(ranked[-1], log=True)} | fill)
    figure.add_trace(
        {
            "type": "scatter",
            "name": f"measured, median of {len(ranked)} seeds" if len(ranked) > 1 else "measured",
            "x": layers,
            "y": drawable(middle, log=True),
            "customdata": np.stack([ranked[0], ranked[-1]], axis=1),
            "mode": "lines+markers",
            "line": {"color": TRAIN, "width": 2},
            "marker": {"color": TRAIN, "size": 6},
            "hovertemplate": "<b>layer %{x}</b>: %{y:.4g}<br>from %{customdata[0]:.3g} to "
            "%{customdata[1]:.3g}<extra></extra>",
        }
    )
    if theory is not None:
        figure.add_trace(
            {
                "type": "scatter",
                "name": "theory, infinite width",
                "x": layers,
                "y": drawable(theory, log=True),
                "mode": "lines",
                "line": {"color": CLASS_COLORS[1], "width": 2, "dash": "dash"},
                "hovertemplate": "<b>layer %{x}</b>: theory %{y:.4g}<extra></extra>",
            }
        )
    shown = np.concatenate([middle, [] if theory is None else theory])
    if not (np.isfinite(shown) & (shown > 0)).any():
        message = "Every value is zero: a logarithmic axis cannot show it."
        return empty_figure(title, LAYER, y_title, message)
    figure.update_layout(legend_traceorder="normal", yaxis=log_ticks(shown))
    if len(layers) <= 12:
        figure.update_xaxes(dtick=1)
    return figure


def initial_data(flow: InitialFlow, theory: Prediction | None) -> pd.DataFrame:
    """Return one row a seed and layer, and the theory in rows of their own without a seed."""
    import pandas as pd

    seeds, hidden = flow.signal.shape
    columns = ("relative_signal", "signal_norm", "gradient_norm", "activation_std")
    rows: list[tuple[Any, ...]] = [
        (seed + 1, layer + 1, *values)
        for seed in range(seeds)
        for layer, values in enumerate(
            zip(
                flow.relative_signal[seed],
                flow.signal[seed],
                flow.gradient[seed, :hidden],
                flow.activation_std[seed],
                strict=True,
            )
        )
    ]
    if theory is not None:
        rows += [
            (None, layer + 1, signal, None, None, deviation)
            for layer, (signal, deviation) in enumerate(
                zip(theory.relative_signal, theory.activation_std, strict=True)
            )
        ]
    return pd.DataFrame(rows, columns=["seed_number", "layer", *columns])


def ratios_table(flow: InitialFlow, theory: Prediction) -> pd.DataFrame:
    """Return the variance ratios of neighboring layers: predicted, and measured on the way back.

    Columns ``layers, forward, backward, measured``; measured is the squared ratio of norms, the
    median over the seeds.
    """
    import pandas as pd

    signal = flow.signal
    with np.errstate(all="ignore"):
        measured = np.median((signal[:, :-1] / signal[:, 1:]) ** 2, axis=0)
    count = len(theory.forward)
    return pd.DataFrame(
        {
            "layers": [f"{i} and {i + 1}" for i in range(1, count + 1)],
            "forward": theory.forward,
            "backward": theory.backward,
            "measured": measured,
        }
    )


# ------------------------------------------------------------------ during training


def plot_flow_map(history: History, quantity: str) -> go.Figure:
    """Draw one number of every layer over the steps as a color, logarithmic.

    Parameters
    ----------
    history : nnlib.History
        Of a single run.
    quantity : {"signal_norm", "gradient_norm", "activation_std"}
    """
    name, unit = QUANTITIES[quantity]
    title = f"{name[0].upper()}{name[1:]} of every layer, step by step"
    if quantity not in history or not len(history[quantity]):
        return empty_figure(title, STEP, "layer", NOTHING_YET)
    steps, values, layers = _thinned(history, quantity)
    z = np.where(values > 0, np.log10(np.where(values > 0, values, 1)), np.nan).T
    figure = new_figure(title, STEP, "layer", height=400)
    figure.add_trace(
        {
            "type": "heatmap",
            "x": steps,
            "y": [escape(layer) for layer in layers],
            "z": z.astype(np.float32),
            "customdata": values.T.astype(np.float32),
            "colorscale": [(i / 9, color) for i, color in enumerate(SEQUENTIAL)],
            "colorbar": {"title": {"text": unit}, "thickness": 14, **_power_ticks(z)},
            "hoverongaps": True,
            "hovertemplate": f"<b>%{{y}}</b>, step %{{x:,}}<br>{unit} %{{customdata:.4g}}"
            "<extra></extra>",
        }
    )
    figure.update_layout(uirevision=f"flow map {quantity}")
    return figure.update_xaxes(tickformat=",").update_yaxes(autorange="reversed", type="category")


def _thinned(history: History, quantity: str) -> tuple[NDArray[Any], NDArray[Any], list[str]]:
    """Return steps, values (records, layers) and layer names, at most `_MOST_COLUMNS` records."""
    steps, values = history.steps(quantity), np.asarray(history[quantity], np.float64)
    chosen = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), _MOST_COLUMNS)).astype(int))
    values = np.where(np.isfinite(values), values, np.nan)
    return steps[chosen], values[chosen], list(history.labels(quantity))


def _power_ticks(z: NDArray[Any]) -> dict[str, Any]:
    """Return ticks of a color bar over base-10 logarithms, labeled with the numbers themselves."""
    finite = z[np.isfinite(z)]
    if not len(finite):
        return {}
    low, high = int(np.floor(finite.min())), int(np.ceil(finite.max()))
    powers = range(low, high + 1, max(1, -(-(high - low) // 8)))
    digits = (1, 2, 5) if high - low <= 2 else (1,)
    ticks = [d * 10.0**p for p in powers for d in digits]
    return {
        "tickvals": np.log10(ticks).tolist(),
        "ticktext": [plain_number(tick) for tick in ticks],
    }


def flow_map_data(history: History, quantity: str) -> pd.DataFrame:
    """Return rows ``step, layer, value``, every record."""
    import pandas as pd

    if quantity not in history or not len(history[quantity]):
        return pd.DataFrame(columns=["step", "layer", "value"])
    layers = history.labels(quantity)
    return pd.DataFrame(
        [
            (int(step), layer, float(value))
            for step, record in zip(history.steps(quantity), history[quantity], strict=True)
            for layer, value in zip(layers, record, strict=True)
        ],
        columns=["step", "layer", "value"],
    )
