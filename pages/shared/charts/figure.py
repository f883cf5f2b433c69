"""A figure as plain data on its way to the browser.

Plotly's own objects check and copy every property that is set, which was a third of the time of a
page. What they check, the tests check of every chart, by `Figure.checked`.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots
from plotly.utils import PlotlyJSONEncoder

Settings = Mapping[str, Any]
WHOLE = {"paper_bgcolor", "plot_bgcolor", "error_x", "error_y"}
"""Names in which an underscore does not lead to a part."""
_TYPED = {"i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"}  # what the browser has arrays of
_NARROWER = {  # the browser has no integers of 64 bits
    np.dtype(np.int64): (np.int8, np.int16, np.int32),
    np.dtype(np.uint64): (np.uint8, np.uint16, np.uint32),
}
_WHERE = {"x": ("x", "y domain"), "y": ("y", "x domain")}


class Figure:
    """Traces, a layout and frames, by the names that plotly.js has for them.

    Settings of the layout, and those by keyword, may name a part of a part: ``title_text="…"`` is
    ``title={"text": "…"}``. What is set is merged into what was there; lists are replaced. Nothing
    that was handed in is changed.

    Attributes
    ----------
    traces : dictionaries; their arrays must not change once the figure is drawn
    layout : a dictionary with ``height`` and ``title``
    frames : of an animation
    """

    def __init__(self, layout: Settings) -> None:
        self.traces: list[dict[str, Any]] = []
        self.layout = dict(layout)
        self.frames: list[dict[str, Any]] = []
        self._columns = 1

    @property
    def title(self) -> str:
        """What is seen, in Plotly's pseudo-HTML."""
        return str(self.layout["title"]["text"])

    def add_trace(self, trace: Settings, *, row: int = 1, col: int = 1) -> Self:
        """Add a trace, in the panel of a row and a column."""
        return self.add_traces([trace], row=row, col=col)

    def add_traces(self, traces: Iterable[Settings], *, row: int = 1, col: int = 1) -> Self:
        """Add traces, in the panel of a row and a column."""
        panel = (row - 1) * self._columns + col
        place = {} if panel == 1 else {"xaxis": f"x{panel}", "yaxis": f"y{panel}"}
        self.traces += [{**trace, **place} for trace in traces]
        return self

    def add_scatter(self, **settings: Any) -> Self:
        """Add points or a line."""
        return self.add_trace({"type": "scatter", **_nested(settings)})

    def add_bar(self, **settings: Any) -> Self:
        """Add bars."""
        return self.add_trace({"type": "bar", **_nested(settings)})

    def update_trace(self, index: int, **settings: Any) -> None:
        """Set something of a trace."""
        self.traces[index] = _merged(self.traces[index], _nested(settings))

    def update_layout(self, parts: Settings | None = None, /, **settings: Any) -> Self:
        """Set something of the layout."""
        self.layout = _merged(self.layout, _nested({**(parts or {}), **settings}))
        return self

    def update_xaxes(self, parts: Settings | None = None, /, **settings: Any) -> Self:
        """Set something of the horizontal axes, of all panels or a ``row`` or ``col`` of them."""
        return self._update_axes("xaxis", **(parts or {}), **settings)

    def update_yaxes(self, parts: Settings | None = None, /, **settings: Any) -> Self:
        """Set something of the vertical axes, of all panels or a ``row`` or ``col`` of them."""
        return self._update_axes("yaxis", **(parts or {}), **settings)

    def _update_axes(
        self, kind: str, /, *, row: int | None = None, col: int | None = None, **settings: Any
    ) -> Self:
        for axis in self.axes(kind):
            place = divmod(int(axis.removeprefix(kind) or 1) - 1, self._columns)
            if row in (None, place[0] + 1) and col in (None, place[1] + 1):
                self.update_layout({axis: _nested(settings)})
        return self

    def axes(self, kind: str) -> list[str]:
        """Return the names in the layout of all axes of a kind, ``xaxis`` or ``yaxis``."""
        return [name for name in self.layout if name.startswith(kind)] or [kind]

    def add_annotation(self, **settings: Any) -> Self:
        """Add a text to the layout."""
        return self._add("annotations", settings)

    def add_shape(self, **settings: Any) -> Self:
        """Add a line or an area to the layout."""
        return self._add("shapes", settings)

    def _add(self, kind: str, settings: Settings) -> Self:
        self.layout[kind] = [*self.layout.get(kind, ()), _nested(settings)]
        return self

    def add_hline(self, y: float, **settings: Any) -> Self:
        """Add a line at a height through the whole width of the first panel."""
        return self._add_span("y", y, y, {"type": "line", **settings})

    def add_vline(self, x: float, **settings: Any) -> Self:
        """Add a line at a place through the whole height of the first panel."""
        return self._add_span("x", x, x, {"type": "line", **settings})

    def add_vrect(self, x0: float, x1: float, **settings: Any) -> Self:
        """Add an area from one place to another through the whole height of the first panel."""
        return self._add_span("x", x0, x1, {"type": "rect", **settings})

    def _add_span(self, along: str, start: float, end: float, settings: Settings) -> Self:
        across = "y" if along == "x" else "x"
        reference, whole = _WHERE[along]
        ends = {f"{along}0": start, f"{along}1": end, f"{across}0": 0, f"{across}1": 1}
        places = {f"{along}ref": reference, f"{across}ref": whole}
        return self.add_shape(**ends, **places, **settings)

    def set_subplots(self, rows: int, cols: int, titles: Iterable[str], **settings: Any) -> Self:
        """Divide the figure into panels with a title each.

        Parameters
        ----------
        **settings : of ``plotly.subplots.make_subplots``
        """
        self._columns = cols
        panels = _panels(rows, cols, tuple(titles), tuple(settings.items()))
        return self.update_layout(panels)

    def to_json(self) -> str:
        """Return the figure as plotly.js reads it; what is not a finite number is null."""
        parts: dict[str, Any] = {"data": self.traces, "layout": self.layout}
        if self.frames:
            parts["frames"] = self.frames
        return json.dumps(parts, cls=_Encoder, separators=(",", ":"))

    def checked(self) -> go.Figure:
        """Return the figure as Plotly's own object, which refuses properties that it lacks."""
        frames = [{**frame, "data": _copies(frame["data"])} for frame in self.frames]
        return go.Figure(data=_copies(self.traces), layout=self.layout, frames=frames)


