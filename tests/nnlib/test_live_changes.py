"""Changing settings during a run."""

from __future__ import annotations

import numpy as np
import pytest
from small_runs import DATA, assert_same_bits, make_experiment, run

from nnlib.history import Event
from nnlib.instruments import Every, Instrument
from nnlib.training import Trainer, train


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
        Instrument("rate", "run", lambda m: m.effective_learning_rate, cadence=Every(1)),
        Instrument("configured", "run", lambda m: m.learning_rate, cadence=Every(1)),
    ]
    changed = Trainer(experiment, DATA["binary"], instruments=every)
    changed.advance(steps=7)
    changed.change(learning_rate=0.08)
    changed.advance(epochs=8)
    plain = Trainer(experiment, DATA["binary"], instruments=every)
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
