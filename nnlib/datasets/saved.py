"""Preprocessing as JSON and back, for model files: nothing in them is code."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .preprocessing import TablePreprocessing
from .text import BagOfWords, BagSettings

Preprocessing = TablePreprocessing | BagOfWords


def describe(preprocessing: Preprocessing) -> dict[str, Any]:
    """Return a treatment as values that JSON can hold, for `restore`."""
    if isinstance(preprocessing, BagOfWords):
        return {"kind": "bag of words", **asdict(preprocessing)}
    return {"kind": "table", **preprocessing.document()}


def restore(document: dict[str, Any]) -> Preprocessing:
    """Read what `describe` wrote.

    Raises
    ------
    ValueError, KeyError, TypeError
        if it is no such document
    """
    if document["kind"] == "table":
        return TablePreprocessing.from_document(document)
    if document["kind"] != "bag of words":
        raise ValueError(f"There is no preprocessing of the kind {document['kind']!r}.")
    return BagOfWords(
        BagSettings(**document["settings"]),
        tuple(document["vocabulary"]),
        tuple(document["idf"]),
        document["column"],
    )
