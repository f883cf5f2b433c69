"""Comparisons: arms are the runs of their seeds, one rule for divergence, and what is noise."""

import numpy as np
import pytest
from small_runs import DATA, EXPLODING, TASKS, make_arm, make_experiment

import nnlib
from nnlib.comparison import (
    compare,
    difference,
    gather,
    median_over_seeds,
    with_seeds,
)


def test_median_counts_infinity_as_the_largest():
    values = np.array([[1.0, np.inf, 3.0, 2.0], [np.inf, np.inf, np.inf, 1.0], [4, 1, 2, 3]])
    np.testing.assert_array_equal(median_over_seeds(values), [2.5, np.inf, 2.5])
    assert median_over_seeds(np.array([[5.0, 1.0, 9.0]]))[0] == 5.0


def test_one_rule_for_seeds_that_diverged():
    lost = make_arm(
        [[1.0, 1.0, 1.0], [0.5, np.nan, 0.7]], val_accuracy=[[0.5] * 3, [0.9, np.nan, 0.8]]
    )
    assert (lost.outcome, lost.final()) == ("diverged", 0.7)
    np.testing.assert_array_equal(lost.finals(), [0.5, np.inf, 0.7])
    scores = lost.band("val_accuracy")
    assert (scores.low[-1], scores.median[-1], scores.high[-1]) == (-np.inf, 0.8, 0.9)


def test_the_outcome_is_that_of_the_worst_seed():
    assert make_arm([[1.0, 1.0, 1.0], [0.5, 0.7, 0.6]]).outcome == "learned"
    assert make_arm([[1.0, 1.0, 1.0], [0.5, 3e16, 0.6]]).outcome == "stalled"
    assert make_arm([[9.0, 9.0, 9.0], [0.5, 0.99, 0.6]]).outcome == "stalled"  # a guess costs 1
    assert make_arm([[1.0, 1.0, 1.0], [0.5, np.nan, 0.6]]).outcome == "diverged"


@pytest.mark.parametrize("task", TASKS)
def test_a_guess_costs_what_the_best_constant_output_does(task: str):
    targets = DATA[task].targets("train", np.float64)
    mean = targets.mean(axis=0)
    shares = np.concatenate([mean, 1 - mean]) if task == "binary" else mean
    entropy = float(-(shares * np.log(shares)).sum()) if task != "regression" else 0.0
    expected = entropy or float(np.square(targets - mean).mean())
    (arm,) = compare({"a": make_experiment(epochs=1)}, 1, DATA[task])
    assert arm.guess == pytest.approx(expected)


def test_a_layer_of_a_series():
    band = make_arm([[1.0, 3.0], [0.5, 2.0]], layers=2).band("gradient_norm", layer=1)
    np.testing.assert_array_equal(band.values, [[2.0, 6.0], [1.0, 4.0]])
    np.testing.assert_array_equal(band.x, [0, 1])


def test_what_a_stack_measures_of_a_replica_that_diverged_does_not_count():
    """It trains on beside the others, and units of NaN count as dead, which is a finite share."""
    deep = {"activation": "relu", "hidden": (6,) * 40, "initializer_scale": 2}
    wild = make_experiment(deep, optimizer="sgd", learning_rate=100.0)
    runs = {"calm": wild.with_training(learning_rate=1e-6), "wild": wild}
    calm, lost = compare(runs, 2, DATA["multiclass"], series=("train_loss", "dead_fraction"))
    assert lost.diverged.all() and not calm.diverged.any()
    assert np.isfinite(lost.band("dead_fraction", 0).median[0])
    assert np.isinf(lost.band("dead_fraction", 0).median[-1]) and np.isinf(lost.final())


def test_arms_are_the_runs_of_their_seeds():
    experiment = make_experiment(seed=4)
    arms = compare(
        {f"{r}": experiment.with_training(learning_rate=r) for r in (0.01, 0.1)},
        2,
        DATA["binary"],
    )
    alone = nnlib.train(experiment.with_training(learning_rate=0.1, seed=5), DATA["binary"])
    np.testing.assert_allclose(
        arms[1].losses.values[:, 1], alone.history["train_loss"], rtol=2e-4, atol=1e-6
    )
    np.testing.assert_allclose(
        arms[1].series["gradient_norm"].values[:, 1],
        alone.history["gradient_norm"],
        rtol=2e-3,
        atol=1e-6,
    )
    assert [a.rate for a in arms] == [0.01, 0.1]
    # the same initial weights
    np.testing.assert_array_equal(arms[0].losses.values[0], arms[1].losses.values[0])
    assert arms[0].losses.values[0, 0] != arms[0].losses.values[0, 1]


def test_a_stack_that_ends_early_is_filled_with_gaps():
    calm = EXPLODING.with_training(learning_rate=1e-3, epochs=10, schedule="cosine")
    wild = EXPLODING.with_training(epochs=10)
    arms = compare({"calm": calm, "wild": wild}, 2, DATA["regression"])
    assert arms[1].diverged.all() and not arms[0].diverged.any()
    assert arms[1].losses.values.shape == arms[0].losses.values.shape
    assert np.isinf(arms[1].final()) and np.isfinite(arms[0].finals()).all()


def test_progress_and_bounds():
    shares: list[float] = []
    compare({"a": make_experiment()}, 1, DATA["binary"], shares.append)
    assert shares[-1] == 1.0 and shares == sorted(shares)
    with pytest.raises(ValueError):
        compare({}, 1, DATA["binary"])
    with pytest.raises(ValueError):
        compare({"a": make_experiment()}, 0, DATA["binary"])


def test_only_the_series_that_were_asked_for_are_kept_and_an_early_stop_is_no_divergence():
    stopping = make_experiment(patience=1, epochs=60, learning_rate=0.5)
    runs = {
        "stopping": nnlib.sweep(with_seeds(stopping, 2), DATA["binary"]),
        "going on": nnlib.sweep(with_seeds(make_experiment(epochs=60), 2), DATA["binary"]),
    }
    early, late = gather(runs, ("train_loss", "val_loss"))
    assert set(early.series) == {"train_loss", "val_loss"}
    assert early.losses.x[-1] < late.losses.x[-1] == 60 * late.steps_per_epoch
    assert np.isfinite(early.finals()).all() and not early.diverged.any()


# ------------------------------------------------------------------ noise


def test_losses_are_compared_by_their_factor():
    found = difference(
        make_arm([[8.0] * 3, [2.0, 4.0, 8.0]]), make_arm([[8.0] * 3, [1.0, 2.0, 4.0]])
    )
    assert found.ratio and found.reading == "lower"
    assert (found.low, found.center, found.high) == pytest.approx((0.5, 0.5, 0.5))
