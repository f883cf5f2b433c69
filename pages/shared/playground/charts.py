"""What a network on a plane gives over the plane, with the points that it is trained on and not."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nnlib
from nnlib.datasets import Dataset
from nnlib.probes.input_features import OnPlane, map_of, plane_of
from pages.shared.charts.chart import Chart
from pages.shared.charts.numbers import plain_number
from pages.shared.charts.pictures import heat_picture
from pages.shared.charts.points import class_codes, class_points, first_target, value_points
from pages.shared.charts.surface_values import Surface, decision_surface, surface_table
from pages.shared.charts.surfaces import draw_surface, picture_surface
from pages.shared.charts.theme import BATCH, CLASS_COLORS, escape, faded

RESOLUTION = 100
"""Points along each side of the output surface and of an enlarged unit."""
_MOST_TEST = 500
_OPACITY = 0.55


@dataclass(frozen=True)
class Look:
    """How the output is drawn: as its class alone, and with the points that are not trained on."""

    discretize: bool = False
    unseen: bool = True


def output_surface(trainer: nnlib.Trainer, resolution: int = RESOLUTION) -> Surface:
    """Return the network's output over the plane of its data."""
    data = trainer.data
    over = OnPlane(trainer, map_of(data))
    return decision_surface(over, plane_of(data), resolution=resolution)  # type: ignore[arg-type]


def plot_output(surface: Surface, data: Dataset, look: Look = Look()) -> Chart:
    """Draw an output surface with the points of its plane.

    Parameters
    ----------
    data : the data over the plane, with two features
    """
    figure = draw_surface(surface, data, points=False)
    chart = Chart(figure, "output-surface", partial(surface_table, surface, data))
    if not surface.finite:
        return chart
    if look.discretize:
        figure.traces = [_steps(surface, data)]
        figure.update_layout(title_text=_step_title(data))
    figure.add_traces(_points(data, look.unseen))
    return chart


def picture_output(surface: Surface, data: Dataset, look: Look = Look()) -> list[str]:
    """Return the images of what `plot_output` draws."""
    if look.discretize and surface.finite:
        return [heat_picture(_steps(surface, data))]
    return picture_surface(surface, data)


def _step_title(data: Dataset) -> str:
    if data.task == "regression":
        name = escape(data.target_names[0])
        middle = plain_number(_middle(data))
        return f"Predicted {name}: blue below, orange above its mean of {middle}"
    return "Decision regions: the most probable class"


def _middle(data: Dataset) -> float:
    return float(first_target(data.y_train).mean())


def _steps(surface: Surface, data: Dataset) -> dict[str, Any]:
    """Return a map of flat colors, one a class; of a regression, below and above its mean."""
    if surface.winner is None:
        codes: NDArray[Any] = (surface.value >= _middle(data)).astype(np.uint8)
        count = 2
    else:
        codes, count = surface.winner.astype(np.uint8), len(data.class_names)
    scale: list[tuple[float, str]] = []
    for k in range(count):
        color = faded(CLASS_COLORS[k % len(CLASS_COLORS)], _OPACITY)
        scale += [(k / count, color), ((k + 1) / count, color)]
    first, second = (escape(name) for name in data.feature_names)
    return {
        "type": "heatmap",
        "x": surface.x.astype(np.float32),
        "y": surface.y.astype(np.float32) if surface.y is not None else None,
        "z": codes,
        "zmin": -0.5,
        "zmax": count - 0.5,
        "colorscale": scale,
        "showscale": False,
        "hovertemplate": f"{first} %{{x:.3f}}, {second} %{{y:.3f}}<extra></extra>",
    }


def _points(data: Dataset, unseen: bool) -> list[dict[str, Any]]:
    """Return training points, and validation and test points where these are asked for."""
    if data.task == "regression":
        traces = value_points(data)
        return [*traces, *_test_values(data)] if unseen else traces[:1]
    traces = class_points(data)
    if unseen:
        return [*traces, *_test_classes(data)]
    return [t for t in traces if t.get("legendgroup") and t.get("showlegend", True)]


def _test_rows(data: Dataset) -> NDArray[np.intp]:
    count = len(data.X_test)
    return np.linspace(0, count - 1, min(count, _MOST_TEST)).round().astype(np.intp)


def _test_classes(data: Dataset) -> list[dict[str, Any]]:
    """Return the test points as diamonds in the colors of their classes, one trace."""
    rows = _test_rows(data)
    if not len(rows):
        return []
    codes = class_codes(data.y_test)[rows]
    colors = [CLASS_COLORS[k % len(CLASS_COLORS)] for k in codes]
    names = [escape(data.class_names[k]) for k in codes]
    marker = {"symbol": "diamond-open", "size": 8, "color": colors, "line": {"width": 2}}
    sign = {
        "x": [None],
        "y": [None],
        "mode": "markers",
        "marker": {**marker, "color": BATCH},
        "name": "diamond: test",
    }
    return [_test(data, rows, marker, names) | {"showlegend": False}, sign]


def _test_values(data: Dataset) -> list[dict[str, Any]]:
    rows = _test_rows(data)
    if not len(rows):
        return []
    y = first_target(data.y_test)[rows]
    marker = {"symbol": "square", "size": 8, "color": y, "coloraxis": "coloraxis"}
    outline = {"line": {"color": "rgba(255, 255, 255, 0.9)", "width": 1}}
    return [_test(data, rows, marker | outline, [plain_number(v, 6) for v in y]) | {"name": "test"}]


def _test(
    data: Dataset, rows: NDArray[np.intp], marker: dict[str, Any], texts: list[str]
) -> dict[str, Any]:
    x = data.X_test[rows].astype(np.float32)
    first, second = (escape(name) for name in data.feature_names)
    return {
        "mode": "markers",
        "x": x[:, 0],
        "y": x[:, 1],
        "marker": marker,
        "customdata": texts,
        "hovertemplate": f"<b>%{{customdata}}</b>, test<br>{first} %{{x:.4f}}<br>"
        f"{second} %{{y:.4f}}<extra></extra>",
    }
