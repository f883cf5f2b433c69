"""Findings in words, and remedies as values of a page's widgets."""

from typing import Any

import streamlit as st

from nnlib.config import Experiment, NetworkConfig, TrainingConfig, is_read, setting_of
from nnlib.diagnosis import Diagnosis, Finding, Remedy, describe
from nnlib.diagnosis.finding import Place
from pages.shared import presets
from pages.shared.charts.theme import plain_number
from pages.shared.links import is_drawn, nearest_value
from pages.shared.plain_text import plain


def finding_text(finding: Finding) -> str:
    """Return what is wrong in a line."""
    icon = ":material/error:" if finding.severity == "problem" else ":material/warning:"
    return f"{icon} **{finding.title}.** {plain(finding.explanation)}"


def healthy_text(diagnosis: Diagnosis, verdict: str = "Healthy") -> str:
    """Return what is said of a run in which nothing was found, with the numbers that say so."""
    numbers = ", ".join(diagnosis.healthy)
    return f":material/check_circle: {verdict}{f': {numbers}' if numbers else ''}."


def advice_text(remedy: Remedy) -> str:
    """Return what a person can do, and why."""
    return f"**To do:** {plain(describe(remedy))}. {plain(remedy.reason)}"


def evidence_text(finding: Finding) -> str:
    """Return what shows a finding as a list: numbers, limits, places, consequences."""
    lines = [
        f"- {plain(e.name)}: **{plain_number(e.value)}** (a sign from {plain_number(e.limit)} "
        f"{'down' if e.below else 'up'}; {plain(e.source)})"
        for e in finding.evidence
    ]
    if where_text(finding.where):
        lines.append(f"- Where: {plain(where_text(finding.where))}")
    if finding.consequences:
        lines.append(f"- It explains: {', '.join(finding.consequences).lower()}")
    return "\n".join(lines)


def where_text(place: Place) -> str:
    """Return layers and steps in words; empty where a finding names none."""
    parts = []
    if place.layers:
        named = place.layers if len(place.layers) < 4 else (place.layers[0], "…", place.layers[-1])
        parts.append(", ".join(named))
    if place.steps is not None:
        first, last = place.steps
        parts.append(f"step {first:,}" if first == last else f"steps {first:,} to {last:,}")
    return "; ".join(parts)


def widget_values(remedy: Remedy, experiment: Experiment) -> dict[str, Any] | None:
    """Return the values that set the page's widgets to a remedy, or None where they cannot.

    A control that the settings so far leave out, such as a schedule's own, will be drawn.
    """
    values: dict[str, Any] = {}
    if "data" in remedy.changes:
        return None
    parts = ((NetworkConfig, "network"), (TrainingConfig, "training"))
    for kind, part in parts:
        for name, value in remedy.changes.get(part, {}).items():
            if name == "hidden":
                values |= _widths(value)
                continue
            key = setting_of(kind, name).key or name
            drawn = is_drawn(key) or is_read(getattr(experiment, part), name)
            values[key] = nearest_value(key, value) if drawn else value
    return None if any(value is None for value in values.values()) else values


def offer_to_keep(remedy: Remedy, experiment: Experiment, key: str, run: str = "") -> None:
    """Draw the button that sets the page's controls to a remedy, where they can be.

    Parameters
    ----------
    run : name of the live run that begins anew
    """
    values = widget_values(remedy, experiment)
    if values is not None and st.button(
        "Keep it",
        key=f"keep_{key}",
        icon=":material/check:",
        help="Set the controls, and with them the link, to this remedy.",
    ):
        st.session_state.pop("trial_asked", None)
        presets.ask(values, run)


def _widths(hidden: tuple[int, ...]) -> dict[str, Any]:
    """Return the values of the widgets of widths: one for each layer, or one for all."""
    if not is_drawn("width"):
        own = {f"units_{i}": width for i, width in enumerate(hidden, 1)}
        return {"layers": nearest_value("layers", len(hidden))} | own
    layers = {
        name: nearest_value(name, len(hidden)) for name in ("layers", "depth") if is_drawn(name)
    }
    alike = len(set(hidden)) == 1 and None not in layers.values()
    return layers | {"width": nearest_value("width", hidden[0]) if alike else None}
