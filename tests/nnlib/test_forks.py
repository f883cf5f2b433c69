"""Forks: what goes over, what begins anew, and that nothing changed changes nothing."""

import json

import numpy as np
import pytest
from small_runs import DATA, FULL, make_experiment

from nnlib.forks import fork, retrace
from nnlib.interventions import set_parameter
from nnlib.lineage import is_plain, lineage_document, lineage_from
from nnlib.run_files import run_of
from nnlib.timeline import Timeline
from nnlib.training import Trainer

STACK = [make_experiment({"dropout": 0.2}, seed=seed) for seed in (0, 4)]


def trained(experiment, steps: int = 7, **options) -> Trainer:
    trainer = Trainer(experiment, DATA["multiclass"], **options)
    trainer.advance(steps=steps)
    return trainer


@pytest.mark.parametrize("experiment", [make_experiment(patience=2), FULL, STACK])
def test_a_fork_without_changes_goes_on_with_the_same_bits(experiment):
    trainer = trained(experiment)
    forked = fork(trainer, 5)
    assert (forked.step, forked.origin.new) == (5, ())
    assert forked.history.steps("train_loss").tolist() == [5]
    for one in (trainer, forked):
        one.advance(steps=100)
    np.testing.assert_array_equal(forked.network.flat_parameters, trainer.network.flat_parameters)
    np.testing.assert_array_equal(forked.network.flat_state, trainer.network.flat_state)


def test_a_fork_with_a_rate_is_the_run_whose_rate_was_changed():
    trainer = trained(FULL, timeline=Timeline(2**20))
    before = trainer.network.flat_parameters.copy()
    forked = fork(trainer, 4, learning_rate=0.5, l2=0.1)
    twin = trained(FULL, 4)
    twin.change(learning_rate=0.5, l2=0.1)
    for one in (forked, twin):
        one.advance(steps=6)
    np.testing.assert_array_equal(forked.network.flat_parameters, twin.network.flat_parameters)
    np.testing.assert_array_equal(trainer.network.flat_parameters, before)
    assert forked.timeline is not trainer.timeline
    assert forked.timeline.most_bytes == 2**20
    assert forked.history["gradient_norm"].shape[1:] == trainer.history["gradient_norm"].shape[1:]


def test_a_fork_can_be_looked_at_kept_and_forked_again():
    forked = fork(trained(FULL), 4, learning_rate=0.5)
    forked.advance(steps=2)
    set_parameter(forked, "dense_1.weight", (0, 0), 0.25)
    forked.advance(steps=2)
    middle = forked.at(6)
    assert middle.network.parameters()["dense_1.weight"][0, 0] == 0.25
    snapshot = forked.snapshot()
    other = Trainer(snapshot.experiment, DATA["multiclass"])
    other.restore(snapshot)
    for one in (other.at(6), fork(forked, 6)):
        np.testing.assert_array_equal(one.network.flat_parameters, middle.network.flat_parameters)
    with pytest.raises(ValueError, match="has the steps 4 to 8, not 3"):
        forked.at(3)


def test_batch_normalization_added_leaves_the_weights():
    trainer = trained(make_experiment())
    forked = fork(trainer, 7, batch_norm=True)
    old, new = trainer.network.parameters(), forked.network.parameters()
    for i in (1, 2, 3):
        np.testing.assert_array_equal(new[f"dense_{i}.weight"], old[f"dense_{i}.weight"])
    assert (new["batch_norm_1.scale"] == 1).all()
    assert set(forked.origin.carried) == {
        *(f"dense_{i}.weight" for i in (1, 2, 3)),
        "dense_3.bias",
        "order of the examples",
    }
    assert "batch_norm_1.running_mean" in forked.origin.new
    assert "state of the optimizer" in forked.origin.new
    assert forked._optimizer.steps == 0


@pytest.mark.parametrize(
    ("changes", "new"),
    [
        ({"optimizer": "adamw"}, ()),
        ({"optimizer": "sgd"}, ("state of the optimizer",)),
        ({"dropout": 0.5}, ("dropout 1", "dropout 2")),
        ({"patience": 3}, ("early stopping",)),
        ({"seed": 3}, ("order of the examples",)),
        ({"activation": "relu", "schedule": "cosine", "epochs": 9}, ()),
        ({"hidden": (6, 9)}, ("dense_2.weight", "dense_2.bias", "dense_3.weight",
                              "state of the optimizer")),
    ],
)  # fmt: skip
def test_what_is_new_is_said(changes, new):
    forked = fork(trained(make_experiment()), 6, **changes)
    assert forked.origin.new == new
    assert all(name in forked.origin.sentence for name in new)
    assert forked.advance(steps=3) == 3


@pytest.mark.parametrize(("size", "step"), [(8, 9), (20, 3), (64, 1)])
def test_another_batch_size_keeps_the_place_in_the_epoch(size, step):
    trainer = trained(make_experiment(batch_size=16))  # 40 examples, 3 steps an epoch
    forked = fork(trainer, 5, batch_size=size)  # an epoch and 32 examples
    assert forked.step == step
    order = trainer.at(5)._minibatches._order
    if step % forked.steps_per_epoch:
        np.testing.assert_array_equal(forked._minibatches._order, order)
    forked.advance(steps=100)
    assert forked.epoch == 4


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValueError, match="There is no setting learning_rte"):
        fork(trained(make_experiment()), 2, learning_rte=1.0)
    with pytest.raises(ValueError, match="learning_rate must be"):
        fork(trained(make_experiment()), 2, learning_rate=-1.0)


def test_what_a_run_is_made_of_trains_it_again_with_the_same_bits():
    first = Trainer(FULL, DATA["multiclass"])
    first.advance(steps=5)
    first.change(learning_rate=0.05)
    set_parameter(first, next(iter(first.network.parameters())), (0, 0), 0.25)
    first.advance(steps=4)
    second = fork(first, 7, batch_size=FULL.training.batch_size * 2, batch_norm=True)
    second.advance(steps=3)
    second.change(learning_rate=0.01)
    third = fork(second, second.step, hidden=(7, 5))
    third.advance(steps=4)
    lineage = third.lineage(third.step)
    assert [len(stretch.events) for stretch in lineage] == [2, 1, 0]
    read = lineage_from(json.loads(json.dumps(lineage_document(lineage))))
    assert read == lineage and not is_plain(lineage)
    again = retrace(read, DATA["multiclass"])
    assert (again.step, again.experiment) == (third.step, third.experiment)
    np.testing.assert_array_equal(again.network.flat_parameters, third.network.flat_parameters)
    assert is_plain(first.lineage(3)) and first.at(3).lineage(3) is None
    assert run_of(third).end().lineage(third.step) == lineage
