"""A board to draw on with mouse, pen or finger."""

from pathlib import Path

import streamlit as st

SIDE = 84
"""The drawing comes as so many rows of so many pixels."""

_HTML = """
<canvas role="img" aria-label="Drawing board: draw a digit with mouse, pen or finger"></canvas>
<button type="button">Clear</button>
"""
_CSS = """
canvas {
  display: block; width: 280px; max-width: 100%; aspect-ratio: 1; touch-action: none;
  cursor: crosshair; border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
}
button {
  margin-top: 0.5rem; padding: 0.25rem 0.75rem; font: inherit; cursor: pointer;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
}
"""
_board = st.components.v2.component(
    "drawing_board", html=_HTML, css=_CSS, js=Path(__file__).with_suffix(".js").read_text("utf-8")
)


def drawing_board(key: str) -> bytes:
    """Draw the board and return what is on it: `SIDE` times `SIDE` bytes of ink, or none.

    A new stroke starts a new run of the page.
    """
    result = _board(key=key, on_ink_change=_do_nothing, default={"ink": ""}, height=330)
    try:
        return bytes.fromhex(result.ink or "")
    except (TypeError, ValueError):  # whatever a browser may send
        return b""


def _do_nothing() -> None:
    """Without a callback a component reports nothing."""
