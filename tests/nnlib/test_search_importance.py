"""What a search finds where the optimum and the importances are known, and what it says of it."""

import math
from dataclasses import replace

import numpy as np
import pytest

from nnlib.search import Choice, Range, findings, importance, search, seed_noise
from nnlib.search.importance import Importance

FLAT = {"d": Range(-1, 1)}


def bowl(s):
    """Variances of the three terms: 9·4/45, 1/3, 0.04/3; least at (0, -1, -1)."""
    return 3 * s["a"] ** 2 + s["b"] + 0.2 * s["c"]


def steps(s):
    """Over a logarithm, a choice and whole numbers; least at rate 0.01, "good", 4."""
    off = {"good": 0.0, "fair": 0.5, "poor": 1.0}[s["kind"]]
    return (math.log10(s["rate"]) + 2) ** 2 + off + 0.02 * (s["n"] - 4) ** 2


def product(s):
    """Sobol's g-function with a = 0, 1, 9; least, 0, where x is ½."""
    return math.prod(
        (abs(4 * s[k] - 2) + a) / (1 + a) for k, a in zip("xyz", (0, 1, 9), strict=True)
    )


SPACES = {
    "bowl": (bowl, {k: Range(-1, 1) for k in "abc"} | FLAT, -1.2, 4.2, {"a": 0.698, "b": 0.291}),
    "steps": (
        steps,
        {
            "rate": Range(1e-4, 1.0, log=True),
            "kind": Choice(("good", "fair", "poor")),
            "n": Range(1, 7, whole=True),
        },
        0.0,
        5.18,
        # variances 64/45, 1/6 and 0.0004·12
        {"rate": 0.892, "kind": 0.105, "n": 0.003},
    ),
    # first-order shares (1/3)/(1 + a)² over 4/3 · 13/12 · 301/300 - 1
    "product": (
        product,
        {k: Range(0, 1) for k in "xyz"},
        0.0,
        3.3,
        {"x": 0.742, "y": 0.185, "z": 0.007},
    ),
}


@pytest.mark.parametrize("name", SPACES)
def test_the_optimum_and_the_importances_that_are_known_are_found(name):
    function, space, least, most, shares = SPACES[name]
    spread = search(space, None, 128, objective=function, sampler="qmc", seed=3)
    found = importance(spread, shuffles=0)
    assert list(found.values)[: len(shares)] == list(shares)
    for knob, share in shares.items():
        assert found.values[knob] == pytest.approx(share, abs=0.12)
    sought = search(space, None, 128, objective=function, seed=3)
    assert sought.best.value <= least + 0.02 * (most - least)


def test_ped_anova_names_what_the_best_have_in_common():
    found = importance(
        search(
            {k: Range(0, 1) for k in "abc"}, None, 150, objective=lambda s: s["a"], sampler="qmc"
        ),
        "ped_anova",
    )
    assert next(iter(found.values)) == "a" and found.values["a"] > 0.8
    assert found.matters("a") and not found.matters("c")
    assert sum(found.values.values()) == pytest.approx(1)


def test_two_knobs_that_matter_alike_both_stand_out():
    space = {k: Range(0, 1) for k in "abc"}
    options = {"objective": lambda s: s["a"] + s["b"], "sampler": "qmc"}
    found = importance(search(space, None, 150, **options), "ped_anova")
    assert found.values["a"] == pytest.approx(found.values["b"], abs=0.35)
    assert found.matters("a") and found.matters("b") and not found.matters("c")


def test_a_knob_that_carries_a_seventh_is_told_from_chance_beside_one_that_carries_more():
    rng = np.random.default_rng(0)
    found = search(
        {k: Range(0, 1) for k in "abc"},
        None,
        60,
        # variances 4/45, 0.017 and 0.01
        objective=lambda s: (2 * s["a"] - 1) ** 2 + 0.45 * s["b"] + rng.normal(0, 0.1),
        sampler="qmc",
    )
    shares = importance(found, shuffles=4)
    assert [shares.matters(k) for k in "abc"] == [True, True, False]


