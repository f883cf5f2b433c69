"""A feed-forward network: a list of layers over one flat buffer of parameters.

All parameters of all replicas lie in one array (…, P), and so do the gradients, so an optimizer
is a few operations on flat arrays; the layers hold named views into them.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.kept import KeptAttributes
from nnlib.layers import ActivationLayer, BatchNorm, Binding, Dense, Layer, Shapes

Generators = np.random.Generator | Sequence[np.random.Generator]


class Network(KeptAttributes):
    """Layers in order, bound to flat buffers.

    Parameters
    ----------
    layers : from input to output
    lead : leading replica axes, () for a single network
    dtype : float32 or float64

    Attributes
    ----------
    dense_layers : the affine layers, from input to output; the last one gives the logits
    layer_names : what people call them, see `layer_names`; activation i belongs to "hidden i"
    activation_layers : the activations of the hidden layers, from input to output
    flat_parameters, flat_gradients : shape (…, P)
    flat_state : shape (…, S), BatchNorm's running statistics
    slices : where each named parameter lies in the flat buffers
    """

    kept_names = ("flat_parameters", "flat_state")

    def __init__(
        self, layers: Sequence[Layer], lead: tuple[int, ...] = (), dtype: npt.DTypeLike = np.float32
    ) -> None:
        self.layers = list(layers)
        self.dense_layers = [layer for layer in self.layers if isinstance(layer, Dense)]
        self.activation_layers = [x for x in self.layers if isinstance(x, ActivationLayer)]
        self.layer_names = layer_names(len(self.dense_layers))
        self.lead = lead
        self.dtype: np.dtype[np.floating[Any]] = np.empty(0, dtype).dtype
        _number_names(self.layers)
        shapes: Shapes = {}
        state_shapes: Shapes = {}
        for layer in self.layers:
            shapes |= _qualified(layer, layer.parameter_shapes())
            state_shapes |= _qualified(layer, layer.state_shapes())
        self.flat_parameters, self._parameters = _allocate(shapes, lead, self.dtype)
        self.flat_gradients, self._gradients = _allocate(shapes, lead, self.dtype)
        self.flat_state, self._state = _allocate(state_shapes, lead, self.dtype)
        # What the last training batch gives for each number of the state.
        self._flat_batch_state, self._batch_state = _allocate(state_shapes, lead, self.dtype)
        self.slices = _slices(shapes)
        parameters, gradients, state, batch_state = map(
            _by_layer, (self._parameters, self._gradients, self._state, self._batch_state)
        )
        for layer in self.layers:
            name = layer.name
            own = parameters[name], gradients[name], state[name], batch_state[name]
            layer.bind(Binding(*own, lead, self.dtype))
        self._state_momentum, state_momenta = _allocate(state_shapes, (), self.dtype)
        momenta = _by_layer(state_momenta)
        for layer in self.layers:
            if isinstance(layer, BatchNorm):
                for momentum in momenta[layer.name].values():
                    momentum[...] = layer.momentum
        for dense in self.dense_layers:
            dense.weight_slice = self.slices[f"{dense.name}.weight"]

    @property
    def n_parameters(self) -> int:
        """Trainable numbers of one replica."""
        return int(self.flat_parameters.shape[-1])

    def parameters(self) -> dict[str, Array]:
        """Return the trainable arrays by name, as views: writing to one changes the network."""
        return dict(self._parameters)

    def gradients(self) -> dict[str, Array]:
        """Return the gradients of the last backward pass by name, as views."""
        return dict(self._gradients)

    def state(self) -> dict[str, Array]:
        """Return the running statistics by name, as views."""
        return dict(self._state)

    def weight_mask(self) -> Array:
        """Return 1 where the flat buffer holds a Dense weight, else 0, shape (P,)."""
        mask = np.zeros(self.n_parameters, self.dtype)
        for dense in self.dense_layers:
            mask[dense.weight_slice] = 1
        return mask

    def forward(self, x: Array, training: bool = False) -> Array:
        """Return the logits.

        Parameters
        ----------
        x : array, shape (B, D_in) shared by all replicas, or (…, B, D_in)
        training : batch statistics and dropout masks instead of running statistics

        Returns
        -------
        logits : array, shape (…, B, D_out); it holds until the next forward pass
        """
        for layer in self.layers:
            x = layer.forward(x, training)
        if training and self.flat_state.size:
            self._flat_batch_state -= self.flat_state
            self._flat_batch_state *= self._state_momentum
            self.flat_state += self._flat_batch_state
        return x

    def backward(self, gradient: Array, input_gradient: bool = True) -> Array:
        """Back-propagate dL/d logits (overwritten) and fill the gradients.

        Returns dL/dx, shape (…, B, D_in); with ``input_gradient=False`` that last product is
        left out and the return value is of no use.
        """
        self.dense_layers[0].input_gradient_needed = input_gradient
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        return gradient

    def renew_statistics(self, x: Array) -> None:
        """Give BatchNorm the statistics of these examples with the present weights.

        They are those to which running ones come with x as the batch; dropout is off.

        Parameters
        ----------
        x : array, shape (B, D_in) with B > 1
        """
        if not self.flat_state.size:
            return
        for layer in self.layers:
            x = layer.forward(x, isinstance(layer, BatchNorm))
        self.flat_state[...] = self._flat_batch_state

    def predict_logits(self, x: Array, rows: int = 1024) -> Array:
        """Return the logits in evaluation mode, computed `rows` examples at a time."""
        parts = [self.forward(x[i : i + rows]).copy() for i in range(0, len(x), rows)]
        empty = np.empty((*self.lead, 0, self.dense_layers[-1].fan_out), self.dtype)
        return np.concatenate(parts, axis=-2) if parts else empty


def layer_names(count: int) -> tuple[str, ...]:
    """Return what people call `count` affine layers in order: "hidden 1", "hidden 2", …, "output".

    The one naming of layers in histories, charts, tables and messages. Arrays keep the names of
    `Network.parameters`, in which every layer is counted by its kind.
    """
    return (*(f"hidden {i}" for i in range(1, count)), "output")[:count]


def place_of(parameter: str) -> tuple[int, str]:
    """Return a parameter's layer, counted from 1, and its kind: (2, "weight") of dense_2.weight.

    What belongs to one layer has its number: batch_norm_2.scale is the scale of hidden 2.
    """
    owner, _, kind = parameter.partition(".")
    return int(owner.rpartition("_")[2]), kind


def _number_names(layers: Sequence[Layer]) -> None:
    counts: dict[str, int] = {}
    for layer in layers:
        counts[layer.kind] = counts.get(layer.kind, 0) + 1
        layer.name = f"{layer.kind}_{counts[layer.kind]}"


def _qualified(layer: Layer, shapes: Shapes) -> Shapes:
    return {f"{layer.name}.{key}": shape for key, shape in shapes.items()}


def _slices(shapes: Shapes) -> dict[str, slice]:
    slices, start = {}, 0
    for name, shape in shapes.items():
        slices[name] = slice(start, start + prod(shape))
        start += prod(shape)
    return slices


def _allocate(
    shapes: Shapes, lead: tuple[int, ...], dtype: np.dtype[np.floating[Any]]
) -> tuple[Array, dict[str, Array]]:
    flat: Array = np.zeros((*lead, sum(prod(shape) for shape in shapes.values())), dtype)
    slices = _slices(shapes)
    return flat, {
        name: flat[..., slices[name]].reshape(*lead, *shape) for name, shape in shapes.items()
    }


def _by_layer(views: dict[str, Array]) -> dict[str, dict[str, Array]]:
    """Return the views by the layer's name and then by their own."""
    layers: dict[str, dict[str, Array]] = defaultdict(dict)
    for name, view in views.items():
        owner, _, own = name.partition(".")
        layers[owner][own] = view
    return layers
