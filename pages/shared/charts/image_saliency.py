"""Charts of one image and what the network makes of it, and of images that a network is sure of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from nnlib.saliency import ClassImages
from pages.shared.charts.images import plot_images
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    DIVERGING,
    empty_figure,
    escape,
    new_figure,
)

if TYPE_CHECKING:
    import pandas as pd

NOT_FINITE = "The gradient is not made of finite numbers: the run diverged."
HEIGHT = 330
_INK = [(0.0, "#111827"), (1.0, "#ffffff")]


def plot_image(
    image: ArrayLike, image_shape: tuple[int, int], title: str, low: float, high: float
) -> go.Figure:
    """Draw one image from black (`low`) to white (`high`), as the network sees it.

    Parameters
    ----------
    image : array_like of shape (height * width,)
    image_shape : tuple of (height, width)
    title : str
        Escaped where it holds a person's text.
    low, high : float
        Range of the inputs.
    """
    figure = _pixels(title)
    trace = _heatmap(image, image_shape) | {
        "zmin": low,
        "zmax": high,
        "colorscale": _INK,
        "showscale": False,
        "hovertemplate": "row %{y}, column %{x}<br>input %{z:.3f}<extra></extra>",
    }
    return figure.add_traces([trace])


def plot_saliency(gradient: ArrayLike, image_shape: tuple[int, int], class_name: str) -> go.Figure:
    """Draw the gradient of a class's logit with respect to each pixel; zero is neutral.

    Parameters
    ----------
    gradient : array_like of shape (height * width,)
    image_shape : tuple of (height, width)
    class_name : str
    """
    title = f"Gradient of the logit of {escape(class_name)}"
    values = np.asarray(gradient, np.float64)
    if not np.isfinite(values).all():
        return empty_figure(title, "", "", NOT_FINITE, height=HEIGHT)
    largest = float(np.abs(values).max(initial=0)) or 1.0
    figure = _pixels(title)
    trace = _heatmap(values, image_shape) | {
        "zmin": -largest,
        "zmax": largest,
        "colorscale": DIVERGING,
        "colorbar": {"title": {"text": "∂logit/∂pixel", "side": "right"}, "thickness": 14},
        "hovertemplate": "row %{y}, column %{x}<br>gradient %{z:.4g}<extra></extra>",
    }
    return figure.add_traces([trace]).update_layout(uirevision="saliency")


def _pixels(title: str) -> go.Figure:
    figure = new_figure(title, "column", "row", height=HEIGHT)
    whole = {"constrain": "domain", "showgrid": False, "tickformat": "d"}
    return figure.update_layout(
        xaxis=whole, yaxis={**whole, "autorange": "reversed", "scaleanchor": "x"}
    )


def _heatmap(image: ArrayLike, image_shape: tuple[int, int]) -> dict[str, Any]:
    pixels: NDArray[np.float32] = np.asarray(image, np.float32).reshape(image_shape)
    return {"type": "heatmap", "z": pixels}


def saliency_data(
    image: ArrayLike, gradient: ArrayLike, image_shape: tuple[int, int]
) -> pd.DataFrame:
    """Return rows ``row, column, input, gradient``; rows and columns count from 0."""
    import pandas as pd

    rows, columns = (index.ravel() for index in np.indices(image_shape))
    return pd.DataFrame(
        {
            "row": rows,
            "column": columns,
            "input": np.asarray(image, np.float64),
            "gradient": np.asarray(gradient, np.float64),
        }
    )


def plot_probabilities(
    probabilities: ArrayLike, class_names: Sequence[str], actual: int | None = None
) -> go.Figure:
    """Draw the probability that the network gives each class, and which one is true.

    Parameters
    ----------
    probabilities : array_like of shape (classes,)
    class_names : sequence of str
    actual : int, optional
        Code of the true class, where it is known; its bar has another color.
    """
    chances, names = np.asarray(probabilities, np.float64), [escape(name) for name in class_names]
    axes = ("class", "probability")
    if not np.isfinite(chances).all():
        return empty_figure("Probabilities", *axes, NOT_FINITE, height=HEIGHT)
    best = int(chances.argmax())
    figure = new_figure(f"Read as {names[best]}: {chances[best]:.1%}", *axes, height=HEIGHT)
    colors = [CLASS_COLORS[2] if k == actual else BATCH for k in range(len(names))]
    figure.add_bar(
        x=list(range(len(names))),
        y=chances.astype(np.float32),
        marker_color=colors,
        customdata=[
            f"{name}{' (the true class)' if k == actual else ''}" for k, name in enumerate(names)
        ],
        hovertemplate="<b>%{customdata}</b><br>probability %{y:.4%}<extra></extra>",
    )
    ticks = {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": names}
    return figure.update_layout(
        uirevision="probabilities",
        xaxis=ticks if len(names) <= 20 else {},
        yaxis={"range": (0, 1.02), "tickformat": ".0%"},
    )


def probabilities_data(probabilities: ArrayLike, class_names: Sequence[str]) -> pd.DataFrame:
    """Return rows ``class, probability``."""
    import pandas as pd

    return pd.DataFrame({"class": list(class_names), "probability": np.asarray(probabilities)})


def plot_class_images(
    made: ClassImages, class_names: Sequence[str], image_shape: tuple[int, int], low: float
) -> go.Figure:
    """Draw the mean of the images that a network is sure of, one a class.

    Each is drawn from the background (black) to its own brightest pixel (white), since a penalty
    makes them dim.

    Parameters
    ----------
    made : nnlib.saliency.ClassImages
    class_names : sequence of str
    image_shape : tuple of (height, width)
    low : float
        The background's value.
    """
    title = f"Inputs that raise each class's probability: mean of {made.starts} climbs"
    if not np.isfinite(made.reached).all():
        return empty_figure(title, "", "", NOT_FINITE)
    labels, hovers = [], []
    for name, single, mean in zip(class_names, made.reached, made.of_mean, strict=True):
        labels.append(f"{escape(name)}<br>{mean:.0%}")
        hovers.append(
            f"<b>{escape(name)}</b><br>probability of the mean image {mean:.4%}"
            f"<br>of single climbs, on average {single:.4%}"
        )
    ink = made.images - low
    brightest = ink.max(axis=1, keepdims=True)
    stretched = ink / np.where(brightest > 0, brightest, 1)
    return plot_images(stretched, labels, image_shape, title, hovers=hovers)


def class_images_data(made: ClassImages, class_names: Sequence[str]) -> pd.DataFrame:
    """Return rows ``class, input, value, probability of the mean image``; inputs count from 1."""
    import pandas as pd

    classes, d = made.images.shape
    return pd.DataFrame(
        {
            "class": np.repeat(np.array(class_names, object), d),
            "input": np.tile(np.arange(1, d + 1), classes),
            "value": made.images.ravel(),
            "probability of the mean image": np.repeat(made.of_mean, d),
        }
    )
