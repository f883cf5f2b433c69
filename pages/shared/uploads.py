"""Files that people hand over: one limit, said beside every place to drop one.

An uploaded file stays in the memory of its session. It is kept beside the upload widget, because
the widget forgets it when one visits another page.
"""

import hashlib
from pathlib import PurePath
from typing import Any, NamedTuple

import streamlit as st

from nnlib.datasets.tables.limits import MAX_BYTES, MEGABYTE
from pages.shared.plain_text import plain


class Upload(NamedTuple):
    """A file that a person handed over."""

    name: str
    content: bytes
    digest: str
    file_id: str

    @property
    def stem(self) -> str:
        """The file's name without its ending."""
        return PurePath(self.name).stem or "table"


def upload_limit() -> int:
    """Return how many megabytes a table's file may have: ours, or the server's if it is less."""
    return int(min(MAX_BYTES // MEGABYTE, st.get_option("server.maxUploadSize")))


def choose_table(key: str, label: str, help: str, **options: Any) -> Any:
    """Draw the upload widget of a table; return its file, None where there is none.

    A file beyond the limit is refused in the browser, and this side never hears of it.
    """
    return st.file_uploader(label, key=key, help=help, max_upload_size=upload_limit(), **options)


def take_table(key: str, label: str, help: str) -> bool:
    """Draw the upload widget of a table and keep its file; return whether it is a new one.

    By the returned value and not in a callback: while a fragment runs by itself, Streamlit may
    call a callback in one of the fragment's runs, where what it does to other widgets is lost.
    """
    file = choose_table(key, label, help, on_change=_forget, args=(key,))
    before = taken(key)
    is_new = file is not None and (before is None or before.file_id != file.file_id)
    if is_new:
        content = file.getvalue()
        digest = hashlib.sha256(content).hexdigest()
        st.session_state[_kept(key)] = Upload(file.name, content, digest, file.file_id)
    upload = taken(key)
    if upload is None:
        st.caption(
            f"At most {upload_limit()} MB. No file of yours is taken yet; a larger one is refused, "
            "and the page goes on with the data chosen above."
        )
    else:
        st.caption(
            f"Taken: {plain(upload.name)}. A file of more than {upload_limit()} MB is refused, and "
            "this one stays."
        )
    return is_new


def taken(key: str) -> Upload | None:
    """Return the file that was taken by the upload widget of this key."""
    upload: Upload | None = st.session_state.get(_kept(key))
    return upload


def _kept(key: str) -> str:
    return f"{key}_taken"


def _forget(key: str) -> None:
    """Forget a file that the person has taken out of the widget."""
    if st.session_state[key] is None:
        st.session_state.pop(_kept(key), None)
