"""The Regularization page through Streamlit's AppTest, over its tabs and controls."""

from functools import partial

import apptest
import numpy as np
import pytest
from apptest import metrics, said, table
from shown_numbers import number
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso
from streamlit.testing.v1 import AppTest

from nnlib.datasets import DATASETS
from nnlib.labs import linear_regression as linear
from nnlib.labs.overfitting import ENDS, Way

NETWORKS, DECAY = "Networks", "L2 and weight decay"
QUICK = {"epochs": "50", "seeds": "2", "width": "8"}


open_page = partial(apptest.open_page, "regularization", quiet=("error",))


def networks(app: AppTest) -> dict[str, Way]:
    ((ways, _),) = app.session_state["regularization_networks_results"].values()
    return {way.arm.label: way for way in ways}


# ------------------------------------------------------------------ linear regression


def test_opens_with_the_lasso_whose_zeros_are_scikit_learns():
    shown = metrics(open_page())
    x, y = linear.noisy_line(np.random.default_rng([0, 0]), 20, 0.5)
    features = linear.PolynomialFeatures.of(x, 15)(x)
    lasso = Lasso(alpha=0.02, max_iter=1_000_000, tol=1e-10).fit(features, y)
    assert shown["Exact zeros"] == f"{(lasso.coef_ == 0).sum()} of 15"
    assert number(shown["Training error"]) == pytest.approx(
        np.square(lasso.predict(features) - y).mean(), abs=5e-4
    )


def test_penalties_differ_in_exact_zeros():
    assert metrics(open_page(penalty="L2"))["Exact zeros"] == "0 of 15"
    assert metrics(open_page(penalty="L1", strength="100"))["Exact zeros"] == "15 of 15"
    some = int(metrics(open_page(penalty="elastic net"))["Exact zeros"].split()[0])
    assert 0 < some < 15


def test_without_a_penalty_there_is_a_fit_and_no_best_strength():
    shown = metrics(open_page(penalty="none"))
    assert shown["Best λ by validation"] == "–"
    assert float(shown["Largest |w|"].replace(",", "")) > 100
    assert number(shown["Training error"]) < 0.25


@pytest.mark.parametrize("seed", range(3))
def test_a_penalty_lowers_the_validation_error_of_the_free_fit(seed: int):
    free = metrics(open_page(penalty="none", line_seed=str(seed)))
    held = metrics(open_page(penalty="L1", line_seed=str(seed)))
    assert number(held["Validation error"]) < number(free["Validation error"])


def test_degree_one_and_no_noise_find_the_line():
    shown = metrics(open_page(penalty="none", degree="1", line_noise="0", draws="1"))
    assert number(shown["Training error"]) < 1e-20


def test_how_soon_steps_settle_is_said_of_these_powers():
    """Once every page said that powers are so alike that many steps are needed."""
    assert "one step of soft thresholding arrives" in said(open_page(degree="1"))
    assert "falls by a factor of e in about" in said(open_page(degree="15"))
    assert "Here that is every weight." in said(open_page(strength="100"))


def test_linear_charts_follow_their_controls(shown: apptest.Shown):
    app = open_page()
    assert set(shown.charts) == {"fit", "errors", "paths", "zeros", "descent", "small_weights"}
    for control, key, value, charts in (
        ("select_slider", "strength", 0.05, ("fit", "descent", "small_weights", "errors")),
        ("slider", "degree", 14, ("paths",)),
        ("slider", "line_points", 40, ("fit", "errors")),
        ("slider", "line_noise", 1.0, ("fit", "errors")),
        ("number_input", "line_seed", 1, ("fit",)),
        ("number_input", "draws", 2, ("errors",)),
        ("selectbox", "x_range", "0 to 10", ("fit",)),
        ("toggle", "intercept", False, ("fit",)),
        ("selectbox", "penalty", "L2", ("fit", "paths")),
    ):
        before = [shown.drawn(chart) for chart in charts]
        getattr(app, control)(key=key).set_value(value).run()
        assert not app.exception and not app.error
        assert all(shown.drawn(c) != b for c, b in zip(charts, before, strict=True)), key
    assert "descent" not in shown.charts  # L2 has no zeros to get to


