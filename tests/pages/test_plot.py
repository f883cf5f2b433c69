"""The copy of plotly.js that the server hands out, and charts where it cannot be made."""

import shutil

from streamlit.testing.v1 import AppTest

from pages.shared import plot


def test_two_servers_that_start_at_once_do_not_disturb_each_other(tmp_path, monkeypatch):
    source, copy = tmp_path / "plotly.min.js", tmp_path / "static" / "plotly.min.js"
    source.write_text("let plotly")
    copyfile = shutil.copyfile

    def while_another_server_does_the_same(*paths):
        copyfile(*paths)
        monkeypatch.setattr(shutil, "copyfile", copyfile)
        plot.copy_whole(source, copy)

    monkeypatch.setattr(shutil, "copyfile", while_another_server_does_the_same)
    plot.copy_whole(source, copy)
    assert copy.read_text() == "let plotly"
    assert list(copy.parent.iterdir()) == [copy]


def page() -> None:
    from pages.shared.charts.chart import Chart
    from pages.shared.charts.theme import new_figure
    from pages.shared.export import show_chart

    show_chart(Chart(new_figure("Loss", "Step", "Loss"), "loss"), "loss")


def test_without_the_copy_charts_are_drawn_by_streamlit(monkeypatch):
    monkeypatch.setattr(plot, "_plotly_address", lambda: None)
    at = AppTest.from_function(page).run()
    assert not at.exception
    assert len(at.get("plotly_chart")) == 1