def test_where_nothing_matters_it_says_so():
    rng = np.random.default_rng(0)
    noise = search(
        {k: Range(0, 1) for k in "ab"}, None, 40, objective=lambda s: rng.normal(), sampler="qmc"
    )
    found = importance(noise, shuffles=4)
    assert not any(found.matters(knob) for knob in "ab")
    assert findings(noise, found)[0].startswith("No knob stands out")


def test_too_few_or_equal_trials_have_no_importance():
    with pytest.raises(ValueError, match="at least 10 trials that are done; 9 are"):
        importance(search(FLAT, None, 9, objective=lambda s: s["d"]))
    with pytest.raises(ValueError, match="same score"):
        importance(search(FLAT, None, 12, objective=lambda s: 1.0))


def test_the_words_name_what_carries_the_score_and_what_is_chance():
    found = Importance("fanova", {"learning_rate": 0.7, "l2": 0.02}, 0.1, 50)
    said = findings(search(FLAT, None, 1, objective=lambda s: 0.0), found)
    assert "learning rate 70%" in said[0] and "50 trials: L2 strength" in said[1]


@pytest.mark.parametrize(
    ("best_at", "said"),
    [(1.0, "at the upper end of the range of d, 1: move the range up"), (0.0, ""),
     (-1.0, "at the lower end of the range of d, -1: move the range down")],
)  # fmt: skip
def test_a_best_at_the_end_of_its_range_asks_to_move_it(best_at, said):
    found = search(FLAT, None, 40, objective=lambda s: abs(s["d"] - best_at), sampler="grid")
    text = " ".join(findings(found, None))
    assert said in text if said else text == ""


def test_ordered_options_have_ends_too():
    sizes = {"n": Choice((8, 16, 32, 64)), "kind": Choice(("a", "b", "c"))}
    found = search(sizes, None, 12, objective=lambda s: 1 / s["n"], sampler="grid")
    (said,) = findings(found, None)
    assert "upper end of the range of n, 64: move the range up" in said


def with_scores(values, seeds, space=FLAT):
    """Return a search whose trials have these scores of their seeds, shape (trials, seeds)."""
    found = search(space, None, len(values), objective=lambda s: 0.0, sampler="qmc")
    trials = found.study.trials
    for trial, scores in zip(trials, values, strict=True):
        outcome = replace(trial.outcome, value=float(np.median(scores)), scores=tuple(scores))
        found.study._told[trial.number] = replace(trial, outcome=outcome)
    found.plan = replace(found.plan, seeds=seeds)
    return found


def test_knobs_that_carry_the_score_with_some_seeds_only_are_told():
    space = {k: Range(0, 1) for k in "ab"}
    drawn = search(space, None, 60, objective=lambda s: 0.0, sampler="qmc").trials
    by_seed = np.array([[t.settings["a"], t.settings["b"]] for t in drawn])
    found = with_scores(by_seed, 2, space)
    shares = importance(found, shuffles=3)
    assert [max(s, key=s.get) for s in shares.by_seed] == ["a", "b"]
    assert all(shares.matters(k) and not shares.holds(k) for k in "ab")
    assert all(low < 0.1 and high > 0.9 for low, high in map(shares.over_seeds, "ab"))
    assert "Within the noise of the seeds: " in findings(found, shares)[1]
    both = with_scores(by_seed[:, :1] + np.array([[0.0, 0.01]]), 2, space)
    assert importance(both, shuffles=3).holds("a")


def test_the_share_of_the_seeds_is_that_of_a_model_with_known_variances():
    rng = np.random.default_rng(0)
    settings, seeds = 2.0 * rng.normal(size=(400, 1)), rng.normal(size=(400, 4))
    found = seed_noise(with_scores(settings + seeds, 4))
    # the mean of four seeds has a variance of 1/4 beside the 4 of the settings; medians a bit more
    assert found.share == pytest.approx(0.25 / 4.25, abs=0.02)
    assert 1 <= len(found.ties) < 80


def test_with_one_seed_nothing_is_said_of_their_noise():
    assert seed_noise(with_scores([(0.1,), (0.2,)], 1)) is None
