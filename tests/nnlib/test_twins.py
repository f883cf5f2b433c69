"""Two runs side by side: where they part, how far they get, and what the seeds do by themselves."""

import numpy as np
import pytest
from small_runs import DATA, FULL, make_experiment

from nnlib import compare
from nnlib.forks import fork
from nnlib.training import Trainer


def trained(experiment=None, steps: int = 12, task: str = "multiclass") -> Trainer:
    trainer = Trainer(experiment or make_experiment(), DATA[task])
    trainer.advance(steps=steps)
    return trainer


def test_a_run_and_itself_do_not_part():
    twins = compare(trained(FULL), trained(FULL))
    assert (twins.differing, twins.parted, twins.layers) == ({}, None, ())
    assert not twins.parameters.any() and not twins.outputs.any()
    assert (twins.seed_parameters > 0).all() and not twins.relative_parameters.any()


def test_another_rate_parts_at_the_first_step_and_gets_further():
    a, b = trained(), trained(make_experiment(learning_rate=0.04))
    before = a.network.flat_parameters.copy()
    twins = compare(a, b)
    assert twins.differing == {"learning_rate": (0.02, 0.04)}
    assert (twins.parted, twins.layers) == (1, ("hidden 1", "hidden 2", "output"))
    assert twins.steps.tolist() == list(range(13))
    assert twins.parameters[0] == 0 < twins.parameters[1] < twins.parameters[-1]
    apart = np.linalg.norm(a.network.flat_parameters - b.network.flat_parameters)
    assert twins.parameters[-1] == pytest.approx(apart, rel=1e-5)
    val = [t.predict_proba(a.data.X_val) for t in (a, b)]
    assert twins.outputs[-1] == pytest.approx(np.sqrt(np.square(val[0] - val[1]).mean()), rel=1e-5)
    other = trained(make_experiment(seed=1))
    noise = np.linalg.norm(a.network.flat_parameters - other.network.flat_parameters)
    assert twins.seed_parameters[-1] == pytest.approx(noise, rel=1e-5)
    assert twins.relative_parameters[-1] == pytest.approx(apart / noise, rel=1e-4)
    np.testing.assert_array_equal(a.network.flat_parameters, before)
    ends = [float(run.evaluate("val")["loss"]) for run in (a, b, other)]
    np.testing.assert_allclose(twins.losses[-1], ends, rtol=1e-6)
    assert twins.losses.shape == (13, 3) and twins.losses[0, 0] == twins.losses[0, 1]


def test_a_change_on_the_way_parts_them_one_step_later():
    a, b = trained(steps=5), trained(steps=5)
    b.change(learning_rate=0.5)
    for run in (a, b):
        run.advance(steps=7)
    twins = compare(a, b, points=2)
    assert twins.parted == 6
    assert twins.steps.tolist() == [0, 1, 2, 4, 8, 12]


def test_a_fork_is_compared_from_where_it_began():
    a = trained()
    b = fork(a, 4, learning_rate=0.5)
    b.advance(steps=8)
    twins = compare(a, b)
    assert (twins.parted, twins.steps[0], twins.steps[-1]) == (5, 4, 12)
    assert twins.seed_parameters[0] == 0 and np.isnan(twins.relative_parameters[0])


def test_what_cannot_be_compared_is_no_number():
    twins = compare(trained(), trained(make_experiment({"hidden": (6, 9, 5)})))
    assert (twins.parted, twins.layers) == (0, ("hidden 2", "hidden 3", "output"))
    assert np.isnan(twins.parameters).all() and np.isfinite(twins.outputs).all()
    twins = compare(trained(), trained(task="binary"))
    assert twins.differing["data"] and np.isnan(twins.outputs).all()


def test_stacks_and_runs_without_a_common_step_are_refused():
    with pytest.raises(ValueError, match="single runs"):
        compare(trained([make_experiment()]), trained())
    with pytest.raises(ValueError, match="no step in common"):
        compare(trained(steps=3), fork(trained(), 5))
