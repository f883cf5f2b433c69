"""The Text sentiment page in a real browser: sentences, controls, an uploaded table, its links."""

import re
from pathlib import Path

import pytest
from browser import PageAt, choose, press, wait_idle
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
# What a chart shows, as text.
DRAWN = """key => {
    const data = document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData;
    const plain = value => value && Array.from(value);
    return data?.length ? JSON.stringify(data.map(t => [t.name, plain(t.x), plain(t.y)])) : null;
}"""
DONE = "text_sentiment_pace=full+speed&epochs=10"


def drawn(page: Page, key: str) -> str:
    page.wait_for_function(f"key => ({DRAWN})(key) !== null", arg=key, timeout=20_000)
    return page.evaluate(DRAWN, key)


def changed(page: Page, key: str, before: str) -> str:
    page.wait_for_function(
        f"([key, before]) => ![null, before].includes(({DRAWN})(key))",
        arg=[key, before],
        timeout=20_000,
    )
    return drawn(page, key)


def type_into(page: Page, key: str, text: str) -> None:
    wait_idle(page)
    box = page.locator(f".st-key-{key} input")
    box.fill(text)
    box.press("Enter")


def ticks(page: Page, key: str) -> list[str]:
    return page.locator(f".st-key-{key} .js-plotly-plot .ytick text").all_text_contents()


def settled(page: Page, text: str) -> str:
    """Return the page's address once it holds the text."""
    page.wait_for_function("text => location.search.includes(text)", arg=text)
    wait_idle(page)
    return page.url.split("/", 3)[3]


def wait_until_done(page: Page) -> None:
    """Wait for the end of the run, after which nothing redraws by itself."""
    expect(page.locator(".st-key-text_sentiment_play button").first).to_be_disabled(timeout=20_000)
    wait_idle(page)


def test_sentences_and_their_link(page_at: PageAt):
    page = page_at("text_sentiment?" + DONE)  # also as the very first request
    wait_until_done(page)
    bars = drawn(page, "contributions")
    page.get_by_role("button", name="I don't like this at all").click()
    bars = changed(page, "contributions", bars)
    type_into(page, "sentence", "not good, xyzzy")
    changed(page, "contributions", bars)
    assert ticks(page, "contributions") == ["not", "good", "bias and nonlinearity"]
    expect(
        page.locator("del", has_text="xyzzy").or_(page.locator("s", has_text="xyzzy"))
    ).to_be_visible()
    again = page_at(settled(page, "xyzzy"))
    wait_until_done(again)
    for key in ("contributions", "losses", "gradient_norms"):
        assert drawn(again, key) == drawn(page, key)


def test_controls_start_a_new_run(page_at: PageAt):
    page = page_at("text_sentiment?details=Words&" + DONE)
    wait_until_done(page)
    losses, words = drawn(page, "losses"), drawn(page, "words")
    press(page, "text_train_fraction", "ArrowLeft")
    losses = changed(page, "losses", losses)
    wait_until_done(page)
    choose(page, "vectorizer", "TF-IDF")
    losses = changed(page, "losses", losses)
    wait_until_done(page)
    words = drawn(page, "words")
    press(page, "word_count", "ArrowLeft")
    words = changed(page, "words", words)
    choose(page, "ngrams", "words and pairs")
    changed(page, "losses", losses)
    wait_until_done(page)
    page.get_by_role("tab", name="Word order").click()
    assert "single words" in drawn(page, "order")
    settled(page, "Word+order")


def test_own_texts_are_trained_on_and_a_sentence_is_taken_apart(page_at: PageAt, tmp_path: Path):
    path = tmp_path / "verdicts.csv"
    words, verdicts = ("awful", "splendid"), ("no", "yes")
    rows = [
        f'"{words[i % 2]} <b>dish</b> w{i % 7}, w{i % 5} n{i}",{verdicts[i % 2]}' for i in range(80)
    ]
    path.write_text("\n".join(["comment,verdict", *rows]))
    page = page_at("text_sentiment?sentence=a+splendid+dish&" + DONE + "0")
    page.locator(".st-key-text_uploader input[type=file]").set_input_files(path)
    expect(page.get_by_text("80 rows")).to_be_visible(timeout=20_000)
    metric = page.locator("[data-testid=stMetric]").filter(has_text="Probability of yes")
    expect(metric).to_contain_text(re.compile(r"[89]\d\.\d%|> 99\.9%"))
    wait_until_done(page)
    assert ticks(page, "contributions") == ["splendid", "dish", "bias and nonlinearity"]
    amounts = page.evaluate(
        "() => Array.from(document.querySelector('.st-key-contributions .js-plotly-plot')"
        "._fullData[0].x)"
    )
    assert amounts[0] > abs(amounts[1])
    assert page.locator("[data-testid=stMain] b", has_text="dish").count() == 0


def test_charts_fit_a_narrow_dark_window(page_at: PageAt):
    page = page_at("text_sentiment?" + DONE, width=800, dark=True)
    wait_until_done(page)
    drawn(page, "contributions")
    boxes = [chart.bounding_box() for chart in page.locator(".js-plotly-plot").all()]
    assert len(boxes) == 3
    assert all(box["width"] > 330 and box["x"] + box["width"] <= 800 for box in boxes)
