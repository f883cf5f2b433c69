"""Charts of a plane through the weights of a network."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.landscape import Slice, random_walk_shares
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable
from pages.shared.charts.look import STEP
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    SEQUENTIAL,
    TRAIN,
    VALIDATION,
    new_figure,
    plain_number,
)

Tell = Callable[[float], None]
HEIGHT = 400
_SMALLEST = 1e-9
"""Losses below are drawn at this height, where heights are logarithms."""
_SCALE = [(i / 9, color) for i, color in enumerate(SEQUENTIAL)]
_COLORS = {"train": TRAIN, "val": VALIDATION}
NAMES = {"train": "training", "val": "validation"}
_MOST_COMPONENTS = 10


@dataclass(frozen=True, eq=False)
class Heights:
    """A slice as it is drawn: heights, their ticks, and the names of the axes."""

    found: Slice
    name: str
    log: bool
    height: NDArray[np.float64]
    axes: tuple[str, str]

    @classmethod
    def of(cls, found: Slice, split: Literal["train", "val"], log: bool) -> "Heights":
        """Return the heights of a slice over these examples."""
        axes = "first random direction", "second random direction"
        if found.variances.size:
            first, second = (f"{share:.1%}" for share in found.variances[:2])
            axes = f"first component ({first})", f"second component ({second})"
        self = cls(found, f"{NAMES[split].capitalize()} loss", log, np.empty(0), axes)
        return cls(found, self.name, log, self.height_of(found.loss), axes)

    def height_of(self, losses: NDArray[Any]) -> NDArray[np.float64]:
        """Return the drawn heights of losses; NaN for those that are not finite."""
        finite = np.where(np.isfinite(losses), losses, np.nan)
        return np.log10(np.maximum(finite, _SMALLEST)) if self.log else finite

    def ticks(self) -> dict[str, Any]:
        """Return tick positions and labels in values of the loss, for a height axis."""
        if not self.log or not np.isfinite(self.height).any():
            return {}
        low, high = np.nanmin(self.height), np.nanmax(self.height)
        digits = (1, 2, 5) if high - low < 2.5 else (1,)
        powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
        values = np.array([digit * 10.0**power for power in powers for digit in digits])
        values = values[(np.log10(values) >= low) & (np.log10(values) <= high)]
        return {"tickvals": np.log10(values), "ticktext": [plain_number(v) for v in values]}

    def seen(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return the path's places and heights; gaps where it is outside of the window."""
        x, y = self.found.places.T
        inside = (x >= self.found.x[0]) & (x <= self.found.x[-1])
        inside &= (y >= self.found.y[0]) & (y <= self.found.y[-1])
        height = self.height_of(self.found.projected_loss)
        x, y, z = (drawable(np.where(inside, values, np.nan)) for values in (x, y, height))
        return x, y, z


def plot_contour(seen: Heights) -> Chart:
    """Draw the loss on the plane as a contour map, with the path on it."""
    found = seen.found
    figure = new_figure(f"{seen.name} and the path", *seen.axes, height=HEIGHT)
    x, y, _ = seen.seen()
    figure.add_traces(
        [
            {
                "type": "contour",
                "x": found.x.astype(np.float32),
                "y": found.y.astype(np.float32),
                "z": seen.height.astype(np.float32),
                "customdata": found.loss.astype(np.float32),
                "ncontours": 24,
                "colorscale": _SCALE,
                "line": {"width": 0.6, "color": "rgba(255, 255, 255, 0.55)"},
                "contours": {"coloring": "heatmap"},
                "colorbar": {"title": {"text": "loss"}, "thickness": 12, **seen.ticks()},
                "hovertemplate": "%{x:.4g}, %{y:.4g}<br>loss %{customdata:.6g}<extra></extra>",
            },
            {
                "mode": "lines+markers",
                "name": "path, projected",
                "x": x,
                "y": y,
                "customdata": _hovered(found),
                "line": {"color": "#ffffff", "width": 2},
                "marker": {"color": "#ffffff", "size": 5,
                           "line": {"color": "#1f2937", "width": 1}},
                "hovertemplate": _PATH_HOVER,
            },
            _mark("start", x[:1], y[:1], "circle-open"),
            _mark("end", x[-1:], y[-1:], "star"),
        ]
    )  # fmt: skip
    plain = {"showgrid": False, "zeroline": False}
    figure.update_layout(
        xaxis={**plain, "range": (found.x[0], found.x[-1])},
        yaxis={**plain, "range": (found.y[0], found.y[-1])},
    )
    return Chart(figure, "loss-plane", partial(_plane_table, found))


_PATH_HOVER = (
    "<b>path</b>, step %{customdata[0]:,}<br>%{x:.4g}, %{y:.4g}<br>"
    "loss there %{customdata[1]:.6g}<br>loss of the run %{customdata[2]:.6g}<extra></extra>"
)


def _hovered(found: Slice) -> NDArray[np.float32]:
    return drawable(np.stack([found.steps, found.projected_loss, found.path_loss], axis=1))


