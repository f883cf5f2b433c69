"""The trainer: reproducible, resumable, stackable, and honest about what goes wrong."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import Dataset, from_arrays
from nnlib.history import Event
from nnlib.recorders import Every, Recorder
from nnlib.training import STACKED_SETTINGS, TRAIN_SAMPLE, Trainer, stacking_key, train

TASKS = ("binary", "multiclass", "regression")


def make_data(task: str = "multiclass", n: int = 50, noise: float = 0.5, seed: int = 3) -> Dataset:
    """Return a data set with 0.8·n training rows."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    signal = X @ [1.0, -2.0, 0.5] + rng.normal(0, noise, n)
    if task == "regression":
        return from_arrays(X, 100 + 20 * signal)
    return from_arrays(X, np.digitize(signal, [0] if task == "binary" else [-1, 1]))


DATA = {task: make_data(task) for task in TASKS}


def make_experiment(network: dict | None = None, **training) -> Experiment:
    options = {"batch_size": 16, "epochs": 4, "learning_rate": 0.02}
    return Experiment(
        NetworkConfig(**({"hidden": (6, 5), "activation": "tanh"} | (network or {}))),
        TrainingConfig(**(options | training)),
    )


FULL = make_experiment({"batch_norm": True, "dropout": 0.3}, l1=1e-3, l2=1e-3, clip_norm=0.5)


def run(experiment, task: str = "multiclass", steps: int = 12, **options) -> Trainer:
    trainer = Trainer(experiment, DATA[task], **options)
    trainer.advance(steps=steps)
    return trainer


def assert_same_bits(a: Trainer, b: Trainer) -> None:
    np.testing.assert_array_equal(a.network.flat_parameters, b.network.flat_parameters)
    np.testing.assert_array_equal(a.network.flat_state, b.network.flat_state)
    assert a.history.names == b.history.names
    for name in a.history.names:
        np.testing.assert_array_equal(a.history.steps(name), b.history.steps(name))
        np.testing.assert_array_equal(a.history[name], b.history[name], err_msg=name)


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

    trainer = Trainer(experiment, data, recorders=[Recorder("seen", "run", look, Every(1))])
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


# --- early stopping -------------------------------------------------------------------------------


def overfitting(**settings) -> tuple[Experiment, Dataset]:
    rng = np.random.default_rng(5)
    data = from_arrays(rng.normal(size=(30, 4)), rng.integers(2, size=30))
    network = {"hidden": (16,), "batch_norm": True}
    return make_experiment(network, learning_rate=0.05, epochs=60, **settings), data


def losses_by_epoch(experiment: Experiment, data: Dataset):
    """Return validation loss, parameters and state after each epoch of a run that never stops."""
    trainer = Trainer(experiment.with_training(patience=0), data)
    losses, parameters, states = [], [], []
    while not trainer.done:
        trainer.advance(epochs=1)
        losses.append(float(trainer.evaluate("val")["loss"]))
        parameters.append(trainer.network.flat_parameters.copy())
        states.append(trainer.network.flat_state.copy())
    return losses, parameters, states


def stopping_epoch(losses: list[float], patience: int) -> int | None:
    for epoch in range(len(losses)):
        best = int(np.argmin(losses[: epoch + 1]))
        if epoch - best >= patience:
            return epoch
    return None


@pytest.mark.parametrize("patience", [1, 3, 8])
def test_early_stopping_waits_for_its_patience_and_restores_the_best_weights(patience):
    experiment, data = overfitting(patience=patience)
    losses, parameters, states = losses_by_epoch(experiment, data)
    epoch = stopping_epoch(losses, patience)
    assert epoch is not None
    best = int(np.argmin(losses[: epoch + 1]))
    trainer = train(experiment, data)
    assert trainer.status == "stopped early"
    assert trainer.epoch == epoch + 1
    np.testing.assert_array_equal(trainer.network.flat_parameters, parameters[best])
    np.testing.assert_array_equal(trainer.network.flat_state, states[best])
    assert trainer.evaluate("val")["loss"] == pytest.approx(losses[best], rel=1e-6)
    assert trainer.advance(steps=1) == 0


def test_a_run_that_ends_before_its_patience_also_keeps_the_best_weights():
    # As Keras' EarlyStopping(restore_best_weights=True) does at the end of training.
    experiment, data = overfitting(patience=1000)
    losses, parameters, _ = losses_by_epoch(experiment, data)
    best = int(np.argmin(losses))
    assert best < len(losses) - 1
    trainer = train(experiment, data)
    assert trainer.status == "finished"
    np.testing.assert_array_equal(trainer.network.flat_parameters, parameters[best])


def test_no_patience_never_stops_early():
    experiment, data = overfitting()
    trainer = train(experiment, data)
    assert trainer.status == "finished"
    assert trainer.epoch == 60


