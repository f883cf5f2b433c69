"""Planes through the weights: by random directions, or by the way of a run itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.layers import Dense
from nnlib.network import Network

Floats = npt.NDArray[np.float64]
_FLAT = 1e-6
"""Below this share of the first singular value the second is rounding."""


@dataclass(frozen=True, eq=False)
class Plane:
    """All weights ``origin + a·directions[0] + b·directions[1]``.

    Attributes
    ----------
    origin : shape (P,)
    directions : shape (2, P); they need not be orthogonal, nor of length 1
    variances : of principal components, the shares of the path's variance along all of them, in
        descending order; empty for random directions
    """

    origin: Floats
    directions: Floats
    variances: Floats

    @property
    def cosine(self) -> float:
        """The cosine of the angle between the directions."""
        first, second = self.directions
        return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))

    def points(self, coordinates: Floats) -> Floats:
        """Return the weights at coordinates of shape (…, 2), shape (…, P)."""
        return self.origin + coordinates @ self.directions

    def coordinates(self, weights: Array) -> Floats:
        """Return the coordinates of the nearest points of the plane, shape (n, 2).

        Parameters
        ----------
        weights : shape (n, P)
        """
        away: Floats = (weights - self.origin).T
        return np.asarray(np.linalg.lstsq(self.directions.T, away, rcond=None)[0].T, np.float64)

    def share(self, weights: Array) -> float:
        """Return which share of the squared distances from the origin lies in the plane."""
        inside = self.coordinates(weights) @ self.directions
        return float(np.square(inside).sum() / np.square(weights - self.origin).sum())


def random_plane(network: Network, origin: Array, rng: np.random.Generator) -> Plane:
    """Return a plane of two random directions, filter by filter as long as the weights.

    Li et al. 2018, "Visualizing the Loss Landscape of Neural Nets": a Gaussian direction
    d whose part of each filter has the norm of the weights' part, d_f ← d_f / |d_f| · |w_f|. A
    filter of a dense layer is the weights into one unit. Biases and the parameters of batch
    normalization stay as they are, as in the paper's published code.

    Parameters
    ----------
    network : says where which parameter lies
    origin : its flat parameters, shape (P,)
    """
    directions = np.zeros((2, len(origin)))
    for direction in directions:
        for layer in network.dense_layers:
            direction[layer.weight_slice] = _normalized(layer, origin, rng).ravel()
    return Plane(origin.astype(np.float64), directions, np.empty(0))


def _normalized(layer: Dense, origin: Array, rng: np.random.Generator) -> Floats:
    shape = layer.fan_in, layer.fan_out
    weights = origin[layer.weight_slice].reshape(shape).astype(np.float64)
    drawn = rng.standard_normal(shape)
    lengths = np.linalg.norm(weights, axis=0) / np.linalg.norm(drawn, axis=0)
    return np.asarray(drawn * lengths)


def pca_plane(weights: Array) -> Plane:
    """Return the plane through the last of some points along their first principal components.

    Li et al. 2018: of the differences to the end point; the components are of length
    1. Their mean is subtracted, as in every principal component analysis. The start of the path
    has coordinates that are not negative.

    Parameters
    ----------
    weights : shape (n, P)

    Raises
    ------
    ValueError
        if the points lie on a line
    """
    origin = weights[-1].astype(np.float64)
    away = weights - origin
    _, sizes, components = np.linalg.svd(away - away.mean(axis=0), full_matrices=False)
    if len(sizes) < 2 or sizes[1] <= _FLAT * sizes[0]:
        raise ValueError("The path lies on a straight line, so no plane belongs to it.")
    directions = components[:2]
    directions = directions * np.where(directions @ away[0] < 0, -1.0, 1.0)[:, np.newaxis]
    return Plane(origin, directions, np.square(sizes) / np.square(sizes).sum())


def random_walk_shares(points: int, components: int = 2) -> Sequence[float]:
    """Return the shares of variance along the first principal components of a random walk.

    In infinitely many dimensions (Antognini & Sohl-Dickstein 2018, "PCA of High Dimensional Random
    Walks with Comparison to Neural Network Training"): the centered Gram matrix of the walk is the
    pseudo-inverse of the Laplacian of a path, whose eigenvalues are 4·sin²(πk / 2n). Of many points
    they come to 6 / (πk)², 61 % and 15 %.
    """
    inverse = np.sin(np.pi * np.arange(1, points) / (2 * points)) ** -2.0
    shares: list[float] = (inverse / inverse.sum())[:components].tolist()
    return shares
