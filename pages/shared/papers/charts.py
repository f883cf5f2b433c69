"""The chart of a card: what was measured, with the levels to compare it with."""

import numpy as np
import pandas as pd

from nnlib.papers import Curve, Picture
from pages.shared.charts.bands import fill_between
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable, log_ticks
from pages.shared.charts.theme import CLASS_COLORS, escape, new_figure

_HEIGHT = 320
_LEVEL_COLOR = CLASS_COLORS[8]
_FEW = 12  # points, each of which has a marker


def plot_picture(picture: Picture, name: str) -> Chart:
    """Draw a picture's curves, with intervals where they have them, and its levels.

    Parameters
    ----------
    name : of the files of its exports
    """
    figure = new_figure(
        picture.title,
        picture.x_title,
        picture.y_title,
        log_x=picture.log_x,
        log_y=picture.log_y,
        height=_HEIGHT,
    )
    for i, curve in enumerate(picture.curves):
        figure.add_traces(_traces(curve, CLASS_COLORS[i], picture.log_y))
    ends = np.concatenate([curve.x for curve in picture.curves])
    heights = np.array([*np.concatenate([c.y for c in picture.curves]), *picture.levels.values()])
    figure.update_layout(
        xaxis=log_ticks(ends) if picture.log_x else {},
        yaxis=log_ticks(heights) if picture.log_y else {},
    )
    for label, value in picture.levels.items():
        figure.add_scatter(
            name=escape(label),
            x=[ends.min(), ends.max()],
            y=[value, value],
            mode="lines",
            line={"color": _LEVEL_COLOR, "dash": "dash", "width": 1.5},
            hovertemplate=f"<b>{escape(label)}</b>: %{{y:.3g}}<extra></extra>",
        )
    return Chart(figure, name, lambda: _table(picture))


def _traces(curve: Curve, color: str, log: bool) -> list[dict[str, object]]:
    name = escape(curve.name)
    line: dict[str, object] = {
        "name": name,
        "legendgroup": name,
        "x": curve.x,
        "y": drawable(curve.y, log=log),
        "mode": "lines+markers" if len(curve.x) <= _FEW else "lines",
        "line": {"color": color, "width": 2},
        "hovertemplate": f"<b>{name}</b><br>%{{x:.5g}}: %{{y:.4g}}<extra></extra>",
    }
    if curve.low is None or curve.high is None:
        return [line]
    return [*fill_between(curve.x, curve.low, curve.high, color, log=log, group=name), line]


def _table(picture: Picture) -> pd.DataFrame:
    """Return rows ``curve, x, y, low, high``; the last two are empty where there is no interval."""
    frames = []
    for curve in picture.curves:
        numbers = {"x": curve.x, "y": curve.y, "low": curve.low, "high": curve.high}
        frame = pd.DataFrame({k: np.nan if v is None else v for k, v in numbers.items()})
        frame.insert(0, "curve", curve.name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)
