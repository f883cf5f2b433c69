"""The Dropout page through Streamlit's AppTest, over its views and controls."""

from functools import partial

import apptest
import numpy as np
import pytest
from apptest import metrics, table
from streamlit.testing.v1 import AppTest

from nnlib.labs.dropout_draws import draw_dropout
from pages.shared.dropout.charts_monte_carlo import LABELS

RATES, PASSES = "Several rates", "Monte Carlo dropout"


open_page = partial(apptest.open_page, "dropout")


def trainer_of(app: AppTest):
    assert not app.exception, app.exception
    return list(app.session_state["dropout_sweep_results"].values())[-1]


def passes_of(app: AppTest):
    assert not app.exception, app.exception
    return list(app.session_state["dropout_passes_results"].values())[-1]


def test_opens_on_the_matrix():
    app = open_page()
    draws = draw_dropout(np.arange(1.0, 11).reshape(2, 5), 0.8, 10_000, np.random.default_rng(0))
    shown = metrics(app)
    assert shown["Kept in the first draw"] == f"{int(draws.mask.sum())} of 10"
    assert shown["Mean of the input"] == "5.5"
    assert float(shown["Mean of 10,000 outputs"]) == pytest.approx(
        draws.running_mean[-1].mean(), abs=1e-3
    )


def test_matrix_follows_keep_draws_and_seed():
    app = open_page(keep="1.0", draws="100")
    assert metrics(app)["Kept in the first draw"] == "10 of 10"
    assert metrics(app)["Mean of 100 outputs"] == "5.5"
    app.slider(key="keep").set_value(0.5).run()
    first = metrics(app)
    app.number_input(key="draw_seed").set_value(7).run()
    assert metrics(app) != first


def test_default_rates_and_seeds_train_as_one_stack():
    trainer = trainer_of(open_page(view=RATES, epochs="5"))
    assert [(e.network.dropout, e.training.seed) for e in trainer.experiments] == [
        (rate, seed) for rate in (0.0, 0.25, 0.5) for seed in range(5)
    ]
    assert trainer.data.name == "xor" and trainer.status == "finished"
    assert trainer.experiment.network.hidden == (32, 32)


def test_controls_make_the_experiments():
    trainer = trainer_of(
        open_page(
            view=RATES,
            rates=["0.1", "0.9"],
            seeds="2",
            first_seed="3",
            layers="3",
            width="8",
            activation="tanh",
            optimizer="SGD",
            learning_rate="0.05",
            batch_size="64",
            epochs="2",
        )
    )
    first, last = trainer.experiments[0], trainer.experiments[-1]
    assert (first.network.hidden, first.network.activation) == ((8, 8, 8), "tanh")
    assert (last.network.dropout, last.training.seed) == (0.9, 4)
    assert (first.training.optimizer, first.training.learning_rate) == ("sgd", 0.05)
    assert (first.training.batch_size, first.training.epochs) == (64, 2)
    assert not first.network.batch_norm


@pytest.mark.parametrize("view", [RATES, PASSES])
@pytest.mark.parametrize(
    "data", ["Moons", "Spiral", "Sine", "Plane", "Iris", "Diabetes", "Digits 8×8"]
)
def test_data_sets_of_every_kind(view: str, data: str):
    app = open_page(view=view, data=data, epochs="2", seeds="2", passes="5")
    assert trainer_of(app).step > 0 and not app.error


def test_changing_what_is_drawn_does_not_train_again(shown: apptest.Shown):
    app = open_page(view=RATES, epochs="2", seeds="2")
    trainer = trainer_of(app)
    losses, norms = shown.drawn("training_loss"), shown.drawn("gradient_norms")
    app.selectbox(key="gradient_layer").set_value(2).run()
    app.toggle(key="batch_loss").set_value(True).run()
    assert shown.title("training_loss") == "Training loss, minibatches, dropout on"
    assert shown.drawn("training_loss") != losses and shown.drawn("gradient_norms") != norms
    app.toggle(key="log_loss").set_value(True).run()
    assert shown.figures["val_loss"].layout.yaxis.type == "log"
    assert trainer_of(app) is trainer
    assert len(app.session_state["dropout_sweep_results"]) == 1


def test_charts_of_the_rates_follow_their_controls(shown: apptest.Shown):
    app = open_page(view=RATES, epochs="2", seeds="2")
    assert set(shown.charts) == {
        "training_loss", "val_loss", "train_accuracy", "val_accuracy", "gradient_norms",
        "gradient_profile", "final_loss", "final_accuracy", "weights_low", "weights_high",
    }  # fmt: skip
    for control, key, value in (
        ("multiselect", "rates", [0.0, 0.9]),
        ("slider", "seeds", 3),
        ("selectbox", "activation", "tanh"),
        ("slider", "layers", 3),
        ("select_slider", "epochs", 5),
        ("number_input", "first_seed", 4),
    ):
        before = shown.drawn("val_loss")
        getattr(app, control)(key=key).set_value(value).run()
        assert not app.exception and shown.drawn("val_loss") != before, key
    assert "rate 0.9" in shown.names("val_loss")


