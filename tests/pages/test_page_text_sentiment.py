"""The Text sentiment page through Streamlit's AppTest, over its texts, controls and tabs."""

import io
import re
from functools import partial

import apptest
import numpy as np
import pandas as pd
import pytest
import streamlit as st
from apptest import checked, finished, metrics
from streamlit.testing.v1 import AppTest

import nnlib
from nnlib.datasets.text.corpora import SENTENCES, reviews
from nnlib.labs import text_learning
from nnlib.labs.text_learning import PairedAnswers
from pages.shared.text.sentence import share

QUICK = {"text_sentiment_pace": "full speed", "epochs": "10"}


open_page = partial(apptest.open_page, "text_sentiment", **QUICK)


def trainer_of(app: AppTest) -> nnlib.Trainer:
    return checked(app).session_state["text_sentiment_run"].trainer


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info))


def percent(text: str) -> float:
    return float(text.strip("<>% ")) / 100


def table_of_texts(rows: int = 120, labels=("bad", "good")) -> bytes:
    rng = np.random.default_rng(0)
    words = ("awful", "splendid")
    frame = pd.DataFrame(
        {
            "comment": [
                f"{words[i % 2]} " + " ".join(f"w{k}" for k in rng.integers(0, 30, 5))
                for i in range(rows)
            ],
            "verdict": [labels[i % len(labels)] for i in range(rows)],
        }
    )
    buffer = io.BytesIO()
    frame.to_csv(buffer, index=False)
    return buffer.getvalue()


def upload(app: AppTest, content: bytes, name: str = "texts.csv") -> AppTest:
    return app.file_uploader(key="text_uploader").set_value((name, content, "text/csv")).run()


def test_opens_with_the_small_network_on_the_reviews():
    app = open_page(epochs="100")
    trainer = trainer_of(app)
    assert trainer.experiment.network.hidden == (16, 8) and trainer.data.n_outputs == 1
    shares = len(trainer.data.X_train), len(trainer.data.X_val)
    assert sum(shares) == len(reviews().texts) and shares[0] == round(0.8 * sum(shares))
    shown = metrics(app)
    assert percent(shown["Train accuracy"]) > 0.95
    assert percent(shown["Val. accuracy"]) > 0.6
    assert int(shown["Terms"].replace(",", "")) == trainer.data.n_features
    assert not app.error and not app.warning


def test_a_sentence_gets_its_probability_and_unknown_words_are_struck():
    app = open_page(sentence="good xylophone")
    trainer = trainer_of(app)
    row = np.zeros((1, trainer.data.n_features))
    row[0, trainer.data.feature_names.index("good")] = 1
    expected = trainer.predict_proba(row)[0, 1]
    assert metrics(app)["Probability of positive"] == share(expected)
    assert ":gray[~~xylophone~~]" in said(app)
    assert "-background[good]" in said(app)


def test_examples_are_there_to_click():
    app = open_page()
    assert metrics(app)["Probability of positive"]
    app = checked(app.button(key="example_1").click().run())
    assert app.text_input(key="sentence").value == "I don't like this at all"
    assert "don\\'t" in said(app)


def test_a_click_in_the_run_in_which_training_ends_is_not_lost():
    app = open_page(text_sentiment_pace="1 step")
    run = app.session_state["text_sentiment_run"]
    run.trainer.advance(steps=run.trainer.total_steps)
    run.running = True  # as it is until the page notices that there is nothing left to train
    app = checked(app.button(key="example_1").click().run())
    assert not run.running
    assert app.text_input(key="sentence").value == "I don't like this at all"


def test_a_sentence_without_known_words_says_so():
    app = open_page(sentence="zzz qqq")
    assert "No word of this sentence is in the vocabulary" in said(app)
    trainer = trainer_of(app)
    expected = trainer.predict_proba(np.zeros((1, trainer.data.n_features)))[0, 1]
    assert metrics(app)["Probability of positive"] == share(expected)


def test_markup_in_a_sentence_is_shown_as_it_is():
    app = open_page(sentence="**good** [x](http://a.b) $y$ _good_ :smile:")
    assert "http://" not in said(app) and "**good**" not in said(app)
    assert "\\_good\\_" in said(app)


