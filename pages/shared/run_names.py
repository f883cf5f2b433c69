"""Runs named by what makes them differ."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from nnlib import Experiment
from nnlib.config import DataReference
from nnlib.diagnosis import Remedy, describe

_PARTS = ("network", "training")
_LONGEST = 80  # letters of a name
_MOST_LETTERS = 30  # of the data's name, or of one of their options


def differing(experiments: Sequence[Experiment]) -> dict[str, list[str]]:
    """Return the fields of network and training in which experiments differ, by part."""
    return {
        part: [
            f.name
            for f in fields(getattr(experiments[0], part))
            if len({getattr(getattr(e, part), f.name) for e in experiments}) > 1
        ]
        for part in _PARTS
    }


def values(experiment: Experiment, names: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    """Return the values of some fields of an experiment, by part."""
    return {part: {n: getattr(getattr(experiment, part), n) for n in names[part]} for part in names}


def names_of(experiments: Sequence[Experiment], starts: Sequence[int] | None = None) -> list[str]:
    """Return a name for each run: the data, the settings and the beginning in which they differ.

    Those that differ in none of these are numbered, in their order.

    Parameters
    ----------
    experiments : of the runs
    starts : the steps that they go on from, 0 where a run goes on from no other
    """
    unlike = differing(experiments) if experiments else {}
    parts = (
        _data_in_words([e.data for e in experiments]),
        [describe(Remedy(values(e, unlike), "")) for e in experiments],
        _starts_in_words(starts or [0] * len(experiments)),
    )
    said = [", ".join(filter(None, words)) for words in zip(*parts, strict=True)]
    plain = "from the start" if len(set(starts or ())) > 1 else "run"
    said = [_cut(name, _LONGEST) or plain for name in said]
    seen: Counter[str] = Counter()
    names = []
    for name in said:
        seen[name] += 1
        names.append(f"{name} ({seen[name]})" if said.count(name) > 1 else name)
    return names


def _data_in_words(references: Sequence[DataReference]) -> list[str]:
    """Return the names of data where they differ, and the options of those with the same name."""
    several = len({r.name for r in references}) > 1
    said = []
    for own in references:
        others = [dict(r.options) for r in references if r.name == own.name]
        unlike = [(n, v) for n, v in own.options if any(o.get(n) != v for o in others)]
        name = [_short(own.name)] if several and own.name else []
        said.append(", ".join([*name, *(f"{_short(n)} {_short(v)}" for n, v in unlike)]))
    return said


def _short(value: str | float) -> str:
    text = value.replace("_", " ") if isinstance(value, str) else f"{value:g}"
    return _cut(text, _MOST_LETTERS)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _starts_in_words(starts: Sequence[int]) -> list[str]:
    several = len(set(starts)) > 1
    return [f"from step {start:,} on" if several and start else "" for start in starts]
