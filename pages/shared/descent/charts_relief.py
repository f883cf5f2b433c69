"""A race of optimizers on the surface in three dimensions, animated in the browser."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlib.labs.descent import Descent
from nnlib.labs.surfaces import Objective
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable
from pages.shared.charts.theme import empty_figure, new_figure
from pages.shared.descent import charts_frames
from pages.shared.descent.charts_lines import NO_RACER, racer_color, racer_label
from pages.shared.descent.charts_race import race_steps
from pages.shared.descent.charts_surface import HEIGHT, Relief, ending, frames, places_at, relief

_VIEW_SCALE = [(0.0, "#46566f"), (0.5, "#8a9ab3"), (1.0, "#d3dae5")]


def plot_surface(surface: Objective, race: Sequence[Descent]) -> Chart:
    """Draw the race on the surface in three dimensions; the points move when it is played."""
    title = f"{surface.label} in three dimensions"
    name, table = f"{surface.name}-surface", partial(race_steps, race)
    if not race:
        return Chart(empty_figure(title, "x", "y", NO_RACER, height=HEIGHT), name, table)
    figure = new_figure(title, "x", "y", height=HEIGHT)
    ground = relief(surface)
    kept = [charts_frames.thinned(run.steps, charts_frames.MOST_POINTS) for run in race]
    paths = [_path_3d(surface, ground, run, s) for run, s in zip(race, kept, strict=True)]
    figure.add_traces([_relief(ground), *paths, _heads_3d(surface, ground, race)])
    times = charts_frames.thinned(max(run.steps for run in race), charts_frames.MOST_FRAMES)
    last = len(figure.traces) - 1

    def heads(time: int) -> list[dict[str, Any]]:
        return [{"type": "scatter3d", **_place(surface, ground, places_at(race, time))}]

    figure.frames = frames(times, range(last, last + 1), heads)
    figure.update_layout(
        scene=_scene(surface, ground),
        margin_b=charts_frames.CONTROLS_MARGIN - 40,
        uirevision=surface.name,
        **charts_frames.player(times.tolist()),
    )
    return Chart(figure, name, table)


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
        "camera": {"eye": {"x": -1.3, "y": -1.6, "z": 1.7}, "center": {"x": 0, "y": 0, "z": -0.12}},
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
        "name": label + ending(run),
        **_place(surface, ground, run.points[steps]),
        "customdata": drawable(np.stack([steps, run.values[steps]], axis=1)),
        "line": {"color": racer_color(run.optimizer), "width": 5},
        "hovertemplate": f"<b>{label}</b>, step %{{customdata[0]:,}}<br>"
        "x %{x:.5g}, y %{y:.5g}<br>f = %{customdata[1]:.6g}<extra></extra>",
    }


def _heads_3d(surface: Objective, ground: Relief, race: Sequence[Descent]) -> dict[str, Any]:
    return {
        "type": "scatter3d",
        "mode": "markers",
        "showlegend": False,
        "hoverinfo": "skip",
        **_place(surface, ground, places_at(race, None)),
        "marker": {
            "color": [racer_color(run.optimizer) for run in race],
            "size": 5,
            "line": {"width": 1, "color": "#ffffff"},
        },
    }