def test_controls_make_the_bag_of_words():
    app = open_page(
        vectorizer="TF-IDF",
        ngrams="words and pairs",
        max_features="500",
        min_texts="2",
        text_train_fraction="0.5",
        split_seed="3",
        layers="1",
        optimizer="SGD",
    )
    trainer = trainer_of(app)
    data, options = trainer.data, dict(trainer.experiment.data.options)
    assert data.n_features <= 500 and any(" " in name for name in data.feature_names)
    lengths = np.linalg.norm(data.X_train, axis=1)
    np.testing.assert_allclose(lengths[lengths > 0], 1, rtol=1e-5)
    assert abs(len(data.X_train) - len(data.X_val)) <= 1
    assert trainer.experiment.network.hidden == (16,)
    assert options == {
        "vectorizer": "tf-idf",
        "longest": 2,
        "max_features": 500,
        "min_texts": 2,
        "train_fraction": 0.5,
        "split_seed": 3,
    }
    assert trainer.experiment.data.fingerprint == data.fingerprint


def test_five_sentences_are_memorized_and_do_not_generalize():
    app = finished(open_page(texts="Five sentences", epochs="200"))
    trainer, shown = trainer_of(app), metrics(app)
    assert trainer.data.y_train.tolist() == [1, 0, 1, 0.5, 1]
    assert len(trainer.data.X_val) == len(reviews().texts)
    assert float(shown["Train loss"]) == pytest.approx(np.log(2) / 5, abs=0.003)
    assert shown["Train accuracy"] == "100.0%"
    assert percent(shown["Val. accuracy"]) < 0.6
    assert "so labeled here: 1 of 5 texts" in said(app)
    assert "text_train_fraction" not in {slider.key for slider in app.slider}


def test_word_order_is_lost_on_single_words():
    app = open_page(details="Word order")
    assert "exactly the same probability" in said(app)
    (same,) = [v for k, v in app.session_state["text_order_results"].items()]
    from pages.shared.text.order import PAIR, _chances

    first, second = _chances(same[1], PAIR)
    assert first == second
    first, second = _chances(same[2], PAIR)
    assert first != second
    app = checked(app.text_input(key="order_1").set_value("not good, bad").run())
    assert said(app).count("exactly the same probability") == 2


def test_words_of_either_class():
    app = open_page(details="Words", layers="0", word_count="5", word_texts="2")
    assert "the learned weight of each term itself" in said(app)
    app = checked(app.slider(key="word_texts").set_value(20).run())
    assert trainer_of(app).network.dense_layers[0].fan_out == 1
    app = open_page(details="Words")
    assert "no single weight" in said(app)


def test_held_out_texts_beside_simpler_answers():
    app = open_page(details="Held-out texts")
    shown, trainer = metrics(app), trainer_of(app)
    own = float(trainer.evaluate("val")["accuracy"])
    assert shown["This network, as it is now"] == f"{own:.1%}"
    assert percent(shown["No hidden layers, same training"]) > 0.5
    assert percent(shown["Always the more frequent class"]) == pytest.approx(0.5, abs=0.02)
    wrong = next(t.value for t in app.dataframe if "P(positive)" in t.value.columns)
    assert len(wrong) == min(50, round((1 - own) * len(trainer.data.X_val)))
    assert "Early stopping" not in said(app)
    assert "Early stopping" in said(open_page(details="Held-out texts", patience="3"))


def test_two_networks_on_the_same_texts_are_told_apart_by_a_paired_test():
    """Once the page said that small differences mean nothing."""
    app = finished(open_page(details="Held-out texts", epochs="100"))
    text, shown = said(app), metrics(app)
    assert "small differences mean nothing" not in text
    numbers = re.search(r"this network on (\d+), the one without hidden layers on (\d+)", text)
    first, second = map(int, numbers.groups())
    own, linear = (
        round(percent(shown[name]) * len(trainer_of(app).data.X_val))
        for name in ("This network, as it is now", "No hidden layers, same training")
    )
    assert first - second == own - linear
    p = float(re.search(r"with probability ([\d.]+) ", text).group(1))
    assert p == pytest.approx(PairedAnswers(first, second).p_value, rel=0.05)
    assert ("hardly explains it" in text) == (p < 0.05)
    alike = said(open_page(details="Held-out texts", layers="0"))
    assert "McNemar" not in alike  # it is the network without hidden layers


