"""What the Classification page shows of a run: tiles beside a guess, levels, presets, tabs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from functools import partial

import apptest
import numpy as np
import pytest

import nnlib
from nnlib.instruments import INSTRUMENTS, Instrument
from pages.shared.classification.presets import DIGITS, FEW_POINTS, PRESETS, SIGMOIDS
from pages.shared.run_exports import (
    experiment_document,
    history_csv,
    history_frame,
    model_bytes,
)
from pages.shared.runs import LiveRun

open_page = partial(apptest.open_page, "classification", quiet=("error", "warning"))
AT_ONCE = {"epochs": "2", "classification_pace": "full speed"}


def trainer_of(app) -> nnlib.Trainer:
    return app.session_state["classification_run"].trainer


def notes(app) -> dict[str, str]:
    return {metric.label: metric.delta for metric in app.metric}


def test_beside_accuracy_stands_the_majority_share_and_the_entropy_is_a_level(shown):
    app = open_page(data="Breast cancer", **AT_ONCE)
    data = trainer_of(app).data
    shares = {s: np.bincount(data.labels(s)) / len(data.labels(s)) for s in ("train", "val")}
    assert notes(app)["Val. accuracy"] == f"majority: {shares['val'].max():.1%}"
    assert notes(app)["Train accuracy"] == f"majority: {shares['train'].max():.1%}"
    entropy = -(shares["train"] * np.log(shares["train"])).sum()
    assert shown.values("losses", "best constant prediction") == pytest.approx([entropy] * 2)


def test_of_a_quantity_the_guess_is_the_mean_with_r2_0_and_loss_1(shown):
    app = open_page(data="Diabetes", **AT_ONCE)
    assert notes(app)["Val. R²"] == "always the mean: 0"
    level = shown.values("losses", "best constant prediction")
    assert level == pytest.approx([1, 1], abs=1e-5)  # targets are standardized on these rows


def test_balanced_accuracy_is_shown_where_classes_are_unequal_only():
    app = open_page(data="Breast cancer", **AT_ONCE)
    assert notes(app)["Balanced acc."] == "one class: 50.0%"
    trainer = trainer_of(app)
    actual, said = trainer.data.labels("val"), trainer.predict(trainer.data.X_val)
    recalls = [(said == k)[actual == k].mean() for k in (0, 1)]
    assert apptest.metrics(app)["Balanced acc."] == f"{np.mean(recalls):.1%}"
    assert "Balanced acc." not in apptest.metrics(open_page(data="Spiral", **AT_ONCE))


def test_slide_13_is_one_click(shown):
    settings = {"optimizer": "SGD", "l2": "0.001", "dropout": "0.5", "class_weight": "balanced"}
    app = open_page(layers="4", **settings)
    assert trainer_of(app).config.class_weight == "balanced"
    app.button(key=f"preset_{PRESETS.index(DIGITS)}").click().run()
    experiment, data = trainer_of(app).experiment, trainer_of(app).data
    assert data.name == "mnist_5k" and (len(data.X_train), data.n_features) == (4000, 784)
    assert [(d.fan_in, d.fan_out) for d in trainer_of(app).network.dense_layers] == [
        (784, 128),
        (128, 64),
        (64, 10),
    ]
    assert trainer_of(app).network.n_parameters == 109_386
    assert experiment.network == nnlib.NetworkConfig(hidden=(128, 64))
    assert experiment.training == nnlib.TrainingConfig(
        optimizer="adam", learning_rate=0.001, batch_size=128, epochs=5
    )


@pytest.mark.parametrize("preset", [SIGMOIDS, FEW_POINTS])
def test_other_presets(preset):
    app = open_page(data="Diabetes", layers="1")
    app.button(key=f"preset_{PRESETS.index(preset)}").click().run()
    trainer = trainer_of(app)
    hidden = tuple(v for k, v in preset.values.items() if k.startswith("units_"))
    assert trainer.experiment.network.hidden == hidden
    assert trainer.data.name == "spiral" and not app.exception
    assert trainer.experiment.network.activation == preset.values["activation"]
    assert len(trainer.data.X_train) == (40 if preset is FEW_POINTS else 400)


def test_four_sigmoid_layers_get_hardly_any_gradient_at_the_input_side():
    values = SIGMOIDS.values
    network = nnlib.NetworkConfig(
        hidden=(16,) * 4, activation=values["activation"], initializer=values["initializer"]
    )
    trainer = nnlib.Trainer(nnlib.Experiment(network), nnlib.datasets.load("spiral"))
    trainer.advance(steps=1)
    first, *_, last = trainer.history["gradient_norm"][0]
    assert first < last / 100


def test_fifty_points_are_learned_by_heart():
    values = FEW_POINTS.values
    data = nnlib.datasets.load("spiral", n_samples=50, noise=values["spiral_noise"])
    network = nnlib.NetworkConfig(hidden=(100, 100))
    training = nnlib.TrainingConfig(epochs=values["epochs"])
    trainer = nnlib.train(nnlib.Experiment(network, training), data)
    assert trainer.evaluate("train")["accuracy"] == 1
    assert trainer.evaluate("val")["loss"] > 10 * trainer.evaluate("train")["loss"]


@pytest.fixture
def pulse(monkeypatch):
    """Register an instrument a layer and one a run, each of one line, and nothing else."""
    for name, per, measure in (
        ("pulse", "layer", lambda moment: 2.0 * moment.weight_norm),
        ("beat", "run", lambda moment: 3.0 + 0 * moment.loss),
        ("breath", "hidden", lambda moment: 0.25 + 0 * np.stack(moment.activation_mean, -1)),
    ):
        made = Instrument(name, per, measure, f"The {name}", "unit <b>", "share", f"My {name}.")
        monkeypatch.setitem(INSTRUMENTS, name, made)


@pytest.mark.parametrize(
    ("tab", "key", "lines", "value"),
    [
        ("Layers", "pulse", ["hidden 1", "hidden 2", "output"], None),
        ("Layers", "beat", ["The beat"], 3),
        ("Activations", "breath", ["hidden 1", "hidden 2"], 0.25),
    ],
)
def test_an_instrument_that_is_registered_has_its_chart_and_its_column(
    pulse, shown, tab, key, lines, value
):
    app = open_page(details=tab, **AT_ONCE)
    figure = shown.figures[key]
    assert (shown.title(key), shown.names(key)) == (f"The {key}", lines)
    assert figure.layout.yaxis.title.text == "unit &lt;b&gt;"
    assert figure.layout.yaxis.tickformat == ".0%"
    assert f"**The {key}**: My {key}" in apptest.said(app, "markdown")
    drawn = shown.values(key, lines[-1])
    history = trainer_of(app).history
    recorded = history[key] if key == "beat" else history[key][:, -1]
    np.testing.assert_allclose(drawn, recorded, rtol=1e-6)
    assert value is None or set(drawn) == {value}
    table = history_frame(history)
    assert (table.series == key).sum() == len(lines) * len(history.steps(key))


@pytest.mark.parametrize("tab", ["Layers", "Activations"])
def test_every_instrument_has_a_chart_of_its_title(shown, tab):
    open_page(details=tab, **AT_ONCE)
    for name, instrument in INSTRUMENTS.items():
        if (instrument.per == "hidden") == (tab == "Activations") and name in shown.figures:
            assert shown.title(name) == instrument.title
    drawn = [n for n in shown.figures if n in INSTRUMENTS]
    expected = 4 if tab == "Activations" else 3
    assert len(drawn) == expected


@pytest.mark.parametrize("make", [history_csv, experiment_document, model_bytes])
def test_a_file_of_a_run_waits_for_the_slice_that_is_under_way(make):
    trainer = nnlib.Trainer(nnlib.Experiment(), nnlib.datasets.load("xor"))
    run = LiveRun(trainer, running=True)
    with ThreadPoolExecutor(1) as pool:
        with run.lock:
            file = pool.submit(make, run)
            with pytest.raises(TimeoutError):
                file.result(timeout=0.3)
        assert file.result(timeout=10)


def test_a_preset_resets_every_setting_of_network_and_training():
    """A setting that is added later would else stay as a person left it."""
    network = {f.name for f in fields(nnlib.NetworkConfig)} - {"hidden"}
    training = {f.name for f in fields(nnlib.TrainingConfig)}
    # Only read with settings that the presets do not choose, or by other pages.
    unread = {"momentum", "weight_decay", "decay_factor", "decay_epochs", "warmup_fraction"}
    unread |= {"batch_norm_after", "batch_norm_noise", "skip_scaled"}
    for preset in PRESETS:
        assert (network | training) - unread <= set(preset.values)
