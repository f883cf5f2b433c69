"""Stacked runs: the same numbers as one run after another."""

from __future__ import annotations

import numpy as np
import pytest
from small_runs import DATA, FULL, TASKS, make_experiment, run

from nnlib.config import stacked_settings
from nnlib.stacking import stacking_key
from nnlib.training import Trainer

BASE = make_experiment({"dropout": 0.2, "batch_norm": True}, epochs=6)
STACKS = {
    "learning_rate": [BASE.with_training(learning_rate=r) for r in (0.001, 0.02, 0.1)],
    "seed": [BASE.with_training(seed=seed) for seed in (3, 0, 3)],
    "l1": [BASE.with_training(l1=value) for value in (0.0, 0.01, 0.1)],
    "l2": [BASE.with_training(l2=value) for value in (0.0, 0.01, 0.1)],
    "dropout": [BASE.with_network(dropout=rate) for rate in (0.0, 0.1, 0.6)],
    "clip_norm": [BASE.with_training(clip_norm=value) for value in (0.0, 0.05, 0.5)],
    "clip_value": [BASE.with_training(clip_value=value) for value in (0.0, 0.01, 0.1)],
    "max_norm": [BASE.with_training(max_norm=value) for value in (0.0, 0.5, 1.1)],
    "initializer": [BASE.with_network(initializer=i) for i in ("he_normal", "orthogonal")],
    "initializer_scale": [BASE.with_network(initializer_scale=s) for s in (0.1, 1.0, 3.0)],
    "many": [
        BASE.with_training(seed=1, l2=0.1),
        BASE.with_training(seed=2, learning_rate=0.05, clip_norm=0.1),
        BASE.with_network(dropout=0.5, initializer_scale=2.0),
    ],
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", ["adamw", "nesterov"])
@pytest.mark.parametrize("name", STACKS)
def test_a_stack_equals_its_runs(name, optimizer, dtype):
    stack = [e.with_training(optimizer=optimizer, schedule="cosine") for e in STACKS[name]]
    # Rounding grows with the steps; in float32 a few of them are enough to compare.
    steps, tolerance = (3, 1e-6) if dtype == np.float32 else (18, 1e-12)
    stacked = run(stack, steps=steps, dtype=dtype)
    for replica, experiment in enumerate(stack):
        single = run(experiment, steps=steps, dtype=dtype)
        np.testing.assert_allclose(
            stacked.network.flat_parameters[replica],
            single.network.flat_parameters,
            tolerance,
            tolerance,
        )
        for series in single.history.names:
            np.testing.assert_array_equal(
                stacked.history.steps(series), single.history.steps(series)
            )
            np.testing.assert_allclose(
                stacked.history[series][:, replica],
                single.history[series],
                10 * tolerance,
                10 * tolerance,
                err_msg=series,
            )


@pytest.mark.parametrize("task", TASKS)
def test_stacks_of_every_task(task):
    stack = [FULL.with_training(seed=seed) for seed in (0, 1)]
    stacked = run(stack, task, dtype=np.float64)
    for replica, experiment in enumerate(stack):
        single = run(experiment, task, dtype=np.float64)
        for name, value in single.evaluate("val").items():
            np.testing.assert_allclose(stacked.evaluate("val")[name][replica], value, rtol=1e-9)


def test_a_stack_of_one_has_a_replica_axis():
    stacked, single = run([FULL]), run(FULL)
    assert stacked.history["val_loss"].shape == (*single.history["val_loss"].shape, 1)
    np.testing.assert_allclose(
        stacked.network.flat_parameters[0], single.network.flat_parameters, 1e-5, 1e-6
    )


@pytest.mark.parametrize(
    "other",
    [
        BASE.with_network(hidden=(6, 6)),
        BASE.with_network(activation="relu"),
        BASE.with_network(batch_norm=False),
        BASE.with_training(batch_size=8),
        BASE.with_training(optimizer="sgd"),
        BASE.with_training(momentum=0.5),
        BASE.with_training(weight_decay=0.5),
        BASE.with_training(epochs=3),
        BASE.with_training(schedule="step"),
        BASE.with_training(patience=3),
    ],
)
def test_experiments_that_cannot_be_stacked_are_refused(other):
    with pytest.raises(ValueError, match="Stacked experiments must agree"):
        Trainer([BASE, other], DATA["binary"])
    assert stacking_key(BASE) != stacking_key(other)


def test_no_experiment_is_refused():
    with pytest.raises(ValueError, match="no experiment"):
        Trainer([], DATA["binary"])


def test_every_stackable_setting_is_tested():
    assert set(stacked_settings()) <= set(STACKS)
    assert all(
        len({stacking_key(e) for e in stack}) == 1 and len(set(stack)) > 1
        for stack in STACKS.values()
    )