def test_the_slides_five_texts_are_divided_four_to_one_and_its_new_sentences_are_read():
    app = open_page()
    app.button(key="preset_1").click().run()
    app.run()
    trainer = trainer_of(app)
    texts = [text for text, _ in SENTENCES]
    assert texts == [
        "I love this product", "This movie was terrible", "The weather is nice today",
        "I'm feeling neutral about this", "That was an amazing experience",
    ]  # fmt: skip
    assert (len(trainer.data.X_train), len(trainer.data.X_val)) == (4, 1)
    targets = sorted([*trainer.data.y_train.tolist(), *trainer.data.y_val.tolist()])
    assert targets == [0, 0.5, 1, 1, 1]
    assert app.text_input(key="sentence").value == "This is wonderful"
    first = metrics(app)["Probability of positive"]
    assert ":gray[~~wonderful~~]" in said(app)  # no training text has it
    app = checked(app.button(key="example_1").click().run())
    assert app.text_input(key="sentence").value == "I don't like this at all"
    assert metrics(app)["Probability of positive"] != first
    held = open_page(texts="Five sentences, some held out", text_train_fraction="0.6")
    assert len(trainer_of(held).data.X_val) == 2


def test_charts_follow_their_controls(shown: apptest.Shown):
    app = open_page(details="Words")
    for control, key, value, chart in (
        ("slider", "text_train_fraction", 0.6, "losses"),
        ("selectbox", "vectorizer", "tf-idf", "losses"),
        ("selectbox", "ngrams", 2, "losses"),
        ("slider", "word_count", 6, "words"),
        ("slider", "word_texts", 20, "words"),
    ):
        before = shown.drawn(chart)
        getattr(app, control)(key=key).set_value(value).run()
        assert not app.exception and shown.drawn(chart) != before, key


def test_a_sentence_changes_its_chart_and_a_link_gives_the_same(shown: apptest.Shown):
    app = finished(open_page())
    before, losses = shown.drawn("contributions"), shown.drawn("losses")
    app.text_input(key="sentence").set_value("not good, xyzzy").run()
    after = shown.drawn("contributions")
    assert after != before
    assert list(shown.figures["contributions"].layout.yaxis.ticktext) == [
        "not", "good", "<i>bias and nonlinearity</i>",
    ]  # fmt: skip
    finished(open_page(sentence="not good, xyzzy"))
    assert shown.drawn("contributions") == after and shown.drawn("losses") == losses


def test_learning_curve_is_trained_once(monkeypatch: pytest.MonkeyPatch):
    calls = []
    train = text_learning.learning_curve
    monkeypatch.setattr(
        text_learning, "learning_curve", lambda *a, **k: calls.append(1) or train(*a, **k)
    )
    app = open_page(details="Learning curve", epochs="2")
    assert "Each point is the mean of 5 networks" in said(app)
    checked(app.run())
    assert len(calls) == 1
    app = open_page(details="Learning curve", texts="Five sentences")
    assert "at least 32 training texts" in said(app) and len(calls) == 1


