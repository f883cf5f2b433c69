"""The papers: every card's measurement at a tiny size, and its parts against references."""

from dataclasses import replace
from functools import partial
from math import inf, isfinite, nan
from pathlib import Path

import mnist_files
import numpy as np
import pytest

import nnlib
from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets.full_mnist import FOLDER
from nnlib.landscape import along_the_gradient
from nnlib.papers import PAPERS, Band, Measured, dying_relu
from nnlib.papers.__main__ import SEEDS, document
from nnlib.papers.decoupled_decay import RULES, power_of
from nnlib.papers.double_descent import measure as double_descent
from nnlib.papers.mnist_table import full_data
from nnlib.papers.runs import errors

TINY = {
    "glorot": {"width": 20, "images": 1, "signals": 5},
    "he_initialization": {"layers": 3, "width": 8, "runs": 2, "epochs": 1},
    "orthogonal": {"depths": (1, 2), "rates": 4, "images": 40, "most": 40},
    "dying_relu": {"widths": (2, 4), "networks": 5, "epochs": 2},
    "edge_of_stability": {"rates": (0.1, 0.2), "images": 30, "steps": 12, "every": 2},
    "batch_normalization": {"images": 100, "held_out": 40, "width": 8, "epochs": 2},
    "smooth_landscape": {"images": 120, "width": 8, "layers": 2, "epochs": 2, "looks": 3},
    "linear_scaling": {"factors": (1, 4), "compared": 4, "runs": 2, "epochs": 1},
    "noise_scale": {"images": 100, "width": 8, "epochs": 2, "looks": 4},
    "dropout": {"images": 100, "held_out": 50, "width": 8, "runs": 2, "epochs": 2},
    "decoupled_decay": {
        "images": 80, "held_out": 40, "width": 4, "layers": 1, "epochs": 1, "rates": 2, "decays": 2,
    },
    "mnist_table": {"hidden": 4, "epochs": 1},
    "random_labels": {"images": 80, "held_out": 40, "width": 8, "epochs": 2},
    "double_descent": {"images": 30, "held_out": 90, "ratios": (0.5, 1, 2), "draws": 1},
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def few_images_of_mnist(tmp_path_factory: pytest.TempPathFactory):
    """Let the card of the whole data find a few."""
    folder = tmp_path_factory.mktemp("mnist")
    full = mnist_files.few(200, 50)
    mnist_files.write_idx(folder, full)
    with pytest.MonkeyPatch.context() as patch:
        mnist_files.count_as_all(full, patch)
        patch.setenv(FOLDER, str(folder))
        yield


def silent(share: float) -> None:
    assert 0 <= share <= 1


@pytest.mark.parametrize("name", PAPERS)
def test_a_rerun_gives_a_number_for_each_band_and_is_the_same_from_the_same_seed(name: str):
    paper = PAPERS[name]
    first, again = (paper.measure(np.random.default_rng(3), silent, **TINY[name]) for _ in range(2))
    assert len(first.values) == len(paper.bands)
    assert np.array_equal(first.values, again.values, equal_nan=True)
    for curve in first.picture.curves:
        assert curve.x.shape == curve.y.shape and len(curve.x)
        assert curve.low is None or (curve.low <= curve.high).all()
    assert isinstance(paper.holds(first), bool)


@pytest.mark.parametrize("name", PAPERS)
def test_a_rerun_can_be_stopped(name: str):
    told = []

    def stop(share: float) -> None:
        told.append(share)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        PAPERS[name].measure(np.random.default_rng(0), stop, **TINY[name])
    assert told[0] < 1


def test_a_rerun_tells_its_progress_up_to_the_end():
    shares: list[float] = []
    PAPERS["dying_relu"].measure(np.random.default_rng(0), shares.append, **TINY["dying_relu"])
    assert shares == sorted(shares) and shares[-1] == 1 and len(shares) > 4


@pytest.mark.parametrize("name", PAPERS)
def test_a_card_says_all_it_has_to(name: str):
    paper = PAPERS[name]
    module = Path(nnlib.__file__).parent / "papers" / f"{name}.py"
    assert module.is_file() and paper.seconds <= 30
    texts = (paper.title, paper.claim, paper.scaled, paper.expect, paper.if_not, paper.differs)
    assert all(texts) and paper.work.address.startswith("https://")
    assert all(band.reason and (isfinite(band.low) or isfinite(band.high)) for band in paper.bands)


def test_a_band_holds_what_lies_within():
    band = Band("share", 0.2, 0.5, percent=True)
    assert [band.holds(x) for x in (0.2, 0.5, 0.19, 0.51, nan, inf)] == [True] * 2 + [False] * 4
    assert band.text == "20\xa0% to 50\xa0%" and band.say(-0.123456) == "\N{MINUS SIGN}12.3\xa0%"
    assert Band("ratio", 2.0).holds(inf) and Band("ratio", 2.0).text == "at least 2"
    assert Band("ratio", high=0.9).text == "at most 0.9" and band.say(nan) == "none"


def small_run(batch_norm: bool = False) -> nnlib.Trainer:
    data = nnlib.datasets.load("iris")
    config = nnlib.NetworkConfig((5, 4), "tanh", batch_norm=batch_norm)
    return nnlib.Trainer(nnlib.Experiment(config), data, np.float64)


def test_along_the_gradient_the_range_is_that_of_the_losses_and_the_network_stays():
    trainer = small_run(batch_norm=True)
    network, loss = trainer.network, trainer.loss
    x, targets = trainer.data.X_train[:20], trainer.data.targets("train", np.float64)[:20]
    weights, state = network.flat_parameters.copy(), network.flat_state.copy()
    seen = along_the_gradient(network, loss, x, targets, 0.1)
    assert (network.flat_parameters == weights).all() and (network.flat_state == state).all()
    network.backward(loss.gradient(network.forward(x, training=True), targets))
    start, losses, changes = network.flat_gradients.copy(), [], []
    for length in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4):
        network.flat_parameters[...] = weights - length * start
        logits = network.forward(x, training=True)
        losses.append(float(loss.value(logits, targets)))
        network.backward(loss.gradient(logits, targets))
        changes.append(np.linalg.norm(network.flat_gradients - start))
    assert seen == pytest.approx((min(losses), max(losses), max(changes)))


