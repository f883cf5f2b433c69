"""A race of optimizers on a surface: contour map, three-dimensional view, animated in the browser.

Heights are drawn as log10(f - lowest + offset), so that a valley is seen next to a steep wall; the
saddle, which has no lowest value, keeps its linear height. Hovering gives f itself.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from nnlib.descent import Descent
from nnlib.surfaces import Objective
from pages.shared.charts.curves import drawable
from pages.shared.charts.descent import RACER_COLORS, racer_label
from pages.shared.charts.descent_frames import (
    CONTROLS_MARGIN,
    MOST_FRAMES,
    MOST_POINTS,
    player,
    thinned,
)
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, faded, new_figure, plain_number

RESOLUTION = 80
_HEIGHT = 620
_OFFSET = 1e-3  # of the range of values in view: the height of the lowest contours
_NO_RACER = "Choose at least one optimizer in the sidebar."
_BLUE = CLASS_COLORS[8]
_MAP_SCALE = [(0.0, faded(_BLUE, 0.75)), (0.5, faded(_BLUE, 0.3)), (1.0, faded(_BLUE, 0.03))]
_VIEW_SCALE = [(0.0, "#46566f"), (0.5, "#8a9ab3"), (1.0, "#d3dae5")]


class Relief:
    """A surface on a grid: its values, and the heights at which they are drawn.

    Attributes
    ----------
    x, y : shape (n,)
    value, height : shape (n, n); row i belongs to ``y[i]``
    """

    def __init__(self, surface: Objective, resolution: int = RESOLUTION) -> None:
        self.x, self.y = (np.linspace(low, high, resolution) for low, high in surface.ranges)
        grid = np.stack(np.meshgrid(self.x, self.y), axis=-1)
        self.value = surface.values(grid)
        self.lowest = surface.lowest
        top = float(self.value.max())
        self._offset = _OFFSET * (top - (surface.lowest or 0.0))
        self.height = self.height_of(self.value)

    def height_of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the drawn heights of values, on one scale."""
        if self.lowest is None:
            return values
        return np.log10(np.maximum(values - self.lowest, 0.0) + self._offset)

    def ticks(self) -> dict[str, Any]:
        """Return tick positions and labels, in values of the function, for a height axis."""
        if self.lowest is None:
            return {}
        top = float(self.value.max()) - self.lowest
        above = [0.0] + [10.0**k for k in range(-3, 7) if self._offset < 10.0**k <= top]
        values = [self.lowest + step for step in above]
        return {
            "tickvals": [float(self.height_of(np.array(value))) for value in values],
            "ticktext": [plain_number(value) for value in values],
        }


@functools.lru_cache(maxsize=32)
def relief(surface: Objective, resolution: int = RESOLUTION) -> Relief:
    """Return the grid of a surface, computed once."""
    return Relief(surface, resolution)


def plot_contour(surface: Objective, race: Sequence[Descent]) -> go.Figure:
    """Draw the race on a contour map; frames play it in the browser.

    Parameters
    ----------
    surface : nnlib.surfaces.Objective
        Of two variables.
    race : sequence of nnlib.descent.Descent
        Every optimizer's way; a path that leaves the map is cut at its frame.
    """
    title = f"{surface.label}: paths on the contour map"
    if not race:
        return empty_figure(title, "x", "y", _NO_RACER, height=_HEIGHT)
    figure = new_figure(title, "x", "y", height=_HEIGHT)
    ground = relief(surface)
    kept = [thinned(run.steps, MOST_POINTS) for run in race]
    paths = [_path(run, steps) for run, steps in zip(race, kept, strict=True)]
    figure.add_traces([_map(ground), *_marks(surface, race), *paths, _heads(race, None)])
    first = len(figure.data) - len(race) - 1
    times = thinned(max(run.steps for run in race), MOST_FRAMES)
    figure.frames = _frames(
        times, range(first, len(figure.data)), lambda time: _map_frame(race, kept, time)
    )
    (x_low, x_high), (y_low, y_high) = surface.ranges
    plain = {"showgrid": False, "zeroline": False}
    return figure.update_layout(
        xaxis={**plain, "range": (x_low, x_high)},
        yaxis={**plain, "range": (y_low, y_high)},
        margin_b=CONTROLS_MARGIN,
        uirevision=surface.name,
        **player(times.tolist()),
    )


