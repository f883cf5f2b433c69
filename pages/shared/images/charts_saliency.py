"""Charts of one image and what the network makes of it, and of images that a network is sure of."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from nnlib.probes.saliency import ClassImages
from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.images import draw_images

NOT_FINITE = "The gradient is not made of finite numbers: the run diverged."
HEIGHT = 330
_INK = [(0.0, "#111827"), (1.0, "#ffffff")]


def plot_image(
    image: ArrayLike, image_shape: tuple[int, int], title: str, low: float, high: float
) -> Chart:
    """Draw one image from black (`low`) to white (`high`), as the network sees it.

    Parameters
    ----------
    image : array_like of shape (height * width,)
    title : escaped where it holds a person's text
    low, high : range of the inputs
    """
    table = partial(_pixels_table, image, image_shape, "input")
    figure = _pixels(title)
    trace = _heatmap(image, image_shape) | {
        "zmin": low,
        "zmax": high,
        "colorscale": _INK,
        "showscale": False,
        "hovertemplate": "row %{y}, column %{x}<br>input %{z:.3f}<extra></extra>",
    }
    return Chart(figure.add_traces([trace]), "image", table)


def plot_saliency(gradient: ArrayLike, image_shape: tuple[int, int], class_name: str) -> Chart:
    """Draw the gradient of a class's logit with respect to each pixel; zero is neutral.

    Parameters
    ----------
    gradient : array_like of shape (height * width,)
    """
    table = partial(_pixels_table, gradient, image_shape, "gradient")
    title = f"Gradient of the logit of {theme.escape(class_name)}"
    values = np.asarray(gradient, np.float64)
    if not np.isfinite(values).all():
        return Chart(
            theme.empty_figure(title, "", "", NOT_FINITE, height=HEIGHT), "saliency", table
        )
    largest = float(np.abs(values).max(initial=0)) or 1.0
    figure = _pixels(title)
    trace = _heatmap(values, image_shape) | {
        "zmin": -largest,
        "zmax": largest,
        "colorscale": theme.DIVERGING,
        "colorbar": {"title": {"text": "∂logit/∂pixel", "side": "right"}, "thickness": 14},
        "hovertemplate": "row %{y}, column %{x}<br>gradient %{z:.4g}<extra></extra>",
    }
    return Chart(figure.add_traces([trace]).update_layout(uirevision="saliency"), "saliency", table)


def _pixels(title: str) -> Figure:
    figure = theme.new_figure(title, "column", "row", height=HEIGHT)
    whole = {"constrain": "domain", "showgrid": False, "tickformat": "d"}
    return figure.update_layout(
        xaxis=whole, yaxis={**whole, "autorange": "reversed", "scaleanchor": "x"}
    )


def _heatmap(image: ArrayLike, image_shape: tuple[int, int]) -> dict[str, Any]:
    pixels: NDArray[np.float32] = np.asarray(image, np.float32).reshape(image_shape)
    return {"type": "heatmap", "z": pixels}


def _pixels_table(pixels: ArrayLike, image_shape: tuple[int, int], name: str) -> pd.DataFrame:
    """Return rows ``row, column, <name>``; rows and columns count from 0."""
    rows, columns = (index.ravel() for index in np.indices(image_shape))
    return pd.DataFrame({"row": rows, "column": columns, name: np.asarray(pixels, np.float64)})


def plot_probabilities(
    probabilities: ArrayLike, class_names: Sequence[str], actual: int | None = None
) -> Chart:
    """Draw the probability that the network gives each class, and which one is true.

    Parameters
    ----------
    probabilities : array_like of shape (classes,)
    actual : code of the true class, where it is known; its bar has another color
    """
    table = partial(_probabilities_table, probabilities, class_names)
    chances, names = (
        np.asarray(probabilities, np.float64),
        [theme.escape(name) for name in class_names],
    )
    axes = ("class", "probability")
    if not np.isfinite(chances).all():
        return Chart(
            theme.empty_figure("Probabilities", *axes, NOT_FINITE, height=HEIGHT),
            "probabilities",
            table,
        )
    best = int(chances.argmax())
    figure = theme.new_figure(f"Read as {names[best]}: {chances[best]:.1%}", *axes, height=HEIGHT)
    colors = [theme.CLASS_COLORS[2] if k == actual else theme.BATCH for k in range(len(names))]
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
    return Chart(
        figure.update_layout(
            uirevision="probabilities",
            xaxis=ticks if len(names) <= 20 else {},
            yaxis={"range": (0, 1.02), "tickformat": ".0%"},
        ),
        "probabilities",
        table,
    )


def _probabilities_table(probabilities: ArrayLike, class_names: Sequence[str]) -> pd.DataFrame:
    """Return rows ``class, probability``."""
    return pd.DataFrame({"class": list(class_names), "probability": np.asarray(probabilities)})


def plot_class_images(
    made: ClassImages, class_names: Sequence[str], image_shape: tuple[int, int], low: float
) -> Chart:
    """Draw the mean of the images that a network is sure of, one a class.

    Each is drawn from the background (black) to its own brightest pixel (white), since a penalty
    makes them dim.

    Parameters
    ----------
    low : the background's value
    """
    table = partial(_class_images_table, made, class_names)
    title = f"Inputs that raise each class's probability: mean of {made.starts} climbs"
    if not np.isfinite(made.reached).all():
        return Chart(theme.empty_figure(title, "", "", NOT_FINITE), "class-images", table)
    labels, hovers = [], []
    for name, single, mean in zip(class_names, made.reached, made.of_mean, strict=True):
        labels.append(f"{theme.escape(name)}<br>{mean:.0%}")
        hovers.append(
            f"<b>{theme.escape(name)}</b><br>probability of the mean image {mean:.4%}"
            f"<br>of single climbs, on average {single:.4%}"
        )
    ink = made.images - low
    brightest = ink.max(axis=1, keepdims=True)
    stretched = ink / np.where(brightest > 0, brightest, 1)
    return Chart(
        draw_images(stretched, labels, image_shape, title, hovers=hovers), "class-images", table
    )


def _class_images_table(made: ClassImages, class_names: Sequence[str]) -> pd.DataFrame:
    """Return rows ``class, input, value, probability of the mean image``; inputs count from 1."""
    classes, d = made.images.shape
    return pd.DataFrame(
        {
            "class": np.repeat(np.array(class_names, object), d),
            "input": np.tile(np.arange(1, d + 1), classes),
            "value": made.images.ravel(),
            "probability of the mean image": np.repeat(made.of_mean, d),
        }
    )
