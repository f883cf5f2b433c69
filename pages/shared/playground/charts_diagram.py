"""What the picture of a whole network holds: units' maps, weights, gradients, and their places."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import nnlib
from nnlib.network import layer_names, place_of
from nnlib.probes.input_features import map_of, plane_of
from nnlib.probes.unit_surfaces import grid_points, plane_axes, unit_gradient_norms, unit_values

SIDE = 24
"""Points along each side of a unit's small map."""
MOST_UNITS, _MOST_DRAWN = 16, 240  # units of a layer, and of all layers together
_USUAL_WIDTH = 440  # pixels of the plot on a page, for maps that are nearly square
_HEIGHT, _MOST_HEIGHT, _AROUND = 440, 620, 120
_CHARACTER, _LONGEST_NAME = 6.5, 14  # width in pixels, and length of names in the margins
_REACH = 0.4  # of the distance between two units: how near to a line a click counts

Floats = NDArray[np.floating[Any]]


class Pick(NamedTuple):
    """A unit, or one of its incoming weights; layers count from 1, units and sources from 0."""

    layer: int
    unit: int
    source: int | None = None


@dataclass(frozen=True, eq=False)
class Diagram:
    """What the picture shows of a network, taken at one moment; lists go from inputs to outputs.

    Attributes
    ----------
    input_names, output_names : of all of them
    maps : small maps of the units that are drawn, (units, side, side) a layer; probabilities p of
        the output as 2p - 1
    units : how many there are in each layer, inputs and outputs included
    parameters, gradient_of : every trainable array by the network's own name for it
    norms : of the gradients of each unit's incoming weights, of the layers behind the inputs
    probabilities : whether the outputs are such
    """

    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    maps: list[Floats]
    units: list[int]
    parameters: dict[str, Floats]
    gradient_of: dict[str, Floats]
    norms: list[Floats]
    step: int
    probabilities: bool

    @property
    def weights(self) -> list[Floats]:
        """The weights into each layer behind the inputs, (sources, units)."""
        return self._of_layers(self.parameters, "weight")

    @property
    def gradients(self) -> list[Floats]:
        """The gradients of `weights`."""
        return self._of_layers(self.gradient_of, "weight")

    @property
    def biases(self) -> list[Floats | None]:
        """The biases of each layer behind the inputs; None where it has none."""
        names = [f"dense_{layer}.bias" for layer in range(1, len(self.units))]
        return [self.parameters[name][0] if name in self.parameters else None for name in names]

    def _of_layers(self, arrays: dict[str, Floats], key: str) -> list[Floats]:
        return [arrays[f"dense_{layer}.{key}"] for layer in range(1, len(self.units))]

    @property
    def height(self) -> int:
        """Height of the picture in pixels."""
        return int(np.clip(_AROUND + 44 * max(self.shown), _HEIGHT, _MOST_HEIGHT))

    @property
    def shown(self) -> list[int]:
        """How many units of each layer are drawn."""
        return [len(layer) for layer in self.maps]

    def places(self, layer: int) -> Floats:
        """Return the heights of a layer's units, from the first one down."""
        count = self.shown[layer]
        return (count - 1) / 2 - np.arange(count)

    @cached_property
    def layer_names(self) -> tuple[str, ...]:
        """The names of the layers behind the inputs."""
        return layer_names(len(self.units) - 1)

    @cached_property
    def room(self) -> tuple[float, float]:
        """The room for the names left and right, in distances of two layers."""
        last = len(self.maps) - 1
        names = (self.input_names, self.output_names)
        pixels = [24 + _CHARACTER * max(len(short(name)) for name in group) for group in names]
        share = last / (_USUAL_WIDTH - sum(pixels))
        left, right = (max(0.4, share * each) for each in pixels)
        return left, right

    @cached_property
    def distances(self) -> tuple[int, int]:
        """From layer to layer and from unit to unit, in points of a map.

        Even from unit to unit, since layers of another number of units lie half of it lower.
        """
        pixels = _USUAL_WIDTH / (len(self.maps) - 1 + sum(self.room))
        side = min(0.86 * self._pitch, 56)
        return ceil(SIDE / min(0.6, side / pixels)), 2 * ceil(SIDE * self._pitch / side / 2)

    @property
    def half_width(self) -> float:
        """Half the width of a unit in the picture, in distances of two layers."""
        return 0.5 * SIDE / self.distances[0]

    @property
    def half_height(self) -> float:
        """Half the height of a unit in the picture, in distances of two units."""
        return 0.5 * SIDE / self.distances[1]

    @property
    def _pitch(self) -> float:
        """Pixels from unit to unit."""
        return (self.height - _AROUND) / (max(self.shown) + 1.4)

    def along(self, layer: int, share: float) -> tuple[float, Floats]:
        """Return a place on the lines from a layer to the next: x, and y of each line.

        `share` is 0 where lines leave a layer's units, and 1 where they reach the next.

        Returns
        -------
        x, y : y of shape (units of this layer, units of the next)
        """
        starts, ends = self.places(layer)[:, np.newaxis], self.places(layer + 1)
        x = layer + self.half_width + share * (1 - 2 * self.half_width)
        return x, starts + share * (ends - starts)

    def source_names(self, layer: int) -> list[str]:
        """Return the names of what the weights into a layer come from."""
        if layer == 1:
            return list(self.input_names)
        return [f"unit {source + 1}" for source in range(self.units[layer - 1])]

    def pick(self, x: float, y: float) -> Pick | None:
        """Return the unit or line at a point of the picture, or None."""
        layer = round(x)
        if 0 <= layer < len(self.maps) and abs(x - layer) <= self.half_width:
            if layer == 0:
                return None  # an input has no weights
            unit = int(np.abs(self.places(layer) - y).argmin())
            return Pick(layer, unit) if abs(self.places(layer)[unit] - y) < 0.5 else None
        left = int(np.floor(x))
        if not 0 <= left < len(self.maps) - 1:
            return None
        share = (x - left - self.half_width) / (1 - 2 * self.half_width)
        distance = np.abs(self.along(left, share)[1] - y)
        source, unit = np.unravel_index(distance.argmin(), distance.shape)
        near = distance[source, unit] <= _REACH
        return Pick(left + 1, int(unit), int(source)) if near else None


