"""What every figure of a chart has, and the trained runs that tests of charts draw."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import plotly.graph_objects as go

import nnlib
from pages.shared.charts.figure import WHOLE, Figure

NASTY = "<b>a</b> & <a href='x'>b</a>"


def valid(drawing: go.Figure | Figure) -> dict[str, Any]:
    """Check what every figure has, and return it as the browser gets it."""
    layout = checked(drawing).layout
    assert layout.title.text
    assert layout.uirevision
    assert layout.xaxis.title.text is not None
    assert layout.yaxis.title.text is not None
    sent: dict[str, Any] = json.loads(drawing.to_json())
    return sent


def checked(drawing: go.Figure | Figure) -> go.Figure:
    return drawing.checked() if isinstance(drawing, Figure) else drawing


def trace(drawing: go.Figure | Figure, name: str) -> Any:
    return next(t for t in checked(drawing).data if t.name == name)


def trained(
    name: str,
    *,
    hidden: tuple[int, ...] = (8,),
    epochs: int = 2,
    training: dict[str, Any] | None = None,
    **options: Any,
) -> nnlib.Trainer:
    settings = nnlib.TrainingConfig(epochs=epochs, **(training or {}))
    experiment = nnlib.Experiment(nnlib.NetworkConfig(hidden=hidden), settings)
    return nnlib.train(experiment, nnlib.datasets.load(name, **options))


def diverged_run() -> nnlib.Trainer:
    run = trained(
        "diabetes", hidden=(32, 32), training={"optimizer": "sgd", "learning_rate": 3.0}, epochs=40
    )
    assert run.status == "diverged"
    return run


def checks_shapes() -> Callable[[Figure], str]:
    """Return a `Figure.to_json` that refuses what plotly.js would silently leave out.

    Plotly's own objects know all properties, but are slow, so each shape of a figure is checked
    once. They also read ``title_text``, which the browser does not.
    """
    to_json, seen = Figure.to_json, set[frozenset[str]]()

    def checked_json(figure: Figure) -> str:
        parts = {"data": figure.traces, "layout": figure.layout, "frames": figure.frames}
        shape = frozenset(_paths(parts))
        if shape not in seen:
            figure.checked()
            names = {path.rpartition("/")[2] for path in shape} - WHOLE
            split = {name for name in names if "_" in name}
            assert not split, split
            seen.add(shape)
        return to_json(figure)

    return checked_json


def _paths(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each property; traces of a type are one path."""
    yield path
    if isinstance(value, dict):
        kind = value.get("type", "") if path.endswith("data") else ""
        for name, part in value.items():
            yield from _paths(part, f"{path}/{kind}/{name}")
    elif isinstance(value, list | tuple):
        for part in value:
            if isinstance(part, dict):
                yield from _paths(part, path)
