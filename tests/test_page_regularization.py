"""The Regularization page through Streamlit's AppTest, over its tabs and controls."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso
from streamlit.testing.v1 import AppTest

from nnlib import linear_regression as linear
from nnlib.datasets import DATASETS

ROOT = Path(__file__).resolve().parents[1]
NETWORKS, DECAY = "Networks", "L2 and weight decay"
QUICK = {"epochs": "50", "seeds": "2", "width": "8"}


def open_page(**query: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.run().switch_page("pages/regularization.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    assert not app.error
    return app


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def texts(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def networks(app: AppTest) -> dict:
    (trained,) = app.session_state["regularization_networks_results"].values()
    return {one.runs.name: one for one in trained}


def test_opens_with_the_lasso_whose_zeros_are_scikit_learns():
    shown = metrics(open_page())
    x, y = linear.noisy_line(np.random.default_rng([0, 0]), 20, 0.5)
    features = linear.PolynomialFeatures.of(x, 15)(x)
    lasso = Lasso(alpha=0.02, max_iter=1_000_000, tol=1e-10).fit(features, y)
    assert shown["Exact zeros"] == f"{(lasso.coef_ == 0).sum()} of 15"
    assert float(shown["Training error"]) == pytest.approx(
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
    assert float(shown["Training error"]) < 0.25


@pytest.mark.parametrize("seed", range(3))
def test_a_penalty_lowers_the_validation_error_of_the_free_fit(seed: int):
    free = metrics(open_page(penalty="none", line_seed=str(seed)))
    held = metrics(open_page(penalty="L1", line_seed=str(seed)))
    assert float(held["Validation error"]) < float(free["Validation error"].replace(",", ""))


def test_degree_one_and_no_noise_find_the_line():
    shown = metrics(open_page(penalty="none", degree="1", line_noise="0", draws="1"))
    assert float(shown["Training error"]) < 1e-20


def test_networks_overfit_and_regularized_ones_less():
    trained = networks(open_page(lab=NETWORKS))
    assert list(trained) == [
        "No penalty", "L1", "L2", "AdamW", "Max-norm", "Early stopping", "True labels",
    ]  # fmt: skip
    final = {name: one.runs.final for name, one in trained.items()}
    assert np.median(final["No penalty"]["train"]) < 0.1
    assert np.median(final["No penalty"]["val"]) > 0.5
    for name in ("L1", "L2", "AdamW", "Max-norm", "Early stopping", "True labels"):
        assert np.median(final[name]["val"]) < np.median(final["No penalty"]["val"])


def test_l1_gives_weights_near_zero_but_not_on_it():
    app = open_page(lab=NETWORKS)
    one = networks(app)["L1"]
    assert sum((w == 0).sum() for w in one.weights) == 0
    near = one.with_threshold(1e-2).near_zero
    assert near.min() > 0.5
    assert (one.with_threshold(1e-5).near_zero < near).all()
    assert "Exactly zero in the L1 networks: 0 of" in texts(app)


def test_same_seed_starts_from_the_same_weights():
    trained = networks(open_page(lab=NETWORKS, **QUICK))
    first = trained["No penalty"].runs.losses["train"][:, 0]
    for name in ("L1", "L2", "AdamW", "Max-norm", "Early stopping"):
        assert (trained[name].runs.losses["train"][:, 0] == first).all()


def test_a_threshold_trains_nothing_anew():
    app = open_page(lab=NETWORKS, **QUICK)
    before = networks(app)["L1"]
    app.select_slider(key="threshold").set_value(1e-4).run()
    assert networks(app)["L1"] is before


def test_flipped_labels_are_counted():
    assert "40 training points, 6 of them with a flipped label" in texts(
        open_page(lab=NETWORKS, **QUICK)
    )
    app = open_page(lab=NETWORKS, flipped="0", **QUICK)
    trained = networks(app)
    assert (
        trained["True labels"].runs.final["val"] == trained["No penalty"].runs.final["val"]
    ).all()


@pytest.mark.parametrize("name", ["spiral", "iris", "diabetes", "sine", "plane", "digits"])
@pytest.mark.parametrize("lab", [NETWORKS, DECAY])
def test_other_data(name: str, lab: str):
    open_page(lab=lab, data=DATASETS[name].label, **QUICK)


def test_nothing_chosen_is_no_error():
    app = open_page(lab=NETWORKS, **QUICK)
    app.multiselect(key="ways").set_value([]).run()
    assert not app.exception and not app.error


def test_only_true_labels():
    app = open_page(lab=NETWORKS, **QUICK)
    app.multiselect(key="ways").set_value(["True labels"]).run()
    assert not app.exception and not app.error


def test_own_file_trains():
    app = open_page(lab=NETWORKS, **QUICK)
    content = load_diabetes(as_frame=True).frame.to_csv(index=False).encode()
    app.file_uploader(key="uploader").set_value(("d.csv", content, "text/csv")).run()
    assert not app.exception and not app.error
    assert "none flipped" in texts(app)


def test_decay_differs_between_adam_with_l2_and_adamw():
    app = open_page(lab=DECAY)
    (sweep,) = app.session_state["regularization_decay_results"].values()
    adam, adamw = sweep.norms["Adam + L2"], sweep.norms["AdamW"]
    assert adam.shape == adamw.shape == (5, 6)
    assert (adam[:, 2:] < 0.5 * adamw[:, 2:]).all()  # d of 0.03 and more
    assert "SGD with L2 and AdamW leave" in texts(app)


def test_nonsense_in_the_link_falls_back():
    app = open_page(penalty="L7", strength="x", degree="99", ways="nothing")
    assert app.selectbox(key="penalty").value == "L1"
    assert app.select_slider(key="strength").value == 0.02
