"""Data points as traces: training points filled, validation points ringed, never too many to draw.

Browsers draw a few thousand points at once without effort; of larger sets evenly spaced rows are
drawn, always the same ones, and `drawn_note` says so.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib.datasets import Dataset
from pages.shared.charts.theme import BATCH, CLASS_COLORS, TRAIN, VALIDATION, escape

MOST_POINTS = {"train": 1000, "val": 500}
_OUTLINE = {"color": "rgba(255, 255, 255, 0.6)", "width": 0.5}
_RING_FILL = "rgba(255, 255, 255, 0.85)"


def class_codes(labels: ArrayLike) -> NDArray[np.int64]:
    """Return class codes (n,) of codes, of soft targets (n, classes), or of probabilities (n,)."""
    given = np.asarray(labels)
    if given.ndim == 2:
        return np.asarray(given.argmax(axis=1), np.int64)
    return np.asarray(given if given.dtype.kind in "iu" else given > 0.5, np.int64)


def first_target(values: ArrayLike) -> NDArray[np.float64]:
    """Return values (n,) of the only target, or of the first of several, (n, k)."""
    array = np.asarray(values, np.float64)
    return array if array.ndim == 1 else array[:, 0]


def shown_rows(data: Dataset, split: str) -> NDArray[np.intp]:
    """Return the rows of a split that are drawn, evenly spaced."""
    count = len(data.features(split))
    most = MOST_POINTS[split]
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(np.intp)


def drawn_note(data: Dataset) -> str:
    """Return " · 1,500 of 5,000 points drawn", or nothing where all of them are."""
    drawn = sum(len(shown_rows(data, split)) for split in MOST_POINTS)
    total = sum(len(data.features(split)) for split in MOST_POINTS)
    return "" if drawn == total else f" · {drawn:,} of {total:,} points drawn"


def feature_title(data: Dataset, index: int) -> str:
    """Return the name of a feature for an axis, and whether it was standardized."""
    name = escape(data.feature_names[index])
    numeric = data.preprocessing is not None and data.feature_names[index] in (
        data.preprocessing.numeric
    )
    return f"{name} (standardized)" if numeric else name


def class_points(data: Dataset) -> list[dict[str, Any]]:
    """Return the points of a data set of two features, one trace a class and split."""
    traces = []
    for k, name in enumerate(data.class_names):
        color = CLASS_COLORS[k % len(CLASS_COLORS)]
        filled = {"color": color, "size": 7, "line": _OUTLINE}
        ringed = {"color": _RING_FILL, "size": 7, "line": {"color": color, "width": 2}}
        traces += [
            _points(data, "train", k, filled, name=escape(name), legendgroup=str(k)),
            _points(
                data, "val", k, ringed, name=escape(name), legendgroup=str(k), showlegend=False
            ),
        ]
    ring = {"color": _RING_FILL, "size": 7, "line": {"color": BATCH, "width": 2}}
    sign = {"x": [None], "y": [None], "mode": "markers", "marker": ring}
    return [*traces, sign | {"name": "ring: validation"}]


def _points(
    data: Dataset, split: str, k: int, marker: dict[str, Any], **settings: Any
) -> dict[str, Any]:
    rows = shown_rows(data, split)
    rows = rows[class_codes(data.labels(split))[rows] == k]
    x = data.features(split)[rows].astype(np.float32)
    kind = {"train": "training", "val": "validation"}[split]
    return {
        "mode": "markers",
        "x": x[:, 0],
        "y": x[:, 1],
        "marker": marker,
        "hovertemplate": f"<b>{escape(data.class_names[k])}</b>, {kind}<br>"
        f"{escape(data.feature_names[0])} %{{x:.4f}}<br>"
        f"{escape(data.feature_names[1])} %{{y:.4f}}<extra></extra>",
        **settings,
    }


def value_points(data: Dataset) -> list[dict[str, Any]]:
    """Return the points of a regression on two features, colored by ``coloraxis``."""
    traces = []
    for split, name, symbol in (("train", "training", "circle"), ("val", "validation", "diamond")):
        rows = shown_rows(data, split)
        x = data.features(split)[rows].astype(np.float32)
        y = first_target(data.labels(split))[rows].astype(np.float32)
        traces.append(
            {
                "mode": "markers",
                "name": name,
                "x": x[:, 0],
                "y": x[:, 1],
                "marker": {
                    "color": y,
                    "coloraxis": "coloraxis",
                    "size": 8,
                    "symbol": symbol,
                    "line": {"color": "rgba(255, 255, 255, 0.9)", "width": 1},
                },
                "customdata": y,
                "hovertemplate": f"<b>{name}</b><br>{escape(data.target_names[0])} "
                f"%{{customdata:.6g}}<br>{escape(data.feature_names[0])} %{{x:.4f}}<br>"
                f"{escape(data.feature_names[1])} %{{y:.4f}}<extra></extra>",
            }
        )
    return traces


def curve_points(data: Dataset) -> list[dict[str, Any]]:
    """Return the points of a regression on one feature, target over feature."""
    traces = []
    for split, name, color in (("train", "training", TRAIN), ("val", "validation", VALIDATION)):
        rows = shown_rows(data, split)
        ringed = {"color": _RING_FILL, "size": 6, "line": {"color": color, "width": 2}}
        filled = {"color": color, "size": 6, "opacity": 0.7}
        traces.append(
            {
                "mode": "markers",
                "name": name,
                "x": data.features(split)[rows, 0].astype(np.float32),
                "y": first_target(data.labels(split))[rows].astype(np.float32),
                "marker": filled if split == "train" else ringed,
                "hovertemplate": f"<b>{name}</b><br>{escape(data.feature_names[0])} %{{x:.4f}}<br>"
                f"{escape(data.target_names[0])} %{{y:.6g}}<extra></extra>",
            }
        )
    return traces
