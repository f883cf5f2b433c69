"""What a run is made of: network, minibatches, optimizer and rules, from its experiments."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib.building import build_network
from nnlib.class_weights import WeightedLoss, balanced_weights
from nnlib.config import Experiment, TrainingConfig, live_settings
from nnlib.datasets.dataset import Dataset
from nnlib.divergence import DivergenceWatch
from nnlib.early_stopping import EarlyStopping
from nnlib.history import Event
from nnlib.kept import Keeps
from nnlib.layers import Dropout, Noise
from nnlib.losses import Loss
from nnlib.minibatches import Batches, Minibatches
from nnlib.network import Network
from nnlib.optimizers import OPTIMIZERS, Optimizer, Rate, make_optimizer
from nnlib.randomness import DROPOUT, INITIALIZATION, SHUFFLING, Streams, generator
from nnlib.regularizers import RULES

Experiments = Sequence[Experiment]
ActiveRules = dict[str, list[tuple[Callable[..., None], list[Rate]]]]


def network_of(
    experiments: Experiments, lead: tuple[int, ...], data: Dataset, dtype: npt.DTypeLike
) -> Network:
    """Return the initialized network, or the stack of them where `lead` is (R,)."""
    seeds = [e.training.seed for e in experiments]
    networks = [e.network for e in experiments]
    return build_network(
        networks if lead else networks[0],
        data.n_features,
        data.n_outputs,
        [generator(seed, INITIALIZATION) for seed in seeds],
        dropout_streams=Streams.from_seeds(seeds, DROPOUT),
        dtype=dtype,
    )


def minibatches_of(experiments: Experiments, data: Dataset, dtype: npt.DTypeLike) -> Minibatches:
    """Return the shuffled epochs of the training split."""
    return Minibatches(
        np.asarray(data.features("train"), dtype),
        np.asarray(data.targets("train", dtype), dtype),
        experiments[0].training.batch_size,
        Streams.from_seeds([e.training.seed for e in experiments], SHUFFLING),
    )


def minimized_loss(loss: Loss, config: TrainingConfig, data: Dataset) -> Loss:
    """Return the loss that is minimized: weighted if asked, where there are classes."""
    if config.class_weight == "none" or data.task == "regression":
        return loss
    return WeightedLoss(loss, balanced_weights(data.targets("train")))


def optimizer_of(config: TrainingConfig, network: Network) -> Optimizer:
    """Return the configured optimizer for the network's flat buffers."""
    return make_optimizer(
        config.optimizer,
        network.flat_parameters.shape,
        network.dtype,
        decay_mask=network.weight_mask(),
        **{name: getattr(config, name) for name in OPTIMIZERS[config.optimizer].reads},
    )


def strength(experiments: Experiments, name: str, dtype: npt.DTypeLike) -> Rate:
    """Return a training setting as a number, or a column (R, 1) where the replicas differ."""
    values = [getattr(e.training, name) for e in experiments]
    if len(set(values)) == 1:
        return float(values[0])
    return np.array(values, dtype)[:, np.newaxis]


def active_rules(experiments: Experiments, dtype: npt.DTypeLike) -> ActiveRules:
    """Return, by stage, the rules that are switched on, each with its strengths."""
    active: ActiveRules = {}
    for rule in RULES:
        if any(getattr(e.training, name) for e in experiments for name in rule.reads):
            strengths = [strength(experiments, name, dtype) for name in rule.reads]
            active.setdefault(rule.stage, []).append((rule.apply, strengths))
    return active


def changed(
    experiments: Experiments, step: int, settings: dict[str, float]
) -> tuple[list[Experiment], list[Event]]:
    """Return the experiments with other settings, and the changes that these make at a step.

    Raises ValueError if a setting needs a new run, or its value is out of bounds.
    """
    for name in settings:
        if name not in live_settings():
            raise ValueError(f"{name} cannot be changed during a run; start a new one.")
    after = [e.with_training(**settings) for e in experiments]
    events = []
    for name in settings:
        new = getattr(after[0].training, name)
        before = [getattr(e.training, name) for e in experiments]
        old = next((value for value in before if value != new), None)
        if old is not None:
            events.append(Event(step, name, old, new))
    return after, events


def parts_kept(
    minibatches: Batches,
    network: Network,
    optimizer: Optimizer,
    watch: DivergenceWatch,
    stopping: EarlyStopping | None,
) -> dict[str, Keeps]:
    """Return what of a run makes up its state, by the name it has in a snapshot."""
    parts: dict[str, Any] = {"minibatches": minibatches, "network": network}
    for layer in network.layers:
        if isinstance(layer, Dropout | Noise):
            parts[layer.name] = layer.streams
    parts |= {"optimizer": optimizer, "watch": watch}
    return parts if stopping is None else parts | {"early_stopping": stopping}