def diagram_of(trainer: nnlib.Trainer) -> Diagram:
    """Return the picture's content for a run on a plane."""
    data, network = trainer.data, trainer.network
    dense = network.dense_layers
    most = max(2, min(MOST_UNITS, _MOST_DRAWN // (len(dense) + 1)))
    points = grid_points(*plane_axes(plane_of(data), SIDE)).astype(np.float32)
    values = unit_values(network, trainer.loss, map_of(data)(points), most)
    outputs = values.outputs if data.task == "regression" else 2 * values.outputs - 1
    layers = (values.inputs, *values.hidden, outputs)
    return Diagram(
        data.feature_names,
        output_names(data),
        [layer.reshape(-1, SIDE, SIDE) for layer in layers],
        [dense[0].fan_in, *(layer.fan_out for layer in dense)],
        {name: array.copy() for name, array in network.parameters().items()},
        {name: array.copy() for name, array in network.gradients().items()},
        list(unit_gradient_norms(network)),
        trainer.step,
        data.task != "regression",
    )


def output_names(data: nnlib.datasets.Dataset) -> tuple[str, ...]:
    """Return what each output of the network gives."""
    if data.task == "regression":
        return data.target_names
    names = data.class_names[1:] if data.task == "binary" else data.class_names
    return tuple(f"P({name})" for name in names)


def short(name: str) -> str:
    """Return a name for the picture's margin; the hover has the whole one."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def diagram_table(diagram: Diagram) -> pd.DataFrame:
    """Return one row a trainable number of the whole network, with its gradient.

    ``layer, parameter, unit, from, value, gradient``: units count from 1, and what comes from
    nothing (a bias, a scale) has an empty "from".
    """
    parts = []
    for name, array in diagram.parameters.items():
        layer, parameter = place_of(name)
        sources, units = array.shape
        leads = [""] if parameter != "weight" else diagram.source_names(layer)
        parts.append(
            pd.DataFrame(
                {
                    "layer": diagram.layer_names[layer - 1],
                    "parameter": parameter,
                    "unit": np.tile(np.arange(1, units + 1), sources),
                    "from": np.repeat(np.array(leads, object), units),
                    "value": array.ravel(),
                    "gradient": diagram.gradient_of[name].ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
