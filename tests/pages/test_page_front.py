"""The front door through AppTest: what it says of its network is so."""

import apptest
import numpy as np
from streamlit.testing.v1 import AppTest

from pages.shared import layout, registry
from pages.shared.references import BOOKS, PAPERS


def test_the_network_does_learn_to_tell_the_spirals_apart_and_does_so_again(shown):
    app = AppTest.from_file(apptest.FRONT_DOOR, default_timeout=60).run()
    run = app.session_state["front_run"]
    assert app.title[0].value == layout.PRODUCT
    assert 0 < run.trainer.step < run.trainer.total_steps
    apptest.finished(app)
    assert run.trainer.done and not run.running
    assert run.trainer.evaluate("val")["accuracy"] > 0.97
    assert shown.title("surface") and shown.names("norms") == ["hidden 1", "hidden 2", "output"]
    losses = shown.values("losses", "training")
    app.button(key="front_again").click().run()
    assert 0 < run.trainer.step < run.trainer.total_steps and run.running
    apptest.finished(app)
    np.testing.assert_array_equal(shown.values("losses", "training"), losses)


def test_it_names_every_page_all_works_and_the_way_to_ones_own_file():
    app = AppTest.from_file(apptest.FRONT_DOOR, default_timeout=60).run()
    links = [link.proto for link in app.main.get("page_link")]
    pages = [page for group in registry.existing_pages().values() for page in group]
    assert [link.label for link in links[1:]] == [f"**{page.label}**" for page in pages]
    assert [link.page for link in links[1:]] == [page.name for page in pages]
    assert links[0].page == "classification" and "own" in links[0].label
    text = "\n".join(block.value for block in app.expander[0].markdown)
    for work in (*BOOKS, *PAPERS):
        assert work.markdown in text
