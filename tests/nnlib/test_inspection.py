"""Permutation importance, partial dependence and calibration against closed forms and sklearn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve
from sklearn.inspection import partial_dependence as sklearn_dependence
from sklearn.inspection import permutation_importance as sklearn_importance
from sklearn.linear_model import LinearRegression

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import from_frame, load
from nnlib.probes.inspection import (
    Column,
    calibration,
    columns_of,
    partial_dependence,
    permutation_importance,
)
from nnlib.training import train

RNG = np.random.default_rng(5)
X = RNG.normal(size=(400, 3))
WEIGHTS = np.array([2.0, -1.0, 0.0])
COLUMNS = tuple(Column(name, (i,)) for i, name in enumerate("abc"))


def squared_error(y):
    return lambda x: (np.square(x @ WEIGHTS - y).mean(),)


def test_importance_of_a_linear_function_is_twice_the_variance_it_brings():
    # Shuffling x_j adds w_j² E(x_j - x_j')² = 2 w_j² Var(x_j) to the squared error.
    changes = permutation_importance(
        squared_error(X @ WEIGHTS), X, COLUMNS, 200, np.random.default_rng(0)
    )
    assert changes.shape == (3, 200, 1)
    expected = 2 * WEIGHTS**2 * X.var(axis=0)
    np.testing.assert_allclose(changes.mean(axis=1)[:, 0], expected, rtol=0.02, atol=1e-12)
    assert (changes[2] == 0).all()


def test_importance_agrees_with_scikit_learn():
    y = X @ WEIGHTS + RNG.normal(0, 0.5, len(X))
    model = LinearRegression().fit(X, y)
    theirs = sklearn_importance(model, X, y, n_repeats=100, random_state=0).importances_mean
    ours = permutation_importance(
        lambda x: (model.score(x, y),), X, COLUMNS, 100, np.random.default_rng(0)
    )
    np.testing.assert_allclose(-ours.mean(axis=1)[:, 0], theirs, atol=0.02)


def test_inputs_of_one_column_are_shuffled_together():
    x = np.eye(3)[RNG.integers(0, 3, 100)]
    seen = []
    permutation_importance(
        lambda v: seen.append(v.copy()) or (0.0,),
        x,
        (Column("category", (0, 1, 2), ("u", "v", "w")),),
        5,
        np.random.default_rng(0),
    )
    for shuffled in seen:
        np.testing.assert_array_equal(shuffled.sum(axis=1), 1)
        np.testing.assert_array_equal(shuffled.sum(axis=0), x.sum(axis=0))


def table(n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "decisive": rng.normal(100, 20, n),
            "color": rng.choice(["red", "green", "blue"], n),
            "idle": rng.normal(size=n),
        }
    )
    frame["target"] = 3 * frame["decisive"] + 30 * (frame["color"] == "red") + rng.normal(0, 1, n)
    return frame


@pytest.fixture(scope="module")
def trainer():
    data = from_frame(table(), "target")
    experiment = Experiment(NetworkConfig(hidden=(16,)), TrainingConfig(epochs=60))
    return train(experiment, data)


def test_columns_are_those_of_the_table(trainer):
    columns = columns_of(trainer.data)
    assert [c.name for c in columns] == ["decisive", "idle", "color"]
    assert columns[2].inputs == (2, 3, 4) and columns[2].categories == ("blue", "green", "red")
    assert [i for c in columns for i in c.inputs] == list(range(trainer.data.n_features))
    frame = table()
    x = trainer.data.X_train[:, 0]
    own = columns[0].in_own_units(x)
    assert np.isin(np.round(own, 2), np.round(frame["decisive"], 2)).mean() > 0.95


def test_columns_of_rare_categories_and_of_no_table():
    frame = pd.DataFrame(
        {"many": [f"k{i % 70}" for i in range(700)], "x": np.arange(700.0) % 13, "y": [0, 1] * 350}
    )
    data = from_frame(frame, "y")
    columns = columns_of(data)
    assert sorted(i for c in columns for i in c.inputs) == list(range(data.n_features))
    many = next(c for c in columns if c.name == "many")
    assert many.categories[-1] == "(other)" and len(many.categories) == 50
    spiral = columns_of(load("spiral"))
    assert [(c.inputs, c.categories) for c in spiral] == [((0,), ()), ((1,), ())]


def test_decisive_column_matters_and_the_idle_one_does_not(trainer):
    data = trainer.data
    targets = data.targets("val")

    def loss(x):
        return (float(trainer.loss.value(trainer.network.predict_logits(x), targets)),)

    changes = permutation_importance(
        loss, data.X_val, columns_of(data), 10, np.random.default_rng(0)
    )
    decisive, idle, color = changes.mean(axis=(1, 2))
    assert decisive > 1.5 and 0.02 < color < 0.2 and abs(idle) < 0.01


def test_dependence_follows_the_true_function_in_own_units(trainer):
    data = trainer.data
    decisive, idle, color = columns_of(data)
    found = partial_dependence(trainer.predict, data.X_val, decisive)
    slopes = np.diff(found.mean[:, 0]) / np.diff(found.grid)
    assert slopes.mean() == pytest.approx(3, rel=0.05) and len(found.grid) == 25
    assert np.ptp(partial_dependence(trainer.predict, data.X_val, idle).mean) < 8
    by_color = partial_dependence(trainer.predict, data.X_val, color).mean[:, 0]
    assert by_color[2] - by_color[:2].mean() == pytest.approx(30, rel=0.15)
    assert abs(by_color[0] - by_color[1]) < 4


def test_dependence_of_a_linear_function_is_its_slope_exactly():
    found = partial_dependence(lambda x: x @ WEIGHTS[:, np.newaxis], X, COLUMNS[0], individual=7)
    np.testing.assert_allclose(np.diff(found.mean[:, 0]) / np.diff(found.grid), 2)
    np.testing.assert_allclose(np.diff(found.individual[..., 0]) / np.diff(found.grid), 2)
    assert found.individual.shape == (7, 25, 1)
    np.testing.assert_allclose(found.mean[:, 0], 2 * found.grid - X[:, 1].mean(), atol=1e-12)


def test_dependence_agrees_with_scikit_learn():
    model = LinearRegression().fit(X, np.sin(X[:, 0]) + X[:, 1])
    theirs = sklearn_dependence(model, X, [1], percentiles=(0.05, 0.95), grid_resolution=25)
    ours = partial_dependence(model.predict, X, COLUMNS[1])
    # Its percentiles are another kind, so the grids differ a little; the line is the same.
    line = np.polyfit(theirs["grid_values"][0], theirs["average"][0], 1)
    np.testing.assert_allclose(ours.mean[:, 0], np.polyval(line, ours.grid), rtol=1e-9)


def test_a_column_of_few_values_takes_just_these():
    x = np.column_stack([RNG.integers(0, 2, 50), RNG.normal(size=50)]).astype(float)
    found = partial_dependence(lambda v: v[:, :1], x, Column("flag", (0,)))
    assert found.grid.tolist() == [0, 1] and found.mean[:, 0].tolist() == [0, 1]
    # Nearly all rows hold one value: the percentiles are equal.
    x = np.zeros((1000, 1))
    x[:30, 0] = np.arange(30)
    found = partial_dependence(lambda v: v, x, Column("rare", (0,)))
    assert len(found.grid) == 25 and np.isfinite(found.mean).all()


def test_calibration_agrees_with_scikit_learn():
    p = RNG.random(2000)
    outcome = RNG.random(2000) < p**2
    observed, predicted = calibration_curve(outcome, p, n_bins=10)
    found = calibration(p, outcome, 10)
    np.testing.assert_allclose(found.observed, observed)
    np.testing.assert_allclose(found.predicted, predicted)
    assert found.count.sum() == 2000 and 0.1 < found.error < 0.25


def test_calibration_of_a_few_rows_by_hand():
    found = calibration([0.1, 0.15, 0.9, 1.0], [0, 1, 1, 1], 2)
    assert found.count.tolist() == [2, 2]
    assert found.predicted == pytest.approx([0.125, 0.95])
    assert found.observed.tolist() == [0.5, 1.0]
    assert found.error == pytest.approx((0.375 + 0.05) / 2)
    assert len(calibration([], [], 4).count) == 0
