"""What simple models reach: the scores that the diagnosis compares a run with."""

import pytest

from nnlib.datasets import baselines, load
from nnlib.datasets.baselines import Baselines


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(baselines, "_KNOWN", type(baselines._KNOWN)())


@pytest.fixture
def fits(monkeypatch) -> list[str]:
    """Return the models that have been fitted, by name."""
    fitted, fit = [], baselines._fit

    def counting(model, *rows):
        fitted.append(type(getattr(model, "steps", [("", model)])[-1][1]).__name__)
        fit(model, *rows)

    monkeypatch.setattr(baselines, "_fit", counting)
    return fitted


def test_a_score_is_worked_out_once_for_the_same_data(fits):
    first, again = (Baselines(load("moons")) for _ in range(2))
    assert first.linear == again.linear and first.kernel == again.kernel > first.linear
    assert fits == ["LogisticRegression", "SVC"]
    other = Baselines(load("moons", seed=1))
    assert other.linear > 0 and len(fits) == 3


def test_scores_that_are_remembered_are_bounded(monkeypatch, fits):
    monkeypatch.setattr(baselines, "MOST_KNOWN", 1)
    simple = Baselines(load("moons"))
    assert simple.linear < simple.kernel
    assert list(baselines._KNOWN.values()) == [simple.kernel]


def test_only_models_that_can_decide_are_fitted(fits):
    simple = Baselines(load("diabetes"))
    assert not simple.beat(1.0) and fits == []
    assert simple.beat(0.2) and fits == ["Ridge"]
    assert not simple.beat(0.9)
    assert fits == ["Ridge", "HistGradientBoostingRegressor", "SVR"]
