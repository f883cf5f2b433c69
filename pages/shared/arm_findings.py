"""What was found in the arms of a comparison: a quiet strip, since the page is about just that."""

from collections.abc import Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

import streamlit as st

from nnlib.comparison import Arm
from nnlib.diagnosis import Finding, diagnose
from nnlib.replica import Replica
from pages.shared.finding_view import advice_text, evidence_text, offer_to_keep
from pages.shared.findings import MOST_SHOWN, facts_of
from pages.shared.plain_text import plain

_MOST_NAMED = 3  # labels of arms in one line
_FOUND: WeakKeyDictionary[Replica, Finding | None] = WeakKeyDictionary()


class _Group(NamedTuple):
    """Arms with the same fault, the clearest of them first."""

    finding: Finding
    worst: Replica
    labels: list[str]


def show_arm_findings(arms: Sequence[Arm], key: str) -> None:
    """Say of each sick arm what its worst seed suffers from, arms with one fault in one line.

    What simple models reach is not asked for, and rules that need it are silent.

    Parameters
    ----------
    key : unique on the page, of letters, digits and ``_``
    """
    groups = _groups(arms)
    place = st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"{key}_findings"
    )
    with place:
        if not groups:
            st.caption(f":material/check_circle: Nothing wrong in any of the {len(arms)} runs.")
        for index, group in enumerate(groups[:MOST_SHOWN]):
            _show(group, f"{key}_{index}")
        if groups[MOST_SHOWN:]:
            with st.popover(f"{len(groups) - MOST_SHOWN} more", type="tertiary"):
                for index, group in enumerate(groups[MOST_SHOWN:], MOST_SHOWN):
                    st.markdown(f"**{_line(group)}**")
                    _explain(group, f"{key}_{index}")


def _groups(arms: Sequence[Arm]) -> list[_Group]:
    """Return the arms by fault, problems and sure findings first."""
    sick = [(arm, found) for arm in arms if (found := _finding(arm)) is not None]
    sick.sort(key=lambda pair: (pair[1].severity != "problem", -pair[1].confidence))
    groups: dict[str, _Group] = {}
    for arm, found in sick:
        if arm.worst is not None:
            group = groups.setdefault(found.fault, _Group(found, arm.worst, []))
            group.labels.append(arm.label)
    return list(groups.values())


def _finding(arm: Arm) -> Finding | None:
    """Return the first finding of an arm's worst seed, which is looked at once."""
    run = arm.worst
    if run is None:
        return None
    if run not in _FOUND:
        own = run.config.seed
        others = {seed: level for seed, level in arm.levels.items() if seed != own}
        about = facts_of(run.data)
        found = diagnose(run, thorough=False, about=about, others=others).findings
        _FOUND[run] = found[0] if found else None
    return _FOUND[run]


def _show(group: _Group, key: str) -> None:
    with st.popover(
        _line(group), icon=":material/stethoscope:", type="tertiary", key=f"arms_{key}"
    ):
        _explain(group, key)


def _line(group: _Group) -> str:
    """Return arms and fault in one line."""
    named = ", ".join(group.labels[:_MOST_NAMED])
    more = len(group.labels) - _MOST_NAMED
    return f"{plain(named)}{f' and {more} more' if more > 0 else ''}: {group.finding.title}"


def _explain(group: _Group, key: str) -> None:
    finding, run = group.finding, group.worst
    st.markdown(plain(finding.explanation))
    st.markdown(evidence_text(finding))
    st.caption(f"Of {plain(group.labels[0])}, seed {run.config.seed}, which ended worst.")
    for index, remedy in enumerate(finding.remedies):
        st.markdown(advice_text(remedy))
        offer_to_keep(remedy, run.experiment, f"{key}_{index}")
