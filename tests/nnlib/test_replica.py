"""A replica of a stack is diagnosed as the run that it would have been alone."""

import numpy as np
import pytest

from nnlib import DataReference, Experiment, NetworkConfig, TrainingConfig, sweep, train
from nnlib.comparison import compare
from nnlib.datasets import from_arrays
from nnlib.diagnosis import diagnose
from nnlib.replica import Replica


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    return from_arrays(x, x[:, 0] * x[:, 1])


def experiment(**training):
    network = NetworkConfig(hidden=(8, 8), activation="relu", initializer="he_normal")
    config = TrainingConfig(optimizer="sgd", epochs=15, batch_size=20, **training)
    return Experiment(network, config, DataReference("toy"))


def test_a_replica_has_the_diagnosis_of_its_run_alone(data):
    runs = [experiment(learning_rate=rate) for rate in (1e-5, 0.3, 3.0, 100.0)]
    named = []
    for result in sweep(runs, data):
        run, alone = Replica(result), train(result.experiment, data)
        assert (run.step, run.done) == (alone.step, True)
        assert (run.status == "diverged") == (alone.status == "diverged")
        faults = [f.fault for f in diagnose(run, thorough=False).findings]
        assert faults == [f.fault for f in diagnose(alone, thorough=False).findings]
        named += faults
    assert {"lr_too_low", "lr_too_high"} <= set(named)


def test_records_of_a_replica_end_where_it_diverged(data):
    calm, wild = sweep([experiment(learning_rate=rate) for rate in (0.01, 100.0)], data)
    end = wild.history.divergence.step
    assert all(wild.history.steps(name).max() <= end for name in wild.history.names)
    assert calm.history.steps("train_loss")[-1] == calm.trainer.step > end


def test_an_arm_knows_its_worst_seed(data):
    (arm,) = compare({"one": experiment(learning_rate=0.1)}, 3, data)
    assert arm.worst.config.seed == max(arm.levels, key=arm.levels.__getitem__)
    assert set(arm.levels) == {0, 1, 2}


def test_a_seed_is_unlucky_only_where_others_train(data):
    run = train(experiment(learning_rate=1e-5), data)
    unlucky = diagnose(run, others={1: 0.1, 2: 0.2, 3: 0.15, 4: 1.0}).findings[0]
    assert unlucky.fault == "unlucky_seed"
    assert unlucky.remedies[0].changes == {"training": {"seed": 1}}
    assert unlucky.evidence[0].value == 0.75
    for others in ({}, {1: 0.1}, {1: 0.1, 2: 0.2, 3: 0.9, 4: 1.0}, {1: 0.9, 2: 1.0}):
        assert diagnose(run, others=others).findings[0].fault != "unlucky_seed"
    healthy = diagnose(train(experiment(learning_rate=0.1), data), others={1: 0.1, 2: 0.1})
    assert "unlucky_seed" not in [finding.fault for finding in healthy.findings]