def test_each_rate_is_told_from_noise_by_the_same_seeds():
    app = open_page(view=RATES, epochs="100")
    frame = table(app, "difference")
    assert frame.setting.tolist() == ["no dropout", "rate 0.25", "rate 0.5"]
    assert frame.difference[0] == ""
    assert frame.difference[2].endswith(("lower", "within the noise"))


def test_matrix_charts_follow_their_controls(shown: apptest.Shown):
    app = open_page()
    for control, key, value, charts in (
        ("slider", "keep", 0.6, ("matrices", "running_means", "variances")),
        ("select_slider", "draws", 500, ("running_means", "variances")),
        ("number_input", "draw_seed", 3, ("matrices", "running_means", "variances")),
    ):
        before = [shown.drawn(chart) for chart in charts]
        getattr(app, control)(key=key).set_value(value).run()
        assert all(shown.drawn(c) != b for c, b in zip(charts, before, strict=True)), key


def test_charts_of_the_passes_follow_their_controls(shown: apptest.Shown):
    app = open_page(view=PASSES, epochs="5", seeds="2", passes="5")
    for control, key, value in (
        ("select_slider", "passes", 10),
        ("selectbox", "quantity", "predictive_entropy"),
        ("selectbox", "passes_rate", 0.5),
        ("slider", "margin", 1.0),
        ("number_input", "passes_seed", 1),
    ):
        before = shown.drawn("spread_map")
        getattr(app, control)(key=key).set_value(value).run()
        assert not app.exception and shown.drawn("spread_map") != before, key
    spread = shown.drawn("spread_map")
    open_page(
        view=PASSES, epochs="5", seeds="2", passes="10", quantity="predictive entropy",
        passes_rate="0.5", margin="1", passes_seed="1",
    )  # fmt: skip
    assert shown.drawn("spread_map") == spread  # a link gives the same


def test_the_passes_use_the_chosen_rate_and_the_metrics_are_theirs():
    app = open_page(
        view=PASSES, epochs="20", passes_rate="0.5", passes="20", quantity="standard deviation"
    )
    made, trainer = passes_of(app), trainer_of(app)
    assert made.examples.passes == made.plane.passes == 20
    np.testing.assert_allclose(made.plain, trainer.predict_proba(trainer.data.X_val)[10], atol=1e-6)
    correct = (made.examples.mean.argmax(axis=1) == trainer.data.y_val).mean()
    assert metrics(app)["Val. accuracy, mean of passes"] == f"{correct:.1%}"
    assert app.selectbox(key="quantity").value == "deviation"


def test_margin_and_seed_of_the_passes():
    app = open_page(view=PASSES, epochs="5", passes="5")
    narrow = passes_of(app)
    app.slider(key="margin").set_value(2.0).run()
    wide = passes_of(app)
    assert wide.axes[0][0] < narrow.axes[0][0]
    np.testing.assert_array_equal(wide.examples.mean, narrow.examples.mean)  # the same masks
    app.number_input(key="passes_seed").set_value(1).run()
    assert not np.allclose(passes_of(app).examples.mean, wide.examples.mean)


def test_plane_and_examples_come_from_the_same_thinned_networks():
    app = open_page(view=PASSES, data="Sine", epochs="5", passes="5")
    made, trainer = passes_of(app), trainer_of(app)
    x = trainer.data.X_val[:, 0]
    read = np.interp(x, made.axes[0], made.plane.mean[:, 0])
    np.testing.assert_allclose(made.examples.mean[:, 0], read, atol=0.02)


def test_without_rates_there_is_a_sentence_each():
    app = open_page(view=RATES, epochs="2")
    app.multiselect(key="rates").set_value([]).run()
    assert not app.exception and "at least one" in app.info[0].value
    app.multiselect(key="rates").set_value([0.0]).run()
    assert trainer_of(app).lead == (5,)
    app = open_page(view=PASSES, rates=["0"], epochs="2")
    assert "above 0" in app.info[0].value


def test_divergence_is_told():
    for view in (RATES, PASSES):
        app = open_page(
            view=view, data="Diabetes", optimizer="SGD", learning_rate="100", epochs="10", seeds="2"
        )
        assert not app.exception and "diverged" in app.warning[0].value


def test_nonsense_in_the_link_is_the_default():
    app = open_page(view="x", keep="x", draws="-3")
    assert metrics(app)["Mean of the input"] == "5.5" and app.slider(key="keep").value == 0.8


def test_every_uncertainty_can_be_drawn():
    for key, label in LABELS.items():
        app = open_page(view=PASSES, epochs="2", seeds="1", passes="2", quantity=label)
        assert app.selectbox(key="quantity").value == key
