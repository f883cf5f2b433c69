"""Posts to two of the 20 newsgroups, which scikit-learn downloads once and keeps."""

import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from importlib import import_module
from typing import Any

from nnlib.datasets.errors import DatasetError

from .corpora import Corpus, tidy

NEWSGROUPS = (
    "alt.atheism",
    "comp.graphics",
    "comp.os.ms-windows.misc",
    "comp.sys.ibm.pc.hardware",
    "comp.sys.mac.hardware",
    "comp.windows.x",
    "misc.forsale",
    "rec.autos",
    "rec.motorcycles",
    "rec.sport.baseball",
    "rec.sport.hockey",
    "sci.crypt",
    "sci.electronics",
    "sci.med",
    "sci.space",
    "soc.religion.christian",
    "talk.politics.guns",
    "talk.politics.mideast",
    "talk.politics.misc",
    "talk.religion.misc",
)
CONNECTION_SECONDS = 10.0
DOWNLOAD_SECONDS = 40.0

_DOWNLOADS: dict[str, threading.Thread] = {}
_UNREACHABLE = "The newsgroups could not be downloaded."


def newsgroups(
    first: str,
    second: str,
    *,
    wait: float = DOWNLOAD_SECONDS,
    fetch: Callable[..., Any] | None = None,
) -> Corpus:
    """Return the posts of two of the 20 newsgroups, from scikit-learn's cache or the internet.

    Headers, footers and quotations are removed, since they give the group away.

    Parameters
    ----------
    first, second : two of `NEWSGROUPS`, the classes 0 and 1
    wait : seconds; a download that takes longer goes on in the background
    fetch : in place of `sklearn.datasets.fetch_20newsgroups`

    Raises
    ------
    DatasetError
        if there is no network, or the download takes longer
    """
    if first == second:
        raise DatasetError("Both newsgroups are the same.", "Choose two different groups.")
    names = sorted([first, second])  # in this order scikit-learn numbers them
    settings = {"subset": "train", "categories": names, "remove": ("headers", "footers", "quotes")}
    posts = _within(wait, " ".join(names), fetch or _fetch_newsgroups, settings)
    targets = tuple(float(names[code] == second) for code in posts.target)
    corpus = Corpus(f"{first} or {second}", tuple(posts.data), targets, (first, second))
    return tidy(corpus)


def _fetch_newsgroups(**settings: Any) -> Any:
    fetch = import_module("sklearn.datasets").fetch_20newsgroups
    with _socket_timeout(CONNECTION_SECONDS), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one line per retry, which the error covers
        return fetch(**settings, n_retries=1, delay=0.5)


def _within(seconds: float, name: str, fetch: Callable[..., Any], settings: dict[str, Any]) -> Any:
    """Return what `fetch` gives; it runs on a thread, and never twice at a time for one name."""
    result: list[Any] = []

    def work() -> None:
        try:
            result.append(fetch(**settings))
        except Exception as error:  # it is raised again below, on the thread that waits
            result.append(error)

    thread = _DOWNLOADS.get(name)
    mine = thread is None or not thread.is_alive()
    if thread is None or mine:
        thread = _DOWNLOADS[name] = threading.Thread(target=work, daemon=True)
        thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise DatasetError(
            "The newsgroups are still being downloaded (14 MB, needed only once).",
            "Come back in a minute, or use the reviews meanwhile.",
        )
    if not mine:  # another one's download has ended: what it kept is read now
        return _within(seconds, name, fetch, settings)
    if isinstance(result[0], OSError | HTTPException | ValueError):
        hint = "Check the internet connection, or use the reviews, which need none."
        raise DatasetError(_UNREACHABLE, hint) from result[0]
    if isinstance(result[0], Exception):
        raise result[0]
    return result[0]


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Let new connections give up after a while; scikit-learn offers no setting for that."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
