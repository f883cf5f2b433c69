"""Handing a file over as the browser does: a form, with the token that guards against forgery."""

from __future__ import annotations

import urllib.request
import uuid

_COOKIE = "_streamlit_xsrf"


def xsrf_token(url: str) -> str:
    """Return the token that the server hands to a browser."""
    with urllib.request.urlopen(f"{url}/_stcore/health", timeout=30) as answer:
        cookies = answer.headers.get_all("Set-Cookie", [])
    pairs = (cookie.split(";")[0].partition("=") for cookie in cookies)
    return next((value for name, _, value in pairs if name == _COOKIE), "")


def put_file(url: str, path: str, name: str, content: bytes, token: str) -> int:
    """Send a file to where the server wants it; return the status of the answer.

    Raises
    ------
    urllib.error.HTTPError
        if the server refuses it
    """
    boundary = uuid.uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    )
    request = urllib.request.Request(
        f"{url}{path}",
        data=head.encode() + content + f"\r\n--{boundary}--\r\n".encode(),
        method="PUT",
        headers={
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Cookie": f"{_COOKIE}={token}",
            "X-Xsrftoken": token,
        },
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return int(answer.status)