def test_the_slide_is_one_click_and_its_link(shown: apptest.Shown):
    """x in 0…10, y = 2x + 1, no intercept; what it calls L1 is ridge."""
    app = open_page(lab=NETWORKS, **QUICK)
    app.button(key="preset_1").click().run()
    assert "ridge" in app.button(key="preset_1").help
    app.run()
    assert not app.exception and not app.error
    assert app.selectbox(key="penalty").value == "L2"
    assert metrics(app)["Exact zeros"] == "0 of 1"
    assert "Without an intercept every fit goes through the origin." in said(app)
    assert shown.values("fit", "fit")[0] == 0
    assert shown.values("fit", "true line 2x + 1", "x").tolist() == [0, 10]
    x, y = shown.values("fit", "training", "x"), shown.values("fit", "training")
    slope = float(metrics(app)["Largest |w|"])
    assert slope == pytest.approx(x @ y / (x @ x + len(x) * 1.0), abs=0.006)
    assert slope > 2 + 0.05  # the line through the origin takes over a part of the intercept


def test_powers_that_are_too_large_are_refused_in_a_sentence():
    app = apptest.open_page("regularization", x_range="0 to 10", standardize="false")
    assert "too large to compute with" in app.error[0].value
    app.slider(key="degree").set_value(3).run()
    assert not app.error and "the powers as they are" in said(app)


# ------------------------------------------------------------------ networks


@pytest.fixture(scope="module")
def default_networks() -> AppTest:
    return open_page(lab=NETWORKS)


def test_networks_overfit_and_regularized_ones_less(default_networks: AppTest):
    trained = networks(default_networks)
    assert list(trained) == [
        "No penalty", "L1", "L2", "AdamW", "Max-norm", "Early stopping", "True labels",
    ]  # fmt: skip
    free = trained["No penalty"].arm
    assert free.final(ENDS["train"]) < 0.1 and free.final(ENDS["val"]) > 0.5
    for name in ("L1", "L2", "AdamW", "Max-norm", "Early stopping", "True labels"):
        assert trained[name].arm.final(ENDS["val"]) < free.final(ENDS["val"])


def test_what_is_said_of_wrong_labels_is_so_by_the_true_labels(default_networks: AppTest):
    trained, text = networks(default_networks), said(default_networks)
    assert "distance between training and validation loss is the overfitting" not in text
    assert "loss is large where flipped ones have been learned by heart" in text
    learned, held = trained["No penalty"].arm, trained["L2"].arm
    assert learned.final(ENDS["true"]) > 3 * held.final(ENDS["true"])
    assert held.final(ENDS["train"]) > 3 * learned.final(ENDS["train"])  # it resists wrong ones


def test_each_way_is_told_from_noise_by_the_same_seeds(default_networks: AppTest):
    frame = table(default_networks, "difference")
    assert frame.setting[0] == "No penalty" and frame.difference[0] == ""
    assert all(" to " in text and text.endswith(("noise", "lower", "higher"))
               for text in frame.difference[1:])  # fmt: skip
    assert frame.difference[2].endswith("lower")  # L2


def test_l1_gives_weights_near_zero_but_not_on_it(default_networks: AppTest):
    one = networks(default_networks)["L1"]
    assert (one.weights != 0).all()
    near = one.near_zero(1e-2)
    assert near.min() > 0.5
    assert (one.near_zero(1e-5) < near).all()
    assert "Exactly zero in the L1 networks: 0 of" in said(default_networks)


def test_a_threshold_or_a_layer_chart_trains_nothing_anew(shown: apptest.Shown):
    app = open_page(lab=NETWORKS, **QUICK)
    before, shares, gradients = networks(app), shown.drawn("near_zero"), shown.drawn("gradients")
    app.select_slider(key="threshold").set_value(1e-1).run()
    app.selectbox(key="gradients_of").set_value("L2").run()
    assert networks(app)["L1"] is before["L1"]
    assert shown.drawn("near_zero") != shares and shown.drawn("gradients") != gradients


