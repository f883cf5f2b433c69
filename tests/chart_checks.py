"""What every figure of a chart has, and the trained runs that tests of charts draw."""

from __future__ import annotations

import json
from typing import Any

import plotly.graph_objects as go

import nnlib

NASTY = "<b>a</b> & <a href='x'>b</a>"


def valid(figure: go.Figure) -> dict[str, Any]:
    """Check what every figure has, and return it as the browser gets it."""
    layout = figure.layout
    assert layout.title.text
    assert layout.uirevision
    assert layout.xaxis.title.text is not None
    assert layout.yaxis.title.text is not None
    sent: dict[str, Any] = json.loads(figure.to_json())
    return sent


def trace(figure: go.Figure, name: str) -> Any:
    return next(t for t in figure.data if t.name == name)


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
