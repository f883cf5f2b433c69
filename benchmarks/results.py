"""Everything that a session measured."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.diagnosis import DiagnosisTime
from benchmarks.growth import Cost
from benchmarks.imports import ImportTime
from benchmarks.measure import CaseResult
from benchmarks.pages import PageTime


@dataclass
class Results:
    """What was measured; a part that was not asked for is empty or None.

    Attributes
    ----------
    breakdowns : of each case, (function, share of the time)
    sessions : a table of what several threads carry
    notes : sentences on what could not be measured
    """

    rounds: int
    cases: list[CaseResult] = field(default_factory=list)
    breakdowns: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    growth: list[Cost] = field(default_factory=list)
    chart: str = ""
    sessions: str = ""
    imports: ImportTime | None = None
    diagnosis: list[DiagnosisTime] = field(default_factory=list)
    pages: list[PageTime] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
