"""The trainer: reproducible, resumable, fair to every example, and able to learn."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_runs import DATA, FULL, TASKS, assert_same_bits, make_data, make_experiment, run

from nnlib.datasets import Dataset, from_arrays
from nnlib.evaluation import TRAIN_SAMPLE
from nnlib.instruments import Every, Instrument
from nnlib.training import Trainer, train

# --- reproducible and resumable -------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
def test_the_same_experiment_gives_the_same_bits(task):
    assert_same_bits(run(FULL, task), run(FULL, task))


def test_another_seed_gives_other_numbers():
    first, second = run(FULL), run(FULL.with_training(seed=1))
    assert (first.network.flat_parameters != second.network.flat_parameters).mean() > 0.9


@settings(max_examples=15)
@given(pieces=st.lists(st.integers(0, 5), max_size=8))
def test_any_division_into_pieces_gives_the_same_bits(pieces):
    whole, pieced = run(FULL), Trainer(FULL, DATA["multiclass"])
    for piece in pieces:
        pieced.advance(steps=piece)
        # Looking at the network must not disturb it.
        pieced.predict_proba(DATA["multiclass"].features("val"))
        pieced.evaluate("val")
    pieced.advance(epochs=1000)
    assert_same_bits(whole, pieced)


def test_advancing_by_steps_epochs_and_time():
    trainer = Trainer(make_experiment(epochs=10), DATA["multiclass"])
    assert trainer.steps_per_epoch == 3  # 40 examples: 16, 16 and 8
    assert trainer.total_steps == 30
    assert trainer.advance(steps=2) == 2
    assert trainer.epoch == pytest.approx(2 / 3)
    assert trainer.advance(epochs=2) == 6
    assert trainer.advance(steps=5, epochs=1) == 3
    assert trainer.advance(seconds=0) == 1  # always some progress
    assert trainer.advance(seconds=1000, steps=4) == 4
    assert trainer.advance(steps=0) == 0
    assert trainer.step == 16
    assert trainer.advance(seconds=1000) == 14
    assert trainer.advance(steps=1) == 0
    with pytest.raises(ValueError, match="steps, epochs or seconds"):
        trainer.advance()


def test_status():
    trainer = Trainer(make_experiment(), DATA["multiclass"])
    assert (trainer.status, trainer.done) == ("ready", False)
    trainer.advance(steps=1)
    assert (trainer.status, trainer.done) == ("running", False)
    trainer.advance(steps=1000)
    assert (trainer.status, trainer.done) == ("finished", True)


def test_train_runs_to_the_end():
    trainer = train(make_experiment(), DATA["multiclass"])
    assert trainer.status == "finished"
    assert_same_bits(trainer, run(make_experiment()))


# --- minibatches ----------------------------------------------------------------------------------


def seen_rows(experiment, data: Dataset, epochs: int, replica: int | None = None) -> list:
    """Return the training row numbers of each minibatch, found by the features that went in."""
    batches: list[list[int]] = []
    features = data.features("train")

    def look(moment):
        x = moment.network.dense_layers[0].x
        x = x if replica is None or x.ndim == 2 else x[replica]
        batches.append([int(np.flatnonzero((features == row).all(axis=1))[0]) for row in x])
        return np.zeros(moment.network.lead)

    seen = Instrument("seen", "run", look, cadence=Every(1))
    trainer = Trainer(experiment, data, instruments=[seen])
    trainer.advance(epochs=epochs)
    return batches


def test_each_epoch_sees_every_example_once_in_a_fresh_order():
    batches = seen_rows(make_experiment(), DATA["multiclass"], 4)
    assert [len(batch) for batch in batches] == [16, 16, 8] * 4
    epochs = [sum(batches[i : i + 3], []) for i in range(0, 12, 3)]
    assert all(sorted(epoch) == list(range(40)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4
    # Not only the order of fixed batches changes: who is with whom does.
    assert len({frozenset(batch) for batch in batches if len(batch) == 16}) == 8


def test_a_batch_as_large_as_the_split_is_the_whole_split():
    batches = seen_rows(make_experiment(batch_size=1000), DATA["multiclass"], 4)
    assert [sorted(batch) for batch in batches] == [list(range(40))] * 4


def test_the_order_depends_on_the_seed_only():
    plain = seen_rows(make_experiment(), DATA["multiclass"], 2)
    other = make_experiment({"dropout": 0.5, "hidden": (9,)}, learning_rate=0.5, optimizer="sgd")
    assert seen_rows(other, DATA["multiclass"], 2) == plain
    assert seen_rows(make_experiment(seed=1), DATA["multiclass"], 2) != plain


def test_replicas_of_different_seeds_have_orders_of_their_own():
    stack = [make_experiment(seed=seed) for seed in (4, 5, 4)]
    orders = [seen_rows(stack, DATA["multiclass"], 2, replica) for replica in range(3)]
    assert orders[0] == orders[2] == seen_rows(stack[0], DATA["multiclass"], 2)
    assert orders[1] == seen_rows(stack[1], DATA["multiclass"], 2)
    assert orders[0] != orders[1]


def test_batch_norm_survives_a_last_batch_of_one():
    experiment = make_experiment({"batch_norm": True}, batch_size=13)  # 40 = 13 + 13 + 13 + 1
    trainer = run(experiment, steps=8)
    assert trainer.steps_per_epoch == 4
    assert trainer.history.divergence is None
    assert np.isfinite(trainer.network.flat_state).all()


# --- what is recorded -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("task", TASKS)
def test_evaluations_are_recorded_from_the_first_to_the_last_step(task, dtype):
    trainer = Trainer(FULL, DATA[task], dtype=dtype)
    score = "r2" if task == "regression" else "accuracy"
    initial = {split: trainer.evaluate(split) for split in ("train", "val")}
    trainer.advance(epochs=4)
    rtol = 1e-5 if dtype == np.float32 else 1e-12
    for split in ("train", "val"):
        final = trainer.evaluate(split)
        assert set(final) == {"loss", score}
        for name in final:
            series = f"{split}_{name}"
            assert trainer.history.steps(series)[[0, -1]].tolist() == [0, 12]
            np.testing.assert_allclose(trainer.history[series][0], initial[split][name], rtol)
            np.testing.assert_allclose(trainer.history[series][-1], final[name], rtol)


def test_losses_are_those_of_the_data_without_the_penalty():
    trainer = run(make_experiment(l2=0.5, optimizer="sgd"), "regression", steps=0)
    plain = run(make_experiment(optimizer="sgd"), "regression", steps=0)
    assert trainer.history["train_loss"][0] == plain.history["train_loss"][0]


def test_scores_are_those_of_the_predictions():
    for task in ("binary", "multiclass"):
        trainer = run(FULL, task)
        x, y = DATA[task].features("val"), DATA[task].labels("val")
        assert trainer.evaluate("val")["accuracy"] == (trainer.predict(x) == y).mean()
    trainer = run(FULL, "regression")
    x, y = DATA["regression"].features("val"), DATA["regression"].labels("val")
    r2 = 1 - ((trainer.predict(x) - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert trainer.evaluate("val")["r2"] == pytest.approx(r2, rel=1e-4)


def test_a_large_training_split_is_represented_by_one_fixed_sample():
    data = make_data("regression", n=3000)
    assert len(data.X_train) > TRAIN_SAMPLE
    trainer = Trainer(make_experiment(), data)
    other_seed = Trainer(make_experiment({"initializer": "zeros"}, seed=5), data)
    same = Trainer(make_experiment({"initializer": "zeros"}), data)
    assert other_seed.history["train_loss"][0] == same.history["train_loss"][0]
    whole = trainer.evaluate("train")["loss"]
    assert trainer.history["train_loss"][0] == pytest.approx(float(whole), rel=0.15)


def test_a_long_run_with_patience_keeps_its_whole_span_evenly():
    data = from_arrays(np.random.default_rng(0).normal(size=(8, 1)), np.arange(8.0))
    experiment = make_experiment(
        {"hidden": ()}, batch_size=64, epochs=3000, patience=3000, learning_rate=1e-5
    )
    trainer = train(experiment, data)
    gaps = np.diff(trainer.history.steps("val_loss"))
    assert len(gaps) >= 200
    assert gaps.max() <= 3000 / 100


# --- it learns ------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])
@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_learned(task, optimizer):
    data = make_data(task, n=150, noise=0.05)
    rate = 0.1 if optimizer in ("sgd", "momentum", "nesterov") else 0.02
    trainer = train(
        make_experiment({"hidden": (8,)}, optimizer=optimizer, learning_rate=rate, epochs=40), data
    )
    score = trainer.evaluate("val")
    assert score["r2" if task == "regression" else "accuracy"] > 0.9
    assert trainer.history["train_loss"][-1] < 0.4 * trainer.history["train_loss"][0]


# --- constraints ----------------------------------------------------------------------------------


def test_max_norm_holds_after_every_step():
    trainer = Trainer(make_experiment(max_norm=0.5, learning_rate=0.1), DATA["binary"])
    for _ in range(12):
        trainer.advance(steps=1)
        for dense in trainer.network.dense_layers:
            assert (np.linalg.norm(dense.weight, axis=0) <= 0.5 * (1 + 1e-5)).all()


def test_clipping_bounds_the_step_of_plain_descent():
    experiment = make_experiment(optimizer="sgd", learning_rate=1.0, clip_norm=0.01)
    trainer = Trainer(experiment, DATA["regression"], dtype=np.float64)
    path = [trainer.network.flat_parameters.copy()]
    for _ in range(12):
        trainer.advance(steps=1)
        path.append(trainer.network.flat_parameters.copy())
    assert max(np.linalg.norm(b - a) for a, b in pairwise(path)) <= 0.01 * (1 + 1e-9)


def test_l1_and_l2_shrink_the_weights_and_not_the_biases():
    plain = run(make_experiment(optimizer="sgd", epochs=40), steps=120)
    shrunk = run(make_experiment(optimizer="sgd", epochs=40, l2=0.5), steps=120)
    for name in ("dense_1.weight", "dense_2.weight"):
        assert (
            abs(shrunk.network.parameters()[name]).sum()
            < 0.7 * abs(plain.network.parameters()[name]).sum()
        )
    # With all weights pulled to zero, the biases of the output still learn the class shares.
    assert abs(shrunk.network.parameters()["dense_3.bias"]).max() > 0.02


def test_dropout_is_off_when_evaluating():
    trainer = run(make_experiment({"dropout": 0.5}))
    x = DATA["multiclass"].features("val")
    np.testing.assert_array_equal(trainer.predict_proba(x), trainer.predict_proba(x))
