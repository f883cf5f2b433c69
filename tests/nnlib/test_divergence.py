"""Divergence: found, placed, recorded, and never a warning or an error."""

from __future__ import annotations

import numpy as np
import pytest
from small_runs import DATA, EXPLODING, make_experiment, run

from nnlib.instruments import Every, Instrument
from nnlib.training import Trainer


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
        instruments=[Instrument("batch_loss", "run", lambda m: m.loss, cadence=Every(1))],
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
        ("dense_2.weight", np.nan, "hidden 2", "weights"),
        ("dense_3.weight", np.inf, "output", "weights"),
        ("dense_1.weight", 3e38, "hidden 1", "pre-activations"),
        ("dense_2.weight", 3e38, "hidden 2", "pre-activations"),
        ("dense_3.bias", 3e30, "output", "loss"),
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
    [(np.nan, "output", "weights"), (1e30, "hidden 2", "pre-activations")],
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
