"""From a config to an initialized network."""

from collections.abc import Sequence
from math import prod

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.activations import ACTIVATIONS
from nnlib.config import NetworkConfig
from nnlib.initializers import INITIALIZERS
from nnlib.layers import (
    ActivationLayer,
    BatchNorm,
    Dense,
    Dropout,
    Layer,
    Noise,
    Scale,
    SkipEnd,
    SkipStart,
)
from nnlib.network import Network
from nnlib.randomness import Streams

Generators = np.random.Generator | Sequence[np.random.Generator]


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
    input + layer(input). With `skip_scaled` as well, what each hidden layer gives is first divided
    by √(hidden layers) (Hayou et al. 2021, "Stable ResNet").

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
        if config.skip and config.skip_scaled:
            block.append(Scale(len(config.hidden) ** -0.5))
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
