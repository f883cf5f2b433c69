"""Dropout's draws against their closed forms, seed bands, and Monte Carlo dropout."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import DATA, EXPLODING, make_experiment

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import load
from nnlib.labs.dropout_draws import draw_dropout, dropout_variance
from nnlib.labs.dropout_rates import finals_by_rate, late_norms, rate_arms, rate_experiments
from nnlib.labs.monte_carlo_dropout import (
    SAMPLES_KEPT,
    entropy_of,
    grid_around,
    negative_log_likelihood,
    predict_with_dropout,
    predict_without_dropout,
    root_mean_squared_error,
)
from nnlib.layers import Dropout
from nnlib.training import Trainer, train

MATRIX = np.arange(1.0, 11).reshape(2, 5)
RATES = (0.5, 0.0, 0.2)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def stack():
    runs = rate_experiments(make_experiment({"activation": "relu"}), RATES, (4, 5, 6))
    trainer = Trainer(runs, DATA["multiclass"])
    trainer.advance(epochs=4)
    return trainer


def run(task, rate=0.5, **network):
    return train(make_experiment({"dropout": rate} | network), DATA[task])


def test_variance_is_the_formula():
    expected = [[0.25, 1, 2.25, 4, 6.25], [9, 12.25, 16, 20.25, 25]]
    np.testing.assert_allclose(dropout_variance(MATRIX, 0.8), expected)
    assert (dropout_variance(MATRIX, 1.0) == 0).all()


@pytest.mark.parametrize("keep", [0.0, -0.1, 1.1])
def test_keep_probability_has_bounds(keep):
    with pytest.raises(ValueError, match="keep probability"):
        dropout_variance(MATRIX, keep)
    with pytest.raises(ValueError, match="keep probability"):
        draw_dropout(MATRIX, keep, 10, rng())


def test_one_draw_has_no_variance():
    with pytest.raises(ValueError, match="2 draws"):
        draw_dropout(MATRIX, 0.8, 1, rng())


@given(keep=st.sampled_from([0.05, 0.2, 0.5, 0.8, 1.0]), seed=st.integers(0, 100))
def test_output_is_the_masked_input_over_the_keep_probability(keep, seed):
    draws = draw_dropout(MATRIX, keep, 50, rng(seed))
    assert set(np.unique(draws.mask)) <= {0.0, 1.0}
    np.testing.assert_allclose(draws.output, MATRIX * draws.mask / keep)
    np.testing.assert_array_equal(draws.running_mean[0], draws.output)
    assert draws.counts[0] == 1 and draws.counts[-1] == 50
    assert (np.diff(draws.counts) > 0).all()


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.8])
def test_mean_converges_to_the_input_and_variance_to_the_formula(keep):
    count = 100_000
    draws = draw_dropout(MATRIX, keep, count, rng(1))
    error = np.sqrt(dropout_variance(MATRIX, keep) / count)
    assert (np.abs(draws.running_mean[-1] - MATRIX) < 4 * error).all()
    np.testing.assert_allclose(draws.variance, dropout_variance(MATRIX, keep), rtol=0.05)


def test_draws_are_those_of_the_layer(monkeypatch):
    monkeypatch.setattr(Dropout, "forward", lambda layer, x, training: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        draw_dropout(MATRIX, 0.8, 10, rng())


def test_entries_are_dropped_independently():
    draws = [draw_dropout(MATRIX, 0.5, 2, rng(seed)).mask.ravel() for seed in range(2000)]
    correlation = np.corrcoef(np.array(draws).T)
    assert np.abs(correlation - np.eye(10)).max() < 0.1


def test_one_experiment_a_rate_and_seed():
    runs = rate_experiments(make_experiment(), (0.0, 0.5), (3, 4))
    assert [(e.network.dropout, e.training.seed) for e in runs] == [
        (0.0, 3),
        (0.0, 4),
        (0.5, 3),
        (0.5, 4),
    ]


def test_runs_start_equal_and_rate_zero_is_a_run_without_dropout(stack):
    alone = train(make_experiment({"activation": "relu"}, seed=5), DATA["multiclass"])
    place = next(
        i
        for i, e in enumerate(stack.experiments)
        if (e.network.dropout, e.training.seed) == (0.0, 5)
    )
    np.testing.assert_allclose(
        stack.network.flat_parameters[place], alone.network.flat_parameters, rtol=1e-4, atol=1e-6
    )
    start = Trainer(stack.experiments, DATA["multiclass"]).network.flat_parameters
    np.testing.assert_array_equal(start[:3], start[3:6])


def test_arms_come_by_rising_rate_with_the_runs_of_each(stack):
    arms = rate_arms(stack)
    assert [arm.label for arm in arms] == ["no dropout", "rate 0.2", "rate 0.5"]
    runs = stack.history["val_loss"][:, :3]  # the first rate given is 0.5
    np.testing.assert_array_equal(arms[2].band("val_loss").values, runs)
    norms = arms[0].band("gradient_norm", 2)
    np.testing.assert_array_equal(norms.low, stack.history["gradient_norm"][:, 3:6, 2].min(axis=1))
    last = finals_by_rate(arms, "val_accuracy")
    assert last.x.tolist() == [0.0, 0.2, 0.5] and last.worst == -np.inf
    np.testing.assert_array_equal(last.values[2], stack.history["val_accuracy"][-1, :3])


def test_late_norms_take_the_last_quarter(stack):
    steps = stack.history.steps("gradient_norm")
    late = stack.history["gradient_norm"][steps >= 0.75 * steps[-1]]
    profile = late_norms(rate_arms(stack)[1])
    assert profile.x.tolist() == [1, 2, 3]
    np.testing.assert_allclose(profile.high, np.median(late[:, 6:], axis=0).max(axis=0))


def test_seeds_that_diverged_rank_as_infinite_and_never_as_nan():
    trainer = Trainer(rate_experiments(EXPLODING, (0.0, 0.5), (0, 1)), DATA["regression"])
    trainer.advance(epochs=100)
    assert trainer.history.divergences
    arms = rate_arms(trainer)
    for arm in arms:
        assert arm.outcome == "diverged"
        for name in arm.series:
            assert not np.isnan(arm.band(name, 0 if name == "gradient_norm" else None).median).any()
        assert not np.isnan(late_norms(arm).median).any()
    assert np.isinf(finals_by_rate(arms, "val_loss").median).all()
    prediction = predict_with_dropout(trainer, DATA["regression"].X_val, 3, rng(), replica=0)
    assert not np.isfinite(prediction.mean).any()


@pytest.mark.parametrize("task", DATA)
def test_at_rate_zero_all_passes_are_the_evaluation(task):
    trainer = run(task, 0.0)
    x = DATA[task].X_val
    prediction = predict_with_dropout(trainer, x, 4, rng())
    np.testing.assert_allclose(prediction.mean, predict_without_dropout(trainer, x), rtol=1e-5)
    np.testing.assert_allclose(prediction.deviation, 0, atol=1e-12)
    if task == "regression":
        expected = trainer.predict(x).reshape(-1, 1)
    else:
        expected = trainer.predict_proba(x)
        np.testing.assert_allclose(prediction.mutual_information, 0, atol=1e-12)
    np.testing.assert_allclose(prediction.mean, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("task", DATA)
def test_mean_deviation_and_entropies_are_those_of_the_samples(task):
    trainer = run(task)
    prediction = predict_with_dropout(trainer, DATA[task].X_val, SAMPLES_KEPT, rng())
    samples = prediction.samples
    assert len(samples) == SAMPLES_KEPT
    np.testing.assert_allclose(prediction.mean, samples.mean(axis=0))
    np.testing.assert_allclose(prediction.deviation, samples.std(axis=0), rtol=1e-7)
    assert prediction.deviation.max() > 0
    if task == "regression":
        assert prediction.predictive_entropy is None and prediction.mutual_information is None
        return
    np.testing.assert_allclose(samples.sum(axis=-1), 1)
    total = entropy_of(samples.mean(axis=0))
    np.testing.assert_allclose(prediction.predictive_entropy, total)
    np.testing.assert_allclose(
        prediction.mutual_information, total - entropy_of(samples).mean(axis=0), atol=1e-12
    )
    assert (prediction.mutual_information >= 0).all()


def test_a_pass_is_one_thinned_network_for_all_examples():
    trainer = run("multiclass")
    x = DATA["multiclass"].X_val
    both = predict_with_dropout(trainer, np.concatenate([x, x]), 5, rng())
    np.testing.assert_allclose(both.samples[:, : len(x)], both.samples[:, len(x) :], rtol=1e-6)
    assert not np.allclose(both.samples[0], both.samples[1])
    alone = predict_with_dropout(trainer, x[:3], 5, rng())
    np.testing.assert_allclose(alone.samples, both.samples[:, :3], rtol=1e-5)


def test_deviation_of_a_linear_network_is_the_closed_form():
    # One linear hidden layer: output Σ h·m/p·v, so the variance is Σ (h·v)²·(1 - p)/p.
    trainer = run("regression", 0.5, hidden=(5,), activation="linear")
    data = DATA["regression"]
    x = data.X_val[:6]
    hidden, output = trainer.network.dense_layers
    terms = (x @ hidden.weight + hidden.bias) * output.weight[:, 0]
    expected = np.sqrt((terms**2).sum(axis=1)) * data.target_scale
    prediction = predict_with_dropout(trainer, x, 20_000, rng())
    np.testing.assert_allclose(prediction.deviation[:, 0], expected, rtol=0.03)


def test_a_replica_of_a_stack_is_itself(stack):
    x = DATA["multiclass"].X_val
    np.testing.assert_allclose(
        predict_without_dropout(stack, x, replica=4), stack.predict_proba(x)[4], atol=1e-6
    )
    zero = predict_with_dropout(stack, x, 2, rng(), replica=4)  # of rate 0
    np.testing.assert_allclose(zero.mean, stack.predict_proba(x)[4], atol=1e-6)
    assert predict_with_dropout(stack, x, 2, rng(), replica=0).deviation.max() > 0.01


def test_training_is_left_as_it_was(stack):
    before = stack.network.flat_parameters.copy()
    predict_with_dropout(stack, DATA["multiclass"].X_val, 3, rng(), replica=1)
    np.testing.assert_array_equal(stack.network.flat_parameters, before)


def test_what_monte_carlo_dropout_refuses():
    x = DATA["binary"].X_val
    with pytest.raises(ValueError, match="batch normalization"):
        predict_with_dropout(run("binary", batch_norm=True), x, 3, rng())
    with pytest.raises(ValueError, match="one pass"):
        predict_with_dropout(run("binary"), x, 0, rng())


def test_progress_goes_to_one():
    shares = []
    predict_with_dropout(run("binary"), DATA["binary"].X_val, 4, rng(), progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]


def test_entropy_likelihood_and_error_of_small_cases():
    np.testing.assert_allclose(
        entropy_of([[0.5, 0.5], [1.0, 0.0], [0.25, 0.75]]),
        [log(2), 0, 0.25 * log(4) + 0.75 * log(4 / 3)],
    )
    assert negative_log_likelihood([[0.5, 0.5], [0.2, 0.8]], [0, 1]) == pytest.approx(
        (log(2) - log(0.8)) / 2
    )
    assert root_mean_squared_error([[1.0], [4.0]], [1.0, 1.0]) == pytest.approx(np.sqrt(4.5))


def test_grid_reaches_beyond_the_points():
    axes, points = grid_around([[0.0, 5.0], [2.0, 5.0]], 0.5, 3)
    assert axes[0].tolist() == [-1, 1, 3] and axes[1].tolist() == [4, 5, 6]
    assert points[:4].tolist() == [[-1, 4], [1, 4], [3, 4], [-1, 5]]
    assert len(grid_around([[0.0], [1.0]], 1.0, 7)[1]) == 7


@pytest.fixture(scope="module")
def page_default():
    experiment = Experiment(NetworkConfig(hidden=(32, 32)), TrainingConfig(epochs=100))
    trainer = Trainer(rate_experiments(experiment, (0.0, 0.25, 0.5), range(5)), load("xor"))
    trainer.advance(epochs=100)
    return trainer


def test_page_claim_dropout_fits_less_closely_and_here_validates_better(page_default):
    free, _, half = rate_arms(page_default)
    assert free.final("train_loss") < half.final("train_loss")
    assert half.final("val_loss") < free.final("val_loss")


def test_page_claim_minibatch_loss_with_dropout_is_higher_than_in_evaluation(page_default):
    half = rate_arms(page_default)[2]
    evaluated = half.band("train_loss").median[-3:].mean()
    assert half.band("batch_loss").median[-10:].mean() > 1.5 * evaluated


def test_page_claim_uncertainty_can_be_small_far_from_all_data(page_default):
    far = np.array([[3.0, 3.0], [-3.0, 3.0]], np.float32)
    prediction = predict_with_dropout(page_default, far, 50, rng(), replica=5)
    assert prediction.predictive_entropy.max() < 0.05


def test_page_claim_uncertainty_depends_on_the_rate(page_default):
    x = page_default.data.X_val
    means = [
        predict_with_dropout(page_default, x, 100, rng(), replica=i).mutual_information.mean()
        for i in (5, 10)
    ]
    assert abs(means[1] / means[0] - 1) > 0.2
