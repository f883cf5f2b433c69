"""What a training step costs, in counts that no machine changes: calls and bytes, never seconds."""

import sys
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from nnlib import Experiment, NetworkConfig, Trainer, TrainingConfig
from nnlib.datasets import from_arrays
from nnlib.instruments import Every, Instrument

RATES = (0.01, 0.02)


def make_trainer(
    *,
    replicas: int = 2,
    batch: int = 16,
    hidden: tuple[int, ...] = (5, 4),
    examples: int = 400,
    seeds: tuple[int, ...] = (0,),
    **network: object,
) -> Trainer:
    rng = np.random.default_rng(0)
    data = from_arrays(rng.normal(size=(examples, 3)), rng.integers(3, size=examples))
    experiments = [
        Experiment(
            NetworkConfig(hidden=hidden, **network),
            TrainingConfig(
                learning_rate=RATES[i % 2],
                batch_size=batch,
                epochs=1000,
                optimizer="adam",
                seed=seeds[i % len(seeds)],
            ),
        )
        for i in range(replicas)
    ]
    never = Every(10**9)
    quiet = [Instrument("batch_loss", "run", lambda moment: moment.loss, cadence=never)]
    runs = experiments if replicas > 1 else experiments[0]
    trainer = Trainer(runs, data, instruments=quiet, evaluations=False)
    trainer.advance(steps=5)  # makes the workspaces; nothing is measured at the sixth
    return trainer


def calls_of(action: Callable[[], object]) -> int:
    """Count the calls of Python and C functions that `action` makes."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def peak_bytes_of(action: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        action()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def one_step(trainer: Trainer) -> Callable[[], object]:
    return lambda: trainer.advance(steps=1)


@pytest.mark.parametrize("network", [{}, {"batch_norm": True}, {"dropout": 0.5}])
@pytest.mark.parametrize(
    "larger", [{"replicas": 64}, {"batch": 48}, {"hidden": (50, 40)}, {"examples": 4000}]
)
def test_a_step_makes_as_many_calls_whatever_the_size(larger, network):
    small = calls_of(one_step(make_trainer(**network)))
    assert calls_of(one_step(make_trainer(**larger, **network))) == small


def test_a_step_costs_calls_for_each_seed_but_not_for_each_replica():
    seeds = (0, 1, 2)
    few = calls_of(one_step(make_trainer(replicas=3, seeds=seeds)))
    assert calls_of(one_step(make_trainer(replicas=60, seeds=seeds))) == few


def test_a_layer_adds_the_same_number_of_calls_each():
    counts = [calls_of(one_step(make_trainer(hidden=(4,) * depth))) for depth in (1, 2, 3)]
    assert counts[2] - counts[1] == counts[1] - counts[0] > 0


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"])
def test_a_step_allocates_nothing_as_large_as_the_weights(optimizer):
    data = from_arrays(np.random.default_rng(0).normal(size=(64, 300)), np.arange(64) % 2)
    training = TrainingConfig(optimizer=optimizer, batch_size=4, epochs=1000)
    trainer = Trainer(Experiment(NetworkConfig(hidden=(200, 200)), training), data)
    trainer.advance(steps=5)
    assert peak_bytes_of(one_step(trainer)) < trainer.network.flat_parameters.nbytes / 20


def test_a_step_allocates_nothing_as_large_as_the_activations():
    trainer = make_trainer(replicas=1, batch=1024, hidden=(64, 64), examples=4096)
    activations = 1024 * 64 * 4
    # a quarter of it for the mask of relu, one byte a number; the rest is what the loss needs
    assert peak_bytes_of(one_step(trainer)) < 0.5 * activations


def test_a_run_holds_no_more_memory_the_longer_it_goes():
    trainer = make_trainer(replicas=1)
    trainer.advance(steps=500)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        trainer.advance(steps=2000)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000
