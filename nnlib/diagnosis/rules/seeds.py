"""A seed that fails where others train."""

from collections.abc import Iterator

import numpy as np

from nnlib.diagnosis.facts import Facts
from nnlib.diagnosis.finding import Evidence, Finding, Place, Remedy
from nnlib.diagnosis.rule import BAD_LEVEL, is_bad, rule

LEAST_OTHERS = 2
"""With fewer other seeds nobody can say which of them is the exception."""
MOST = 0.75
"""So many of the other seeds must train."""
CLEARLY = 2.0
"""The loss is that many times the worst of those that train, so that no limit lies between them.
Measured: five seeds of each healthy run of the battery end between 0.09 and 0.17 of a constant's
loss, or all at 0.07 or below."""


@rule("run")
def unlucky_seed(facts: Facts) -> Iterator[Finding]:
    """Find a run that fails by its seed alone: nearly all others train with the same settings."""
    trained = {seed: level for seed, level in facts.others.items() if level <= BAD_LEVEL}
    share = len(trained) / max(len(facts.others), 1)
    if len(facts.others) < LEAST_OTHERS or share < MOST or not facts.ended or not is_bad(facts):
        return
    level = np.inf if facts.diverged else facts.last_level
    if level < CLEARLY * max(trained.values()):
        return
    best = min(trained, key=trained.__getitem__)
    yield Finding(
        "unlucky_seed",
        "problem",
        0.97,
        f"{len(trained)} of the {len(facts.others)} other seeds train with the very same settings: "
        "this one began at weights from which it does not.",
        (
            Evidence(
                "share of the other seeds that train",
                share,
                MOST,
                "a setting at fault would fail most seeds; with four other seeds one may fail",
            ),
            Evidence(
                "final training loss over a constant's",
                level,
                BAD_LEVEL,
                "measured: at most 0.44 in all healthy runs",
            ),
        ),
        Place(steps=(0, 0)),
        (
            Remedy(
                {"training": {"seed": best}},
                "Other initial weights and minibatches. A network that trains with every seed, "
                "wider or with batch normalization, is the better cure.",
            ),
        ),
    )
