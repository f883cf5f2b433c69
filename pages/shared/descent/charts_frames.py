"""Animation in the browser: which steps get a frame, and the buttons and slider that play them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_FRAMES = 40
MOST_POINTS = 220
FRAME_MILLISECONDS = 90
# Grey reads on a light and on a dark page; Plotly's own colors are made for a light one.
_BOX = "rgba(128, 136, 150, 0.18)"
_EDGE = "rgba(128, 136, 150, 0.5)"
# Below the axis title come Play, Pause and the slider, and below them the legend.
CONTROLS_MARGIN = 165
_TOP = 62


def thinned(last: int, most: int) -> NDArray[np.int64]:
    """Return at most `most` steps from 0 to `last`, dense at the beginning.

    The distances grow evenly, since a descent is fastest at its start.
    """
    if last < most:
        return np.arange(last + 1)
    return np.unique(np.round(last * np.linspace(0, 1, most) ** 2).astype(np.int64))


def player(steps: Sequence[int]) -> dict[str, Any]:
    """Return the layout of Play, Pause and a slider over frames that are named by their step."""
    names = [str(step) for step in steps]
    return {"updatemenus": [_play_and_pause()], "sliders": [_slider(names)]}


def _play_and_pause() -> dict[str, Any]:
    return {
        "type": "buttons",
        "direction": "right",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": _TOP, "r": 8},
        "bgcolor": _BOX,
        "bordercolor": _EDGE,
        "buttons": [
            _button("Play", None, FRAME_MILLISECONDS, from_current=True),
            _button("Pause", [None], 0),
        ],
    }


def _slider(names: Sequence[str]) -> dict[str, Any]:
    return {
        "active": len(names) - 1,
        "x": 0,
        "len": 1,
        "y": 0,
        "yanchor": "top",
        "pad": {"t": _TOP - 20, "l": 128, "r": 8},
        "currentvalue": {"prefix": "step ", "xanchor": "right", "font": {"size": 13}, "offset": 4},
        "bgcolor": _BOX,
        "activebgcolor": _EDGE,
        "bordercolor": _EDGE,
        "ticklen": 0,
        "minorticklen": 0,
        "font": {"size": 11},
        "steps": [_slider_step(name) for name in names],
    }


def _button(
    label: str, frames: list[None] | None, duration: int, *, from_current: bool = False
) -> dict[str, Any]:
    how = _how(duration) | ({"fromcurrent": True} if from_current else {})
    return {"label": label, "method": "animate", "args": [frames, how]}


def _slider_step(name: str) -> dict[str, Any]:
    return {"label": name, "method": "animate", "args": [[name], _how(0)]}


def _how(duration: int) -> dict[str, Any]:
    # The traces that move are drawn by SVG or WebGL points; a redraw of the map would be slow.
    return {
        "mode": "immediate",
        "frame": {"duration": duration, "redraw": False},
        "transition": {"duration": 0},
    }