def _map(ground: Relief) -> dict[str, Any]:
    return {
        "type": "contour",
        "x": ground.x.astype(np.float32),
        "y": ground.y.astype(np.float32),
        "z": ground.height.astype(np.float32),
        "customdata": ground.value.astype(np.float32),
        "ncontours": 22,
        "colorscale": _MAP_SCALE,
        "line": {"width": 0.8, "color": "rgba(128, 136, 150, 0.55)"},
        "contours": {"coloring": "heatmap"},
        "colorbar": {"title": {"text": "f"}, "thickness": 12, **ground.ticks()},
        "hovertemplate": "x %{x:.3f}, y %{y:.3f}<br>f = %{customdata:.6g}<extra></extra>",
    }


def _marks(surface: Objective, race: Sequence[Descent]) -> list[dict[str, Any]]:
    """Return the start and the minima as markers."""
    start = race[0].points[:1]
    marks = [_mark("start", start, "circle-open", 13)]
    if surface.minima:
        marks.append(_mark("lowest point", np.asarray(surface.minima), "star", 13))
    return marks


def _mark(name: str, points: NDArray[Any], symbol: str, size: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": points[:, 0].astype(np.float32),
        "y": points[:, 1].astype(np.float32),
        "marker": {
            "symbol": symbol,
            "size": size,
            "color": CLASS_COLORS[9],
            "line": {"width": 2, "color": CLASS_COLORS[9]},
        },
        "hovertemplate": f"{name}<br>x %{{x:.4g}}, y %{{y:.4g}}<extra></extra>",
    }


def _path(run: Descent, steps: NDArray[np.int64]) -> dict[str, Any]:
    label = racer_label(run.optimizer)
    points = run.points[steps]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label + _ending(run),
        "x": drawable(points[:, 0]),
        "y": drawable(points[:, 1]),
        "customdata": drawable(np.stack([steps, run.values[steps]], axis=1)),
        "line": {"color": RACER_COLORS[run.optimizer], "width": 2.5},
        "hovertemplate": f"<b>{label}</b>, step %{{customdata[0]:,}}<br>"
        "x %{x:.5g}, y %{y:.5g}<br>f = %{customdata[1]:.6g}<extra></extra>",
    }


def _ending(run: Descent) -> str:
    return f" ({run.outcome} at step {run.steps:,})" if run.outcome in _LEFT else ""


_LEFT = ("diverged", "escaped")


def _heads(race: Sequence[Descent], time: int | None) -> dict[str, Any]:
    """Return where the racers are at a time, the last one where it is None, as one trace."""
    points = _at(race, time)
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "hoverinfo": "skip",
        "x": drawable(points[:, 0]),
        "y": drawable(points[:, 1]),
        "marker": {
            "color": [RACER_COLORS[run.optimizer] for run in race],
            "size": 11,
            "line": {"width": 1.5, "color": "#ffffff"},
        },
    }


def _at(race: Sequence[Descent], time: int | None) -> NDArray[Any]:
    return np.array([run.points[-1 if time is None else min(time, run.steps)] for run in race])


def _map_frame(
    race: Sequence[Descent], kept: Sequence[NDArray[np.int64]], time: int
) -> list[dict[str, Any]]:
    """Return what has been run by a time: a path each, and the heads."""
    paths = []
    for run, steps in zip(race, kept, strict=True):
        points = run.points[steps[steps <= time]]
        paths.append({"x": drawable(points[:, 0]), "y": drawable(points[:, 1])})
    heads = _at(race, time)
    return [*paths, {"x": drawable(heads[:, 0]), "y": drawable(heads[:, 1])}]


def _frames(times: NDArray[np.int64], moving: range, data_at: Any) -> list[dict[str, Any]]:
    return [
        {"name": str(time), "traces": list(moving), "data": data_at(time)}
        for time in times.tolist()
    ]


