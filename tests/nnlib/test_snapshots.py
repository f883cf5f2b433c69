"""Snapshots and looking back: going on from any step gives the bits of never having stopped."""

import io
import os
import subprocess
import sys
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np
import pytest
from small_runs import DATA, EXPLODING, FULL, assert_same_bits, make_experiment

from nnlib.interventions import set_parameter
from nnlib.optimizers import OPTIMIZERS
from nnlib.schedules import SCHEDULES
from nnlib.snapshot_files import load_snapshot, save_snapshot
from nnlib.timeline import Timeline
from nnlib.training import Trainer

BATCH_NORM = {"batch_norm": True, "dropout": 0.3}
NOISY = {**BATCH_NORM, "batch_norm_after": True, "batch_norm_noise": 0.5}
RUNS = {
    **{name: make_experiment(optimizer=name) for name in OPTIMIZERS},
    **{f"schedule {n}": make_experiment(schedule=n, decay_epochs=1) for n in SCHEDULES},
    "batch norm, dropout": FULL,
    "batch norm after, noise": make_experiment(NOISY),
    "skip": make_experiment({"hidden": (5, 5, 5), "skip": True, "skip_scaled": True}),
    "rules": make_experiment(max_norm=1.0, clip_value=0.01, l1=1e-3),
    "class weights": make_experiment(class_weight="balanced"),
    "early stopping": make_experiment({"batch_norm": True}, patience=1, learning_rate=0.3),
    "target loss": make_experiment(target_loss=0.9, learning_rate=0.1),
    "full batch": make_experiment(batch_size=64, epochs=12),
    "single examples": make_experiment(batch_size=1, epochs=1),
    "diverging": EXPLODING,
    "stack of rates": [replace(FULL, training=replace(FULL.training, learning_rate=r))
                       for r in (0.02, 0.3)],
    "stack of seeds": [
        make_experiment({**NOISY, "dropout": rate}, seed=seed, patience=1, learning_rate=0.3)
        for seed, rate in ((0, 0.1), (4, 0.5), (0, 0.5))
    ],
}  # fmt: skip
EVENTS = {2: {"learning_rate": 0.004}, 5: {"epochs": 5, "l2": 0.01}, 9: {"clip_norm": 0.1}}


def every_step() -> Timeline:
    return Timeline(spacing=1e-7, time_share=inf)


def task_of(name: str) -> str:
    return "regression" if name == "diverging" else "multiclass"


def walk(trainer: Trainer, end: int) -> Trainer:
    """Train to a step, with a change of settings on the way, step by step."""
    while trainer.step < end and not trainer.done:
        trainer.advance(steps=1)
        changes = {k: v for k, v in EVENTS.get(trainer.step, {}).items()}
        if changes:
            trainer.change(**changes)
    return trainer


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("stop", [1, 5, 6, 10])
def test_training_on_from_a_snapshot_gives_the_bits_of_never_having_stopped(name, stop):
    data = DATA[task_of(name)]
    through = walk(Trainer(RUNS[name], data), 100)
    stopped = walk(Trainer(RUNS[name], data), stop)
    snapshot = stopped.snapshot()
    walk(stopped, 100)  # whatever comes after must not touch the snapshot
    file = io.BytesIO()
    save_snapshot(file, snapshot)
    file.seek(0)
    for kept in (snapshot, load_snapshot(file)):
        fresh = Trainer(kept.experiment, data)
        fresh.restore(kept)
        stopped.restore(kept)
        assert fresh.step == stopped.step == kept.step
        for again in (fresh, stopped):
            walk(again, 100)
            assert_same_bits(again, through)
            assert again.status == through.status
            assert again.history.events == through.history.events
            assert again.history.divergences == through.history.divergences
            assert again.experiments == through.experiments


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("timeline", [False, True])
def test_any_step_can_be_looked_at_again(name, timeline):
    trainer = Trainer(RUNS[name], DATA[task_of(name)], timeline=every_step() if timeline else None)
    seen = [trainer.snapshot()]
    while not trainer.done:
        walk(trainer, trainer.step + 1)
        seen.append(trainer.snapshot())
    if timeline:
        assert len(trainer.timeline.snapshots) >= trainer.step // 2
    seen = {snapshot.step: snapshot for snapshot in seen}
    for step in {0, 1, 2, 4, 5, 6, 9, 12, trainer.step} & set(seen):
        there = trainer.at(step)
        assert there.step == step
        for part, array in seen[step].arrays.items():
            if part.startswith(("watch", "optimizer")) and trainer.status == "diverged":
                continue  # the fatal update is no step of its own
            np.testing.assert_array_equal(there.snapshot().arrays[part], array, err_msg=part)
        assert tuple(there.experiments) == seen[step].experiments
        assert there.history.steps("train_loss").tolist() == [step]


