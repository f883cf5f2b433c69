"""The copy of plotly.js that the server hands out, and charts where it cannot be made."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import plot, scripts


@pytest.fixture
def static(tmp_path, monkeypatch):
    monkeypatch.setattr(scripts, "_STATIC", tmp_path / "static")
    return tmp_path / "static"


def test_two_servers_that_start_at_once_do_not_disturb_each_other(static, monkeypatch):
    write = Path.write_bytes

    def while_another_server_does_the_same(*arguments):
        written = write(*arguments)
        monkeypatch.setattr(Path, "write_bytes", write)
        scripts.served("plotly.min.js", b"let plotly")
        return written

    monkeypatch.setattr(Path, "write_bytes", while_another_server_does_the_same)
    assert scripts.served("plotly.min.js", b"let plotly") == "app/static/plotly.min.js"
    assert (static / "plotly.min.js").read_text() == "let plotly"
    assert len(list(static.iterdir())) == 1


def test_a_component_loads_its_module_once_and_a_new_one_anew(static):
    first, again = (scripts.script("plot", "export default 1") for _ in range(2))
    other = scripts.script("plot", "export default 2")
    assert first == again != other and "export default run" in first
    written = {path.name: path.read_text() for path in static.iterdir()}
    assert sorted(written.values()) == ["export default 1", "export default 2"]
    assert all(f"app/static/{name}" in first + other for name in written)


def test_where_no_file_can_be_made_the_component_has_its_module(static):
    static.write_text("this is no folder")
    assert scripts.script("plot", "export default 1") == "export default 1"


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
