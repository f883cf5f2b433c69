"""Inputs and targets whose magnitudes are far from 1."""

from collections.abc import Iterator

import numpy as np

from nnlib.diagnosis.facts import Facts
from nnlib.diagnosis.finding import Evidence, Finding, Remedy
from nnlib.diagnosis.rule import is_poor, rule

LARGE, SMALL = 10.0, 0.03
_LARGE_SOURCE = (
    "LeCun et al. 1998, section 4.3 (inputs near 0 ± 1); measured: at most 2.9 where raw units did "
    "no harm, at least 55 where they did"
)
_SMALL_SOURCE = "measured: at least 0.2 in runs without this fault"
SPREAD = 300.0
_SPREAD_SOURCE = "measured: at most 8 in runs without this fault, 142,100 with it"
OUTLIER = 30.0
_OUTLIER_SOURCE = (
    "distance from the median over 1.4826 × the median distance, of which Leys et al. 2013 call 3 "
    "far; a million rows of a normal distribution reach 5"
)
_STANDARDIZE = Remedy(
    {"data": "standardize"},
    "With every input and target near 0 ± 1, one learning rate and one initial scale suit all "
    "weights.",
)


@rule("start")
def unscaled_inputs(facts: Facts) -> Iterator[Finding]:
    """Find raw units: inputs far from 1, or far from one another."""
    sizes = facts.about.input_sizes
    if not len(sizes):
        return
    size = float(np.sqrt(np.mean(np.square(sizes))))
    spread = 1.0 if facts.data.image_shape else float(sizes.max() / sizes.min())
    evidence = []
    if size > LARGE:
        evidence.append(Evidence("root mean square of the inputs", size, LARGE, _LARGE_SOURCE))
    if size < SMALL:
        evidence.append(
            Evidence("root mean square of the inputs", size, SMALL, _SMALL_SOURCE, below=True)
        )
    if spread > SPREAD:
        evidence.append(Evidence("largest input over the smallest", spread, SPREAD, _SPREAD_SOURCE))
    if evidence:
        yield Finding(
            "unscaled_inputs",
            "problem" if is_poor(facts) else "warning",
            _confidence(max(size / LARGE, SMALL / size), is_poor(facts)),
            "The inputs come in raw units, far from 1 or from one another, so no one learning rate "
            "suits all weights of the first layer.",
            tuple(evidence),
            remedies=(_STANDARDIZE,),
        )


@rule("start")
def unscaled_targets(facts: Facts) -> Iterator[Finding]:
    """Find numbers to predict whose mean or spread is far from 1."""
    size = facts.about.target_size
    if facts.about.is_regression and not SMALL <= size <= LARGE:
        large = size > LARGE
        yield Finding(
            "unscaled_targets",
            "problem" if is_poor(facts) else "warning",
            _confidence(max(size / LARGE, SMALL / max(size, 1e-12)), is_poor(facts)),
            "The numbers to predict are far from 1, so the outputs must first be grown or shrunk, "
            "and the gradients are as large or small as the errors.",
            (
                Evidence(
                    "root mean square of the targets",
                    size,
                    LARGE if large else SMALL,
                    _LARGE_SOURCE if large else _SMALL_SOURCE,
                    not large,
                ),
            ),
            remedies=(_STANDARDIZE,),
        )


@rule("start")
def target_outliers(facts: Facts) -> Iterator[Finding]:
    """Find a few targets so far out that they are most of the squared error."""
    if not facts.about.is_regression or facts.about.rows < 20:
        return
    distance = np.abs(facts.about.targets - np.median(facts.about.targets, axis=0))
    typical = 1.4826 * np.median(distance, axis=0)
    far = float((distance / typical).max()) if (typical > 0).all() else 0.0
    if far > OUTLIER:
        yield Finding(
            "target_outliers",
            "warning",
            0.45,
            "A few targets lie so far out that the squared error consists of little else.",
            (Evidence("largest distance from the median", far, OUTLIER, _OUTLIER_SOURCE),),
            remedies=(
                Remedy(
                    {"data": "robust_target"},
                    "Without them, or on a logarithmic scale, the loss counts all rows again.",
                ),
            ),
        )


def _confidence(excess: float, bad: bool) -> float:
    """Return more for what is further out, so that the worse of inputs and targets comes first."""
    return 0.95 + 0.04 * (1 - 1 / max(excess, 1.0)) if bad else 0.3
