"""What a figure was made from, as its file says it: written into a file, and read out again.

Each format has its own place for such things: a JSON element in HTML, a text chunk in PNG and
metadata in SVG (these two are written by ``plot.js``), the information dictionary in PDF, a JSON
file beside a table in a ZIP archive. A file that a person drops may be from anywhere, so nothing in
it is trusted: the text is found without parsing the format, is short, and is checked word by word.
"""

import html
import io
import json
import re
import zlib
from dataclasses import dataclass
from typing import Any

import nnlib
from nnlib.archives import open_zip
from nnlib.lineage import Lineage, lineage_from

FORMAT = "training dynamics figure 1"
NAME = "training-dynamics"
"""What the text is called in each format."""
MAX_BYTES = 25 * 2**20
"""An interactive HTML file has 5 MB; so many a file may have, and unpack to."""
_MOST_TEXT, _MOST_VALUES, _MOST_CHARACTERS = 2**17, 200, 2000
_PNG, _TEXT_CHUNK = b"\x89PNG\r\n\x1a\n", b"iTXt"
_PDF_KEY = b"/TrainingDynamics"
_HTML = re.compile(rb'<script type="application/json" id="training-dynamics">(.*?)</script>', re.S)
_SVG = re.compile(rb'<metadata id="training-dynamics">(.*?)</metadata>', re.S)
_PDF = re.compile(_PDF_KEY + rb" <([0-9a-f]*)>")
_NAME_OF_A_WIDGET = re.compile(r"\w{1,80}", re.ASCII)
_DAMAGED = "What this file says of its figure is damaged."
_SILENT = (
    "This file does not say what it was made from: it is not from this dashboard, is older than "
    "such notes, or was written anew by another program."
)
_OTHER_KIND = "This is no PNG, SVG, PDF, HTML, ZIP or JSON file of a figure."


@dataclass(frozen=True)
class Origin:
    """Where a figure was made.

    Attributes
    ----------
    path : of the page, as in its address; empty for the front page
    query : the address's parameters, each with its values
    title : of the figure
    step : of the run when the file was made; None where there was none
    experiment : of the run; None on pages without one
    changed : whether settings and step do not say all of the run
    lineage : then, what does; None where that is not known
    engine : that made its steps
    """

    path: str
    query: dict[str, list[str]]
    title: str
    step: int | None
    experiment: nnlib.Experiment | None
    changed: bool = False
    lineage: Lineage | None = None
    engine: str = "numpy"


def read_origin(content: bytes, pages: frozenset[str]) -> Origin:
    """Read where a figure was made from the bytes of its file.

    Parameters
    ----------
    content : of a PNG, SVG, PDF, HTML, ZIP or JSON file
    pages : the paths that there are

    Raises
    ------
    ValueError
        if the file is broken, hostile, too large or not from here; its message is for people
    """
    if len(content) > MAX_BYTES:
        raise ValueError(f"A figure's file has at most {MAX_BYTES >> 20} MB; this one has more.")
    try:
        text = _text_of(content)
        if len(text) > _MOST_TEXT:
            raise ValueError
        return _checked(json.loads(text), pages)
    except _Refused:
        raise
    except Exception as error:  # it can fail anywhere in file, JSON or values
        raise ValueError(_DAMAGED) from error


class _Refused(ValueError):
    """An error whose message is for people already."""


def _text_of(content: bytes) -> bytes:
    start = content[:1024].lstrip()
    if content.startswith(_PNG):
        found = _png_text(content)
    elif content.startswith(b"%PDF"):
        hexadecimal = _last(_PDF, content)
        found = None if hexadecimal is None else bytes.fromhex(hexadecimal.decode())
    elif content.startswith(b"PK"):
        found = _zip_text(content)
    elif start.startswith(b"{"):
        found = content
    elif start.startswith(b"<") and b"<svg" in start:
        escaped = _last(_SVG, content)
        found = None if escaped is None else html.unescape(escaped.decode()).encode()
    elif start.startswith(b"<"):
        found = _last(_HTML, content)
    else:
        raise _Refused(_OTHER_KIND)
    if found is None:
        raise _Refused(_SILENT)
    return found


