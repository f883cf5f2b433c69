"""Optimizers: what each rule promises. ``test_reference.py`` compares whole runs with PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import nnlib
from nnlib.optimizers import OPTIMIZERS, make_optimizer

NAMES = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
RATE = 0.1


def steps(name: str, gradients: np.ndarray, rate=RATE, start=0.0, **options) -> np.ndarray:
    """Return the parameters after each of the given gradients, shape (steps, …, P)."""
    mask = options.pop("decay_mask", None)
    parameters = np.full(gradients.shape[1:], start, gradients.dtype)
    optimizer = OPTIMIZERS[name](parameters.shape, dtype=gradients.dtype, **options)
    if mask is not None:
        optimizer.decay_only(mask)
    path = []
    for gradient in gradients:
        parameters = parameters + optimizer.update(parameters, gradient, rate)
        path.append(parameters)
    return np.array(path)


def gradients(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def test_registry():
    assert tuple(OPTIMIZERS) == NAMES
    assert all(OPTIMIZERS[name].name == name for name in NAMES)


# --- two steps by hand, gradients 2 and -1 --------------------------------------------------------

G1, G2 = 2.0, -1.0
M1, V1 = 0.1 * G1, 0.001 * G1**2
M2, V2 = 0.9 * M1 + 0.1 * G2, 0.999 * V1 + 0.001 * G2**2
BY_HAND = {
    "sgd": (RATE * G1, RATE * G2),
    "momentum": (RATE * G1, RATE * (0.9 * G1 + G2)),
    "nesterov": (RATE * (G1 + 0.9 * G1), RATE * (G2 + 0.9 * (0.9 * G1 + G2))),
    "adagrad": (RATE * G1 / (2 + 1e-10), RATE * G2 / (5**0.5 + 1e-10)),
    "rmsprop": (
        RATE * G1 / ((0.01 * 4) ** 0.5 + 1e-8),
        RATE * G2 / ((0.99 * 0.01 * 4 + 0.01 * 1) ** 0.5 + 1e-8),
    ),
    "adam": (
        RATE * (M1 / 0.1) / ((V1 / 0.001) ** 0.5 + 1e-8),
        RATE * (M2 / (1 - 0.9**2)) / ((V2 / (1 - 0.999**2)) ** 0.5 + 1e-8),
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_two_steps_by_hand(name):
    first, second = BY_HAND[name]
    path = steps(name, np.array([[G1], [G2]]))
    np.testing.assert_allclose(path[:, 0], [-first, -first - second], rtol=1e-12)


# --- rules ----------------------------------------------------------------------------------------


def test_momentum_zero_is_plain_descent():
    g = gradients(0, 5, 3)
    np.testing.assert_allclose(steps("momentum", g, momentum=0.0), steps("sgd", g), rtol=1e-13)
    np.testing.assert_allclose(steps("nesterov", g, momentum=0.0), steps("sgd", g), rtol=1e-13)


def test_momentum_reaches_its_terminal_speed():
    path = steps("momentum", np.ones((400, 1)), momentum=0.75)
    assert path[-2, 0] - path[-1, 0] == pytest.approx(RATE / (1 - 0.75), rel=1e-9)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("name", ["adam", "adagrad"])
def test_the_first_adaptive_step_has_the_size_of_the_learning_rate(name, scale):
    path = steps(name, scale * np.array([[3.0, -0.5]]))
    np.testing.assert_allclose(path[0], [-RATE, RATE], rtol=1e-4)


def test_adagrad_slows_down_with_the_root_of_time():
    path = steps("adagrad", np.ones((100, 1)))
    assert path[-2, 0] - path[-1, 0] == pytest.approx(RATE / 10, rel=1e-9)


def test_adamw_decay_is_decoupled_from_the_gradient():
    g = gradients(1, 6, 4)
    expected = np.full(4, 2.0)
    adam = OPTIMIZERS["adam"]((4,))
    for gradient in g:
        expected = expected * (1 - RATE * 0.3) + adam.update(expected, gradient, RATE)
    decayed = steps("adamw", g, start=2.0, weight_decay=0.3)[-1]
    np.testing.assert_allclose(decayed, expected, rtol=1e-12)


def test_adamw_without_decay_is_adam_and_its_mask_restricts_the_decay():
    g = gradients(2, 6, 4)
    adam = steps("adam", g, start=2.0)
    np.testing.assert_array_equal(steps("adamw", g, start=2.0, weight_decay=0.0), adam)
    mask = np.array([1.0, 0.0, 1.0, 0.0])
    masked = steps("adamw", g, start=2.0, weight_decay=0.3, decay_mask=mask)
    everywhere = steps("adamw", g, start=2.0, weight_decay=0.3)
    np.testing.assert_array_equal(masked[:, mask == 0], adam[:, mask == 0])
    np.testing.assert_array_equal(masked[:, mask == 1], everywhere[:, mask == 1])
    assert (masked[:, mask == 1] < adam[:, mask == 1]).all()


def test_adamw_decays_by_one_percent_unless_told_otherwise():
    np.testing.assert_allclose(
        steps("adamw", np.zeros((1, 2)), rate=1.0, start=2.0)[0], [1.98, 1.98], rtol=1e-13
    )


# --- what all share -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_zero_gradient_does_not_move_a_fresh_optimizer(name):
    options = {"weight_decay": 0.0} if name == "adamw" else {}
    np.testing.assert_array_equal(steps(name, np.zeros((3, 4)), start=1.0, **options), 1.0)


@pytest.mark.parametrize("name", NAMES)
def test_update_keeps_its_arguments_and_reuses_one_buffer(name):
    parameters, gradient = gradients(3, 4), gradients(4, 4)
    before = parameters.copy(), gradient.copy()
    optimizer = OPTIMIZERS[name]((4,))
    change = optimizer.update(parameters, gradient, RATE)
    assert optimizer.update(parameters, gradient, RATE) is change
    assert not np.shares_memory(change, gradient)
    np.testing.assert_array_equal(parameters, before[0])
    np.testing.assert_array_equal(gradient, before[1])


@pytest.mark.parametrize("name", NAMES)
def test_the_rate_scales_the_step_even_when_it_changes_in_the_middle(name):
    # PyTorch's rule: the state does not hold the learning rate, so a new rate acts at once.
    options = {"weight_decay": 0.0} if name == "adamw" else {}
    g = gradients(5, 4)
    slow, fast = (OPTIMIZERS[name]((4,), **options) for _ in range(2))
    for _ in range(3):
        slow.update(np.zeros(4), g, 0.01)
        fast.update(np.zeros(4), g, 0.01)
    np.testing.assert_allclose(
        fast.update(np.zeros(4), g, 0.05), 5 * slow.update(np.zeros(4), g, 0.01), rtol=1e-12
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_stack_with_a_rate_for_each_replica(name):
    g = gradients(6, 10, 3, 4)
    rates = np.array([[0.001], [0.01], [0.1]])
    stack = steps(name, g, rate=rates, start=1.0)
    for replica in range(3):
        single = steps(name, g[:, replica], rate=float(rates[replica, 0]), start=1.0)
        np.testing.assert_allclose(stack[:, replica], single, rtol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_float32_stays_float32_and_close_to_float64(name):
    g = gradients(7, 50, 4)
    narrow = steps(name, g.astype(np.float32), start=1.0)
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, steps(name, g, start=1.0), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "rate"), [(n, 0.05 if n in ("sgd", "momentum", "nesterov") else 0.5) for n in NAMES]
)
def test_every_optimizer_walks_down_a_bowl(name, rate):
    parameters, curvature = np.array([3.0, -2.0]), np.array([1.0, 5.0])
    optimizer = OPTIMIZERS[name]((2,))
    for step in range(500):
        parameters = parameters + optimizer.update(parameters, curvature * parameters, rate)
        rate *= 0.99 if step > 250 else 1
    assert np.abs(parameters).max() < 0.02


@pytest.mark.parametrize("name", NAMES)
def test_make_optimizer_passes_on_the_settings_that_a_rule_has(name):
    g, mask = gradients(8, 6, 4), np.array([1.0, 1.0, 0.0, 0.0])
    made = make_optimizer(name, (4,), np.float64, momentum=0.5, weight_decay=0.2, decay_mask=mask)
    path, parameters = [], np.ones(4)
    for gradient in g:
        parameters = parameters + made.update(parameters, gradient, RATE)
        path.append(parameters)
    options: dict[str, object] = {}
    if name in ("momentum", "nesterov"):
        options = {"momentum": 0.5}
    if name == "adamw":
        options = {"weight_decay": 0.2, "decay_mask": mask}
    np.testing.assert_array_equal(path, steps(name, g, start=1.0, **options))


# --- clipping -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("limit", ["clip_norm", "clip_value"])
def test_clipping_limits_the_steps_of_those_that_are_not_scale_free_and_only_theirs(name, limit):
    def change(value: float) -> float:
        data = nnlib.datasets.load("moons", n_samples=60)
        training = nnlib.TrainingConfig(optimizer=name, **{limit: value})
        trainer = nnlib.Trainer(nnlib.Experiment(training=training), data)
        before = trainer.network.flat_parameters.copy()
        trainer.advance(steps=20)
        return float(np.linalg.norm(trainer.network.flat_parameters - before))

    kept = change(1e-4) / change(0.0)
    assert 0.8 < kept < 1.25 if OPTIMIZERS[name].scale_free else kept < 0.02
    help = nnlib.config.setting_of(nnlib.TrainingConfig, limit).help
    limited, free = help.split(", not that of ")
    family = {"nesterov": "momentum", "adamw": "adam"}.get(name, name)
    assert family in (free if OPTIMIZERS[name].scale_free else limited).lower()