def test_replicas_of_a_stack_stop_each_in_its_own_time():
    experiment, data = overfitting(patience=3)
    stack = [experiment.with_training(learning_rate=rate) for rate in (0.05, 0.01, 0.002)]
    stacked = Trainer(stack, data, dtype=np.float64)
    stacked.advance(epochs=60)
    singles = [Trainer(e, data, dtype=np.float64) for e in stack]
    for replica, single in enumerate(singles):
        single.advance(epochs=60)
        if single.status == "stopped early":
            np.testing.assert_allclose(
                stacked.network.flat_parameters[replica], single.network.flat_parameters, 1e-9
            )
            np.testing.assert_allclose(
                stacked.network.flat_state[replica], single.network.flat_state, 1e-9
            )
    assert len({single.step for single in singles}) > 1
    assert stacked.step == max(single.step for single in singles)


def test_a_stopped_replica_stays_as_it_is_while_the_others_train_on():
    experiment, data = overfitting(patience=3)
    stack = [experiment.with_training(learning_rate=rate) for rate in (0.05, 0.002)]
    single = train(stack[0], data)
    stacked = Trainer(stack, data)
    stacked.advance(steps=single.step)
    assert single.status == "stopped early"
    assert not stacked.done
    restored = stacked.network.flat_parameters.copy()
    while not stacked.done:
        stacked.advance(steps=1)
        np.testing.assert_array_equal(stacked.network.flat_parameters[0], restored[0])
    assert (stacked.network.flat_parameters[1] != restored[1]).any()


# --- divergence -----------------------------------------------------------------------------------