def test_a_network_counts_as_constant_on_the_side_where_it_is():
    data = nnlib.datasets.load("absolute_value", n_samples=100)
    config = nnlib.NetworkConfig((2, 2), "relu")
    trainer = nnlib.Trainer([nnlib.Experiment(config)] * 4, data)
    first, middle, last = (layer.weight for layer in trainer.network.dense_layers)
    first[...], middle[...], last[...] = [[1.0, -1.0]], np.eye(2), [[1.0], [1.0]]  # |x| itself
    last[1, 0] = last[2, 1] = middle[3] = 0
    left, right = dying_relu.constant_sides(trainer.network, data)
    assert left.tolist() == [False, False, True, True]
    assert right.tolist() == [False, True, False, True]


def test_a_penalty_over_the_rate_is_decoupled_decay_for_plain_sgd():
    rate, decay, w = 0.2, 0.01, np.array([1.0, -2.0])
    penalty = RULES["SGD, decoupled"].settings(rate, decay)["l2"]
    gradient = 2 * penalty * w  # of penalty · |w|², as the library has it
    np.testing.assert_allclose(w - rate * gradient, (1 - decay) * w)
    assert RULES["AdamW"].settings(rate, decay)["weight_decay"] * rate == pytest.approx(decay)
    x = np.array([0.1, 0.4, 1.6])
    assert power_of(x, 3 * x**-1) == pytest.approx(-1)


def test_errors_are_those_of_runs_one_by_one():
    data = nnlib.datasets.load("iris")
    base = Experiment(NetworkConfig((4,)), TrainingConfig(epochs=3, batch_size=32))
    mixed = [base, base.with_training(optimizer="sgd"), base.with_training(learning_rate=0.1)]
    found = errors(mixed, data, silent)
    for experiment, error in zip(mixed, found, strict=True):
        trainer = nnlib.Trainer(experiment, data)
        trainer.advance(epochs=3)
        assert error == pytest.approx((trainer.predict(data.X_val) != data.y_val).mean())


def test_the_whole_data_has_the_papers_pixels_and_its_own_split():
    data, full = full_data(), mnist_files.few(200, 50)
    assert (len(data.X_train), len(data.X_val), len(data.X_test)) == (200, 50, 0)
    pixels = full.test_images.reshape(50, 784) / 255 * 1.275 - 0.1
    np.testing.assert_allclose(data.X_val, pixels, atol=1e-6)
    assert (data.y_train.argmax(axis=1) == full.train_labels).all()


def test_least_squares_fits_its_images_from_the_peak_on():
    small = partial(double_descent, images=40, held_out=200, draws=3)
    measured = small(np.random.default_rng(1), silent, ratios=(0.3, 1, 8))
    few, peak, many = measured.picture.curves[0].y
    assert measured.values[0] == 1 and peak > few > many


def test_the_document_has_every_seed_and_marks_what_lies_outside():
    paper = PAPERS["double_descent"]
    peak = iter((1.0, 1.0, 3.0))
    fake = replace(paper, measure=lambda rng, progress: Measured((next(peak), 0.5), picture=None))
    text = document([fake])
    assert f"2 of {len(SEEDS)} seeds" in text and "**3** (outside)" in text
    assert paper.if_not in text and all(f"Seed {seed}" in text for seed in SEEDS)
    text = document([replace(paper, measure=None, lacking=lambda: "Bring it.")])
    assert "| not measured |" in text and "**Not measured.** Bring it." in text
    assert f"| {paper.bands[0].what} | {paper.bands[0].text} | – | – | – |" in text


@pytest.mark.parametrize("name", PAPERS)
def test_the_document_in_docs_is_about_the_cards_as_they_are(name: str):
    paper = PAPERS[name]
    text = (Path(nnlib.__file__).parents[1] / "docs" / "papers.md").read_text("utf-8")
    assert all(part in text for part in (paper.title, paper.claim, paper.scaled))
    assert all(f"| {b.what} | {b.text} |" in text and b.reason in text for b in paper.bands)
