"""Runs from elsewhere through AppTest: the samples are diagnosed, an own log is read and mended."""

from functools import partial

import apptest
import pytest
from apptest import checked, said
from streamlit.testing.v1 import AppTest

from nnlib.diagnosis import diagnose_log
from nnlib.logs import SAMPLES, log_of, read_log
from pages.shared.charts.training import plot_losses
from pages.shared.elsewhere.reading import EXAMPLES, OWN
from pages.shared.report import diagnosis_html

open_page = partial(apptest.open_page, "elsewhere")


def uploaded(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader(key="log_file").set_value((name, content, "text/csv")).run()
    return checked(app)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_sample_has_the_finding_of_its_diagnosis_and_charts(name: str, shown):
    app = open_page(log=name)
    path = SAMPLES / EXAMPLES[name]
    found = diagnose_log(log_of(read_log(path.read_bytes(), path.name))).findings
    assert all(finding.title in said(app, "markdown") for finding in found[:3])
    assert found or "Nothing wrong is seen" in said(app, "caption")
    assert "losses" in shown.figures


def test_without_an_own_log_the_page_asks_for_it():
    assert "Upload the log" in said(open_page(log=OWN), "info")


def test_columns_of_an_own_log_are_found_and_can_be_changed(shown):
    rows = "\n".join(f"{i},{1 / (i + 1)},{1 + i / 10}" for i in range(40))
    app = open_page(log=OWN)
    app = uploaded(app, "run.csv", f"step,error of mine,val_loss\n{rows}".encode())
    assert shown.names("losses").count("training") == 0
    box = next(b for b in app.selectbox if b.label == "Training loss")
    assert box.value != "error of mine"
    checked(box.set_value("error of mine").run())
    assert shown.values("losses", "training")[0] == 1.0


def test_a_file_that_is_no_log_gets_one_sentence():
    app = uploaded(open_page(log=OWN), "run.csv", b"a,b\nx,y\n")
    assert "no column of numbers" in said(app, "error")


def test_the_report_stands_alone_and_is_escaped():
    log = log_of(read_log((SAMPLES / "torch-dead-layer.jsonl").read_bytes()))
    text = diagnosis_html(diagnose_log(log), [plot_losses(log.history)] * 2, "<b>mine</b>")
    assert text.count("<h2>") >= 1 and "&lt;b&gt;mine" in text
    assert text.count("plotly.js v") == 1 and 'src="http' not in text
