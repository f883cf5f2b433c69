"""What to try next: each sentence's link sets what the sentence names, and the page takes it."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from apptest import checked, open_page

from nnlib.config import NetworkConfig, setting_of
from nnlib.datasets import DATASETS
from nnlib.labs.curves import CURVES
from pages.shared import results
from pages.shared.controls import label_of
from pages.shared.registry import PAGES
from pages.shared.runs import LiveRun
from pages.shared.text.data import SOURCES, TERMS

ROOT = Path(__file__).resolve().parents[2]
NAMES = [page.name for group in PAGES.values() for page in group]
WHERE = ("view", "lab")  # a link leads to the view that its sentence is about
WORDS = ("zero", "one", "two", "three", "four")


def links(name: str) -> list[tuple[str, dict[str, Any]]]:
    """Return sentences and values as the page's file has them."""
    tree = ast.parse((ROOT / "pages" / f"{name}.py").read_text("utf-8"))
    (made,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "TRY_NEXT"
    )
    calls = [[ast.literal_eval(argument) for argument in call.args] for call in made.elts]
    return [(text, values[0] if values else {}) for text, *values in calls]


def names(text: str, key: str, value: Any) -> bool:
    """Say whether a sentence names the value of a setting."""
    text = re.sub(r"[*_$\\]", "", text.replace("−", "-")).casefold()
    if isinstance(value, list):
        return all(names(text, key, one) for one in value)
    if value is True:
        return setting_of(NetworkConfig, key).label.casefold() in text
    written = [f"{value:g}" if isinstance(value, int | float) else str(value)]
    if isinstance(value, int | float):
        written += WORDS[int(value) : int(value) + 1] if value == int(value) else ()
        written += [TERMS[value]] if key == "ngrams" else []
    else:
        data = DATASETS.get(value)
        written += [label_of(value), SOURCES.get(value, value), value.split(",")[0]]
        written += [one.label for one in (data, CURVES.get(value)) if one is not None]
    return any(
        re.search(rf"(?<![\w.]){re.escape(w.casefold())}(?![\w]|\.\d)", text) for w in written
    )


@pytest.mark.parametrize("name", NAMES)
def test_sentence_and_link_agree(name):
    found = links(name)
    assert sum(bool(values) for _, values in found) >= min(4, len(found))
    for text, values in found:
        for key, value in values.items():
            assert key in WHERE or names(text, key, value), (text, key, value)


@pytest.mark.parametrize("name", NAMES)
def test_every_link_is_taken_by_the_page(name, monkeypatch):
    monkeypatch.setattr(results, "_may_begin", lambda *_: False)  # nothing needs to be trained
    monkeypatch.setattr(LiveRun, "play_slice", lambda *_, **__: None)
    page = open_page(name)
    for index, (text, values) in enumerate(links(name)):
        if not values:
            continue
        label = page.button(key=f"next_{index}").label
        assert label == text
        page = checked(page.button(key=f"next_{index}").click().run().run())
        for key, value in values.items():
            assert page.session_state[key] == value, (text, key)
        assert not [w for w in page.warning if "the link says" in w.value]
