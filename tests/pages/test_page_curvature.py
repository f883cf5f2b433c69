"""The Curvature page through Streamlit's AppTest: live runs, with their sharpness beside them."""

from functools import partial

import apptest
import numpy as np
import pytest
from apptest import Shown, metrics, said
from streamlit.testing.v1 import AppTest

from nnlib.history import History
from nnlib.optimizers import OPTIMIZERS
from pages.shared.charts.numbers import plain_number
from pages.shared.curvature import charts, charts_steps
from pages.shared.curvature.controls import MEASURED, TAKEUCHI
from pages.shared.curvature.presets import PRESETS

open_page = partial(apptest.open_page, "curvature", quiet=("error", "warning"))
SMALL = {"multi_gaussian_n_samples": "100", "curvature_pace": "full speed"}


def ended(app: AppTest) -> AppTest:
    """Return the app after the redraws that its run needs."""
    while app.session_state["curvature_run"].running:
        app.run()
    return apptest.checked(app)


def test_the_sharpness_comes_to_its_limit_and_a_change_of_the_rate_moves_both(shown: Shown):
    app = ended(open_page(**SMALL, epochs="5000", learning_rate="0.2", step="2000"))
    numbers = metrics(app)
    assert numbers["Limit"] == "10" and 0.9 < float(numbers["Of the limit"]) < 1.1
    assert "of the limit on average" in said(app, "markdown")
    assert set(shown.names("sharpness")) == {"sharpness", "limit 2/η"}
    np.testing.assert_allclose(shown.values("sharpness", "limit 2/η"), 10)
    assert shown.names("spectrum") == ["λ₁", "λ₂", "λ₃", "λ₄", "λ₅"]
    measured = shown.table("spectrum")
    assert set(measured["curve"]) == set(shown.names("spectrum"))
    app.slider(key="step_shown").set_value(20).run()  # what was measured by then
    early = measured[(measured["curve"] == "λ₁") & (measured["step"] <= 20)]["eigenvalue"]
    assert metrics(app)["Sharpness"] == plain_number(early.iloc[-1])
    app.select_slider(key="learning_rate").set_value(0.1).run()
    app.button(key="curvature_step").click().run()
    assert metrics(app)["Limit"] == "20"
    assert float(metrics(app)["Of the limit"]) == pytest.approx(0.5, abs=0.1)


def test_adam_has_its_own_sharpness_and_everything_can_be_measured(shown: Shown):
    everything = list(MEASURED)
    query = SMALL | {"optimizer": "Adam", "learning_rate": "0.003", "epochs": "100"}
    app = ended(open_page(**query, measured=everything, share="every step"))
    assert shown.title("sharpness") == "Preconditioned sharpness and its limit"
    np.testing.assert_allclose(shown.values("sharpness", "limit 38/η"), 38 / 0.003, rtol=1e-6)
    assert shown.names("layer_sharpness") == ["hidden 1", "hidden 2", "output"]
    assert shown.names("trace")[0] == "whole"
    assert len(shown.values("trace", "whole")) == 101  # every step, and that before the first
    assert {"Preconditioned", "Trace", "α", "Measuring"} <= set(metrics(app))
    assert len(shown.values("alpha", "α")) == 100  # of every step
    shares = shown.table("alphas").groupby("steps")["share"].sum()
    np.testing.assert_allclose(shares, 1)
    record = app.session_state["curvature_follower"].record_of(
        app.session_state["curvature_run"].trainer
    )
    gap = shown.table("information_by_traces").set_index("curve")["loss"]
    np.testing.assert_allclose(
        80 * gap["TIC/N by traces"], record.history["information_by_traces"], rtol=1e-6
    )
    run = app.session_state["curvature_run"].history
    last = run["val_loss"][-1] - run["train_loss"][-1]
    assert gap["validation − training loss"].iloc[-1] == pytest.approx(last)


def test_with_batch_normalization_there_is_no_criterion_of_takeuchi_and_that_is_said(shown: Shown):
    app = ended(open_page(**SMALL, epochs="5", measured=[TAKEUCHI], batch_norm="true"))
    assert "depends on the other examples" in said(app, "caption")
    assert "information_by_traces" not in shown.charts and "alpha" not in shown.charts


def test_minibatches_and_large_data_say_what_is_measured():
    app = open_page(**SMALL, batch_size="8", epochs="5")
    assert "all 80 training examples; steps go by 8" in said(app, "caption")
    app = open_page(multi_gaussian_n_samples="2000", epochs="5")
    assert "1,000 training examples, drawn once from the 1,600" in said(app, "caption")


def test_too_large_a_network_is_one_sentence_with_both_numbers():
    app = apptest.open_page("curvature", units_1="1000", units_2="1000")
    sentence = said(app, "error").replace("\\", "")
    assert sentence.startswith("This network has 1,005,001 parameters")
    assert "at most 500,000" in sentence and "curvature_run" not in app.session_state


def test_every_optimizer_has_its_limit_in_words_and_every_chart_an_empty_state():
    assert set(charts.LIMITS) == set(OPTIMIZERS)
    nothing = History()
    for chart in (
        charts.plot_sharpness(nothing, "sgd", adaptive=False),
        charts.plot_relative(nothing, adaptive=True),
        charts.plot_spectrum(nothing),
        charts.plot_layers(nothing),
        charts.plot_trace(nothing),
        charts_steps.plot_alpha(nothing),
        charts_steps.plot_gap(nothing, nothing, 8),
    ):
        apptest.valid(chart)
        assert chart.table is not None and not len(chart.table())


@pytest.mark.parametrize("number", range(len(PRESETS)))
def test_a_preset_sets_what_it_names(number: int):
    app = open_page(epochs="1")
    app.button(key=f"preset_{number}").click().run()
    trainer = apptest.checked(app.run()).session_state["curvature_run"].trainer
    wanted = PRESETS[number].values
    for name in ("optimizer", "learning_rate", "batch_size", "epochs"):
        assert getattr(trainer.config, name) == wanted[name]
    assert len(trainer.data.X_train) == 80
