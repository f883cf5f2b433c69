"""Layers whose units are dead: born so, or killed by a step."""

from collections.abc import Iterator

import numpy as np

from nnlib.diagnosis.facts import Facts
from nnlib.diagnosis.finding import Evidence, Finding, Place, Remedy
from nnlib.diagnosis.rule import is_poor, rule, where_known
from nnlib.diagnosis.rules.initialization import suited

DEAD_LAYER = 0.95
"""A layer with so many dead units of its own passes next to nothing on."""
BORN_DEAD = 0.75
"""Dead share of a layer on the first minibatch from which on the initial weights are to blame."""
DEEP_NARROW = (10, 5)
"""Layers and units: of such networks most are born dead or nearly so (Lu et al. 2019)."""
WIDE_ENOUGH, SHALLOW = 32, 4


@rule("run")
def dead_layer(facts: Facts) -> Iterator[Finding]:
    """Find a layer whose units no training example reaches."""
    if not facts.network.hidden or not is_poor(facts):
        return
    dead = facts.now.dead
    if not np.max(dead, initial=0.0) >= DEAD_LAYER:
        return
    layers = tuple(
        name for name, share in zip(facts.layer_names, dead, strict=False)
        if share >= DEAD_LAYER
    )  # fmt: skip
    evidence = Evidence(
        "dead share of a layer over the training examples",
        float(dead.max()),
        DEAD_LAYER,
        "a layer without a live unit passes nothing on (Lu et al. 2019); measured: at most 0.67 in "
        "healthy runs",
    )
    born = facts.at_start("dead_fraction")
    narrow = (
        len(facts.network.hidden) >= DEEP_NARROW[0] and min(facts.network.hidden) <= DEEP_NARROW[1]
    )
    if narrow or len(born) and born.max() >= BORN_DEAD:
        yield _born_dead(facts, evidence, layers)
    else:
        yield _killed(facts, evidence, layers)


def _born_dead(facts: Facts, evidence: Evidence, layers: tuple[str, ...]) -> Finding:
    network = facts.network
    hidden = tuple(max(width, WIDE_ENOUGH) for width in network.hidden[:SHALLOW])
    wider = Remedy(
        {"network": {"hidden": hidden, **suited(network.activation)}},
        "A layer is born dead less often the wider it is and the fewer layers there are.",
    )
    leaky = Remedy(
        {"network": {"activation": "leaky_relu", **suited("leaky_relu")}},
        "A leaky unit always passes some gradient on.",
    )
    batch_norm = Remedy(
        {"network": {"batch_norm": True}}, "Normalized units are above 0 for half of the examples."
    )
    return Finding(
        "dead_relu",
        "problem",
        0.93,
        "A layer was dead, or nearly so, from the start: its units are 0 for every example, so "
        "nothing passes through it in either direction.",
        (evidence,),
        Place(layers, (0, 0)),
        (wider, batch_norm, leaky),
    )


def _killed(facts: Facts, evidence: Evidence, layers: tuple[str, ...]) -> Finding:
    shares = facts.curve("dead_fraction")
    since = int(np.argmax((shares.values >= DEAD_LAYER).any(axis=1))) if len(shares) else 0
    leaky = Remedy(
        {"network": {"activation": "leaky_relu", **suited("leaky_relu")}},
        "A leaky unit always passes some gradient on.",
    )
    step = int(shares.steps[since]) if len(shares) else 0
    return Finding(
        "lr_too_high",
        "problem",
        0.9,
        "A step was so long that it pushed every unit of a layer below 0 for all examples; since "
        "then nothing passes back and the output is the same for every input.",
        (evidence,),
        Place(layers, (step, facts.step)),
        (*_gentler(facts), leaky),
        ("Dead units",),
    )


@where_known
def _gentler(facts: Facts) -> tuple[Remedy, ...]:
    return tuple(
        Remedy(
            {"training": {"learning_rate": facts.training.learning_rate * factor}},
            "Smaller steps do not push all units of a layer below 0 at once.",
        )
        for factor in (0.1, 0.01)
    )
