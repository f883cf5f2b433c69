"""What decay by two rules leaves of single weights and of networks."""

import numpy as np
import pytest

import nnlib
from nnlib.labs import weight_decay
from nnlib.optimizers import SGD


def rng():
    return np.random.default_rng(0)


def test_decoupled_decay_leaves_the_same_whatever_the_noise_and_adam_with_l2_does_not():
    result = weight_decay.shrinkage([0.01, 0.1, 1.0, 3.0], 0.5, 0.01, 200, rng(), weights=2000)
    assert result.expected == pytest.approx(0.995**200)
    assert result.remaining["AdamW"] == pytest.approx(result.expected, abs=0.02)
    assert result.remaining["SGD + L2"] == pytest.approx(result.expected, abs=0.04)
    adam = result.remaining["Adam + L2"]
    assert (np.diff(adam) > 0).all() and adam[0] < 0.1 and adam[-1] > 0.6
    assert adam[2] == pytest.approx(result.expected, abs=0.05)  # √v̂ is about 1


@pytest.mark.parametrize(("rate", "decay", "steps"), [(0.01, 0.5, 200), (0.001, 0.5, 500)])
def test_adams_steps_are_the_rate_or_the_decay_by_the_noise(rate, decay, steps):
    """What the page says of noise that is small, and large, against the penalty's gradient."""
    small, large = 1e-3, 3.0
    left = weight_decay.shrinkage([small, large], decay, rate, steps, rng()).remaining["Adam + L2"]
    assert left[0] == pytest.approx(max(1 - rate * steps, 0), abs=0.07)  # steps of the rate
    assert left[1] == pytest.approx(np.exp(-rate * decay * steps / large), abs=0.01)
    other = weight_decay.shrinkage([small], 4 * decay, rate, steps, rng()).remaining["Adam + L2"]
    assert other[0] == pytest.approx(left[0], abs=0.05)  # whatever the decay


def test_l2_of_half_the_decay_is_weight_decay_under_sgd():
    w, gradient, decay, rate = np.array([[2.0]]), np.array([[0.3]]), 0.1, 0.05
    change = SGD((1, 1)).update(w, gradient + 2 * (decay / 2) * w, rate)
    assert w + change == pytest.approx((1 - rate * decay) * w - rate * gradient)


def test_networks_decay_by_the_rule_and_the_norm_is_that_of_all_weights():
    few = nnlib.datasets.load("moons", n_samples=60)
    training = nnlib.TrainingConfig(epochs=60, batch_size=256)
    base = nnlib.Experiment(nnlib.NetworkConfig(hidden=(8,)), training)
    decays = (0.01, 1.0)
    rules = weight_decay.sweep_decay(base, decays, 2, few)
    assert list(rules) == ["Adam + L2", "AdamW"]
    for name, arms in rules.items():
        norms = weight_decay.norms_by_decay(arms, decays)
        assert norms.values.shape == (2, 2) and norms.x.tolist() == [0.01, 1.0]
        assert (norms.values[1] < norms.values[0]).all()
        one = weight_decay.decayed(base, 1.0)[name]
        trainer = nnlib.train(one, few)
        total = sum(np.square(d.weight).sum() for d in trainer.network.dense_layers) ** 0.5
        assert norms.values[1, 0] == pytest.approx(total, rel=1e-5)
        losses = weight_decay.losses_by_decay(arms, decays)
        assert losses.values[1, 0] == pytest.approx(trainer.evaluate("val")["loss"], rel=1e-5)
