"""The plane around the end of a run: its loss as a map and as a relief, with the path on it."""

import numpy as np
import streamlit as st

from nnlib.building import build_network
from nnlib.landscape import (
    Path,
    Plane,
    Slice,
    around,
    follow_path,
    pca_plane,
    random_plane,
    random_walk_shares,
    survey,
)
from pages.shared.charts.theme import plain_number
from pages.shared.export import show_chart
from pages.shared.landscape import charts
from pages.shared.landscape.controls import RANDOM, PlaneChoice, Settings
from pages.shared.results import computed
from pages.shared.rows import Tile, show_metrics, show_row


def show_plane(settings: Settings, choice: PlaneChoice) -> None:
    """Train, choose the plane, evaluate and draw it."""
    path = computed(
        "landscape_path",
        settings.key,
        lambda tell: follow_path(settings.experiment, settings.data, progress=tell),
    )
    if path is None:
        return
    found = computed(
        "landscape_slice",
        (settings.key, choice.key),
        lambda tell: _survey(settings, choice, path, tell),
        doing="Evaluating …",
    )
    if found is None:
        return
    _show_numbers(found)
    seen = charts.Heights.of(found, choice.split, choice.log_height)
    show_row("landscape", contour=charts.plot_contour(seen), relief=charts.plot_relief(seen))
    st.caption(_what_is_drawn(settings, choice, found))
    show_chart(charts.plot_along_path(found, choice.split), "along_path")
    if found.variances.size:
        show_chart(charts.plot_variances(found), "variances")


def _survey(settings: Settings, choice: PlaneChoice, path: Path, tell: charts.Tell) -> Slice:
    plane = _plane(settings, choice, path)
    if choice.directions == RANDOM:
        x = y = np.linspace(-choice.half_width, choice.half_width, choice.resolution)
    else:
        x, y = around(plane.coordinates(path.weights), choice.resolution)
    return survey(plane, path, settings.data, x, y, choice.split, tell)


def _plane(settings: Settings, choice: PlaneChoice, path: Path) -> Plane:
    if choice.directions != RANDOM:
        return pca_plane(path.weights)
    data, rng = settings.data, np.random.default_rng(choice.draw)
    network = build_network(settings.experiment.network, data.n_features, data.n_outputs, rng)
    return random_plane(network, path.end, np.random.default_rng(choice.draw))


def _show_numbers(found: Slice) -> None:
    tiles = [
        Tile("Loss at the end", plain_number(found.path_loss[-1], 3),
             f"{plain_number(found.path_loss[0], 3)} at the start",
             "The loss of the network at the end of its run, in the middle of the plane."),
        Tile("Path in the plane", share_text(found.inside),
             f"2 of {found.parameters:,} directions",
             "Of the squared distances of the path's points from its end, the share that lies in "
             "the plane; the rest is perpendicular to it and not seen."),
    ]  # fmt: skip
    if found.variances.size:
        walk = random_walk_shares(len(found.steps))
        tiles += [
            Tile(f"{name} component", share_text(share), f"a random walk: {share_text(by_chance)}",
                 "The share of the variance of the path's points along this principal component; "
                 "below it, what a random walk of as many points has in infinitely many "
                 "dimensions.")
            for name, share, by_chance in zip(
                ("First", "Second"), found.variances, walk, strict=False
            )
        ]  # fmt: skip
    else:
        tiles.append(
            Tile("Cosine of the axes", f"{found.cosine:+.3f}", "0 is a right angle",
                 "The axes are drawn at a right angle; random directions are nearly so where "
                 "there are many parameters.")
        )  # fmt: skip
    show_metrics("landscape_numbers", tiles)


def share_text(share: float) -> str:
    """Return a share in percent, with two digits where it is small."""
    return f"{share:.1%}" if share >= 0.01 else f"{100 * share:.2g}%"


def _what_is_drawn(settings: Settings, choice: PlaneChoice, found: Slice) -> str:
    shown = "The path is drawn where it meets the plane perpendicularly: its points are elsewhere."
    if settings.experiment.network.batch_norm:
        shown += (
            " Batch normalization takes the means and variances of the training examples, "
            "computed anew at every point of the plane and of the path."
        )
    if settings.experiment.training.l2:
        shown += " The L2 penalty is not part of the loss that is drawn."
    if not np.isfinite(found.loss).all():
        shown += " Where the loss is not a finite number the map has a hole."
    return shown
