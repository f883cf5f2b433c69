"""The loss around a network's weights: on planes, along lines, and along the way of a run.

Everything here evaluates networks that are stacked: many points of a landscape in one pass.
"""

from nnlib.landscape.evaluation import losses_at
from nnlib.landscape.gradient import AlongGradient, along_the_gradient, look_along_gradient
from nnlib.landscape.lines import (
    Line,
    Parting,
    barrier,
    line_between,
    measure_parting,
    parting_steps,
)
from nnlib.landscape.path import Path, follow_path
from nnlib.landscape.plane import Plane, pca_plane, random_plane, random_walk_shares
from nnlib.landscape.slices import Slice, around, survey

__all__ = [
    "AlongGradient",
    "Line",
    "Parting",
    "Path",
    "Plane",
    "Slice",
    "along_the_gradient",
    "around",
    "barrier",
    "follow_path",
    "line_between",
    "look_along_gradient",
    "losses_at",
    "measure_parting",
    "parting_steps",
    "pca_plane",
    "random_plane",
    "random_walk_shares",
    "survey",
]
