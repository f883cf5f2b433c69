"""Navigation, error sentences and text from people, run by Streamlit's own test harness."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import layout, plain_text, registry

JOINER = "\u2060"


@pytest.mark.parametrize("group", registry.PAGES)
def test_every_page_of_the_registry_is_named_like_its_file(group):
    for page in registry.PAGES[group]:
        assert page.path == f"pages/{page.name}.py"
        assert page.icon.startswith(":material/")
        assert page.summary.endswith(".")


def test_every_page_file_is_in_the_registry():
    files = {path.stem for path in (registry.ROOT / "pages").glob("*.py")}
    assert files <= {page.name for pages in registry.PAGES.values() for page in pages}


def test_only_groups_with_pages_are_shown(monkeypatch, tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "dropout.py").touch()
    monkeypatch.setattr(registry, "ROOT", tmp_path)
    assert {
        group: [page.name for page in pages] for group, pages in registry.existing_pages().items()
    } == {"Training dynamics": ["dropout"]}


def test_no_two_pages_have_the_same_title():
    scripts = [path.read_text() for path in (registry.ROOT / "pages").glob("*.py")]
    titles = [re.search(r'begin_page\(\s*"([^"]+)"', script)[1] for script in scripts]
    assert len({layout.PRODUCT, *titles}) == 1 + len(scripts)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a_b*c", r"a\_b\*c"),
        ("![x](y)", r"\!\[x\]\(y\)"),
        ("$x$ <b> &amp;", r"\$x\$ \<b\> \&amp\;"),
        (":red[x]", rf"\:{JOINER}red\[x\]"),
        ("size: 3", r"size\: 3"),
        ("two\n\nlines", "two lines"),
        ("    code", "code"),
    ],
)
def test_plain_takes_the_meaning_from_markdown(text, markdown):
    assert plain_text.plain(text) == markdown


def test_show_error_gives_problem_and_hint():
    def script():
        from pages.shared import layout

        class DataError(ValueError):
            problem = "The column *x* is empty."
            hint = "Choose another."

        layout.show_error(DataError("unused"))
        layout.show_error(ValueError("rate must be positive"))

    app = AppTest.from_function(script).run()
    assert [error.value for error in app.error] == [
        r"The column \*x\* is empty\." + "\n\n" + r"Choose another\.",
        "rate must be positive",
    ]
