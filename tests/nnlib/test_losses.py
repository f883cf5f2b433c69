"""Losses: their definitions, their gradients, and logits far from zero."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.losses import LOSS_OF_TASK, LOSSES

NAMES = (
    "mean_squared_error",
    "sigmoid_squared_error",
    "binary_crossentropy",
    "categorical_crossentropy",
)
ENTROPIES = NAMES[2:]


def make(name: str, shape: tuple[int, ...], seed: int = 0, hard: bool = False):
    """Return logits and targets of one loss."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, shape)
    if name == "mean_squared_error":
        targets = rng.normal(size=shape)
    elif name == "binary_crossentropy":
        targets = rng.uniform(size=shape)
        targets = targets.round() if hard else targets
    elif hard:
        targets = np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    else:
        targets = rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])
    return logits, targets


def plain(name: str, logits: np.ndarray, targets: np.ndarray) -> float:
    """Return the loss as a textbook writes it; fine for small logits."""
    if name == "mean_squared_error":
        return float(((logits - targets) ** 2).mean())
    p = 1 / (1 + np.exp(-logits))
    if name == "sigmoid_squared_error":
        return float(((p - targets) ** 2).mean())
    if name == "binary_crossentropy":
        return float(-(targets * np.log(p) + (1 - targets) * np.log(1 - p)).mean())
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return float(-(targets * np.log(p)).sum(axis=-1).mean())


def test_registry():
    assert tuple(LOSSES) == NAMES
    assert all(LOSSES[name].name == name for name in NAMES)
    assert {"regression", "binary", "multiclass"} == set(LOSS_OF_TASK)
    assert set(LOSS_OF_TASK.values()) == set(NAMES) - {"sigmoid_squared_error"}


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_value_is_the_textbook_formula(name, hard):
    logits, targets = make(name, (7, 3), hard=hard)
    value = LOSSES[name].value(logits, targets)
    assert value.shape == ()
    assert value == pytest.approx(plain(name, logits, targets), rel=1e-13)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10**6), batch=st.integers(1, 5), outputs=st.integers(1, 4))
