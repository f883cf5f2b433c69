"""Sweeps: every experiment gets its own result, whatever was trained together."""

from __future__ import annotations

import numpy as np
import pytest

import nnlib.sweeps
from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import from_arrays
from nnlib.sweeps import sweep
from nnlib.training import Trainer

RNG = np.random.default_rng(1)
X = RNG.normal(size=(40, 3))
DATA = from_arrays(X, (X[:, 0] > X[:, 1]).astype(int))
BASE = Experiment(
    NetworkConfig(hidden=(5,), activation="tanh"), TrainingConfig(epochs=4, batch_size=16)
)
MIXED = [
    BASE.with_training(learning_rate=0.1),
    BASE.with_network(hidden=(3, 3)),
    BASE.with_training(learning_rate=0.001, seed=4),
    BASE.with_training(batch_size=8),
    BASE.with_network(hidden=(3, 3)).with_training(l2=0.1),
    BASE.with_network(dropout=0.5),
]


def assert_equals_a_run_of_its_own(result, experiment) -> None:
    single = Trainer(experiment, DATA)
    single.advance(epochs=100)
    assert result.experiment == experiment
    history = result.history
    for name in single.history.names:
        np.testing.assert_array_equal(history.steps(name), single.history.steps(name))
        np.testing.assert_allclose(history[name], single.history[name], 1e-3, 1e-4, err_msg=name)
    np.testing.assert_array_equal(result.predict(X), single.predict(X))


def test_results_come_in_the_order_given_and_equal_runs_of_their_own():
    results = sweep(MIXED, DATA)
    assert len(results) == len(MIXED)
    for result, experiment in zip(results, MIXED, strict=True):
        assert_equals_a_run_of_its_own(result, experiment)


def test_what_can_be_stacked_is_trained_together():
    results = sweep(MIXED, DATA)
    assert len({id(result.trainer) for result in results}) == 3
    assert results[0].trainer is results[2].trainer is results[5].trainer
    assert results[1].trainer is results[4].trainer
    assert [result.replica for result in results] == [0, 0, 1, 0, 1, 2]


def test_large_stacks_are_divided(monkeypatch):
    monkeypatch.setattr(nnlib.sweeps, "MAX_STACK", 2)
    experiments = [BASE.with_training(seed=seed) for seed in range(5)]
    results = sweep(experiments, DATA)
    assert len({id(result.trainer) for result in results}) == 3
    for result, experiment in zip(results, experiments, strict=True):
        assert_equals_a_run_of_its_own(result, experiment)


@pytest.mark.parametrize("patience", [0, 1])
def test_progress_rises_to_one(patience):
    shares: list[float] = []
    experiments = [e.with_training(patience=patience, epochs=12, learning_rate=0.3) for e in MIXED]
    results = sweep(experiments, DATA, progress=shares.append)
    if patience:
        assert results[3].trainer.status == "stopped early"  # the stack that is trained last
    assert shares == sorted(shares)
    assert shares[0] > 0
    assert shares[-1] == pytest.approx(1)


def test_equal_experiments_have_equal_results():
    first, second = sweep([BASE, BASE], DATA)
    np.testing.assert_array_equal(first.history["val_loss"], second.history["val_loss"])


def test_an_empty_sweep_has_no_results():
    assert sweep([], DATA) == []


def test_divergence_belongs_to_its_experiment():
    rng = np.random.default_rng(0)
    data = from_arrays(rng.normal(size=(40, 3)), rng.normal(size=40))
    relu = BASE.with_network(activation="relu").with_training(optimizer="sgd", epochs=60)
    calm, wild = sweep(
        [relu.with_training(learning_rate=0.01), relu.with_training(learning_rate=100.0)], data
    )
    assert calm.history.divergence is None
    assert wild.history.divergence is not None
    assert np.isfinite(calm.history["val_loss"]).all()
