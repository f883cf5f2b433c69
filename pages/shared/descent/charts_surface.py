"""A race of optimizers on the contour map of a surface, animated in the browser.

Heights are drawn as log10(f - lowest + offset), so that a valley is seen next to a steep wall; the
saddle, which has no lowest value, keeps its linear height. Hovering gives f itself.
"""

import functools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlib.labs.descent import Descent
from nnlib.labs.surfaces import Objective
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, faded, new_figure, plain_number
from pages.shared.descent import charts_frames
from pages.shared.descent.charts_lines import NO_RACER, racer_color, racer_label
from pages.shared.descent.charts_race import race_steps

RESOLUTION = 80
HEIGHT = 620
_OFFSET = 1e-3  # of the range of values in view: the height of the lowest contours
_BLUE = CLASS_COLORS[8]
_MAP_SCALE = [(0.0, faded(_BLUE, 0.75)), (0.5, faded(_BLUE, 0.3)), (1.0, faded(_BLUE, 0.03))]


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


def plot_contour(surface: Objective, race: Sequence[Descent]) -> Chart:
    """Draw the race on a contour map; frames play it in the browser.

    Parameters
    ----------
    surface : of two variables
    race : every optimizer's way; a path that leaves the map is cut at its frame
    """
    title = f"{surface.label}: paths on the contour map"
    name, table = f"{surface.name}-contour", partial(race_steps, race)
    if not race:
        return Chart(empty_figure(title, "x", "y", NO_RACER, height=HEIGHT), name, table)
    figure = new_figure(title, "x", "y", height=HEIGHT)
    ground = relief(surface)
    kept = [charts_frames.thinned(run.steps, charts_frames.MOST_POINTS) for run in race]
    paths = [_path(run, steps) for run, steps in zip(race, kept, strict=True)]
    figure.add_traces([_map(ground), *_marks(surface, race), *paths, _heads(race, None)])
    first = len(figure.traces) - len(race) - 1
    times = charts_frames.thinned(max(run.steps for run in race), charts_frames.MOST_FRAMES)
    figure.frames = frames(
        times, range(first, len(figure.traces)), lambda time: _map_frame(race, kept, time)
    )
    (x_low, x_high), (y_low, y_high) = surface.ranges
    plain = {"showgrid": False, "zeroline": False}
    figure.update_layout(
        xaxis={**plain, "range": (x_low, x_high)},
        yaxis={**plain, "range": (y_low, y_high)},
        margin_b=charts_frames.CONTROLS_MARGIN,
        uirevision=surface.name,
        **charts_frames.player(times.tolist()),
    )
    return Chart(figure, name, table)


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
        "mode": "lines",
        "name": label + ending(run),
        "x": drawable(points[:, 0]),
        "y": drawable(points[:, 1]),
        "customdata": drawable(np.stack([steps, run.values[steps]], axis=1)),
        "line": {"color": racer_color(run.optimizer), "width": 2.5},
        "hovertemplate": f"<b>{label}</b>, step %{{customdata[0]:,}}<br>"
        "x %{x:.5g}, y %{y:.5g}<br>f = %{customdata[1]:.6g}<extra></extra>",
    }


def ending(run: Descent) -> str:
    """Return what the legend says of a run that left the map."""
    return f" ({run.outcome} at step {run.steps:,})" if run.outcome in _LEFT else ""


_LEFT = ("diverged", "escaped")


def _heads(race: Sequence[Descent], time: int | None) -> dict[str, Any]:
    """Return where the racers are at a time, the last one where it is None, as one trace."""
    points = places_at(race, time)
    return {
        "mode": "markers",
        "showlegend": False,
        "hoverinfo": "skip",
        "x": drawable(points[:, 0]),
        "y": drawable(points[:, 1]),
        "marker": {
            "color": [racer_color(run.optimizer) for run in race],
            "size": 11,
            "line": {"width": 1.5, "color": "#ffffff"},
        },
    }


def places_at(race: Sequence[Descent], time: int | None) -> NDArray[Any]:
    """Return where the racers are at a time, the last one where it is None, shape (racers, 2)."""
    return np.array([run.points[-1 if time is None else min(time, run.steps)] for run in race])


def _map_frame(
    race: Sequence[Descent], kept: Sequence[NDArray[np.int64]], time: int
) -> list[dict[str, Any]]:
    """Return what has been run by a time: a path each, and the heads."""
    paths = []
    for run, steps in zip(race, kept, strict=True):
        points = run.points[steps[steps <= time]]
        paths.append({"x": drawable(points[:, 0]), "y": drawable(points[:, 1])})
    heads = places_at(race, time)
    return [*paths, {"x": drawable(heads[:, 0]), "y": drawable(heads[:, 1])}]


def frames(
    times: NDArray[np.int64], moving: range, data_at: Callable[[int], list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Return a frame a time, each with the data of the traces that move."""
    return [
        {"name": str(time), "traces": list(moving), "data": data_at(time)}
        for time in times.tolist()
    ]
