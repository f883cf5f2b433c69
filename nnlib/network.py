"""A feed-forward network: a list of layers over one flat buffer of parameters.

All parameters of all replicas lie in one array (…, P), and so do the gradients, so an optimizer
is a few operations on flat arrays; the layers hold named views into them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.activations import ACTIVATIONS
from nnlib.config import NetworkConfig
from nnlib.initializers import INITIALIZERS
from nnlib.layers import (
    ActivationLayer,
    BatchNorm,
    Binding,
    Dense,
    Dropout,
    Layer,
    Noise,
    Shapes,
    SkipEnd,
    SkipStart,
)
from nnlib.randomness import Streams

Generators = np.random.Generator | Sequence[np.random.Generator]


class Network:
    """Layers in order, bound to flat buffers.

    Parameters
    ----------
    layers : from input to output
    lead : leading replica axes, () for a single network
    dtype : float32 or float64

    Attributes
    ----------
    dense_layers : the affine layers, from input to output; the last one gives the logits
    activation_layers : the activations of the hidden layers, from input to output
    flat_parameters, flat_gradients : shape (…, P)
    flat_state : shape (…, S), BatchNorm's running statistics
    slices : where each named parameter lies in the flat buffers
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        lead: tuple[int, ...] = (),
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        self.layers = list(layers)
        self.dense_layers = [layer for layer in self.layers if isinstance(layer, Dense)]
        self.activation_layers = [x for x in self.layers if isinstance(x, ActivationLayer)]
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
        for layer in self.layers:
            layer.bind(
                Binding(
                    _views_of(layer, self._parameters),
                    _views_of(layer, self._gradients),
                    _views_of(layer, self._state),
                    _views_of(layer, self._batch_state),
                    lead,
                    self.dtype,
                )
            )
        self._state_momentum, momenta = _allocate(state_shapes, (), self.dtype)
        for layer in self.layers:
            if isinstance(layer, BatchNorm):
                for momentum in _views_of(layer, momenta).values():
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

    def predict_logits(self, x: Array, rows: int = 1024) -> Array:
        """Return the logits in evaluation mode, computed `rows` examples at a time."""
        parts = [self.forward(x[i : i + rows]).copy() for i in range(0, len(x), rows)]
        empty = np.empty((*self.lead, 0, self.dense_layers[-1].fan_out), self.dtype)
        return np.concatenate(parts, axis=-2) if parts else empty


def build_network(
    config: NetworkConfig | Sequence[NetworkConfig],
    n_inputs: int,
    n_outputs: int,
    rng: Generators,
    *,
    dropout_streams: Streams | None = None,
    dtype: npt.DTypeLike = np.float64,
    lead: tuple[int, ...] = (),
) -> Network:
    """Build and initialize a network; a hidden layer is Dense, BatchNorm?, activation, Dropout?.

    With `batch_norm_after`, BatchNorm comes behind the activation; with `batch_norm_noise`, a
    Noise layer follows it.

    With `skip`, each hidden layer but the first whose input is as wide as itself gives
    input + layer(input).

    Parameters
    ----------
    config : one for all replicas, or one for each (then `lead` is (R,)); a stack may differ in
        initializer, its scale and the dropout rate only
    rng : generator of the initial weights, or one a replica
    dropout_streams : streams of the dropout masks; drawn from `rng` where none are given

    Raises
    ------
    ValueError
        if the configs of a stack differ in their architecture
    """
    configs = [config] * prod(lead) if isinstance(config, NetworkConfig) else list(config)
    if not isinstance(config, NetworkConfig):
        lead = (len(configs),)
    first = configs[0]
    if any(c.architecture != first.architecture for c in configs):
        raise ValueError("Stacked networks must share one architecture.")
    rngs = [rng] * len(configs) if isinstance(rng, np.random.Generator) else list(rng)
    if dropout_streams is None:
        dropout_streams = Streams([rngs[0].spawn(1)[0]])
    layers = _hidden_layers(first, n_inputs, _dropout_rates(configs, lead), dropout_streams)
    fan_in = first.hidden[-1] if first.hidden else n_inputs
    network = Network([*layers, Dense(fan_in, n_outputs)], lead, dtype)
    _initialize(network, configs, rngs)
    return network


def _dropout_rates(configs: Sequence[NetworkConfig], lead: tuple[int, ...]) -> float | Array:
    rates = [c.dropout for c in configs]
    if len(set(rates)) == 1:
        return rates[0]
    return np.array(rates).reshape(*lead, 1, 1)


def _hidden_layers(
    config: NetworkConfig, n_inputs: int, rate: float | Array, streams: Streams
) -> list[Layer]:
    layers: list[Layer] = []
    fan_in = n_inputs
    children = streams.spawn(len(config.hidden))
    ahead = config.batch_norm and not config.batch_norm_after
    for width, stream in zip(config.hidden, children, strict=True):
        # BatchNorm subtracts any bias again, so a Dense right ahead of it has none.
        block: list[Layer] = [Dense(fan_in, width, bias=not ahead)]
        activation = ActivationLayer(ACTIVATIONS[config.activation])
        normalization = _normalization(config, width, stream)
        block += [*normalization, activation] if ahead else [activation, *normalization]
        if np.any(rate):
            block.append(Dropout(rate, stream))
        if config.skip and layers and fan_in == width:
            start = SkipStart()
            block = [start, *block, SkipEnd(start)]
        layers += block
        fan_in = width
    return layers


def _normalization(config: NetworkConfig, width: int, streams: Streams) -> list[Layer]:
    if not config.batch_norm:
        return []
    if not config.batch_norm_noise:
        return [BatchNorm(width)]
    return [BatchNorm(width), Noise(config.batch_norm_noise, streams.spawn(1)[0])]


def _initialize(
    network: Network, configs: Sequence[NetworkConfig], rngs: Sequence[np.random.Generator]
) -> None:
    replicas = list(np.ndindex(network.lead))
    for layer in network.layers:
        if isinstance(layer, BatchNorm):
            layer.scale[...] = 1
            layer.running_var[...] = 1
        if isinstance(layer, Dense):
            for replica, config, rng in zip(replicas, configs, rngs, strict=True):
                initialize = INITIALIZERS[config.initializer]
                layer.weight[replica] = initialize(
                    rng, layer.fan_in, layer.fan_out, config.initializer_scale
                )


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


def _views_of(layer: Layer, views: dict[str, Array]) -> dict[str, Array]:
    prefix = f"{layer.name}."
    return {name.removeprefix(prefix): v for name, v in views.items() if name.startswith(prefix)}
