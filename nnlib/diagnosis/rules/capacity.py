"""What the network can express, against what the data hold."""

from collections.abc import Iterator

from nnlib.diagnosis.facts import Facts
from nnlib.diagnosis.finding import Evidence, Finding, Remedy
from nnlib.diagnosis.rule import rule
from nnlib.diagnosis.rules.initialization import suited
from nnlib.diagnosis.rules.slow import SHORT_UPDATE, STILL_FALLING

BEHIND = 0.1
_BEHIND_SOURCE = "measured: at most 0.03 in healthy runs"
POOR_LEVEL = 0.25
"""A training loss above this share of a constant's leaves something to be learned."""
ENOUGH_STEPS = 300
"""Updates before a loss can be said to have come to rest."""
FEW_UNITS = 12
_FEW_SOURCE = "measured: at most 10 with this fault, where twice as many were enough or nearly so"


@rule("end")
def missing_nonlinearity(facts: Facts) -> Iterator[Finding]:
    """Find linear hidden layers where a bent model fits the data better."""
    network, baselines = facts.network, facts.baselines
    if network.activation != "linear" or not network.hidden or baselines is None:
        return
    gain = baselines.bent - max(facts.val_score, baselines.linear)
    if gain > BEHIND and facts.last_level > POOR_LEVEL:
        yield Finding(
            "missing_nonlinearity",
            "problem",
            0.9,
            "Layers without a bend are one linear layer however many there are, and these data "
            "need a bend.",
            (
                Evidence(
                    "score of a simple bent model over that of the network",
                    gain,
                    BEHIND,
                    _BEHIND_SOURCE,
                ),
            ),
            remedies=(
                Remedy(
                    {"network": {"activation": "relu", **suited("relu")}},
                    "ReLU bends: with it the network can follow any curve.",
                ),
            ),
        )


@rule("end")
def too_small_network(facts: Facts) -> Iterator[Finding]:
    """Find few units and a loss that rests high up, where simple models do better."""
    network, baselines = facts.network, facts.baselines
    if not network.hidden or baselines is None or facts.last_level < POOR_LEVEL:
        return
    narrowest = min(network.hidden)
    resting = facts.late_fall >= STILL_FALLING and facts.late_update >= SHORT_UPDATE
    if narrowest > FEW_UNITS or not resting or facts.step < ENOUGH_STEPS:
        return
    gain = baselines.bent - facts.val_score
    if gain < BEHIND:
        return
    width = max(64, 2 * max(network.hidden))
    layers = max(2, min(len(network.hidden), 3))
    yield Finding(
        "too_small_network",
        "problem",
        0.74,
        "The training loss has come to rest far above what simple models reach: so few units "
        "cannot draw the boundary in the data.",
        (
            Evidence("units of the narrowest layer", narrowest, FEW_UNITS + 1, _FEW_SOURCE, True),
            Evidence(
                "score of a simple bent model over that of the network",
                gain,
                BEHIND,
                _BEHIND_SOURCE,
            ),
        ),
        remedies=(
            Remedy(
                {"network": {"hidden": (width,) * layers, **suited(network.activation)}},
                "More units can put more bends together.",
            ),
        ),
    )
