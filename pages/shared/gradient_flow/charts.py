"""Charts of the signal on its way through the layers: profiles and heat map."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.comparison import Band
from nnlib.history import History
from nnlib.labs.finite_width import Typical
from nnlib.labs.gradient_flow import InitialFlow, Prediction
from nnlib.labs.gradient_flow_spectrum import InitialSpectrum
from pages.shared.charts import theme
from pages.shared.charts.bands import median_and_range
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable, log_ticks, why_empty
from pages.shared.charts.figure import Figure
from pages.shared.charts.look import AS_RECORDED, HOVERS, TITLES, Axis, Look, axis_of
from pages.shared.charts.recorded import curves_table, layer_curves

LAYER = "hidden layer, from input to output"
QUANTITIES = {
    "signal_norm": ("back-propagated signal", "‖∂L/∂z‖"),
    "gradient_norm": ("weight gradient", "‖∂L/∂W‖"),
    "activation_std": ("activation", "std. deviation"),
}
"""What the heat map can show: recorded series, name, and what its numbers are."""
THEORY, TYPICAL = "theory, infinite width", "median of networks, this width"
_MOST_COLUMNS = 300
STYLES = {
    THEORY: {"color": theme.CLASS_COLORS[1], "width": 2, "dash": "dash"},
    TYPICAL: {"color": theme.CLASS_COLORS[1], "width": 2, "dash": "dot"},
}
Lines = dict[str, NDArray[Any]]


def plot_signal_profile(
    flow: InitialFlow, theory: Prediction | None, typical: Typical | None = None
) -> Chart:
    """Draw the norm of dL/dz of each hidden layer, relative to the last, with the theory."""
    lines: Lines = {} if theory is None else {THEORY: theory.relative_signal}
    return _profile(
        "Back-propagated signal by layer, before training",
        "‖∂L/∂z‖ relative to the last",
        flow.relative_signal,
        lines if typical is None else lines | {TYPICAL: typical.relative_signal},
        "signal-by-layer",
    )


def plot_gradient_profile(flow: InitialFlow) -> Chart:
    """Draw the norm of dL/dW of each layer, the output layer last."""
    title = "Weight gradient by layer, before training"
    chart = _profile(title, "‖∂L/∂W‖", flow.gradient, {}, "weight-gradient-by-layer")
    chart.drawing.update_xaxes(title_text="layer, the last one is the output layer")
    return chart


def plot_deviation_profile(
    flow: InitialFlow, theory: Prediction | None, typical: Typical | None = None
) -> Chart:
    """Draw the standard deviation of the activations of each hidden layer, with the theory."""
    lines: Lines = {} if theory is None else {THEORY: theory.activation_std}
    return _profile(
        "Standard deviation of the activations by layer, before training",
        "std. deviation",
        flow.activation_std,
        lines if typical is None else lines | {TYPICAL: typical.activation_std},
        "activation-deviation-by-layer",
    )


def plot_ranks(spectrum: InitialSpectrum) -> Chart:
    """Draw the effective rank of the activations of each hidden layer."""
    title, file = "Effective rank of the activations, before training", "effective-rank-by-layer"
    chart = _profile(title, "effective rank", spectrum.rank, {}, file, log=False)
    chart.drawing.update_yaxes(rangemode="tozero")
    return chart


def _profile(
    title: str,
    y_title: str,
    measured: NDArray[Any],
    lines: Lines,
    file: str,
    *,
    log: bool = True,
) -> Chart:
    """Draw rows of seeds as median and range over the layers, beside lines of theory."""
    seeds, count = measured.shape
    layers = np.arange(1, count + 1)
    band = Band(layers, measured.T)
    shown = np.concatenate([band.median, *lines.values()])
    if not (np.isfinite(shown) & (shown > 0)).any():
        message = "Every value is zero: there is nothing to show."
        return Chart(theme.empty_figure(title, LAYER, y_title, message), file)
    figure = theme.new_figure(title, LAYER, y_title, log_y=log)
    figure.add_traces(
        median_and_range(
            band,
            f"measured, median of {seeds} seeds" if seeds > 1 else "measured",
            theme.TRAIN,
            "layer %{x}: %{y:.4g}",
            log=log,
            mode="lines+markers",
            marker={"color": theme.TRAIN, "size": 6},
        )
    )
    figure.add_traces([layer_line(name, line, STYLES[name]) for name, line in lines.items()])
    drawn = np.concatenate([measured.ravel(), *lines.values()])  # the band reaches further
    finish(figure, drawn if log else None, count)
    what = file.removesuffix("-by-layer").replace("-", "_")
    return Chart(figure, file, lambda: _profile_table(measured, lines, what))


def layer_line(name: str, values: NDArray[Any], style: dict[str, Any]) -> dict[str, Any]:
    """Return one number a layer as a line for a logarithmic axis, from the first layer on."""
    return {
        "type": "scatter",
        "name": name,
        "x": np.arange(1, len(values) + 1),
        "y": drawable(values, log=True),
        "mode": "lines",
        "line": style,
        "hovertemplate": f"<b>layer %{{x}}</b>: %{{y:.4g}}<br>{name}<extra></extra>",
    }


def finish(figure: Figure, logarithmic: NDArray[Any] | None, layers: int) -> None:
    """Order the legend and set the ticks of a chart over the layers."""
    ticks = {} if logarithmic is None else log_ticks(logarithmic)
    figure.update_layout(legend_traceorder="normal", yaxis=ticks)
    if layers <= 12:
        figure.update_xaxes(dtick=1)


def _profile_table(measured: NDArray[Any], lines: Lines, what: str) -> pd.DataFrame:
    """Return rows ``layer, line, seed_number, <what>``; those of the theory have no seed."""
    rows: list[tuple[int, str, int | None, float]] = [
        (layer, "measured", seed, float(value))
        for seed, values in enumerate(measured, 1)
        for layer, value in enumerate(values, 1)
    ]
    for name, line in lines.items():
        rows += [(layer, name, None, float(value)) for layer, value in enumerate(line, 1)]
    return pd.DataFrame(rows, columns=["layer", "line", "seed_number", what])


def ratios_table(flow: InitialFlow, theory: Prediction) -> pd.DataFrame:
    """Return the variance ratios of neighboring layers: predicted, and measured on the way back.

    Columns ``layers, forward, backward, measured``; measured is the squared ratio of norms, the
    median over the seeds.
    """
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


def plot_flow_map(history: History, quantity: str, look: Look = AS_RECORDED) -> Chart:
    """Draw one number of every layer over the course of a run as a color, logarithmic.

    Parameters
    ----------
    history : of a single run
    quantity : {"signal_norm", "gradient_norm", "activation_std"}
    look : of it, what the horizontal axis counts
    """
    name, unit = QUANTITIES[quantity]
    title = f"{name[0].upper()}{name[1:]} of every layer, step by step"
    file = f"layers-by-step-{quantity.replace('_', '-')}"
    look, axis = Look(look.over), axis_of(history, look.over)
    curves = layer_curves(history, quantity)
    reason = why_empty(curves, look, log_y=False)
    if reason is not None:
        return Chart(theme.empty_figure(title, TITLES[look.over], "layer", reason), file, axis=axis)
    places, values, layers = _thinned(history, quantity, axis)
    z = np.where(values > 0, np.log10(np.where(values > 0, values, 1)), np.nan).T
    figure = theme.new_figure(title, TITLES[look.over], "layer", height=400)
    figure.add_trace(
        {
            "type": "heatmap",
            "x": places,
            "y": [theme.escape(layer) for layer in layers],
            "z": z.astype(np.float32),
            "customdata": values.T.astype(np.float32),
            "colorscale": [(i / 9, color) for i, color in enumerate(theme.SEQUENTIAL)],
            "colorbar": {"title": {"text": unit}, "thickness": 14, **_power_ticks(z)},
            "hoverongaps": True,
            "hovertemplate": f"<b>%{{y}}</b>, {HOVERS[look.over]}<br>{unit} %{{customdata:.4g}}"
            "<extra></extra>",
        }
    )
    figure.update_layout(uirevision=f"flow map {quantity} {look.over}")
    figure.update_xaxes(tickformat=",").update_yaxes(autorange="reversed", type="category")
    return Chart(figure, file, lambda: curves_table(curves, "layer", quantity, look), axis)


def _thinned(
    history: History, quantity: str, axis: Axis
) -> tuple[NDArray[Any], NDArray[Any], list[str]]:
    """Return places, values (records, layers) and layer names, at most `_MOST_COLUMNS` records."""
    places, values = axis.place(history.steps(quantity)), np.asarray(history[quantity], np.float64)
    known = np.flatnonzero(np.isfinite(places))
    count = min(len(known), _MOST_COLUMNS)
    chosen = known[np.unique(np.linspace(0, len(known) - 1, count).astype(int))]
    values = np.where(np.isfinite(values), values, np.nan)
    return places[chosen], values[chosen], list(history.labels(quantity))


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
        "ticktext": [theme.plain_number(tick) for tick in ticks],
    }
