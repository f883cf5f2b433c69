"""Lineage: what a run is made of from its first weights on, so that it can be trained again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nnlib.config import Experiment
from nnlib.history import Event, event_from


@dataclass(frozen=True)
class Stretch:
    """A part of a run's way, along which nothing of it began anew.

    Attributes
    ----------
    began : its settings at its first step
    events : settings and parameters changed on its way
    until : the step at which it ends, where the next one goes on
    """

    began: Experiment
    events: tuple[Event, ...]
    until: int


Lineage = tuple[Stretch, ...]
"""The stretches of a run and of those that it goes on from, the oldest first."""


def is_plain(lineage: Lineage) -> bool:
    """Say whether the settings of a run and a step say all: nothing was changed on its way."""
    return len(lineage) == 1 and not lineage[0].events


def lineage_document(lineage: Lineage) -> list[dict[str, Any]]:
    """Return a lineage as values for JSON."""
    return [asdict(stretch) for stretch in lineage]


def lineage_from(document: Sequence[Mapping[str, Any]]) -> Lineage:
    """Return the lineage that `lineage_document` wrote; whatever does not fit raises."""
    found = tuple(
        Stretch(
            Experiment.from_json(json.dumps(each["began"])),
            tuple(event_from(event) for event in each["events"]),
            int(each["until"]),
        )
        for each in document
    )
    if not found or any(not 0 <= each.until < 2**53 for each in found):
        raise ValueError("There is no such run.")
    return found
