"""Histograms of a gradient by layer, over the decades of its size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnlib.noise.moments import GradientMoments, Values

DECADES = np.arange(-12.0, 3.0, 0.5)
"""Where bins begin and end, as powers of ten; what lies outside is in the first or the last."""


@dataclass(frozen=True, eq=False)
class Histograms:
    """How the sizes of a gradient's entries are distributed in each layer.

    Attributes
    ----------
    edges : of the bins, as powers of ten, shape (bins + 1,)
    shares : of each layer's parameters in each bin, shape (layers, bins)
    zeros : share of each layer's parameters whose gradient is exactly zero, shape (layers,)
    """

    edges: Values
    shares: Values
    zeros: Values


def gradient_histograms(moments: GradientMoments) -> Histograms:
    """Return the histograms of log₁₀|G| by layer.

    Cockpit (Schneider, Dangel & Hennig 2021) draws them linearly and over single examples; the
    decades show layers whose gradients differ by factors of thousands on one axis.
    """
    shares, zeros = [], []
    for place in moments.slices:
        sizes = np.abs(moments.mean[place])
        decades = np.log10(sizes[sizes > 0])
        inside = np.clip(decades, DECADES[0], np.nextafter(DECADES[-1], -np.inf))
        shares.append(np.histogram(inside, DECADES)[0] / len(sizes))
        zeros.append(float((sizes == 0).mean()))
    return Histograms(DECADES, np.array(shares), np.array(zeros))
