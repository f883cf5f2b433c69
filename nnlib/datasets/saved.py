"""Preprocessing out of a model file: plain values, nothing of which is code."""

from typing import Any

from nnlib.datasets.dataset import Preprocessing
from nnlib.datasets.tables.preprocessing import TablePreprocessing
from nnlib.datasets.text.bag import BagOfWords


def restore(document: dict[str, Any]) -> Preprocessing:
    """Read what `Preprocessing.document` wrote.

    Raises ValueError, KeyError or TypeError if it is no such document.
    """
    kinds: dict[str, type[TablePreprocessing | BagOfWords]] = {
        TablePreprocessing.kind: TablePreprocessing,
        BagOfWords.kind: BagOfWords,
    }
    return kinds[document["kind"]].from_document(document)
