"""Handing a file over as the browser does: a form, with the token that guards against forgery."""

from __future__ import annotations

import urllib.request
import uuid

_COOKIE = "_streamlit_xsrf"


def xsrf_token(url: str, cookie: str = "") -> str:
    """Return the token that the server hands to a browser."""
    return cookies(url, cookie).get(_COOKIE, "")


def cookies(url: str, cookie: str = "") -> dict[str, str]:
    """Return the cookies that a browser gets which has this one."""
    request = urllib.request.Request(f"{url}/_stcore/health", headers={"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=30) as answer:
        given = answer.headers.get_all("Set-Cookie", [])
    pairs = (each.split(";")[0].partition("=") for each in given)
    return {name: value for name, _, value in pairs}


def hand_over(url: str, path: str, name: str, content: bytes, cookie: str = "") -> int:
    """Send a file to where the server wants it, with the token; return the status."""
    return put_file(url, path, name, content, xsrf_token(url, cookie), cookie)


def put_file(url: str, path: str, name: str, content: bytes, token: str, cookie: str = "") -> int:
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
            "Cookie": "; ".join(filter(None, [f"{_COOKIE}={token}", cookie])),
            "X-Xsrftoken": token,
        },
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return int(answer.status)
