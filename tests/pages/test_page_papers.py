"""The Papers page: a card for each result, its rerun against its bands, and where to play."""

from dataclasses import replace

import apptest
import numpy as np
import pytest
from apptest import checked, said, valid

from nnlib.datasets.full_mnist import FOLDER
from nnlib.papers import PAPERS, Curve, Measured, Picture
from pages.shared import results
from pages.shared.papers.charts import plot_picture
from pages.shared.papers.view import address_of
from pages.shared.runs import LiveRun


def test_the_cards_say_what_is_claimed_and_a_rerun_says_whether_it_comes_out(
    shown, monkeypatch, tmp_path
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv(FOLDER, raising=False)
    small = PAPERS["glorot"].measure
    seen = iter([0.4, 0.95])

    def lu(rng, progress):
        measured = PAPERS["double_descent"].measure(
            rng, progress, images=30, held_out=90, ratios=(0.5, 2), draws=1
        )
        return Measured((next(seen), 0.0), measured.picture)

    quick = {"glorot": lambda rng, tell: small(rng, tell, width=60, images=1, signals=20)}
    for name, measure in (quick | {"dying_relu": lu}).items():
        monkeypatch.setitem(PAPERS, name, replace(PAPERS[name], measure=measure))
    app = apptest.open_page("papers")
    texts = said(app)
    for paper in PAPERS.values():
        assert paper.claim in texts and paper.work.markdown in texts and paper.scaled in texts
        assert paper.differs in texts
        assert all(band.what in texts and band.reason in texts for band in paper.bands)
    assert list(shown.figures) == ["chart_glorot"]  # the rest waits to be asked for
    assert len([b for b in app.button if b.label == "Rerun"]) == len(PAPERS) - 2
    assert PAPERS["mnist_table"].lacking() in said(app, "info")

    app = checked(app.button(key="paper_dying_relu_begin").click().run())
    assert PAPERS["dying_relu"].if_not in said(app, "warning") and "**40\xa0%**" in said(app)
    assert len(shown.figures) == 2 and len(shown.table("chart_dying_relu")) == 2
    app = checked(app.number_input(key="seed").set_value(1).run())
    app = checked(app.button(key="paper_dying_relu_begin").click().run())
    assert "Reproduced at this size, with seed 1" in said(app, "success")


@pytest.mark.parametrize("name", PAPERS)
def test_a_card_leads_to_a_page_that_takes_all_its_settings(name, monkeypatch):
    monkeypatch.setattr(results, "_may_begin", lambda *_: False)  # nothing needs to be trained
    monkeypatch.setattr(LiveRun, "play_slice", lambda *_, **__: None)
    paper = PAPERS[name]
    app = apptest.open_page(paper.page, **address_of(paper))
    assert not [w.value for w in app.warning if "the link says" in w.value]
    for key, value in paper.values.items():
        taken = app.session_state[key]
        assert (tuple(taken) if isinstance(value, tuple) else taken) == value, key


@pytest.mark.parametrize("log_y", [False, True])
def test_a_picture_is_drawn_with_intervals_levels_and_what_is_not_finite(log_y: bool):
    x = np.array([1.0, 2.0, 3.0])
    diverged = np.array([1.0, 2.0, np.inf])
    curves = (Curve("x < 0", x, diverged, diverged / 2, diverged), Curve("plain", x, x))
    chart = plot_picture(Picture("t", "x", "y", curves, {"level": 2.0}, log_y=log_y), "file")
    names = [
        trace["name"] for trace in valid(chart)["data"] if trace.get("showlegend") is not False
    ]
    assert names == ["x &lt; 0", "plain", "level"]
    wide = replace(Picture("t", "x", "y", curves, log_y=log_y), levels={"level": 0.05})
    ticks = plot_picture(wide, "file").figure.layout.yaxis.dtick
    assert (ticks == "D2") is log_y  # else labels would overlap
    table = chart.table()
    assert list(table.curve) == ["x < 0"] * 3 + ["plain"] * 3
    assert table.low.notna().tolist() == [True] * 3 + [False] * 3