def plot_surface(surface: Objective, race: Sequence[Descent]) -> go.Figure:
    """Draw the race on the surface in three dimensions; the points move when it is played."""
    title = f"{surface.label} in three dimensions"
    if not race:
        return empty_figure(title, "x", "y", _NO_RACER, height=_HEIGHT)
    figure = new_figure(title, "x", "y", height=_HEIGHT)
    ground = relief(surface)
    kept = [thinned(run.steps, MOST_POINTS) for run in race]
    paths = [_path_3d(surface, ground, run, s) for run, s in zip(race, kept, strict=True)]
    figure.add_traces([_relief(ground), *paths, _heads_3d(surface, ground, race)])
    times = thinned(max(run.steps for run in race), MOST_FRAMES)
    last = len(figure.data) - 1

    def heads(time: int) -> list[dict[str, Any]]:
        return [{"type": "scatter3d", **_place(surface, ground, _at(race, time))}]

    figure.frames = _frames(times, range(last, last + 1), heads)
    return figure.update_layout(
        scene=_scene(surface, ground),
        margin_b=CONTROLS_MARGIN - 40,
        uirevision=surface.name,
        **player(times.tolist()),
    )


def _scene(surface: Objective, ground: Relief) -> dict[str, Any]:
    (x_low, x_high), (y_low, y_high) = surface.ranges
    grey = {"gridcolor": "rgba(128, 136, 150, 0.35)", "showbackground": False, "zeroline": False}
    low, high = float(ground.height.min()), float(ground.height.max())
    name = "f" if surface.lowest is None else "f (log)"
    return {
        "xaxis": {**grey, "title": {"text": "x"}, "range": (x_low, x_high)},
        "yaxis": {**grey, "title": {"text": "y"}, "range": (y_low, y_high)},
        "zaxis": {
            **grey,
            "title": {"text": name},
            "range": (low - 0.02 * (high - low), high + 0.05 * (high - low)),
            **ground.ticks(),
        },
        "aspectmode": "manual",
        "aspectratio": {"x": 1.15, "y": 1.15, "z": 0.75},
        "camera": {
            "eye": {"x": -1.3, "y": -1.6, "z": 1.7},
            "center": {"x": 0, "y": 0, "z": -0.12},
        },
    }


def _relief(ground: Relief) -> dict[str, Any]:
    return {
        "type": "surface",
        "x": ground.x.astype(np.float32),
        "y": ground.y.astype(np.float32),
        "z": ground.height.astype(np.float32),
        "customdata": ground.value.astype(np.float32),
        "colorscale": _VIEW_SCALE,
        "showscale": False,
        "opacity": 0.9,
        "hovertemplate": "x %{x:.3f}, y %{y:.3f}<br>f = %{customdata:.6g}<extra></extra>",
    }


def _place(surface: Objective, ground: Relief, points: NDArray[Any]) -> dict[str, Any]:
    """Return the coordinates of points a little above the surface; those out of view are gaps."""
    low, high = np.array(surface.ranges).T
    seen = ((points >= low) & (points <= high)).all(axis=1)
    lift = 0.012 * (ground.height.max() - ground.height.min())
    height = ground.height_of(surface.values(points)) + lift
    x, y, z = (np.where(seen, values, np.nan) for values in (*points.T, height))
    return {"x": x.astype(np.float32), "y": y.astype(np.float32), "z": z.astype(np.float32)}


def _path_3d(
    surface: Objective, ground: Relief, run: Descent, steps: NDArray[np.int64]
) -> dict[str, Any]:
    label = racer_label(run.optimizer)
    return {
        "type": "scatter3d",
        "mode": "lines",
        "name": label + _ending(run),
        **_place(surface, ground, run.points[steps]),
        "customdata": drawable(np.stack([steps, run.values[steps]], axis=1)),
        "line": {"color": RACER_COLORS[run.optimizer], "width": 5},
        "hovertemplate": f"<b>{label}</b>, step %{{customdata[0]:,}}<br>"
        "x %{x:.5g}, y %{y:.5g}<br>f = %{customdata[1]:.6g}<extra></extra>",
    }


def _heads_3d(surface: Objective, ground: Relief, race: Sequence[Descent]) -> dict[str, Any]:
    return {
        "type": "scatter3d",
        "mode": "markers",
        "showlegend": False,
        "hoverinfo": "skip",
        **_place(surface, ground, _at(race, None)),
        "marker": {
            "color": [RACER_COLORS[run.optimizer] for run in race],
            "size": 5,
            "line": {"width": 1, "color": "#ffffff"},
        },
    }