def test_gradient_is_the_slope_of_the_value(name, seed, batch, outputs):
    logits, targets = make(name, (batch, outputs), seed)
    direction = np.random.default_rng(seed + 1).normal(size=logits.shape)
    step = 1e-5
    slope = LOSSES[name].value(logits + step * direction, targets) - LOSSES[name].value(
        logits - step * direction, targets
    )
    predicted = np.vdot(LOSSES[name].gradient(logits, targets), direction)
    assert predicted == pytest.approx(slope / (2 * step), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_leading_axes_are_independent(name):
    logits, targets = make(name, (2, 3, 5, 4))
    value, gradient = (
        LOSSES[name].value(logits, targets),
        LOSSES[name].gradient(logits, targets),
    )
    assert value.shape == (2, 3)
    assert gradient.shape == logits.shape
    for index in np.ndindex(2, 3):
        single = LOSSES[name].value(logits[index], targets[index])
        assert value[index] == pytest.approx(float(single), rel=1e-14)
        np.testing.assert_allclose(
            gradient[index], LOSSES[name].gradient(logits[index], targets[index]), 1e-14, 1e-17
        )


@pytest.mark.parametrize("name", NAMES)
def test_targets_without_the_replica_axis_are_shared(name):
    logits, _ = make(name, (3, 5, 4))
    _, targets = make(name, (5, 4))
    value = LOSSES[name].value(logits, targets)
    gradient = LOSSES[name].gradient(logits, targets)
    for replica in range(3):
        assert value[replica] == pytest.approx(
            float(LOSSES[name].value(logits[replica], targets)), rel=1e-14
        )
        np.testing.assert_allclose(
            gradient[replica], LOSSES[name].gradient(logits[replica], targets), 1e-14, 1e-17
        )


@pytest.mark.parametrize("name", NAMES)
def test_gradient_writes_into_out_and_keeps_the_logits(name):
    logits, targets = make(name, (5, 4))
    before, out = logits.copy(), np.full_like(logits, np.nan)
    expected = LOSSES[name].gradient(logits, targets)
    assert LOSSES[name].gradient(logits, targets, out=out) is out
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(logits, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ENTROPIES)
def test_logits_of_ten_thousand(name, dtype):
    # Right by 1e4 and wrong by 1e4: the loss is 0 and 1e4 (2e4 between two classes).
    logits = np.array([[1e4, -1e4], [1e4, -1e4]], dtype)
    targets = np.array([[1, 0], [0, 1]], dtype)
    loss = LOSSES[name]
    with np.errstate(all="raise", under="ignore"):
        right = loss.value(logits[:1], targets[:1])
        wrong = loss.value(logits[1:], targets[1:])
        gradient = loss.gradient(logits, targets)
        probability = loss.predict(logits)
    assert right == 0
    assert wrong == (2e4 if name == "categorical_crossentropy" else 1e4)
    share = 2 if name == "categorical_crossentropy" else 4  # of the batch, or of all numbers
    np.testing.assert_allclose(gradient, np.array([[0, 0], [1, -1]]) / share, atol=1e-7)
    np.testing.assert_array_equal(probability, [[1, 0], [1, 0]])
    assert right.dtype == gradient.dtype == probability.dtype == dtype


@pytest.mark.parametrize("name", ENTROPIES)
def test_small_losses_keep_their_digits(name):
    # Loss curves are drawn on log axes: -log p for p close to 1 must not round to 0.
    logits = np.array([[20.0]]) if name == "binary_crossentropy" else np.array([[20.0, 0.0]])
    targets = np.ones((1, 1)) if name == "binary_crossentropy" else np.array([[1.0, 0.0]])
    assert LOSSES[name].value(logits, targets) == pytest.approx(np.log1p(np.exp(-20)), rel=1e-6)


@pytest.mark.parametrize("logit", [12.0, 20.0, 40.0])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_small_binary_losses_keep_their_digits_in_float32(logit, label):
    logits = np.array([[logit if label else -logit]], np.float32)
    value = LOSSES["binary_crossentropy"].value(logits, np.array([[label]], np.float32))
    assert value == pytest.approx(np.log1p(np.exp(-logit)), rel=1e-5)


@pytest.mark.parametrize("name", ENTROPIES)
def test_soft_targets_have_their_minimum_at_the_target(name):
    _, targets = make(name, (6, 3))
    logits = np.log(targets / (1 - targets) if name == "binary_crossentropy" else targets)
    np.testing.assert_allclose(LOSSES[name].gradient(logits, targets), 0, atol=1e-15)
    assert LOSSES[name].value(logits + 0.1 * make(name, (6, 3), 5)[0], targets) > LOSSES[
        name
    ].value(logits, targets)


def test_predictions():
    logits, _ = make("mean_squared_error", (2, 5, 3))
    np.testing.assert_array_equal(LOSSES["mean_squared_error"].predict(logits), logits)
    np.testing.assert_allclose(
        LOSSES["binary_crossentropy"].predict(logits), 1 / (1 + np.exp(-logits)), rtol=1e-14
    )
    probability = LOSSES["categorical_crossentropy"].predict(logits)
    assert (probability > 0).all()
    np.testing.assert_allclose(probability.sum(axis=-1), 1, rtol=1e-14)
    np.testing.assert_allclose(np.diff(np.log(probability)), np.diff(logits), atol=1e-12)


@given(shift=st.floats(-1e3, 1e3))
def test_softmax_ignores_a_common_shift(shift):
    logits, targets = make("categorical_crossentropy", (5, 3))
    loss = LOSSES["categorical_crossentropy"]
    assert loss.value(logits + shift, targets) == pytest.approx(
        float(loss.value(logits, targets)), rel=1e-11
    )
