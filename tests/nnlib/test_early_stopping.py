"""Early stopping: when a run ends, and which weights it ends with."""

from __future__ import annotations

import numpy as np
import pytest
from small_runs import DATA, EXPLODING, make_experiment

from nnlib.config import Experiment
from nnlib.datasets import Dataset, from_arrays
from nnlib.training import Trainer, train


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
    assert trainer.restored_step == (best + 1) * trainer.steps_per_epoch
    assert trainer.advance(steps=1) == 0


def test_a_run_that_ends_before_its_patience_also_keeps_the_best_weights():
    # As Keras' EarlyStopping(restore_best_weights=True) does at the end of training.
    experiment, data = overfitting(patience=1000)
    losses, parameters, _ = losses_by_epoch(experiment, data)
    best = int(np.argmin(losses))
    assert best < len(losses) - 1
    trainer = train(experiment, data)
    assert trainer.status == "finished"
    assert trainer.restored_step == (best + 1) * trainer.steps_per_epoch
    np.testing.assert_array_equal(trainer.network.flat_parameters, parameters[best])


def test_no_patience_never_stops_early():
    experiment, data = overfitting()
    trainer = train(experiment, data)
    assert trainer.status == "finished"
    assert trainer.epoch == 60


def test_nothing_is_called_restored_that_was_not():
    experiment, data = overfitting(patience=3)
    trainer = Trainer(experiment, data)
    trainer.advance(epochs=2)
    assert trainer.restored_step is None
    assert train(experiment.with_training(patience=0), data).restored_step is None
    diverged = train(EXPLODING.with_training(patience=50), DATA["regression"])
    assert diverged.status == "diverged"
    assert abs(diverged.network.flat_parameters).max() > 1e6
    assert diverged.restored_step is None


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


def test_a_run_ends_after_the_epoch_that_reaches_the_target_and_keeps_its_weights():
    experiment, data = overfitting()
    trainer, losses = Trainer(experiment, data), []
    while not trainer.done:
        trainer.advance(epochs=1)
        losses.append(float(trainer.evaluate("train")["loss"]))
    target = float(np.sort(losses)[len(losses) // 2])
    first = next(i for i, loss in enumerate(losses) if loss <= target * (1 + 1e-6)) + 1
    stopped = train(experiment.with_training(target_loss=target * (1 + 1e-6)), data)
    assert stopped.status == "target reached"
    assert stopped.epoch == first
    assert stopped.restored_step is None
    twin = Trainer(experiment, data)
    twin.advance(epochs=first)
    np.testing.assert_array_equal(stopped.network.flat_parameters, twin.network.flat_parameters)


def test_each_replica_of_a_stack_ends_at_the_target_by_itself():
    experiment, data = overfitting(target_loss=0.3)
    rates = (0.05, 0.2, 1e-6)
    runs = [experiment.with_training(learning_rate=rate) for rate in rates]
    stack, singles = Trainer(runs, data), [train(run, data) for run in runs]
    stack.advance(epochs=60)
    assert [single.status for single in singles] == ["target reached"] * 2 + ["finished"]
    assert stack.status == "finished"
    for replica, single in enumerate(singles):
        np.testing.assert_allclose(
            stack.network.flat_parameters[replica], single.network.flat_parameters, 1e-4, 1e-5
        )
