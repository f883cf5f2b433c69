"""The compiled engine on a server: made ready beside the first sessions, and said so once."""

from __future__ import annotations

from threading import Thread

import streamlit as st

from nnlib.compiled import warm

_TOLD = "engine_told"


@st.cache_resource(show_spinner=False)
def _started() -> Thread | None:
    """Start once a process what makes and loads the kernels."""
    return warm.start()


def prepare() -> None:
    """Have the engine made ready; a session that comes meanwhile is told so once."""
    thread = _started()
    if thread is None or not thread.is_alive() or warm.is_ready() or _TOLD in st.session_state:
        return
    st.session_state[_TOLD] = True
    st.toast(
        "The fast engine is being compiled, once an installation. Runs that start before it is "
        "ready, in a minute or so, go by NumPy.",
        icon=":material/bolt:",
    )