def test_a_step_looked_at_trains_on_with_the_same_bits():
    trainer = walk(Trainer(FULL, DATA["multiclass"]), 3)
    there = trainer.at(2)
    there.advance(steps=1)
    np.testing.assert_array_equal(there.network.flat_parameters, trainer.network.flat_parameters)
    assert there.at(3).step == 3
    with pytest.raises(ValueError, match="has the steps 2 to 3, not 1"):
        there.at(1)


def test_a_weight_set_by_hand_is_set_again():
    trainer = Trainer(make_experiment(), DATA["binary"], timeline=every_step())
    trainer.advance(steps=3)
    set_parameter(trainer, "dense_1.weight", (1, 2), 0.75)
    trainer.advance(steps=3)
    assert trainer.at(3).network.parameters()["dense_1.weight"][1, 2] == 0.75
    trainer.timeline.snapshots.clear()
    again = trainer.at(6)
    np.testing.assert_array_equal(again.network.flat_parameters, trainer.network.flat_parameters)
    trainer.advance(steps=1)
    np.testing.assert_array_equal(
        trainer.at(6).network.flat_parameters, again.network.flat_parameters
    )


@pytest.mark.parametrize("step", [-1, 13, 1000])
def test_a_step_that_was_not_made_is_refused(step):
    trainer = Trainer(make_experiment(), DATA["binary"])
    trainer.advance(steps=12)
    with pytest.raises(ValueError, match="This run has the steps 0 to 12"):
        trainer.at(step)


def test_going_back_forgets_the_snapshots_of_what_came_after():
    trainer = Trainer(make_experiment(), DATA["binary"], timeline=every_step())
    trainer.advance(steps=4)
    snapshot = trainer.snapshot()
    trainer.advance(steps=4)
    old = trainer.at(6).network.flat_parameters.copy()
    trainer.restore(snapshot)
    trainer.change(learning_rate=1.0)
    trainer.advance(steps=4)
    assert not np.array_equal(trainer.at(6).network.flat_parameters, old)
    assert [s.step for s in trainer.timeline.snapshots] == list(range(1, 9))


def test_a_snapshot_of_another_run_is_refused_and_changes_nothing():
    trainer = Trainer(make_experiment(), DATA["binary"])
    trainer.advance(steps=4)
    snapshot, before = trainer.snapshot(), trainer.network.flat_parameters.copy()
    for experiment, data, message in [
        (make_experiment(seed=1), DATA["binary"], "with other settings"),
        ([make_experiment()], DATA["binary"], "with other settings"),
        (make_experiment(), DATA["multiclass"], "on other data"),
    ]:
        with pytest.raises(ValueError, match=message):
            Trainer(experiment, data).restore(snapshot)
    with pytest.raises(ValueError, match="other instruments"):
        Trainer(make_experiment(), DATA["binary"], instruments=()).restore(snapshot)
    compiled = snapshot.history.copy()
    compiled.engine = "compiled"
    with pytest.raises(ValueError, match="with the compiled engine"):
        trainer.restore(replace(snapshot, history=compiled))
    broken = {**snapshot.arrays, "network.flat_parameters": np.zeros(3, np.float32)}
    other = {**snapshot.arrays, "minibatches.start": np.asarray(7)}
    for arrays in (broken, other, {}):
        with pytest.raises(ValueError, match="This state is of"):
            trainer.restore(replace(snapshot, arrays=arrays))
    np.testing.assert_array_equal(trainer.network.flat_parameters, before)