def _mark(name: str, x: NDArray[Any], y: NDArray[Any], symbol: str) -> dict[str, Any]:
    return {
        "mode": "markers",
        "name": name,
        "x": x,
        "y": y,
        "marker": {"symbol": symbol, "size": 13, "color": CLASS_COLORS[1],
                   "line": {"width": 2, "color": CLASS_COLORS[1]}},
        "hovertemplate": f"{name}<br>%{{x:.4g}}, %{{y:.4g}}<extra></extra>",
    }  # fmt: skip


def plot_relief(seen: Heights) -> Chart:
    """Draw the loss on the plane in three dimensions, with the path a little above it."""
    found = seen.found
    figure = new_figure(f"{seen.name} as a relief", *seen.axes, height=HEIGHT)
    x, y, z = seen.seen()
    finite = seen.height[np.isfinite(seen.height)]
    lift = 0.015 * float(np.ptp(finite)) if finite.size else 0.0
    figure.add_traces(
        [
            {
                "type": "surface",
                "x": found.x.astype(np.float32),
                "y": found.y.astype(np.float32),
                "z": seen.height.astype(np.float32),
                "customdata": found.loss.astype(np.float32),
                "colorscale": _SCALE,
                "showscale": False,
                "hovertemplate": "%{x:.4g}, %{y:.4g}<br>loss %{customdata:.6g}<extra></extra>",
            },
            {
                "type": "scatter3d",
                "mode": "lines+markers",
                "name": "path, projected",
                "x": x,
                "y": y,
                "z": z + np.float32(lift),
                "customdata": _hovered(found),
                "line": {"color": CLASS_COLORS[1], "width": 5},
                "marker": {"color": CLASS_COLORS[1], "size": 2.5},
                "hovertemplate": _PATH_HOVER,
            },
        ]
    )
    figure.update_layout(scene=_scene(seen))
    return Chart(figure, "loss-relief", partial(_plane_table, found))


def _scene(seen: Heights) -> dict[str, Any]:
    grey = {"gridcolor": "rgba(128, 136, 150, 0.35)", "showbackground": False, "zeroline": False}
    height = "loss (log)" if seen.log else "loss"
    return {
        "xaxis": {**grey, "title": {"text": "first"}},
        "yaxis": {**grey, "title": {"text": "second"}},
        "zaxis": {**grey, "title": {"text": height}, **seen.ticks()},
        "aspectmode": "manual",
        "aspectratio": {"x": 1.2, "y": 1.2, "z": 0.8},
        "camera": {"eye": {"x": -1.3, "y": -1.6, "z": 1.5}, "center": {"x": 0, "y": 0, "z": -0.1}},
    }


def _plane_table(found: Slice) -> pd.DataFrame:
    """Return one row a point of the grid."""
    first, second = np.meshgrid(found.x, found.y)
    columns = {"first": first, "second": second, "loss": found.loss, "score": found.score}
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()})


def plot_along_path(found: Slice, split: Literal["train", "val"]) -> Chart:
    """Draw the loss of the run beside the loss of the plane at the nearest point."""
    name = NAMES[split]
    figure = new_figure(
        "Loss of the run, and of the plane where the run is nearest", STEP, f"{name} loss",
        log_y=True,
    )  # fmt: skip
    for label, values, color, dash in (
        ("the run", found.path_loss, _COLORS[split], "solid"),
        ("the plane", found.projected_loss, BATCH, "dash"),
    ):
        figure.add_scatter(
            mode="lines+markers",
            name=label,
            x=found.steps,
            y=drawable(values, log=True),
            line={"color": color, "width": 2, "dash": dash},
            marker={"color": color, "size": 4},
            hovertemplate=f"<b>{label}</b>, step %{{x:,}}<br>loss %{{y:.6g}}<extra></extra>",
        )
    return Chart(figure, "loss-along-path", partial(_path_table, found))


def _path_table(found: Slice) -> pd.DataFrame:
    """Return one row a place of the path."""
    return pd.DataFrame(
        {
            "step": found.steps,
            "first": found.places[:, 0],
            "second": found.places[:, 1],
            "run": found.path_loss,
            "plane": found.projected_loss,
        }
    )


def plot_variances(found: Slice) -> Chart:
    """Draw the variance along each principal component beside that of a random walk."""
    table = _variance_table(found)
    figure = new_figure(
        "Variance of the path along its principal components", "component", "share of variance",
        log_y=True,
    )  # fmt: skip
    for name, color, dash in (("this run", TRAIN, "solid"), ("random walk", BATCH, "dash")):
        figure.add_scatter(
            mode="lines+markers",
            name=name,
            x=table["component"],
            y=drawable(table[name].to_numpy(), log=True),
            line={"color": color, "width": 2, "dash": dash},
            hovertemplate=f"<b>{name}</b>, component %{{x}}<br>%{{y:.3%}}<extra></extra>",
        )
    figure.update_xaxes(dtick=1)
    figure.update_yaxes(tickformat=".2~p")
    return Chart(figure, "path-variances", partial(_variance_table, found))


def _variance_table(found: Slice) -> pd.DataFrame:
    shares = found.variances[: min(_MOST_COMPONENTS, len(found.steps) - 1)]
    walk = random_walk_shares(len(found.steps), len(shares))
    component = np.arange(1, len(shares) + 1)
    return pd.DataFrame({"component": component, "this run": shares, "random walk": walk})
