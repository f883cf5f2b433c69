"""The palette reads on light and dark, the template and config.toml agree, figures are complete."""

import math
import tomllib
from pathlib import Path

import pytest

from pages.shared.charts import theme

CONFIG = tomllib.loads((Path(__file__).resolve().parents[2] / ".streamlit/config.toml").read_text())
BACKGROUNDS = [CONFIG["theme"][mode]["backgroundColor"] for mode in ("light", "dark")]


def luminance(color: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    channels = (channel / 255 for channel in theme._channels(color))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("color", sorted({*theme.CLASS_COLORS, *theme.layer_colors(25)}))
def test_every_color_reads_on_light_and_dark(color, background):
    assert contrast(color, background) >= 2.9


def test_streamlit_and_plotly_have_the_same_colors():
    assert tuple(CONFIG["theme"]["chartCategoricalColors"]) == theme.CLASS_COLORS
    assert tuple(CONFIG["theme"]["chartSequentialColors"]) == theme.SEQUENTIAL
    # Streamlit falls back to its own with fewer categories or another number of steps.
    assert len(theme.CLASS_COLORS) >= 10 and len(theme.SEQUENTIAL) == 10


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10, 50])
def test_layer_colors_run_from_input_to_output(count):
    colors = theme.layer_colors(count)
    assert len(colors) == len(set(colors)) == count
    if count > 1:
        assert (colors[0], colors[-1]) == (theme.SEQUENTIAL[0], theme.SEQUENTIAL[-1])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (0.0123456, "0.0123"),
        (-2.5, "−2.5"),
        (97.04, "97"),
        (1234.5, "1,230"),
        (12345, "12,345"),
        (999_999.6, "10⁶"),
        (2.5e-7, "2.5×10⁻⁷"),
        (0.00099999, "0.001"),
        (1.0e20, "10²⁰"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "not a number"),
    ],
)
def test_plain_number(value, text):
    assert theme.plain_number(value) == text


def test_escape_keeps_pseudo_html_as_text():
    assert theme.escape("<b>a</b> & c") == "&lt;b&gt;a&lt;/b&gt; &amp; c"


def test_faded_keeps_the_color():
    assert theme.faded("#0a1420", 0.25) == "rgba(10, 20, 32, 0.25)"


def test_new_figure_carries_titles_and_axes():
    figure = theme.new_figure("Loss", "step", "nats", log_y=True).checked()
    assert figure.layout.title.text == "Loss"
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("step", "nats")
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == (None, "log")


def test_empty_figure_says_why_and_escapes_it():
    figure = theme.empty_figure("Loss", "step", "nats", "No <b> yet.").checked()
    assert len(figure.data) == 0
    assert figure.layout.title.text == "Loss"
    assert figure.layout.annotations[0].text == "No &lt;b&gt; yet."


def test_for_export_is_white_and_leaves_the_figure_alone():
    figure = theme.new_figure("Loss", "step", "nats", height=240).checked()
    before = figure.to_json()
    exported = theme.for_export(figure, width=900)
    assert exported.layout.paper_bgcolor == exported.layout.plot_bgcolor == "#ffffff"
    assert (exported.layout.width, exported.layout.height) == (900, 240)
    assert figure.to_json() == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("1e−35", "10<sup>−35</sup>"),
        ("1e+8", "10<sup>8</sup>"),
        ("2e−8", "2×10<sup>−8</sup>"),
        ("1e+0", "1"),
    ],
)
def test_ticks_are_powers_of_ten_on_every_axis(given: str, said: str):
    assert theme.TEMPLATE.layout.xaxis.labelalias[given] == said
    assert theme.TEMPLATE.layout.yaxis.labelalias[given] == said