def test_long_computations_wait_for_a_button(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pages.shared.results.QUICK", 0.0)
    app = open_page(details="Learning curve", epochs="2")
    assert "takes about" in said(app) and "Each point" not in said(app)
    app = checked(app.button(key="text_curve_begin").click().run())
    assert "Each point" in said(app)


@pytest.mark.parametrize("tab", ["Layers", "Texts", "Export"])
@pytest.mark.parametrize("texts", ["Reviews", "Five sentences"])
def test_other_tabs(tab: str, texts: str):
    app = open_page(details=tab, texts=texts)
    assert not app.error
    if tab == "Texts":
        split = next(t.value for t in app.dataframe if "split" in t.value.columns)["split"]
        assert set(split) == {"training", "held out"}


def test_own_table_is_read_and_trained_on():
    app = upload(open_page(epochs="50", details="Try a sentence"), table_of_texts())
    trainer = trainer_of(app)
    assert trainer.data.class_names == ("bad", "good") and len(trainer.data.X_train) == 96
    assert dict(trainer.experiment.data.options)["text"] == "comment"
    assert percent(metrics(app)["Val. accuracy"]) > 0.9
    app = checked(app.text_input(key="sentence").set_value("splendid").run())
    assert percent(metrics(app)["Probability of good"]) > 0.5
    assert ":orange-background[splendid]" in said(app)


def test_own_table_with_several_labels_asks_for_two():
    app = upload(open_page(), table_of_texts(labels=("one", "two", "three")))
    assert app.selectbox(key="class_0").value == "one"
    assert len(trainer_of(app).data.X_train) == 64
    app = checked(app.selectbox(key="class_1").set_value("three").run())
    assert trainer_of(app).data.class_names == ("one", "three")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text\nonly\n",
        b"text,label\na,1\nb,1\nc,1\nd,1\n",
        b"text,label\n!!,0\n??,1\n..,0\n;;,1\n",
        b"\x00\x01\x02" * 50,
        b"text,label\nsame,0\nsame,1\nsame,0\nsame,1\n",
    ],
    ids=["empty", "one column", "one class", "no words", "binary", "one text"],
)
def test_bad_files_get_one_sentence(content: bytes):
    app = checked(upload(open_page(), content))
    assert len(app.error) == 1 and app.error[0].value


def test_own_file_that_is_not_there_yet_leaves_the_texts():
    app = open_page(texts="Your own CSV file of texts")
    assert "Drop a CSV file" in said(app) and "bag of words" in said(app)
    assert not app.metric


def test_newsgroups_without_a_network_are_one_sentence_and_asked_for_once(
    monkeypatch: pytest.MonkeyPatch,
):
    calls = []

    def unreachable(**settings):
        calls.append(1)
        raise OSError("no network")

    st.cache_resource.clear()
    monkeypatch.setattr("sklearn.datasets.fetch_20newsgroups", unreachable)
    app = open_page(texts="20 newsgroups (download)")
    assert len(app.error) == 1 and "could not be downloaded" in app.error[0].value
    checked(app.slider(key="min_texts").set_value(2).run())
    assert len(calls) == 1
    app = checked(app.button(key="newsgroups_again").click().run())
    assert len(calls) == 2 and len(app.error) == 1


def test_newsgroups_with_a_network(monkeypatch: pytest.MonkeyPatch):
    from types import SimpleNamespace

    def posts(**settings):
        data = [f"{('bat', 'orbit')[i % 2]} number{i}" for i in range(40)]
        return SimpleNamespace(data=data, target=np.arange(40) % 2)

    st.cache_resource.clear()
    monkeypatch.setattr("sklearn.datasets.fetch_20newsgroups", posts)
    app = open_page(texts="20 newsgroups (download)")
    assert trainer_of(app).data.class_names == ("sci.space", "rec.sport.baseball")
    assert metrics(app)["Probability of rec\\.sport\\.baseball"]
    st.cache_resource.clear()


def test_probabilities_are_never_rounded_to_certainty():
    assert [share(p) for p in (0.0, 0.0004, 0.0005, 0.5, 0.9994, 0.9996, 1.0, np.nan)] == [
        "< 0.1%", "< 0.1%", "0.1%", "50.0%", "99.9%", "> 99.9%", "> 99.9%", "–",
    ]  # fmt: skip


def test_nonsense_in_the_link_is_ignored():
    app = open_page(vectorizer="x", ngrams="7", max_features="3", details="Nothing", texts="?")
    assert trainer_of(app).data.name == "reviews" and not app.error


def test_step_and_reset():
    app = open_page()
    app.button(key="text_sentiment_reset").click().run()
    assert trainer_of(app).step == 0
    app.button(key="text_sentiment_step").click().run()
    assert trainer_of(app).step == 1
