"""Charts that compare differently regularized networks: surfaces, losses, weights, gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from nnlib.datasets import Dataset
from nnlib.overfitting import Shrinkage, SizeHistogram
from pages.shared.charts.curves import drawable, log_ticks
from pages.shared.charts.points import class_codes, feature_title, first_target
from pages.shared.charts.regularization import band
from pages.shared.charts.surfaces import Surface
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    DEFAULT_HEIGHT,
    SEQUENTIAL,
    TRAIN,
    VALIDATION,
    empty_figure,
    escape,
    faded,
    layer_colors,
    new_figure,
)

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
NOTHING = "Choose at least one network to compare in the sidebar."
_COLUMNS = 4
_GAP = 0.03
_SAME = "rgba(128, 136, 150, 0.9)"


@dataclass(frozen=True, eq=False)
class Runs:
    """One way of regularizing, trained from several seeds.

    Attributes
    ----------
    name, color : of the way
    steps : shape (records,)
    losses : {"train": (seeds, records), "val": …}
    final : the same losses of the weights that remain at the end, shape (seeds,)
    gradient_steps, gradients : shape (g,) and (g, layers); norms of the first seed
    sizes : of all weights, all seeds together
    near_zero : share of weights below the threshold, by seed, shape (seeds,)
    surface : predictions of the first seed, or None where they cannot be drawn
    """

    name: str
    color: str
    steps: NDArray[np.int64]
    losses: dict[str, Floats]
    final: dict[str, Floats]
    layers: tuple[str, ...]
    gradient_steps: NDArray[np.int64]
    gradients: Floats
    sizes: SizeHistogram
    near_zero: Floats
    surface: Surface | None = None


def plot_run_losses(runs: Sequence[Runs], split: str) -> go.Figure:
    """Draw the loss of a split over the steps: median of the seeds, smallest to largest."""
    title = {"train": "Training loss", "val": "Validation loss"}[split]
    if not runs:
        return empty_figure(title, "step", "loss", NOTHING)
    figure = new_figure(title, "step", "loss", log_y=True)
    for run in runs:
        figure.add_traces(
            band(run.steps, run.losses[split], run.color, run.name, "step %{x:,}", log_y=True)
        )
    values = np.concatenate([run.losses[split].ravel() for run in runs])
    figure.update_yaxes(log_ticks(values))
    return figure.update_xaxes(rangemode="nonnegative")


def run_losses_data(runs: Sequence[Runs]) -> pd.DataFrame:
    """Return rows ``network, seed, step, train_loss, val_loss``; seeds count from the first."""
    import pandas as pd

    parts = [
        pd.DataFrame(
            {
                "network": run.name,
                "seed": seed,
                "step": run.steps,
                "train_loss": run.losses["train"][seed],
                "val_loss": run.losses["val"][seed],
            }
        )
        for run in runs
        for seed in range(len(run.losses["train"]))
    ]
    names = ["network", "seed", "step", "train_loss", "val_loss"]
    return pd.concat(parts) if parts else pd.DataFrame(columns=names)


def plot_gap(runs: Sequence[Runs]) -> go.Figure:
    """Draw training and validation loss at the end, joined by a line, for each network."""
    title, axes = "Gap between training and validation loss", ("loss at the end", "network")
    if not runs:
        return empty_figure(title, *axes, NOTHING)
    figure = new_figure(title, *axes, log_x=True, height=max(DEFAULT_HEIGHT, 90 + 40 * len(runs)))
    names = [run.name for run in runs]
    medians = {s: np.array([np.median(run.final[s]) for run in runs]) for s in ("train", "val")}
    pairs = zip(names, medians["train"], medians["val"], strict=True)
    for name, train, val in pairs:
        figure.add_scatter(
            x=drawable(np.array([train, val]), log=True),
            y=[name, name],
            mode="lines",
            line={"color": "rgba(128, 136, 150, 0.6)", "width": 3},
            showlegend=False,
            hoverinfo="skip",
        )
    for split, name, color in (("train", "training", TRAIN), ("val", "validation", VALIDATION)):
        values = np.stack([run.final[split] for run in runs])
        low, high = values.min(axis=1), values.max(axis=1)
        figure.add_scatter(
            x=drawable(medians[split], log=True),
            y=names,
            mode="markers",
            name=name,
            marker={"color": color, "size": 11},
            error_x={
                "array": drawable(high - medians[split]),
                "arrayminus": drawable(medians[split] - low),
                "color": color,
                "thickness": 1.5,
            },
            customdata=np.stack([low, high], axis=1).astype(np.float32),
            hovertemplate=f"<b>%{{y}}</b>, {name}: %{{x:.4g}}<br>"
            "smallest %{customdata[0]:.4g}, largest %{customdata[1]:.4g}<extra></extra>",
        )
    return figure.update_yaxes(autorange="reversed", showgrid=False, type="category")


def gap_data(runs: Sequence[Runs]) -> pd.DataFrame:
    """Return rows ``network, seed, train_loss, val_loss, near_zero`` at the end of the run."""
    import pandas as pd

    return pd.DataFrame(
        [
            (run.name, seed, run.final["train"][seed], run.final["val"][seed], run.near_zero[seed])
            for run in runs
            for seed in range(len(run.near_zero))
        ],
        columns=["network", "seed", "train_loss", "val_loss", "near_zero"],
    )


def plot_sizes(runs: Sequence[Runs], threshold: float) -> go.Figure:
    """Draw the shares of weights by their size |w|, with the threshold of "near zero"."""
    title, axes = "Sizes of the weights", ("|w|", "share of the weights")
    if not runs:
        return empty_figure(title, *axes, NOTHING)
    figure = new_figure(title, *axes, log_x=True)
    for run in runs:
        edges, shares = run.sizes.edges, run.sizes.shares
        figure.add_scatter(
            x=np.sqrt(edges[:-1] * edges[1:]).astype(np.float32),
            y=shares.astype(np.float32),
            customdata=np.stack([edges[:-1], edges[1:]], axis=1).astype(np.float32),
            mode="lines",
            name=run.name,
            line={"color": run.color, "width": 2, "shape": "hvh"},
            hovertemplate=f"<b>{run.name}</b><br>|w| from %{{customdata[0]:.2g}} to "
            "%{customdata[1]:.2g}: %{y:.2%}<extra></extra>",
        )
    figure.add_shape(
        type="line",
        x0=threshold,
        x1=threshold,
        y0=0,
        y1=1,
        yref="y domain",
        line={"color": _SAME, "dash": "dash", "width": 1.5},
    )
    return figure.update_yaxes(tickformat="~%", rangemode="tozero")


def sizes_data(runs: Sequence[Runs]) -> pd.DataFrame:
    """Return rows ``network, from, to, share``; the first and last bin have no outer end."""
    import pandas as pd

    parts = [
        pd.DataFrame(
            {
                "network": run.name,
                "from": run.sizes.edges[:-1],
                "to": run.sizes.edges[1:],
                "share": run.sizes.shares,
            }
        )
        for run in runs
    ]
    return pd.concat(parts) if parts else pd.DataFrame(columns=["network", "from", "to", "share"])


def plot_near_zero(runs: Sequence[Runs], threshold: float) -> go.Figure:
    """Draw the share of weights near zero: median of the seeds, smallest to largest."""
    title = f"Weights with |w| below {threshold:g}"
    axes = ("network", "share of the weights")
    if not runs:
        return empty_figure(title, *axes, NOTHING)
    figure = new_figure(title, *axes)
    values = np.stack([run.near_zero for run in runs])
    median = np.median(values, axis=1)
    figure.add_bar(
        x=[run.name for run in runs],
        y=median,
        marker={"color": [run.color for run in runs]},
        error_y={
            "array": values.max(axis=1) - median,
            "arrayminus": median - values.min(axis=1),
            "color": _SAME,
        },
        hovertemplate="<b>%{x}</b>: %{y:.2%}<extra></extra>",
    )
    return figure.update_yaxes(tickformat="~%", range=(0, 1.02))


def plot_layer_gradients(runs: Sequence[Runs], name: str) -> go.Figure:
    """Draw the gradient norm of each layer over the steps, of the network of that name."""
    title = f"Gradient norm by layer: {name}"
    axes = ("step", "norm of the weight gradient")
    chosen = next((run for run in runs if run.name == name), None)
    if chosen is None:
        return empty_figure(title, *axes, NOTHING)
    figure = new_figure(title, *axes, log_y=True)
    columns = zip(chosen.layers, chosen.gradients.T, layer_colors(len(chosen.layers)), strict=True)
    for layer, values, color in columns:
        figure.add_scatter(
            x=chosen.gradient_steps,
            y=drawable(values, log=True),
            mode="lines",
            name=layer,
            line={"color": color, "width": 2},
            hovertemplate=f"<b>{layer}</b>: %{{y:.4g}}<br>step %{{x:,}}<extra></extra>",
        )
    return figure


def layer_gradients_data(runs: Sequence[Runs]) -> pd.DataFrame:
    """Return rows ``network, step`` with a column for each layer."""
    import pandas as pd

    parts = [
        pd.DataFrame(run.gradients, columns=list(run.layers)).assign(
            network=run.name, step=run.gradient_steps
        )
        for run in runs
    ]
    return pd.concat(parts) if parts else pd.DataFrame(columns=["network", "step"])


def plot_surfaces(runs: Sequence[Runs], data: Dataset, flipped: NDArray[np.intp]) -> go.Figure:
    """Draw the decision surface of each network, with the training points.

    Parameters
    ----------
    runs : those with a surface of two features
    data : what the points are taken from
    flipped : rows of the training split that have a wrong label
    """
    title = "Decision surfaces of the first seed"
    axes = (feature_title(data, 0), feature_title(data, 1))
    drawn = [run for run in runs if run.surface is not None and run.surface.y is not None]
    if not drawn:
        return empty_figure(title, *axes, NOTHING)
    columns = min(_COLUMNS, len(drawn))
    rows = -(-len(drawn) // columns)
    figure = new_figure(title, "", "", height=110 + 240 * rows)
    traces: list[dict[str, Any]] = []
    for index, run in enumerate(drawn):
        assert run.surface is not None
        number = "" if index == 0 else str(index + 1)
        place = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        if run.surface.finite:
            traces.append(_small_map(run.surface, data) | place)
        traces += [t | place for t in _small_points(data, flipped, named=index == 0)]
        _place_axes(figure, number, index, columns, rows, run, len(drawn), axes)
    figure.add_traces(traces)
    if data.task == "regression":
        y = first_target(data.y_train)
        figure.update_layout(
            coloraxis={
                "cmin": float(y.min()),
                "cmax": float(max(y.max(), y.min() + 1e-9)),
                "colorscale": [(i / 9, color) for i, color in enumerate(SEQUENTIAL)],
                "colorbar": {"title": {"text": escape(data.target_names[0])}, "thickness": 14},
            }
        )
    return figure


def _place_axes(
    figure: go.Figure,
    number: str,
    index: int,
    columns: int,
    rows: int,
    run: Runs,
    count: int,
    titles: tuple[str, str],
) -> None:
    surface = run.surface
    assert surface is not None and surface.y is not None
    row, column = divmod(index, columns)
    width = (1 - _GAP * (columns - 1)) / columns
    left, height = column * (width + _GAP), 1 / rows
    top = 1 - row * height - 0.06
    bottom = top - height + 0.12 if rows > 1 else 0.0
    last = index + columns >= count
    bare = {"showgrid": False, "zeroline": False, "nticks": 4}
    figure.update_layout(
        {
            f"xaxis{number}": bare
            | {
                "domain": (left, left + width),
                "anchor": f"y{number}",
                "range": (surface.x[0], surface.x[-1]),
                "showticklabels": last,
                "title": {"text": titles[0] if last else ""},
            },
            f"yaxis{number}": bare
            | {
                "domain": (max(bottom, 0), top),
                "anchor": f"x{number}",
                "range": (surface.y[0], surface.y[-1]),
                "showticklabels": column == 0,
                "title": {"text": titles[1] if column == 0 else ""},
            },
        }
    )
    figure.add_annotation(
        text=f"<b>{run.name}</b>" + ("" if surface.finite else ": diverged"),
        x=left,
        y=top,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"size": 12},
    )


def _small_map(surface: Surface, data: Dataset) -> dict[str, Any]:
    place = {"x": surface.x.astype(np.float32), "y": np.asarray(surface.y, np.float32)}
    common = {"type": "heatmap", **place, "showscale": False}
    if surface.winner is None:
        return common | {
            "z": surface.value.astype(np.float32),
            "zsmooth": "best",
            "coloraxis": "coloraxis",
            "hovertemplate": "predicted %{z:.5g}<extra></extra>",
        }
    if len(data.class_names) == 2:
        second = np.where(surface.winner == 1, surface.value, 1 - surface.value)
        return common | {
            "type": "contour",
            "z": second.astype(np.float32),
            "zmin": 0,
            "zmax": 1,
            "zauto": False,
            "autocontour": False,
            "contours": {"coloring": "heatmap", "start": 0.5, "end": 0.5, "size": 1},
            "line": {"width": 2, "color": _SAME},
            "colorscale": [
                (0.0, faded(CLASS_COLORS[0], 0.55)),
                (0.5, "rgba(128, 136, 150, 0.08)"),
                (1.0, faded(CLASS_COLORS[1], 0.55)),
            ],
            "hovertemplate": f"P({escape(data.class_names[1])}) = %{{z:.2%}}<extra></extra>",
        }
    count = len(data.class_names)
    scale: list[tuple[float, str]] = []
    for k in range(count):
        color = faded(CLASS_COLORS[k % len(CLASS_COLORS)], 0.4)
        scale += [(k / count, color), ((k + 1) / count, color)]
    names = np.array([escape(name) for name in data.class_names], object)
    return common | {
        "z": (surface.winner + 0.5).astype(np.float32),
        "zmin": 0,
        "zmax": count,
        "colorscale": scale,
        "text": names[surface.winner],
        "customdata": surface.value.astype(np.float32),
        "hovertemplate": "%{text}, probability %{customdata:.1%}<extra></extra>",
    }


def _small_points(data: Dataset, flipped: NDArray[np.intp], *, named: bool) -> list[dict[str, Any]]:
    x = data.X_train.astype(np.float32)
    outline = {"color": "rgba(255, 255, 255, 0.8)", "width": 1}
    base = {"type": "scatter", "mode": "markers", "hoverinfo": "skip"}
    if data.task == "regression":
        color = first_target(data.y_train).astype(np.float32)
        marker = {"color": color, "coloraxis": "coloraxis", "size": 6, "line": outline}
        return [base | {"x": x[:, 0], "y": x[:, 1], "marker": marker, "showlegend": False}]
    codes = class_codes(data.y_train)
    wrong = np.isin(np.arange(len(x)), flipped)
    traces = []
    for k, name in enumerate(data.class_names):
        for rows, symbol, size in (
            ((codes == k) & ~wrong, "circle", 6),
            ((codes == k) & wrong, "x", 9),
        ):
            if rows.any():
                traces.append(
                    base
                    | {
                        "x": x[rows, 0],
                        "y": x[rows, 1],
                        "name": escape(name) + (", label flipped" if symbol == "x" else ""),
                        "showlegend": named,
                        "legendgroup": f"{k}{symbol}",
                        "marker": {
                            "color": CLASS_COLORS[k % len(CLASS_COLORS)],
                            "symbol": symbol,
                            "size": size,
                            "line": outline,
                        },
                    }
                )
    return traces


def surfaces_data(runs: Sequence[Runs], data: Dataset) -> pd.DataFrame:
    """Return one row a grid point and network, with the prediction."""
    import pandas as pd

    parts = []
    for run in runs:
        if run.surface is None or run.surface.y is None:
            continue
        first, second = np.meshgrid(run.surface.x, run.surface.y)
        table = {"network": run.name, "x": first.ravel(), "y": second.ravel()}
        if run.surface.winner is None:
            table["predicted"] = run.surface.value.ravel()
        else:
            names = np.array(data.class_names, object)
            table["predicted"] = names[run.surface.winner.ravel()]
            table["probability"] = run.surface.value.ravel()
        parts.append(pd.DataFrame(table))
    return pd.concat(parts) if parts else pd.DataFrame(columns=["network", "x", "y", "predicted"])


@dataclass(frozen=True, eq=False)
class DecaySweep:
    """Networks trained with several strengths of decay, by two rules.

    `losses` and `norms` map a rule's name to arrays of shape (seeds, decays).
    """

    decays: Floats
    losses: dict[str, Floats]
    norms: dict[str, Floats]


RULE_COLORS = {
    "SGD + L2": CLASS_COLORS[8],
    "Adam + L2": CLASS_COLORS[3],
    "AdamW": CLASS_COLORS[2],
}


def plot_decay(sweep: DecaySweep, quantity: str) -> go.Figure:
    """Draw "loss" (validation) or "norm" (of all weights) at the end over the decay."""
    losses = quantity == "loss"
    title = "Validation loss by decay" if losses else "Norm of all weights by decay"
    figure = new_figure(
        title, "decay d", "validation loss at the end" if losses else "‖w‖", log_x=True, log_y=True
    )
    shown = sweep.losses if losses else sweep.norms
    for name, values in shown.items():
        figure.add_traces(
            band(sweep.decays, values, RULE_COLORS[name], name, "d = %{x:.3g}", log_y=True)
        )
    return figure.update_yaxes(log_ticks(np.concatenate([v.ravel() for v in shown.values()])))


def decay_data(sweep: DecaySweep) -> pd.DataFrame:
    """Return rows ``rule, seed, decay, val_loss, weight_norm``."""
    import pandas as pd

    return pd.DataFrame(
        [
            (name, seed, decay, losses[seed, i], sweep.norms[name][seed, i])
            for name, losses in sweep.losses.items()
            for seed in range(len(losses))
            for i, decay in enumerate(sweep.decays)
        ],
        columns=["rule", "seed", "decay", "val_loss", "weight_norm"],
    )


def plot_shrinkage(result: Shrinkage) -> go.Figure:
    """Draw what is left of weights on which noise of several sizes and decay act."""
    figure = new_figure(
        "What decay leaves of a weight",
        "standard deviation of the gradient's noise",
        "mean weight left, of 1",
        log_x=True,
    )
    for name, values in result.remaining.items():
        figure.add_scatter(
            x=result.gradient_scales.astype(np.float32),
            y=values.astype(np.float32),
            mode="lines+markers",
            name=name,
            # AdamW lies on SGD, which is drawn first and wider so that both are seen.
            line={"color": RULE_COLORS[name], "width": 7 if name.startswith("SGD") else 2.5},
            hovertemplate=f"<b>{name}</b>: %{{y:.4f}}<br>noise %{{x:.3g}}<extra></extra>",
        )
    figure.add_scatter(
        x=result.gradient_scales[[0, -1]].astype(np.float32),
        y=np.full(2, result.expected, np.float32),
        mode="lines",
        name="(1 − ηd)ᵗ",
        line={"color": BATCH, "width": 1.5, "dash": "dash"},
        hovertemplate="(1 − ηd)ᵗ = %{y:.4f}<extra></extra>",
    )
    return figure.update_yaxes(rangemode="tozero")


def shrinkage_data(result: Shrinkage) -> pd.DataFrame:
    """Return rows ``noise`` with the mean weight that each rule leaves."""
    import pandas as pd

    return pd.DataFrame({"noise": result.gradient_scales, **result.remaining})
