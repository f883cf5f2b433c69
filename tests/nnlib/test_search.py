"""Searches: the space, the trials that train as stacks, what becomes of them, and the study."""

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from optuna.samplers import TPESampler

import nnlib
from nnlib.search import (
    DEPTH,
    WIDTH,
    Choice,
    Outcome,
    Range,
    Search,
    Trial,
    When,
    proposals,
    remote,
    search,
)
from nnlib.search.front import front, work_of
from nnlib.search.space import experiment_with, grid, resolved
from nnlib.search.thinning import thinned
from nnlib.training import Trainer

BASE = nnlib.Experiment(
    nnlib.NetworkConfig(hidden=(4,)),
    nnlib.TrainingConfig(optimizer="sgd", epochs=5, batch_size=16),
)
RATES = {"learning_rate": Range(1e-3, 1.0)}


@pytest.fixture(scope="module")
def data():
    return nnlib.datasets.load("moons", n_samples=80)


def settings_of(found: Search) -> list[dict]:
    return [trial.settings for trial in found.trials]


def values_of(found: Search) -> list[float | None]:
    return [trial.value for trial in found.trials]


# --- the space


def test_a_range_has_the_scale_of_its_field():
    space = resolved(
        {"learning_rate": Range(0.01, 1), "dropout": Range(0, 0.5), DEPTH: Range(1, 3)}
    )
    assert [(k.log, k.whole) for k in space.values()] == [
        (True, False),
        (False, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    ("space", "sentence"),
    [
        ({}, "at least one knob"),
        ({"rate": Range(0, 1)}, "no setting rate"),
        ({"learning_rate": Range(0.1, 1000)}, "learning_rate must be between"),
        ({"learning_rate": Range(1, 0.1)}, "lower to a higher"),
        ({"dropout": Range(0, 0.5, log=True)}, "above 0"),
        ({"optimizer": Range(0, 1)}, "give it a Choice"),
        ({"optimizer": Choice(("sgd", "sgd"))}, "options that differ"),
        ({"optimizer": Choice(("sgd", "newton"))}, "must be one of"),
        ({"hidden": Choice(((4,),)), DEPTH: Range(1, 2)}, "vary either"),
        ({DEPTH: Range(1, 100)}, "depth must be between 0 and 64"),
        ({"momentum": Range(0, 0.9, when=When("optimizer", ("momentum",)))}, "must come before"),
    ],
)
def test_a_space_that_cannot_be_searched_is_told(space, sentence):
    with pytest.raises(ValueError, match=sentence):
        resolved(space)


def test_knobs_go_into_the_experiment():
    made = experiment_with(BASE, {DEPTH: 3, WIDTH: 8, "learning_rate": 0.5, "activation": "tanh"})
    assert made.network.hidden == (8, 8, 8)
    assert (made.network.activation, made.training.learning_rate) == ("tanh", 0.5)
    assert experiment_with(BASE, {DEPTH: 2}).network.hidden == (4, 4)


def test_a_grid_has_every_combination_once_and_folds_what_is_not_there():
    momentum = Range(0.5, 0.9, when=When("optimizer", ("momentum",)))
    space = resolved(
        {"optimizer": Choice(("sgd", "momentum")), "momentum": momentum, DEPTH: Range(1, 2)}
    )
    rows = grid(space, 9)
    assert len(rows) == 8  # (1 + 3 momenta) x 2 depths
    assert {"optimizer": "sgd", DEPTH: 1} in rows
    assert {row["momentum"] for row in rows if "momentum" in row} == {0.5, 0.7, 0.9}
    with pytest.raises(ValueError, match="more than 3 trials"):
        grid(space, 3)


def test_knobs_of_another_one_are_there_with_it_alone():
    space = {
        "optimizer": Choice(("sgd", "momentum")),
        "momentum": Range(0.5, 0.9, when=When("optimizer", ("momentum",))),
    }
    found = search(space, None, 30, objective=lambda s: s.get("momentum", 0.0))
    assert all(("momentum" in s) == (s["optimizer"] == "momentum") for s in settings_of(found))
    assert len({s["optimizer"] for s in settings_of(found)}) == 2


# --- trials as runs


def test_a_trial_has_the_value_of_its_run_alone(data):
    space = RATES | {"activation": Choice(("relu", "tanh")), "batch_size": Range(8, 16)}
    found = search(space, data, 6, base=BASE, seeds=2)
    for trial in found.trials:
        experiment = found.experiment(trial)
        alone = [
            float(nnlib.train(experiment.with_training(seed=s), data).evaluate("val")["loss"])
            for s in (0, 1)
        ]
        assert trial.outcome.scores == pytest.approx(alone, rel=1e-4)
        assert trial.value == pytest.approx(np.mean(alone), rel=1e-4)


def test_trials_of_one_architecture_train_as_one_stack(data, monkeypatch):
    stacks = []
    made = Trainer.__init__

    def counted(self, experiment, *rest, **options):
        stacks.append(len(experiment))
        made(self, experiment, *rest, **options)

    monkeypatch.setattr(Trainer, "__init__", counted)
    search(RATES, data, 12, base=BASE, seeds=3, batch=12)
    assert stacks == [36]
    stacks.clear()
    search({"optimizer": Choice(("sgd", "adam"))} | RATES, data, 12, base=BASE, batch=12)
    assert len(stacks) == 2 and sum(stacks) == 12


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_thinned_stack_goes_on_as_the_whole_one(data, dropout):
    base = BASE.with_training(optimizer="adam", patience=3).with_network(
        dropout=dropout, batch_norm=True
    )
    rates = (0.001, 0.01, 0.1, 0.01, 0.1, 0.001)
    stack = [base.with_training(learning_rate=r, seed=i // 2) for i, r in enumerate(rates)]
    whole = Trainer(stack, data)
    whole.advance(steps=7)
    part = thinned(whole, [1, 4, 5])
    for trainer in (whole, part):
        trainer.advance(steps=9)
    parameters = whole.network.flat_parameters[[1, 4, 5]]
    assert np.allclose(part.network.flat_parameters, parameters, rtol=1e-4, atol=1e-6)
    assert part.step == 16


def test_time_slices_give_the_same_study(data):
    whole = search(RATES, data, 20, base=BASE, pruner="median")
    sliced = Search(RATES, data, 20, base=BASE, pruner="median")
    progress = [sliced.progress]
    while not sliced.done:
        sliced.advance(seconds=1e-6)
        progress.append(sliced.progress)
    assert values_of(sliced) == values_of(whole) and settings_of(sliced) == settings_of(whole)
    assert progress == sorted(progress) and (progress[0], progress[-1]) == (0.0, 1.0)
    assert len(progress) > 20


# --- what becomes of trials


def test_diverged_trials_are_results_with_a_reason(data):
    space = {"learning_rate": Range(0.01, 100.0)}
    base = BASE.with_network(hidden=()).with_training(l2=10.0)  # 1 - 20 η: unstable above 0.1
    found = search(space, data, 12, base=base, sampler="grid")
    ends = {t.settings["learning_rate"]: t.outcome for t in found.trials}
    assert ends[0.01].end == "done" and ends[100.0].end == "diverged"
    assert "no longer finite" in ends[100.0].reason and ends[100.0].value is None
    assert found.best.settings["learning_rate"] < 0.2


def test_median_pruning_ends_the_worse_trials_early(data):
    base = BASE.with_training(epochs=20)
    space = {"learning_rate": Range(1e-5, 1.0)}
    found = search(space, data, 32, base=base, sampler="qmc", pruner="median", batch=8)
    ended = {end: [t for t in found.trials if t.outcome.end == end] for end in ("done", "pruned")}
    assert ended["pruned"] and ended["done"]
    most = found.best.outcome.steps
    assert all(5 / 20 * most <= t.outcome.steps < most for t in ended["pruned"])
    rate = {end: np.median([t.settings["learning_rate"] for t in ts]) for end, ts in ended.items()}
    assert rate["pruned"] < rate["done"]


def test_halving_lets_few_trials_come_to_their_end(data):
    found = search(RATES, data, 27, base=BASE, pruner="halving", batch=27)
    ends = [t.outcome.end for t in found.trials]
    assert 1 <= ends.count("done") < 9 and ends.count("done") + ends.count("pruned") == 27


def test_a_sick_trial_ends_with_its_diagnosis(data):
    space = {"initializer": Choice(("zeros", "glorot_normal"))}
    base = BASE.with_network(hidden=(8, 8), activation="tanh").with_training(
        optimizer="adam", epochs=40
    )
    found = search(space, data, 2, base=base, sampler="grid", sick=True)
    sick, healthy = (
        next(t.outcome for t in found.trials if t.settings["initializer"] == name)
        for name in ("zeros", "glorot_normal")
    )
    assert sick.end == "sick" and "same" in sick.reason, sick
    assert healthy.end == "done" and sick.steps == healthy.steps // 4


def test_steps_to_a_loss_are_counted(data):
    base = BASE.with_training(epochs=30)
    found = search(RATES, data, 8, base=base, objective="steps", target=0.3, sampler="grid")
    reached = [t for t in found.trials if t.outcome.end == "done"]
    missed = [t for t in found.trials if t.outcome.end == "not reached"]
    assert reached and missed and "did not come down to 0.3" in missed[0].outcome.reason
    for trial in reached:
        alone = nnlib.train(found.experiment(trial), data).history
        steps, losses = alone.steps("train_loss"), alone["train_loss"]
        assert trial.value == steps[losses <= 0.3][0]


def test_seconds_to_a_loss_are_those_of_one_trial_at_a_time(data):
    base = BASE.with_training(epochs=30)
    options = {"base": base, "target": 0.3, "sampler": "grid", "seeds": 2}
    steps, timed = (search(RATES, data, 8, objective=o, **options) for o in ("steps", "seconds"))
    ends = [[t.outcome.end for t in found.trials] for found in (steps, timed)]
    assert ends[0] == ends[1] and {"done", "not reached"} <= set(ends[0])
    reached = [t for t in timed.trials if t.value is not None]
    assert all(0 < score < timed.seconds for t in reached for score in t.outcome.scores)
    assert sum(t.value for t in reached) < timed.seconds


def test_a_search_ends_after_its_seconds():
    options = {"objective": lambda s: s["x"], "batch": 4}
    found = search({"x": Range(0, 1)}, None, 1000, seconds=1e-9, **options)
    assert len(found.trials) == 4 and not found.done
    after = [t.outcome.after for t in found.trials]
    assert after == sorted(after) and 0 < after[-1] <= found.seconds


def test_a_function_that_fails_is_a_failed_trial():
    def objective(settings):
        if settings["x"] < 0:
            raise ValueError("x is negative")
        return 1 / settings["x"] if settings["x"] < 0.9 else float("inf")

    found = search({"x": Range(-1, 1)}, None, 30, objective=objective, sampler="qmc")
    failed = [t.outcome for t in found.trials if t.outcome.end == "failed"]
    assert failed and {outcome.reason for outcome in failed} == {"x is negative"}
    assert any(t.outcome.end == "diverged" for t in found.trials)
    assert found.best.settings["x"] > 0.7


# --- the study


def test_the_same_seed_gives_the_same_study():
    def found(seed, sampler):
        space = {"x": Range(0, 1), "n": Range(1, 9, whole=True), "c": Choice(("a", "b"))}
        return settings_of(
            search(space, None, 25, objective=lambda s: s["x"], sampler=sampler, seed=seed)
        )

    for sampler in ("tpe", "qmc"):
        assert found(1, sampler) == found(1, sampler) != found(2, sampler)


def test_a_batch_has_one_model_of_the_trials_and_begins_with_the_proposal_of_optuna(monkeypatch):
    space = {"x": Range(0, 1), "c": Choice(("a", "b"))}
    options = {"objective": lambda s: s["x"] + (s["c"] == "a"), "batch": 8}
    ours = search(space, None, 24, **options)
    assert len({s["x"] for s in settings_of(ours)}) == 24
    made = []
    build = TPESampler._build_parzen_estimator
    monkeypatch.setattr(
        TPESampler,
        "_build_parzen_estimator",
        lambda *given, **options: made.append(0) or build(*given, **options),
    )
    assert settings_of(search(space, None, 24, **options)) == settings_of(ours)
    assert len(made) == 2  # good and bad trials, for the one batch with more than ten before it
    monkeypatch.setattr(proposals, "_tpe", lambda: TPESampler)
    theirs = search(space, None, 24, **options)
    assert settings_of(theirs)[:17] == settings_of(ours)[:17]


@pytest.mark.parametrize("place", ["study.journal", "study.db"])
def test_a_stored_study_goes_on_where_it_was(tmp_path, place):
    space = {"x": Range(0, 1), "c": Choice(((1, 2), (3,)))}
    options = {"objective": lambda s: s["x"] + len(s["c"]), "batch": 4}
    whole = search(space, None, 12, **options)
    search(space, None, 8, storage=tmp_path / place, **options)
    again = search(space, None, 12, storage=tmp_path / place, **options)
    assert settings_of(again) == settings_of(whole) and values_of(again) == values_of(whole)
    with pytest.raises(ValueError, match="another space"):
        search({"x": Range(0, 2)}, None, 12, storage=tmp_path / place, **options)


def test_what_a_killed_process_had_under_way_does_not_hold_up_the_study(tmp_path):
    options = {"objective": lambda s: s["x"], "storage": tmp_path / "study.journal"}
    killed = Search({"x": Range(0, 1)}, None, 12, **options)
    killed.study.ask(3)
    assert [t.outcome for t in killed.trials] == [None] * 3
    again = search({"x": Range(0, 1)}, None, 12, **options)
    assert len(again.trials) == 12 and again.progress == 1
    assert all(t.outcome.end == "done" for t in again.trials)


def test_processes_that_share_a_study_keep_to_its_budget(tmp_path):
    options = {"objective": lambda s: s["x"], "batch": 4, "storage": tmp_path / "study.journal"}
    one, other = (Search({"x": Range(0, 1)}, None, 12, **options) for _ in range(2))
    asked = one.study.ask(4)
    other.advance()
    assert other.done and len(other.trials) == 8
    for number, settings in asked.items():
        one.study.tell(number, Outcome("done", settings["x"]))
    assert one.done and len(one.trials) == 12
    assert len({s["x"] for s in settings_of(one)}) == 12


# --- what it costs


def test_the_work_of_a_run_counts_its_weights_and_examples(data):
    space = {DEPTH: Choice((1, 2)), "batch_size": Choice((8, 16))}
    found = search(space, data, 4, base=BASE, sampler="grid")
    for trial in found.trials:
        trainer = nnlib.train(found.experiment(trial), data)
        named = trainer.network.parameters()
        weights = sum(w.size for name, w in named.items() if name.endswith("weight"))
        examples = trainer.step * trainer.experiment.training.batch_size
        assert work_of(found, trial) == 6 * weights * examples


def test_the_front_has_the_trials_that_none_beats_in_both():
    trials = [Trial(i, {}, Outcome("done", v)) for i, v in enumerate((3.0, 1.0, 2.0, 1.0, 4.0))]
    work = [1.0, 3.0, 1.0, 4.0, 0.5]
    assert front(trials, work, maximize=False) == [4, 2, 1]
    assert front(trials, work, maximize=True) == [4]


# --- elsewhere


class Recording(ThreadPoolExecutor):
    """An executor that notes with how many data sets it was sent work."""

    def submit(self, fn, /, *args, **kwargs):
        self.sent = [*getattr(self, "sent", []), args[1] is not None]
        return super().submit(fn, *args, **kwargs)


def test_an_executor_gives_the_same_study_and_gets_the_data_once(data, monkeypatch):
    monkeypatch.setattr(remote, "_KNOWN", {})
    space = RATES | {"activation": Choice(("relu", "tanh"))}
    here = search(space, data, 12, base=BASE, batch=6)
    with Recording(1) as executor:
        there = search(space, data, 12, base=BASE, batch=6, executor=executor)
    assert settings_of(there) == settings_of(here)
    assert values_of(there) == pytest.approx(values_of(here))
    assert executor.sent.count(True) == 1
    with pytest.raises(ValueError, match="cannot be pruned"):
        Search(space, data, 12, pruner="median", executor=executor)


def test_batches_ahead_keep_the_workers_busy(data, monkeypatch):
    under_way = []
    receive = remote.Elsewhere.receive

    def noted(self):
        under_way.append(self.trials)
        return receive(self)

    monkeypatch.setattr(remote.Elsewhere, "receive", noted)
    options = {"base": BASE, "batch": 4, "sampler": "qmc"}
    here = search(RATES, data, 24, **options)
    for ahead in (1, 3):
        under_way.clear()
        with ThreadPoolExecutor(1) as executor:
            there = search(RATES, data, 24, executor=executor, ahead=ahead, **options)
        assert max(under_way) == 4 * ahead
        assert settings_of(there) == settings_of(here)
        assert values_of(there) == pytest.approx(values_of(here))


def test_a_lost_worker_makes_failed_trials(data):
    class Lost(ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):
            future = Future()
            future.set_exception(RuntimeError("the worker is gone"))
            return future

    found = search(RATES, data, 4, base=BASE, executor=Lost())
    assert [t.outcome.reason for t in found.trials] == ["the worker is gone"] * 4


def test_the_study_as_a_file_goes_on_elsewhere(tmp_path):
    options = {"objective": lambda s: s["x"], "batch": 8}
    half = search({"x": Range(0, 1)}, None, 8, **options)
    path = tmp_path / "study.journal"
    path.write_bytes(half.study.to_journal())
    again = search({"x": Range(0, 1)}, None, 16, storage=path, **options)
    assert settings_of(again) == settings_of(search({"x": Range(0, 1)}, None, 16, **options))
