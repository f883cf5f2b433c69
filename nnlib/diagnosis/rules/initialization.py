"""Initial weights: equal, too large, and what becomes of the signal on its way back."""

from collections.abc import Iterator

from nnlib.activations import ACTIVATIONS
from nnlib.diagnosis.facts import Facts
from nnlib.diagnosis.finding import Evidence, Finding, Place, Remedy
from nnlib.diagnosis.rule import is_poor, is_worse_than_a_guess, rule

FIRST_LEVEL = 10.0
_FIRST_SOURCE = (
    "Karpathy 2019 (the first loss should be that of a guess); measured without batch "
    "normalization: at most 5.1 in runs of other weights, at least 2,400 with this fault"
)
SATURATED = 0.5
_SATURATED_SOURCE = "measured at step 0: at most 0.22 with tanh or sigmoid units and scaled inputs"
DEEP = 5
"""Hidden layers from which on a growth from layer to layer, and not one scale, is the cause."""
VANISHED, EXPLODED = -2.0, 1.5
_SIGNAL_SOURCE = (
    "measured: -0.2 to 1.0 in healthy runs, at most -2.6 with vanishing, at least 1.9 with "
    "exploding gradients"
)
FACTOR_DOWN, FACTOR_UP = 0.6, 1.25
_FACTOR_SOURCE = (
    "Glorot & Bengio 2010, section 4.2 (a factor of 1 keeps the signal); measured per layer: 0.83 "
    "to 1.19 in healthy runs of several layers"
)


def suited(activation: str) -> dict[str, object]:
    """Return the initializer that keeps the signal behind an activation, at scale 1."""
    return {"initializer": ACTIVATIONS[activation].suited_initializer, "initializer_scale": 1.0}


def _initialize(facts: Facts) -> Remedy:
    return Remedy(
        {"network": suited(facts.network.activation)},
        "These weights are random and scaled so that the signal neither grows nor shrinks from "
        "layer to layer.",
    )


@rule("start")
def symmetric_init(facts: Facts) -> Iterator[Finding]:
    """Find weights that are all 0: the units of a layer are one unit."""
    if facts.network.initializer != "zeros" or not facts.network.hidden:
        return
    norms = facts.at_start("gradient_norm")
    evidence = Evidence(
        "largest weight gradient of a hidden layer at step 0",
        float(norms[:-1].max(initial=0.0)),
        1e-12,
        "it is exactly 0 where the weights behind it are 0",
        below=True,
    )
    yield Finding(
        "symmetric_init",
        "problem",
        0.98,
        "All weights start at 0, so the units of a layer get the same gradient and stay copies of "
        "one another.",
        (evidence,) if len(norms) else (),
        Place(facts.layer_names[:-1], (0, 0)),
        (_initialize(facts),),
    )


@rule("run")
def large_first_loss(facts: Facts) -> Iterator[Finding]:
    """Find a first loss many times a guess's, or bounded units that start on their flat ends."""
    if not facts.network.hidden or not (is_poor(facts) or is_worse_than_a_guess(facts)):
        return
    evidence = []
    first = facts.first_level
    if first > FIRST_LEVEL and not facts.network.batch_norm:
        # Batch normalization in evaluation mode has no statistics yet at step 0.
        evidence.append(
            Evidence("first loss over that of a guess", first, FIRST_LEVEL, _FIRST_SOURCE)
        )
    saturated = facts.at_start("saturated_fraction")
    if len(saturated) and facts.network.activation in ("tanh", "sigmoid", "softsign"):
        most = float(saturated.max())
        if most > SATURATED:
            evidence.append(
                Evidence("saturated share at step 0", most, SATURATED, _SATURATED_SOURCE)
            )
    if evidence:
        growing = len(facts.network.hidden) >= DEEP and facts.growth_per_layer > FACTOR_UP
        yield Finding(
            "init_too_large",
            "problem",
            0.88 if growing else 0.94,
            "The initial weights are so large that the first outputs are far from anything "
            "sensible, and much of the run is spent on taking them back.",
            tuple(evidence),
            Place(steps=(0, 0)),
            (_initialize(facts),),
        )


@rule("run")
def exploding_signal(facts: Facts) -> Iterator[Finding]:
    """Find a signal that grows from layer to layer on its way back."""
    facts.needed("signal_norm")
    if facts.signal_growth < EXPLODED or facts.growth_per_layer < FACTOR_UP or not is_poor(facts):
        return
    clip = Remedy({"training": {"clip_norm": 1.0}}, "A clipped gradient bounds the step of SGD.")
    yield Finding(
        "exploding_gradients",
        "problem",
        0.93 if len(facts.network.hidden) >= DEEP else 0.85,
        "On its way back the gradient grows from layer to layer, so the early layers are thrown "
        "about by steps that are far too large.",
        _signal_evidence(facts, FACTOR_UP, EXPLODED, below=False),
        Place(facts.layer_names, (0, 0)),
        (_initialize(facts), clip),
    )


@rule("run")
def vanishing_signal(facts: Facts) -> Iterator[Finding]:
    """Find a signal that shrinks from layer to layer on its way back."""
    facts.needed("signal_norm")
    if facts.signal_growth > VANISHED or facts.growth_per_layer > FACTOR_DOWN:
        return
    if not is_poor(facts) or len(facts.network.hidden) < 2:
        return
    batch_norm = Remedy(
        {"network": {"batch_norm": True}}, "Normalization keeps the signal's size in every layer."
    )
    relu = Remedy(
        {"network": {"activation": "relu", **suited("relu")}},
        "ReLU with He's weights passes the gradient on at its size (He et al. 2015).",
    )
    yield Finding(
        "vanishing_gradients",
        "problem",
        0.92,
        "On its way back the gradient shrinks from layer to layer, so the layers near the input "
        "hardly learn.",
        _signal_evidence(facts, FACTOR_DOWN, VANISHED, below=True),
        Place(facts.layer_names, (0, 0)),
        (relu, batch_norm, _initialize(facts)),
    )


def _signal_evidence(
    facts: Facts, factor: float, total: float, *, below: bool
) -> tuple[Evidence, ...]:
    return (
        Evidence(
            "factor from layer to layer", facts.growth_per_layer, factor, _FACTOR_SOURCE, below
        ),
        Evidence(
            "log10 of the first layer's signal over the last's",
            facts.signal_growth,
            total,
            _SIGNAL_SOURCE,
            below,
        ),
    )