def test_minibatches_of_ones_own_cannot_be_put_back():
    class Given:
        size, per_epoch = 40, 1

        def next(self):
            x = np.asarray(DATA["binary"].features("train"), np.float32)
            return x, DATA["binary"].targets("train")

    trainer = Trainer(make_experiment(), DATA["binary"], minibatches=Given())
    with pytest.raises(ValueError, match="minibatches of this run cannot be put back"):
        trainer.snapshot()


GO_ON = """
import sys
from small_runs import DATA
from nnlib.snapshot_files import load_snapshot, save_snapshot
from nnlib.training import Trainer
snapshot = load_snapshot(sys.argv[1])
trainer = Trainer(snapshot.experiment, DATA["multiclass"], engine=snapshot.history.engine)
trainer.restore(snapshot)
trainer.advance(steps=100)
save_snapshot(sys.argv[1], trainer.snapshot())
"""


def test_another_process_goes_on_with_the_same_bits(tmp_path):
    through = walk(Trainer(RUNS["stack of seeds"], DATA["multiclass"]), 5)
    save_snapshot(tmp_path / "run.npz", through.snapshot())
    here = str(Path(__file__).parents[1])
    subprocess.run(
        [sys.executable, "-c", GO_ON, str(tmp_path / "run.npz")],
        check=True,
        env=os.environ | {"PYTHONPATH": f"{here}:{Path(here).parent}"},
    )
    through.advance(steps=100)
    ended = load_snapshot(tmp_path / "run.npz")
    for name, array in through.snapshot().arrays.items():
        np.testing.assert_array_equal(ended.arrays[name], array, err_msg=name)


# --- the timeline ---------------------------------------------------------------------------------


def long_run(most_bytes: int, steps: int = 400) -> Trainer:
    timeline = Timeline(most_bytes, 1e-7, inf)
    trainer = Trainer(make_experiment(epochs=10_000), DATA["binary"], timeline=timeline)
    trainer.advance(steps=steps)
    return trainer


@pytest.mark.parametrize(("steps", "room"), [(30, 20), (500, 20), (5000, 7), (300, 1)])
def test_a_timeline_stays_within_its_bound_and_evenly_spread(steps, room):
    snapshot = long_run(0, steps=1).snapshot()
    timeline, step_time = Timeline(room * snapshot.nbytes, spacing=0.025, time_share=inf), 0.01
    for step in range(1, steps + 1):
        now = step * step_time
        if now >= timeline.due:
            timeline.add(replace(snapshot, step=step, seconds=now), 0.0)
        assert len(timeline.snapshots) <= room
        seconds = [0.0, *(s.seconds for s in timeline.snapshots), now]
        least = max(0.025, 2 * now / room)  # as documented: 2·T·b/B
        assert max(np.diff(seconds)) <= least + step_time + 1e-9


def test_thinning_lets_the_memory_go():
    trainer = long_run(10**9, steps=40)
    timeline, before = trainer.timeline, trainer.timeline.nbytes
    timeline.thin(before // 2)
    assert 0 < timeline.nbytes <= before // 2
    timeline.thin(0)
    assert timeline.snapshots == [] and timeline.nbytes == 0
    assert trainer.at(17).step == 17


def test_a_timeline_changes_no_bit_of_a_run():
    with_one, without = long_run(10**6, 50), Trainer(make_experiment(epochs=10_000), DATA["binary"])
    without.advance(steps=50)
    assert_same_bits(with_one, without)


# --- files ----------------------------------------------------------------------------------------


DAMAGED = (
    "This file is not a snapshot saved by nnlib.",
    "This snapshot is larger than 1,024 MB once it is unpacked.",  # as its directory says now
)


def test_a_damaged_snapshot_is_refused_in_one_sentence():
    file = io.BytesIO()
    save_snapshot(file, walk(Trainer(FULL, DATA["binary"]), 6).snapshot())
    whole, rng = file.getvalue(), np.random.default_rng(0)
    for trial in range(60):
        damaged = bytearray(whole)
        if trial % 2:
            del damaged[rng.integers(len(whole)) :]
        for place in rng.integers(len(damaged), size=8) if damaged else ():
            damaged[place] = rng.integers(256)
        try:
            load_snapshot(io.BytesIO(bytes(damaged)))
        except ValueError as error:
            assert str(error) in DAMAGED
    with pytest.raises(ValueError, match="larger than 0 MB"):
        load_snapshot(io.BytesIO(whole), most_bytes=1000)
