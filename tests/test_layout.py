"""Navigation, error sentences and text from people, run by Streamlit's own test harness."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import layout
from pages.shared.reading import BOOKS, PAPERS

FRONT_DOOR = str(Path(__file__).resolve().parents[1] / "dashboard.py")
JOINER = "\u2060"


@pytest.mark.parametrize("group", layout.PAGES)
def test_every_page_of_the_registry_is_named_like_its_file(group):
    for page in layout.PAGES[group]:
        assert page.path == f"pages/{page.name}.py"
        assert page.icon.startswith(":material/")
        assert page.summary.endswith(".")


def test_every_page_file_is_in_the_registry():
    files = {path.stem for path in (layout.ROOT / "pages").glob("*.py")}
    assert files <= {page.name for pages in layout.PAGES.values() for page in pages}


def test_only_groups_with_pages_are_shown(monkeypatch, tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "dropout.py").touch()
    monkeypatch.setattr(layout, "ROOT", tmp_path)
    assert {
        group: [page.name for page in pages] for group, pages in layout.existing_pages().items()
    } == {"Training dynamics": ["dropout"]}


def test_front_door_runs():
    app = AppTest.from_file(FRONT_DOOR, default_timeout=30).run()
    assert not app.exception
    assert app.title[0].value == layout.PRODUCT
    run = app.session_state["front_run"]
    assert 0 < run.trainer.step < run.trainer.total_steps
    for _ in range(40):
        app.run()
    assert run.trainer.done and not run.running
    assert run.trainer.evaluate("val")["accuracy"] > 0.95
    app.button(key="front_again").click().run()
    assert 0 < run.trainer.step < run.trainer.total_steps and run.running


def test_the_reading_list_is_on_the_front_door():
    app = AppTest.from_file(FRONT_DOOR, default_timeout=30).run()
    text = "\n".join(block.value for block in app.expander[0].markdown)
    for work in (*BOOKS, *PAPERS):
        assert work.markdown in text


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
    assert layout.plain(text) == markdown


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
