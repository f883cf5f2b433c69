"""A diagnosis in words: plain text for a terminal, Markdown for a notebook or an issue."""

from collections.abc import Iterator
from dataclasses import dataclass

from nnlib.activations import ACTIVATIONS
from nnlib.diagnosis.finding import PREPARATIONS, Finding, Remedy
from nnlib.initializers import INITIALIZERS


@dataclass(frozen=True)
class Silent:
    """A rule that could not be asked: what it is for, and the fact that it misses."""

    purpose: str
    missing: str


@dataclass(frozen=True)
class Diagnosis:
    """What was found, causes first, the worst and surest ahead.

    Attributes
    ----------
    findings : empty where nothing is to be mended
    healthy : the numbers that say so; empty where something is to be mended
    step : updates made when the run was looked at
    ended : whether the run had come to its end
    doubt : what speaks against health although no cause was found; mostly empty
    silent : rules that miss a fact, as most do with a log; empty for a run of our own
    """

    findings: tuple[Finding, ...]
    healthy: tuple[str, ...]
    step: int
    ended: bool
    doubt: str = ""
    silent: tuple[Silent, ...] = ()

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings by which the run fails."""
        return tuple(f for f in self.findings if f.severity == "problem")

    def __str__(self) -> str:
        """Return the diagnosis as plain text for a terminal."""
        return "\n".join(_lines(self))

    def _repr_markdown_(self) -> str:
        """Return the diagnosis as a notebook shows it."""
        return "\n".join(markdown(self))


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    if not diagnosis.problems:
        yield diagnosis.doubt or "Healthy: " + ", ".join(diagnosis.healthy) + "."
    for finding in diagnosis.findings:
        yield f"{finding.title} ({finding.severity}, {finding.confidence:.0%} sure)"
        yield f"  {finding.explanation}"
        yield from (f"  - {evidence}" for evidence in finding.evidence)
        yield from (f"  > {describe(r)}: {r.reason}" for r in finding.remedies)
        if finding.consequences:
            yield f"  It explains: {', '.join(finding.consequences)}."


def markdown(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield the lines of the diagnosis in Markdown."""
    if not diagnosis.problems:
        yield diagnosis.doubt or "**Healthy**: " + ", ".join(diagnosis.healthy) + "."
    for finding in diagnosis.findings:
        yield f"### {finding.title}\n\n{finding.explanation}\n"
        yield from (f"- {e}; {e.source}" for e in finding.evidence)
        yield "\n**Try**\n"
        yield from (f"1. {describe(r)}: {r.reason}" for r in finding.remedies)
        if finding.consequences:
            yield f"\nIt explains: {', '.join(finding.consequences)}."


def describe(remedy: Remedy) -> str:
    """Return the changes of a remedy in words, for instance ``learning rate 0.01``."""
    parts = [
        f"{_name(name)} {_value(value)}"
        for part in ("network", "training")
        for name, value in remedy.changes.get(part, {}).items()
    ]
    if "data" in remedy.changes:
        parts.append(PREPARATIONS[remedy.changes["data"]])
    return ", ".join(parts)


def _name(field: str) -> str:
    return {"hidden": "hidden layers", "patience": "early stopping after epochs"}.get(
        field, field.replace("_", " ")
    )


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return "-".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    entry = ACTIVATIONS.get(str(value)) or INITIALIZERS.get(str(value))
    return entry.label if entry else str(value).replace("_", " ")
