"""Accuracy over hard labels, its interval, and the learning curve."""

import numpy as np
import pytest
from scipy.stats import binomtest

import nnlib
from nnlib.datasets.text.bag import BagSettings, make_text_data
from nnlib.datasets.text.corpora import Corpus, five_sentences
from nnlib.labs.text_learning import (
    Accuracy,
    PairedAnswers,
    curve_sizes,
    hard_accuracy,
    hard_rows,
    learning_curve,
    majority_share,
    paired_answers,
)

RNG = np.random.default_rng(0)
EXPERIMENT = nnlib.Experiment(
    nnlib.NetworkConfig(hidden=(4,)), nnlib.TrainingConfig(learning_rate=0.05, epochs=10)
)


def two_words(count: int) -> Corpus:
    """Texts whose class one word gives away, among many others."""
    rng = np.random.default_rng(1)
    texts = [
        f"{('bad', 'good')[i % 2]} " + " ".join(f"w{k}" for k in rng.integers(0, 40, 6))
        for i in range(count)
    ]
    return Corpus("two words", tuple(texts), tuple(float(i % 2) for i in range(count)))


def test_interval_is_wilsons():
    low, high = Accuracy(8, 10).interval
    assert (low, high) == (pytest.approx(0.4901, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert Accuracy(10, 10).interval == pytest.approx((0.7225, 1), abs=1e-4)
    assert Accuracy(0, 10).interval == pytest.approx((0, 0.2775), abs=1e-4)
    assert np.isnan(Accuracy(0, 0).share) and Accuracy(0, 0).interval == (0, 1)


def test_soft_labels_are_not_counted():
    made = make_text_data(five_sentences(), BagSettings(), held_out=two_words(4))
    assert hard_rows(made.data.y_train).tolist() == [True, True, True, False, True]
    trainer = nnlib.train(EXPERIMENT.with_training(epochs=150), made.data)
    found = hard_accuracy(trainer.network, made.data.X_train, made.data.y_train)
    assert (found.correct, found.total) == (4, 4)
    trainer.network.flat_parameters[...] = 0  # all logits 0: everything is taken for class 0
    assert hard_accuracy(trainer.network, made.data.X_train, made.data.y_train) == Accuracy(1, 4)
    soft = np.full(5, 0.5)
    assert hard_accuracy(trainer.network, made.data.X_train, soft) == Accuracy(0, 0)


def test_five_sentences_are_memorized_down_to_the_entropy_of_the_soft_label():
    made = make_text_data(five_sentences(), BagSettings(), held_out=two_words(4))
    experiment = nnlib.Experiment(
        nnlib.NetworkConfig(hidden=(16, 8)),
        nnlib.TrainingConfig(learning_rate=0.01, batch_size=32, epochs=300),
    )
    trainer = nnlib.train(experiment, made.data)
    assert float(trainer.history.last("train_loss")) == pytest.approx(np.log(2) / 5, abs=1e-3)
    probabilities = trainer.predict_proba(made.data.X_train)[:, 1]
    np.testing.assert_allclose(probabilities, [1, 0, 1, 0.5, 1], atol=0.02)


def test_majority():
    assert majority_share(np.array([0, 0, 0, 1])) == 0.75
    assert majority_share(np.array([0.5, 1, 1, 0.2])) == 1
    assert np.isnan(majority_share(np.array([0.5])))


def test_sizes_are_logarithmic_and_end_with_all():
    assert curve_sizes(512).tolist() == [16, 32, 64, 128, 256, 512]
    assert curve_sizes(40)[-1] == 40 and (np.diff(curve_sizes(40)) > 0).all()


def test_curve_rises_and_has_its_shapes():
    text = make_text_data(two_words(240), BagSettings(), train_fraction=0.6)
    done = []
    curve = learning_curve(text, EXPERIMENT, count=3, seeds=2, progress=done.append)
    assert curve.sizes.tolist() == [16, 48, 144]
    assert curve.held_out.shape == curve.training.shape == curve.vocabulary.shape == (3, 2)
    assert curve.held_out[-1].min() > 0.95 and curve.held_out[0].mean() < curve.held_out[-1].mean()
    assert (np.diff(curve.vocabulary, axis=0) >= 0).all()
    assert (curve.majority, curve.texts) == (0.5, 96)
    assert done == sorted(done) and done[-1] == 1 and len(done) == 6


def test_the_last_point_is_the_run_itself():
    text = make_text_data(two_words(80), BagSettings())
    curve = learning_curve(text, EXPERIMENT, count=2, seeds=1)
    trainer = nnlib.train(EXPERIMENT, text.data)
    own = hard_accuracy(trainer.network, text.data.X_val, text.data.y_val)
    assert curve.held_out[-1, 0] == own.share
    assert curve.vocabulary[-1, 0] == text.data.n_features


def test_sizes_without_a_vocabulary_are_gaps():
    text = make_text_data(two_words(80), BagSettings(min_texts=15))
    curve = learning_curve(text, EXPERIMENT, count=2, seeds=1)
    assert np.isnan(curve.held_out[0]).all() and np.isfinite(curve.held_out[1]).all()


def test_too_few_texts_have_no_curve():
    made = make_text_data(five_sentences(), BagSettings(), held_out=two_words(4))
    with pytest.raises(ValueError, match="32"):
        learning_curve(made, EXPERIMENT)


# --- two networks on the same texts ---------------------------------------------------------------


@pytest.mark.parametrize("pair", [(0, 0), (0, 5), (3, 9), (9, 3), (7, 7), (1, 400)])
def test_paired_answers_are_judged_by_mcnemars_exact_test(pair: tuple[int, int]):
    answers = PairedAnswers(*pair)
    total = sum(pair)
    expected = binomtest(pair[0], total, 0.5).pvalue if total else 1.0
    assert answers.p_value == pytest.approx(expected, rel=1e-9)


def test_a_small_difference_on_the_same_texts_may_be_sure_and_a_large_one_may_not():
    """It is not the size of the difference that decides but how one-sided the answers are."""
    right = np.zeros(1000, bool)
    first, second = right.copy(), right.copy()
    first[:15] = True  # 1.5 % of the texts, and never the other way round
    sure = paired_answers(first, second)
    assert (sure.only_first, sure.only_second) == (15, 0) and sure.p_value < 0.001
    first[:230], second[200:400] = True, True  # 3 %, of many texts on which they differ
    unsure = paired_answers(first, second)
    assert unsure.only_first - unsure.only_second == 30 and unsure.p_value > 0.05
