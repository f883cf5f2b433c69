"""The tests that the documents name are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLAYGROUND = (ROOT / "docs" / "playground.md").read_text("utf-8")
FILES = {
    "P": ("pages/test_page_classification.py", "pages/test_page_playground.py"),
    "B": ("browser/test_browser_playground.py",),
    "C": ("pages/test_charts_playground.py",),
    "F": ("nnlib/test_input_features.py",),
    "U": ("nnlib/test_unit_surfaces.py",),
}


def named() -> list[tuple[str, str]]:
    """Return the letter of the file and the name of every test in the table's last column."""
    found = []
    for row in re.findall(r"^\|.*\| (.*) \|$", PLAYGROUND.split("## Measured")[0], re.M):
        for letter, names in re.findall(r"([PBCFU]) ((?:`[a-z_0-9]+…?`(?:, )?)+)", row):
            found += [(letter, name) for name in re.findall(r"`([a-z_0-9]+)…?`", names)]
    return found


def test_the_table_names_tests_of_all_files():
    assert {letter for letter, _ in named()} == set(FILES) and len(named()) > 30


@pytest.mark.parametrize(("letter", "name"), named())
def test_every_test_that_the_table_names_is_there(letter: str, name: str):
    texts = [(ROOT / "tests" / file).read_text("utf-8") for file in FILES[letter]]
    assert any(f"def test_{name}" in text for text in texts)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/]+\.py)`", PLAYGROUND))))
def test_every_file_that_it_names_is_there(path: str):
    assert (ROOT / path).is_file()
