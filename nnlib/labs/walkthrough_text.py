"""Examples and hand-set weights of a walkthrough as short texts, for links."""

import re
from collections.abc import Sequence

import numpy as np

from nnlib.labs.walkthrough import Edit, Position

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"


_EDIT = re.compile(rf"(?:w(\d+)\[(\d+),(\d+)\]|b(\d+)\[(\d+)\])(?:@(\d+))?=({_NUMBER})", re.ASCII)


def format_edits(edits: Sequence[Edit]) -> str:
    """Return edits as ``w2[1,3]=0.25; b1[2]@7=-1``; ``@7`` means ahead of step 7 (from 0)."""
    return "; ".join(
        f"{edit.position.name}{f'@{edit.step}' if edit.step else ''}={edit.value!r}"
        for edit in edits
    )


def parse_edits(text: str) -> tuple[Edit, ...]:
    """Read what `format_edits` writes.

    Raises ValueError with the part that cannot be read.
    """
    edits = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        found = _EDIT.fullmatch(part.replace(" ", ""))
        value = float(found[7]) if found else np.nan
        if found is None or not np.isfinite(value):
            raise ValueError(f"“{part[:40]}” is not an edit such as w2[1,3]=0.25 or b1[2]@7=-1.")
        layer, source, target = (
            (found[1], found[2], found[3]) if found[1] else (found[4], "0", found[5])
        )
        if found[1] and int(source) == 0:
            raise ValueError(f"“{part[:40]}”: units are counted from 1.")
        position = Position(int(layer), int(source), int(target))
        edits.append(Edit(position, value, int(found[6] or 0)))
    return tuple(edits)


def with_edit(edits: Sequence[Edit], edit: Edit) -> tuple[Edit, ...]:
    """Return the edits with one more, which replaces one of the same weight at the same step."""
    same = (edit.position, edit.step)
    return (*(old for old in edits if (old.position, old.step) != same), edit)


def format_examples(inputs: Sequence[Sequence[float]], targets: Sequence[Sequence[float]]) -> str:
    """Return a batch as ``0 0 > 0; 0 1 > 1``."""
    return "; ".join(
        f"{' '.join(f'{v:g}' for v in x)} > {' '.join(f'{v:g}' for v in y)}"
        for x, y in zip(inputs, targets, strict=True)
    )


def parse_examples(
    text: str, n_outputs: int, most_inputs: int = 4, most: int = 8
) -> tuple[tuple[tuple[float, ...], ...], tuple[tuple[float, ...], ...]]:
    """Read what `format_examples` writes; the first example says how many inputs each has.

    Raises ValueError if an example is not that many numbers, ``>``, `n_outputs` numbers, or there
    are more than `most` of them, or more than `most_inputs` inputs.
    """
    inputs: list[tuple[float, ...]] = []
    targets: list[tuple[float, ...]] = []
    n_inputs = 2
    for part in filter(None, (part.strip() for part in text.split(";"))):
        sides = [side.split() for side in part.split(">")]
        if not inputs:
            n_inputs = min(max(len(sides[0]), 1), most_inputs)
        numbers = [word for side in sides for word in side]
        if [len(side) for side in sides] != [n_inputs, n_outputs] or not all(
            re.fullmatch(_NUMBER, word) and abs(float(word)) <= 1e3 for word in numbers
        ):
            raise ValueError(
                f"“{part[:40]}” is not {n_inputs} inputs, “>” and {n_outputs} target numbers."
            )
        inputs.append(tuple(float(word) for word in sides[0]))
        targets.append(tuple(float(word) for word in sides[1]))
    if not 1 <= len(inputs) <= most:
        raise ValueError(f"Between 1 and {most} examples, with “;” in between.")
    return tuple(inputs), tuple(targets)