def _copies(traces: Iterable[Settings]) -> list[dict[str, Any]]:
    """Return traces for Plotly, which takes their type out of those that it reads."""
    return [dict(trace) for trace in traces]


@functools.lru_cache(maxsize=64)
def _panels(
    rows: int, cols: int, titles: tuple[str, ...], settings: tuple[tuple[str, Any], ...]
) -> dict[str, Any]:
    made = make_subplots(rows=rows, cols=cols, subplot_titles=titles, **dict(settings))
    layout: dict[str, Any] = made.to_plotly_json()["layout"]
    return layout


def _nested(settings: Settings) -> dict[str, Any]:
    """Return settings by the names of their parts: ``title_text`` is the text of the title."""
    nested: dict[str, Any] = {}
    for name, value in settings.items():
        part, *rest = [name] if name in WHOLE else name.split("_", 1)
        nested = _merged(nested, {part: _nested({rest[0]: value}) if rest else value})
    return nested


def _merged(old: Settings, new: Settings) -> dict[str, Any]:
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = _merged(before, value)
        merged[name] = value
    return merged


class _Encoder(PlotlyJSONEncoder):  # type: ignore[misc]  # Plotly is not typed
    """Arrays of numbers travel as their bytes, which plotly.js reads, and else as lists."""

    def default(self, obj: Any) -> Any:
        if not isinstance(obj, np.ndarray) or not obj.ndim or not obj.size:
            return super().default(obj)
        array = _narrow(obj)
        if array.dtype.str[1:] not in _TYPED:
            return super().default(obj)
        packed = {
            "dtype": array.dtype.str[1:],
            "bdata": base64.b64encode(array.data).decode("ascii"),
        }
        if array.ndim > 1:
            packed["shape"] = ", ".join(map(str, array.shape))
        return packed


def _narrow(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array in C order, and integers of 64 bits in as few as hold them."""
    if array.dtype in _NARROWER:
        least, most = array.min(), array.max()
        for narrow in _NARROWER[array.dtype]:
            if np.iinfo(narrow).min <= least and most <= np.iinfo(narrow).max:
                array = array.astype(narrow)
                break
    return np.ascontiguousarray(array)
