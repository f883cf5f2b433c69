"""A first look at a data set: its points, a few of its images, or how its target is distributed."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.datasets import Dataset
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.images import draw_images
from pages.shared.charts.numbers import plain_number
from pages.shared.charts.points import (
    class_codes,
    class_points,
    curve_points,
    drawn_note,
    feature_title,
    first_target,
    value_points,
)
from pages.shared.charts.theme import SEQUENTIAL, TRAIN, VALIDATION, escape, new_figure

SAMPLE_IMAGES = 12
_BINS = 30
_SPLITS = {"train": ("training", TRAIN), "val": ("validation", VALIDATION)}


@dataclass(frozen=True, eq=False)
class TargetCounts:
    """How often each class, or each range of the target, occurs; counts by split, (bins,) each.

    `edges` has shape (bins + 1,) for a regression and is None for classes.
    """

    names: tuple[str, ...]
    edges: NDArray[np.float64] | None
    counts: dict[str, NDArray[np.int64]]


def target_counts(data: Dataset) -> TargetCounts:
    """Count the classes of training and validation split, or their targets in 30 equal ranges."""
    if data.task != "regression":
        codes = {split: class_codes(data.labels(split)) for split in _SPLITS}
        counts = {s: np.bincount(c, minlength=len(data.class_names)) for s, c in codes.items()}
        return TargetCounts(data.class_names, None, counts)
    values = {split: first_target(data.labels(split)) for split in _SPLITS}
    edges = np.histogram_bin_edges(np.concatenate(list(values.values())), _BINS)
    counts = {split: np.histogram(v, edges)[0] for split, v in values.items()}
    names = tuple(
        f"{plain_number(a, 6)} to {plain_number(b, 6)}"
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    )
    return TargetCounts(names, edges, counts)


def plot_data_preview(data: Dataset) -> Chart:
    """Draw what a data set looks like.

    Points where there are two features, or one and a quantity to predict; sample images where
    rows are images; else the distribution of the target.
    """
    return Chart(_preview(data), "data", partial(_preview_table, data))


def _preview(data: Dataset) -> Figure:
    if data.image_shape is not None:
        return _sample_images(data)
    if data.n_features == 2:
        return _plane(data)
    if data.n_features == 1 and data.task == "regression":
        target = escape(data.target_names[0])
        figure = new_figure(
            f"{escape(data.name)}: {target} over {escape(data.feature_names[0])}",
            feature_title(data, 0) + drawn_note(data),
            target,
        )
        return figure.add_traces(curve_points(data))
    return _distribution(data)


def _preview_table(data: Dataset) -> pd.DataFrame:
    """Return what is drawn, as a table: rows with features and target, or the target's counts.

    For points and images these are ``split``, one column a feature, and the target: all rows of
    training and validation, also those that a large set's chart leaves out.
    """
    points = data.n_features == 2 or (data.n_features == 1 and data.task == "regression")
    if data.image_shape is None and not points:
        found = target_counts(data)
        counts = {_SPLITS[split][0]: count for split, count in found.counts.items()}
        names = pd.Series(found.names, name=data.target_names[0])
        return pd.concat([names, pd.DataFrame(counts)], axis=1)
    frames = [_rows(data, split) for split in _SPLITS]
    return pd.concat(frames, ignore_index=True)


def _rows(data: Dataset, split: str) -> pd.DataFrame:
    features = pd.DataFrame(data.features(split), columns=list(data.feature_names))
    features.insert(0, "split", _SPLITS[split][0], allow_duplicates=True)
    labels = data.labels(split)
    target: Any = first_target(labels) if data.task == "regression" else class_codes(labels)
    if data.task != "regression":
        target = np.array(data.class_names, object)[target]
    features.insert(features.shape[1], data.target_names[0], target, allow_duplicates=True)
    return features


def _plane(data: Dataset) -> Figure:
    name = escape(data.name)
    target = escape(data.target_names[0])
    figure = new_figure(
        f"{name}: {target} by {escape(data.feature_names[0])} and {escape(data.feature_names[1])}",
        feature_title(data, 0) + drawn_note(data),
        feature_title(data, 1),
        height=440,
    )
    if data.task != "regression":
        return figure.add_traces(class_points(data))
    figure.update_layout(
        coloraxis={
            "colorscale": [(i / 9, color) for i, color in enumerate(SEQUENTIAL)],
            "colorbar": {"title": {"text": target}, "thickness": 14},
        }
    )
    return figure.add_traces(value_points(data))


def _sample_images(data: Dataset) -> Figure:
    """Draw images of as many classes as possible: the first of each, then the second of each, …."""
    assert data.image_shape is not None
    title = f"{escape(data.name)}: some of the training images"
    if data.task == "regression":
        rows = np.arange(min(SAMPLE_IMAGES, len(data.X_train)))
        labels = [plain_number(value, 4) for value in first_target(data.y_train)[rows]]
        return draw_images(data.X_train[rows], labels, data.image_shape, title)
    codes = class_codes(data.y_train)
    rank = np.empty(len(codes), np.int64)  # how many of its class come before each image
    for k in range(len(data.class_names)):
        rank[codes == k] = np.arange((codes == k).sum())
    rows = np.lexsort((codes, rank))[:SAMPLE_IMAGES]
    labels = [escape(data.class_names[k]) for k in codes[rows]]
    return draw_images(data.X_train[rows], labels, data.image_shape, title)


def _distribution(data: Dataset) -> Figure:
    found = target_counts(data)
    target = escape(data.target_names[0])
    figure = new_figure(f"{escape(data.name)}: how {target} is distributed", target, "examples")
    names = [escape(name) for name in found.names]
    if found.edges is None:
        place: dict[str, Any] = {"x": names}
        figure.update_xaxes(type="category")
    else:
        place = {"x": (found.edges[:-1] + found.edges[1:]) / 2, "width": np.diff(found.edges)}
    figure.add_traces(
        [
            {
                "type": "bar",
                "name": name,
                "y": found.counts[split],
                "marker": {"color": color, "line": {"width": 0}},
                "customdata": names,
                "hovertemplate": f"<b>%{{customdata}}</b><br>{name}: %{{y:,}}<extra></extra>",
                **place,
            }
            for split, (name, color) in _SPLITS.items()
        ]
    )
    return figure.update_layout(
        barmode="group" if found.edges is None else "stack", bargap=0.15, legend_traceorder="normal"
    )