EXPLODING = make_experiment(
    {"activation": "relu"}, optimizer="sgd", learning_rate=100.0, epochs=100
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_divergence_is_recorded_and_ends_the_run_without_a_warning(dtype):
    trainer = Trainer(EXPLODING, DATA["regression"], dtype=dtype)
    made = trainer.advance(steps=300)
    assert trainer.status == "diverged"
    divergence = trainer.history.divergence
    assert divergence is not None
    assert divergence.step == trainer.step == made < 300
    assert divergence.layer in trainer.history.layer_names
    assert divergence.replica == ()
    assert trainer.advance(steps=5) == 0
    # Up to that step everything was finite, and at that step it is not.
    assert trainer.history.steps("batch_loss")[-1] == divergence.step
    assert not np.isfinite(trainer.history["batch_loss"][-1])
    assert np.isfinite(trainer.history["batch_loss"][:-1]).all()
    twin = Trainer(
        EXPLODING,
        DATA["regression"],
        dtype,
        [Recorder("batch_loss", "run", lambda m: m.loss, Every(1))],
    )
    twin.advance(steps=divergence.step)
    assert np.isfinite(twin.history["batch_loss"]).all()
    assert twin.history.divergence is None


def test_a_diverged_run_can_still_be_looked_at():
    trainer = Trainer(EXPLODING, DATA["regression"])
    trainer.advance(steps=300)
    x = DATA["regression"].features("val")
    assert trainer.predict(x).shape == (len(x),)
    assert set(trainer.evaluate("val")) == {"loss", "r2"}
    assert len(list(trainer.history.rows())) > 0


@pytest.mark.parametrize(
    ("parameter", "value", "layer", "what"),
    [
        ("dense_2.weight", np.nan, "dense_2", "weights"),
        ("dense_3.weight", np.inf, "dense_3", "weights"),
        ("dense_1.weight", 3e38, "dense_1", "pre-activations"),
        ("dense_2.weight", 3e38, "dense_2", "pre-activations"),
        ("dense_3.bias", 3e30, "dense_3", "loss"),
    ],
)
def test_divergence_names_the_layer_in_which_it_began(parameter, value, layer, what):
    experiment = make_experiment({"activation": "linear"})
    trainer = Trainer(experiment, DATA["regression"])
    trainer.network.parameters()[parameter][...] = value
    trainer.advance(steps=3)
    divergence = trainer.history.divergence
    assert divergence is not None
    assert (divergence.step, divergence.layer, divergence.what) == (0, layer, what)
    assert trainer.step == 0


@pytest.mark.parametrize(
    ("value", "layer", "what"),
    [(np.nan, "dense_3", "weights"), (1e30, "dense_2", "pre-activations")],
)
def test_bad_weights_spread_down_from_the_output_and_overflow_up_from_the_input(value, layer, what):
    trainer = Trainer(make_experiment({"activation": "linear"}), DATA["regression"])
    for name, weight in trainer.network.parameters().items():
        if name.endswith("weight"):
            weight[...] = value
    trainer.advance(steps=1)
    assert trainer.history.divergence is not None
    assert (trainer.history.divergence.layer, trainer.history.divergence.what) == (layer, what)


def test_one_diverging_replica_does_not_disturb_the_others():
    rates = (0.001, 100.0, 0.01)
    stack = [EXPLODING.with_training(learning_rate=rate, epochs=20) for rate in rates]
    trainer = run(stack, "regression", steps=60, dtype=np.float64)
    assert trainer.status == "finished"
    assert [d.replica for d in trainer.history.divergences] == [(1,)]
    alone = run(stack[1], "regression", steps=60, dtype=np.float64)
    assert alone.history.divergence is not None
    assert trainer.history.divergences[0].step == alone.history.divergence.step
    assert trainer.history.replica(0).divergence is None
    for replica in (0, 2):
        single = run(stack[replica], "regression", steps=60, dtype=np.float64)
        np.testing.assert_allclose(
            trainer.network.flat_parameters[replica], single.network.flat_parameters, 1e-11
        )


def test_a_stack_has_diverged_when_all_replicas_have():
    stack = [EXPLODING.with_training(learning_rate=rate) for rate in (100.0, 50.0)]
    trainer = run(stack, "regression", steps=300)
    assert trainer.status == "diverged"
    assert sorted(d.replica for d in trainer.history.divergences) == [(0,), (1,)]


# --- live changes ---------------------------------------------------------------------------------


def test_a_changed_learning_rate_is_an_event_and_acts_from_the_next_step():
    experiment = make_experiment(optimizer="sgd", learning_rate=0.02)
    changed, twin = run(experiment, steps=5), run(experiment, steps=5)
    changed.change(learning_rate=0.06)
    assert changed.history.events == [Event(5, "learning_rate", 0.02, 0.06)]
    assert changed.experiment.training.learning_rate == 0.06
    before = twin.network.flat_parameters.copy()
    for trainer in (changed, twin):
        trainer.advance(steps=1)
    np.testing.assert_allclose(
        changed.network.flat_parameters - before,
        3 * (twin.network.flat_parameters - before),
        rtol=1e-3,
        atol=1e-6,
    )


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine", "warmup_cosine", "one_cycle"])
def test_after_a_change_the_schedule_goes_on_with_the_new_rate(schedule):
    experiment = make_experiment(schedule=schedule, epochs=8, decay_epochs=2, learning_rate=0.02)
    every = [
        Recorder("rate", "run", lambda m: m.effective_learning_rate, Every(1)),
        Recorder("configured", "run", lambda m: m.learning_rate, Every(1)),
    ]
    changed = Trainer(experiment, DATA["binary"], recorders=every)
    changed.advance(steps=7)
    changed.change(learning_rate=0.08)
    changed.advance(epochs=8)
    plain = Trainer(experiment, DATA["binary"], recorders=every)
    plain.advance(epochs=8)
    factors = np.where(changed.history.steps("rate") < 7, 1, 4)
    np.testing.assert_allclose(changed.history["rate"], factors * plain.history["rate"])
    np.testing.assert_allclose(changed.history["configured"], factors * 0.02)


def test_a_run_changed_before_its_first_step_is_the_run_configured_that_way():
    changed = Trainer(make_experiment(), DATA["binary"])
    changed.change(learning_rate=0.05, l2=0.01, clip_norm=0.3, max_norm=1.0, epochs=3)
    changed.advance(epochs=10)
    wanted = make_experiment(learning_rate=0.05, l2=0.01, clip_norm=0.3, max_norm=1.0, epochs=3)
    assert changed.experiment == wanted
    assert_same_bits(changed, train(wanted, DATA["binary"]))


def test_changing_the_epochs_moves_the_end_of_the_run():
    trainer = run(make_experiment(epochs=2), steps=100)
    assert trainer.status == "finished"
    trainer.change(epochs=3)
    assert trainer.status == "running"
    assert trainer.advance(steps=100) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 8}, "batch_size cannot be changed"),
        ({"seed": 3}, "seed cannot be changed"),
        ({"learning_rte": 0.1}, "learning_rte cannot be changed"),
        ({"learning_rate": -1.0}, "learning_rate must be"),
        ({"l2": 0.1, "learning_rate": "fast"}, "learning_rate must be"),
    ],
)
def test_a_refused_change_changes_nothing(change, message):
    trainer, twin = run(make_experiment(), steps=3), run(make_experiment(), steps=3)
    with pytest.raises(ValueError, match=message):
        trainer.change(**change)
    assert trainer.experiment == make_experiment()
    assert trainer.history.events == []
    for each in (trainer, twin):
        each.advance(steps=100)
    assert_same_bits(trainer, twin)


def test_setting_the_same_value_is_no_event():
    trainer = run(make_experiment(), steps=3)
    trainer.change(learning_rate=0.02)
    assert trainer.history.events == []


@pytest.mark.parametrize("rates", [(0.02, 0.002), (0.002, 0.02)])
def test_a_change_of_any_replica_is_an_event(rates):
    stack = [make_experiment(learning_rate=rate) for rate in rates]
    trainer = run(stack, steps=3)
    trainer.change(learning_rate=0.02)
    assert [(e.step, e.name, e.new) for e in trainer.history.events] == [(3, "learning_rate", 0.02)]


# --- replicas -------------------------------------------------------------------------------------

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
    assert set(STACKED_SETTINGS) <= set(STACKS)
    assert all(
        len({stacking_key(e) for e in stack}) == 1 and len(set(stack)) > 1
        for stack in STACKS.values()
    )


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