def test_network_charts_follow_their_controls(shown: apptest.Shown):
    app = open_page(lab=NETWORKS, **QUICK)
    for control, key, value, charts in (
        ("select_slider", "l1", 0.005, ("val_loss", "gap")),
        ("select_slider", "weight_decay", 0.2, ("train_loss",)),
        ("slider", "flipped", 0.3, ("val_loss", "surfaces")),
        ("slider", "points", 60, ("surfaces", "train_loss")),
        ("slider", "seeds", 1, ("gap",)),
        ("number_input", "seed", 7, ("surfaces",)),
    ):
        before = [shown.drawn(chart) for chart in charts]
        getattr(app, control)(key=key).set_value(value).run()
        assert not app.exception and not app.error
        assert all(shown.drawn(c) != b for c, b in zip(charts, before, strict=True)), key
    assert "a single seed tells nothing of noise" in str(table(app, "difference"))


def test_a_link_gives_the_same_networks(shown: apptest.Shown):
    app = open_page(lab=NETWORKS, **QUICK)
    app.select_slider(key="weight_decay").set_value(0.2).run()
    losses = shown.drawn("train_loss")
    open_page(lab=NETWORKS, weight_decay="0.2", **QUICK)
    assert shown.drawn("train_loss") == losses


def test_flipped_labels_are_counted_and_without_them_true_labels_change_nothing(
    shown: apptest.Shown,
):
    app = open_page(lab=NETWORKS, **QUICK)
    assert "40 training points, 6 of them with a flipped label" in said(app)
    assert "training, true labels" in shown.names("gap")
    app.slider(key="flipped").set_value(0.0).run()
    trained = networks_of_last(app)
    free, true = trained["No penalty"].arm, trained["True labels"].arm
    assert (free.finals(ENDS["val"]) == true.finals(ENDS["val"])).all()
    assert "training, true labels" not in shown.names("gap")


def networks_of_last(app: AppTest) -> dict[str, Way]:
    ways, _ = list(app.session_state["regularization_networks_results"].values())[-1]
    return {way.arm.label: way for way in ways}


@pytest.mark.parametrize("name", ["spiral", "iris", "diabetes", "sine", "plane", "digits"])
def test_other_data(name: str):
    app = open_page(lab=NETWORKS, data=DATASETS[name].label, **QUICK)
    app.session_state["lab"] = DECAY
    assert not app.run().exception and not app.error


def test_few_or_no_ways_are_no_error():
    app = open_page(lab=NETWORKS, **QUICK)
    for ways in (["True labels"], []):
        app.multiselect(key="ways").set_value(ways).run()
        assert not app.exception and not app.error


def test_own_file_trains():
    app = open_page(lab=NETWORKS, **QUICK)
    content = load_diabetes(as_frame=True).frame.to_csv(index=False).encode()
    app.file_uploader(key="uploader").set_value(("d.csv", content, "text/csv")).run()
    assert not app.exception and not app.error
    assert "none flipped" in said(app)


# ------------------------------------------------------------------ decay


def test_decay_differs_between_adam_with_l2_and_adamw_beyond_the_noise(shown: apptest.Shown):
    app = open_page(lab=DECAY)
    adam, adamw = (shown.values("decay_norm", name) for name in ("Adam + L2", "AdamW"))
    assert (adam[2:] < 0.5 * adamw[2:]).all()  # d of 0.03 and more
    frame = table(app, "d")
    assert len(frame) == 6 and frame["AdamW against Adam + L2"].str.contains(" to ").all()
    assert frame["AdamW against Adam + L2"][1].endswith("higher")
    assert "SGD with L2 and AdamW leave" in said(app)


def test_decay_charts_follow_their_controls(shown: apptest.Shown):
    app = open_page(lab=DECAY, **QUICK)
    for control, key, value, chart in (
        ("select_slider", "decay", 1.0, "shrinkage"),
        ("slider", "shrink_steps", 100, "shrinkage"),
        ("slider", "width", 12, "decay_norm"),
    ):
        before = shown.drawn(chart)
        getattr(app, control)(key=key).set_value(value).run()
        assert not app.exception and shown.drawn(chart) != before


def test_nonsense_in_the_link_falls_back():
    app = open_page(penalty="L7", strength="x", degree="99", ways="nothing")
    assert app.selectbox(key="penalty").value == "L1"
    assert app.select_slider(key="strength").value == 0.02
