"""The diagnosis of training: causes are named, healthy runs are left in peace."""

import numpy as np
import pytest

import nnlib
from nnlib.datasets import from_arrays, load
from nnlib.diagnosis import FAULTS, PREPARATIONS, RULES, diagnose
from nnlib.diagnosis.diagnosis import EXPLAINS, diagnose_facts
from nnlib.diagnosis.facts import Facts


def run(data, network=None, **training) -> nnlib.Trainer:
    experiment = nnlib.Experiment(
        nnlib.NetworkConfig(**({"hidden": (16,)} | (network or {}))),
        nnlib.TrainingConfig(**({"learning_rate": 0.01, "batch_size": 32} | training)),
    )
    return nnlib.train(experiment, data)


def rings(factor: float = 1.0, n: int = 400):
    rng = np.random.default_rng(5)
    y = np.arange(n) % 2
    angle, radius = rng.uniform(0, 2 * np.pi, n), np.where(y == 0, 1.0, 0.4)
    X = np.column_stack((np.cos(angle), np.sin(angle))) * radius[:, None]
    return from_arrays(
        factor * (X + rng.normal(0, 0.05, X.shape)), y, task="binary", standardize=False
    )


def imbalanced(n: int = 1000):
    rng = np.random.default_rng(6)
    y = (np.arange(n) < 0.04 * n).astype(int)
    return from_arrays(rng.normal(size=(n, 4)) + 0.8 * y[:, None], y, task="binary")


def noise(n: int = 500):
    rng = np.random.default_rng(7)
    return from_arrays(rng.normal(size=(n, 6)), rng.integers(0, 2, n), task="binary")


FAR_TOO_LARGE = {"initializer_scale": 50.0, "hidden": (32, 32)}
SICK = {
    "symmetric_init": lambda: run(rings(), {"initializer": "zeros", "activation": "tanh"}),
    "unscaled_inputs": lambda: run(
        rings(200), {"activation": "tanh"}, optimizer="sgd", learning_rate=0.1
    ),
    "init_too_large": lambda: run(rings(), FAR_TOO_LARGE, epochs=10),
    "exploding_gradients": lambda: run(
        load("digits"), {"hidden": (48,) * 10, "initializer_scale": 2.0}, optimizer="sgd", epochs=3
    ),
    "vanishing_gradients": lambda: run(
        rings(), {"hidden": (16,) * 6, "activation": "sigmoid"}, optimizer="sgd"
    ),
    "dead_relu": lambda: run(rings(), {"hidden": (2,) * 16}),
    "lr_too_high": lambda: run(rings(), optimizer="sgd", learning_rate=100.0),
    "lr_too_low": lambda: run(rings(), learning_rate=1e-5, epochs=30),
    "too_few_epochs": lambda: run(load("moons"), epochs=1),
    "missing_nonlinearity": lambda: run(rings(), {"activation": "linear"}, epochs=30),
    "too_small_network": lambda: run(
        load("spiral"), {"hidden": (2,), "activation": "tanh"}, epochs=60
    ),
    "too_much_regularization": lambda: run(load("digits"), l1=0.2, epochs=10),
    "class_imbalance": lambda: run(imbalanced(), epochs=15),
    "no_signal": lambda: run(noise(), epochs=30),
    "batch_norm_tiny_batch": lambda: run(
        rings(), {"batch_norm": True}, batch_size=1, optimizer="sgd", epochs=4
    ),
}


@pytest.mark.parametrize("fault", SICK)
def test_the_first_finding_is_the_cause(fault: str):
    diagnosis = diagnose(SICK[fault]())
    assert [f.fault for f in diagnosis.problems][:1] == [fault], str(diagnosis)
    first = diagnosis.findings[0]
    assert first.evidence and first.remedies and 0.5 <= first.confidence <= 1
    for evidence in first.evidence:
        assert evidence.source
        assert (evidence.value < evidence.limit) == evidence.below or np.isinf(evidence.limit)
    assert first.title in str(diagnosis) and first.title in diagnosis._repr_markdown_()


@pytest.mark.parametrize(
    "healthy",
    [
        lambda: run(rings(), {"hidden": (16, 16)}, epochs=60),
        lambda: run(load("digits"), {"hidden": (32,)}, learning_rate=0.003, epochs=15),
        lambda: run(load("iris"), {"hidden": (32,)}, epochs=40),
        lambda: run(load("plane", noise=0.02), {"activation": "linear"}, epochs=30),
    ],
    ids=["rings", "digits", "iris", "linear plane"],
)
def test_healthy_runs_have_no_problem_at_any_time(healthy):
    trainer = healthy()
    diagnosis = diagnose(trainer)
    assert not diagnosis.problems, str(diagnosis)
    assert "Healthy" in str(diagnosis) and diagnosis.healthy
    half = nnlib.Trainer(trainer.experiment, trainer.data)
    half.advance(steps=trainer.step // 2)
    assert not diagnose(half, thorough=False).problems


def test_every_remedy_can_be_applied():
    for make in SICK.values():
        trainer = make()
        for finding in diagnose(trainer).findings:
            assert finding.fault in FAULTS
            changes = [remedy.changes for remedy in finding.remedies]
            assert all(same not in changes[:place] for place, same in enumerate(changes))
            for remedy in finding.remedies:
                changed = trainer.experiment.with_network(**remedy.changes.get("network", {}))
                changed = changed.with_training(**remedy.changes.get("training", {}))
                assert remedy.changes.get("data") in {None, *PREPARATIONS}
                assert changed != trainer.experiment or "data" in remedy.changes


def test_a_cause_stands_alone_and_names_its_consequences():
    diagnosis = diagnose(SICK["init_too_large"]())
    assert len(diagnosis.problems) == 1
    assert all(fault in FAULTS for pair in EXPLAINS.items() for fault in (pair[0], *pair[1]))


def test_a_network_that_is_wrong_with_certainty_is_not_called_healthy():
    """Its training loss ends next to 0, and where it errs on validation its outputs are huge."""
    facts = Facts(run(rings(), {"hidden": (32, 32)}))
    facts.train_levels = np.array([40_000.0, 1e3, 1.0, 1e-3, 3e-7])
    facts.val_levels = np.array([40_000.0, 2e3, 60.0, 50.0, 48.0])
    assert diagnose_facts(facts).problems[0].fault == "init_too_large"


def test_a_validation_loss_above_a_guess_s_is_told_where_no_cause_is_found():
    facts = Facts(run(rings(), {"hidden": (32, 32)}))
    assert diagnose_facts(facts).doubt == ""
    facts = Facts(facts.trainer)
    facts.val_levels = np.full(5, 2.0)  # no rise, by which overfitting is known
    assert "above that of a constant" in diagnose_facts(facts).doubt


def test_before_training_only_settings_and_data_speak():
    experiment = nnlib.Experiment(nnlib.NetworkConfig(initializer="zeros"))
    diagnosis = diagnose(nnlib.Trainer(experiment, rings()))
    assert [f.fault for f in diagnosis.findings] == ["symmetric_init"]


def test_a_stack_is_refused():
    experiment = nnlib.Experiment()
    with pytest.raises(ValueError, match="replica"):
        diagnose(nnlib.Trainer([experiment, experiment], rings()))


def test_rules_are_registered_once():
    assert len({rule.name for rule in RULES}) == len(RULES) > 15


def test_a_guess_for_want_of_a_cause_stays_away_where_one_was_found():
    short = run(load("digits"), {"hidden": (32,)}, epochs=2, batch_size=256, learning_rate=0.001)
    assert [finding.fault for finding in diagnose(short).problems] == ["too_few_epochs"]
