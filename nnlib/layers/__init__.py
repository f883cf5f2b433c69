"""Layers: a forward and a backward pass over arrays with any leading replica axes.

A batch is (…, B, D), a weight (…, D_in, D_out), a bias (…, 1, D_out), so ``x @ W + b`` is one
expression for one network and for a stack of them. Parameters and gradients are views into the
network's flat buffers, bound once; outputs live in reused workspaces and hold until the next pass.
"""

from nnlib.layers.batch_norm import BatchNorm
from nnlib.layers.dense import ActivationLayer, Dense
from nnlib.layers.layer import Binding, Layer, Shapes
from nnlib.layers.random import Dropout, Noise
from nnlib.layers.skip import Scale, SkipEnd, SkipStart

__all__ = [
    "ActivationLayer",
    "BatchNorm",
    "Binding",
    "Dense",
    "Dropout",
    "Layer",
    "Noise",
    "Scale",
    "Shapes",
    "SkipEnd",
    "SkipStart",
]
