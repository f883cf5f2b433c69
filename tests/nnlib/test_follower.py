"""A run that goes on is diagnosed in a small share of its time, and whenever it matters."""

import numpy as np
import pytest

from nnlib import Experiment, NetworkConfig, Trainer, TrainingConfig
from nnlib.datasets import from_arrays
from nnlib.diagnosis import follower
from nnlib.diagnosis.follower import Follower


@pytest.fixture
def trainer():
    x = np.random.default_rng(0).normal(size=(100, 2))
    config = TrainingConfig(batch_size=10, epochs=40)
    data = from_arrays(x, (x[:, 0] > 0).astype(int))
    return Trainer(Experiment(NetworkConfig(hidden=(4,)), config), data)


@pytest.fixture
def looks(monkeypatch):
    """Return the steps at which a run was diagnosed."""
    steps, own = [], follower.diagnose
    monkeypatch.setattr(
        follower, "diagnose", lambda run, **how: steps.append(run.step) or own(run, **how)
    )
    return steps


def test_looks_come_at_growing_distances_and_at_the_end(trainer, looks):
    follows = Follower()
    while not trainer.done:
        trainer.advance(steps=10)
        trainer.seconds = 1e9  # so slow a run that time is no matter
        follows.look(trainer)
    assert looks[:3] == [10, 30, 50] and looks[-1] == trainer.total_steps
    assert all(b >= 1.3 * a for a, b in zip(looks[1:], looks[2:-1], strict=False))
    assert follows.look(trainer).ended and looks.count(trainer.total_steps) == 1


def test_no_look_before_the_time_for_it_has_been_earned(trainer, looks):
    follows = Follower()
    trainer.advance(steps=20)
    follows.look(trainer)
    for seconds, count in ((follows.spent, 1), (200 * follows.spent, 2)):
        trainer.advance(steps=60)
        trainer.seconds = seconds
        follows.look(trainer)
        assert len(looks) == count


def test_other_seeds_and_another_run_are_news(trainer, looks):
    follows = Follower()
    follows.look(trainer)
    follows.look(trainer, None, {1: 0.1, 2: 0.2})
    other = Trainer(trainer.experiment, trainer.data)
    follows.look(other, None, {1: 0.1, 2: 0.2})
    assert looks == [0, 0, 0]
