"""A network as a table of numbers, and what the compiled engine does not know of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib import layers as kinds
from nnlib.activations import ACTIVATIONS
from nnlib.class_weights import WeightedLoss
from nnlib.compiled import columns as c
from nnlib.compiled.run import Run
from nnlib.instruments import INSTRUMENTS, Every
from nnlib.layers import Layer
from nnlib.minibatches import Minibatches
from nnlib.network import Network
from nnlib.optimizers import OPTIMIZERS

KINDS: dict[type[Layer], int] = {
    kinds.Dense: c.DENSE, kinds.ActivationLayer: c.ACTIVATION, kinds.BatchNorm: c.BATCH_NORM,
    kinds.Dropout: c.DROPOUT, kinds.Scale: c.SCALE, kinds.SkipStart: c.SKIP_START,
    kinds.SkipEnd: c.SKIP_END,
}  # fmt: skip
_LOSSES = ("mean_squared_error", "binary_crossentropy", "categorical_crossentropy")
LANES = 16
_MOST_ROOM = 1 << 28  # bytes

Integers = npt.NDArray[np.int64]


def why_not(trainer: Run) -> str | None:
    """Say what of a run the compiled engine does not know, as the end of a sentence, or None."""
    network, loss = trainer.network, trainer._minimized
    inner = loss._loss if isinstance(loss, WeightedLoss) else loss
    activations = [layer.function for layer in network.activation_layers]
    reasons = {
        "it has a layer of its own kind": any(type(x) not in KINDS for x in network.layers),
        "it has an activation of its own": any(ACTIVATIONS.get(f.name) != f for f in activations),
        "its replicas have more than one axis": len(network.lead) > 1,
        "its loss is its own": inner.name not in _LOSSES,
        "its optimizer is its own": OPTIMIZERS.get(trainer._optimizer.name)
        is not type(trainer._optimizer),
        "its minibatches are its own": type(trainer._minibatches) is not Minibatches,
        "it measures with instruments of its own": any(
            i.name not in INSTRUMENTS
            or i.measure is not INSTRUMENTS[i.name].measure
            or not isinstance(i.cadence, Every)
            for i in trainer._panel.instruments
        ),
        "its batches are too large": trainer._minibatches.size * _widths(network) * 8 > _MOST_ROOM,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _widths(network: Network) -> int:
    return sum(2 * dense.fan_out + dense.fan_in for dense in network.dense_layers)


def padded(count: int) -> int:
    """Round up to whole vectors."""
    return -(-count // LANES) * LANES


@dataclass(frozen=True)
class Plan:
    """What the kernels read of a network.

    Attributes
    ----------
    ops : a row a layer, see `columns`, shape (layers, COLUMNS)
    factors : a number a layer: the factor of a Scale, BatchNorm's epsilon
    rows : of the whole working room
    parameters : how many there are
    targets, room, other, scratch, lines : where each of these parts begins, in rows
    """

    ops: Integers
    factors: npt.NDArray[np.float64]
    rows: int
    parameters: int
    targets: int
    room: int
    other: int
    scratch: int
    lines: int

    @classmethod
    def of(cls, network: Network) -> Plan:
        """Lay a network of known layers out."""
        rooms = _Rooms(1)
        dense = network.dense_layers
        ops = np.zeros((len(network.layers), c.COLUMNS), np.int64)
        factors = np.zeros(len(network.layers))
        width, at = dense[0].fan_in, rooms.take(dense[0].fan_in)
        starts: dict[Layer, int] = {}
        state = 0
        for i, layer in enumerate(network.layers):
            op = ops[i]
            op[[c.KIND, c.WIDTH_IN, c.FROM]] = KINDS[type(layer)], width, at
            if isinstance(layer, kinds.Dense):
                width = layer.fan_out
                op[c.WEIGHT] = network.slices[f"{layer.name}.weight"].start
                op[c.BIAS] = _start(network, f"{layer.name}.bias")
            op[c.WIDTH_OUT] = width
            at = op[c.TO] = at if isinstance(layer, kinds.SkipStart) else rooms.take(width)
            if isinstance(layer, kinds.BatchNorm):
                op[c.WEIGHT] = _start(network, f"{layer.name}.scale")
                op[c.BIAS] = _start(network, f"{layer.name}.shift")
                op[c.STATE], factors[i] = state, layer.epsilon
                op[c.KEPT] = rooms.take(width + -(-3 * width // LANES))
                state += 2 * width
            elif isinstance(layer, kinds.Dropout):
                op[c.KEPT] = rooms.take(width)
            elif isinstance(layer, kinds.ActivationLayer):
                op[c.CODE] = list(ACTIVATIONS).index(layer.function.name)
            elif isinstance(layer, kinds.Scale):
                factors[i] = layer.factor
            elif isinstance(layer, kinds.SkipStart):
                starts[layer] = i
                op[c.SAVED] = rooms.take(width)
            elif isinstance(layer, kinds.SkipEnd):
                start = ops[starts[layer.start]]
                op[c.KEPT], op[c.SAVED] = start[c.FROM], start[c.SAVED]
        widest = max(max(d.fan_in, d.fan_out) for d in dense)
        parts = [rooms.take(n) for n in (dense[-1].fan_out, widest, widest, widest, 2)]
        for op in ops:
            if op[c.KIND] == c.DENSE:
                op[c.FLIPPED] = rooms.take(int(op[c.WIDTH_OUT]))
        return cls(ops, factors, rooms.used, network.flat_parameters.shape[-1], *parts)

    def cuts(self, parts: int) -> Integers:
        """Return where each of so many parts of the parameters begins and the last one ends.

        They are of about equal size, and none ends within a row of a weight.
        """
        weights = [op for op in self.ops if op[c.KIND] == c.DENSE]
        cuts = [0]
        for wanted in np.arange(1, parts) * self.parameters // parts:
            op = [op for op in weights if op[c.WEIGHT] <= wanted][-1]
            rows = padded(int(wanted - op[c.WEIGHT]) // int(op[c.WIDTH_OUT]))
            cuts.append(int(op[c.WEIGHT] + min(rows, op[c.WIDTH_IN]) * op[c.WIDTH_OUT]))
        return np.array([*cuts, self.parameters])


class _Rooms:
    """Hands out rows, in multiples of 16."""

    def __init__(self, used: int) -> None:
        self.used = used

    def take(self, rows: int) -> int:
        first = self.used
        self.used += padded(rows)
        return first


def _start(network: Network, name: str) -> int:
    return network.slices[name].start if name in network.slices else -1


def constants_of(optimizer: Any) -> list[float]:
    """Return the momentum or β₁, the decay of the squares or β₂, and ε of an optimizer."""
    kept = getattr(optimizer, "momentum", getattr(optimizer, "beta_1", 0.0))
    square = getattr(optimizer, "decay", getattr(optimizer, "beta_2", 1.0))
    return [float(kept), float(square), float(getattr(optimizer, "epsilon", 0.0))]


STATES = {
    "momentum": ("_velocity",), "nesterov": ("_velocity",), "adagrad": ("_square_sum",),
    "rmsprop": ("_square_mean",), "adam": ("_scaled_mean", "_scaled_square"),
    "adamw": ("_scaled_mean", "_scaled_square"),
}  # fmt: skip
"""The arrays that an optimizer keeps; the kernels work on the same ones."""