def _last(pattern: re.Pattern[bytes], content: bytes) -> bytes | None:
    found = pattern.findall(content)
    return found[-1] if found else None


def _png_text(content: bytes) -> bytes | None:
    """Return the text of the chunk of our name; chunks are length, kind, data and checksum."""
    at = len(_PNG)
    while at + 12 <= len(content):
        end = at + 8 + int.from_bytes(content[at : at + 4], "big")
        kind, data = content[at + 4 : at + 8], content[at + 8 : end]
        if kind == _TEXT_CHUNK and data.startswith(NAME.encode() + b"\0"):
            if zlib.crc32(kind + data) != int.from_bytes(content[end : end + 4], "big"):
                raise ValueError("The checksum is wrong.")
            return data.removeprefix(NAME.encode() + bytes(5))  # its name, no flags, no language
        at = end + 4
    return None


def _zip_text(content: bytes) -> bytes | None:
    with open_zip(io.BytesIO(content), MAX_BYTES) as archive:
        names = [name for name in archive.namelist() if name.endswith(".json")]
        if len(names) != 1 or archive.getinfo(names[0]).file_size > _MOST_TEXT:
            return None
        return archive.read(names[0])


def _checked(document: Any, pages: frozenset[str]) -> Origin:
    """Return what a document says; whatever does not fit raises."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _Refused(_SILENT)
    path, query, step = document["path"], document["query"], document["step"]
    if path not in pages:
        raise _Refused("This figure is of a page that is not here.")
    values = [value for each in query.values() for value in each]
    if not (
        len(query) <= _MOST_VALUES
        and len(values) <= _MOST_VALUES
        and all(isinstance(each, list) for each in query.values())
        and all(_NAME_OF_A_WIDGET.fullmatch(name) for name in query)
        and all(isinstance(value, str) and len(value) <= _MOST_CHARACTERS for value in values)
        and (step is None or type(step) is int and 0 <= step < 2**53)
    ):
        raise ValueError("There is no such address.")
    experiment = document["experiment"]
    if experiment is not None:
        experiment = nnlib.Experiment.from_json(json.dumps(experiment))
    title = str(document["title"])[:200]
    told = document.get("lineage")  # not in files of earlier versions
    lineage = None if told is None else lineage_from(told)
    engine = "compiled" if document.get("engine") == "compiled" else "numpy"
    return Origin(path, query, title, step, experiment, bool(document["changed"]), lineage, engine)


def html_element(text: str) -> str:
    """Return the element of an HTML page that holds the text."""
    safe = text.replace("<", "\\u003c")  # no end of the element in it
    return f'<script type="application/json" id="{NAME}">{safe}</script>'


def pdf_with(content: bytes, text: str) -> bytes:
    """Return a PDF file whose information dictionary holds the text as well.

    As an update at its end (ISO 32000-1, 7.5.6): the dictionary once more, where it is now, and a
    trailer that names the table before. For files with a table of objects, as browsers write them.

    Raises
    ------
    ValueError
        if the file has no such table
    """
    tail = content[max(0, content.rfind(b"trailer")) :]
    trailer = re.match(rb"trailer\n?<<(.*?)>>\n?startxref\n(\d+)\n%%EOF\s*$", tail, re.S)
    number = trailer and re.search(rb"/Info (\d+) 0 R", trailer[1])
    old = number and re.search(rb"\b%s 0 obj\n?<<(.*?)>>\n?endobj" % number[1], content, re.S)
    if not (trailer and number and old):
        raise ValueError("This PDF file has no table of objects with information.")
    entry = b"%s <%s>" % (_PDF_KEY, text.encode().hex().encode())
    head = content if content.endswith(b"\n") else content + b"\n"
    info = b"%s 0 obj\n<<%s\n%s>>\nendobj\n" % (number[1], old[1], entry)
    table = b"xref\n%s 1\n%010d 00000 n \n" % (number[1], len(head))
    kept = re.sub(rb"\s*/Prev \d+", b"", trailer[1])
    end = b"trailer\n<<%s\n/Prev %s>>\nstartxref\n%d\n%%%%EOF\n"
    return head + info + table + end % (kept, trailer[2], len(head) + len(info))
