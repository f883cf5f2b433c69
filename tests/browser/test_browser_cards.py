"""The pictures on the front door's cards: each is a chart of its page, drawn without its frame.

They are made only where `make screenshots` asks for them.
"""

import os
import urllib.parse
from pathlib import Path

import pytest
from driver import PageAt, wait_idle

from pages.shared import registry

CARDS = registry.ROOT / "pages" / "shared" / "cards"
CHARTS = {
    "backpropagation": ("", "network"),
    "gradient_descent": ("?view=Race+on+a+surface", "contour"),
    "activations": ("", "derivatives"),
    "learning_rate": ("?view=Many+rates", "loss_map"),
    "batch_size": ("?view=Steps+and+examples", "steps_map"),
    "curvature": ("", "sharpness"),
    "sweeps": ("?analysis=Two+knobs", "two_knobs"),
    "loss_landscape": ("?resolution=41", "contour"),
    "luck": ("?data=absolute_value", "ways"),
    "vanishing_gradients": ("?epochs=10", "flow_map"),
    "batch_normalization": ("?view=Learning+rates", "rates"),
    "regularization": ("", "paths"),
    "dropout": ("?view=Monte+Carlo+dropout", "spread_map"),
    "classification": ("?activation=tanh&layers=2&units_1=12&units_2=12&epochs=100", "surface"),
    "elsewhere": ("?log=PyTorch,+deep+sigmoid", "losses"),
    "clinic": ("?case=Case+1", "losses"),
    "papers": ("", "chart_glorot"),
    "text_sentiment": ("?details=Words&text_sentiment_pace=full+speed", "words"),
}
"""The address and the key of the chart that stands for a page."""
DRAW = """key => {
    const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
    const small = size => typeof size === "number" ? size * 0.4 : size?.map?.(small);
    const data = plot.data.filter(trace => trace.mode !== "text").map(trace => ({
        ...trace, showscale: false, showlegend: false,
        mode: trace.mode?.replace("+text", ""),
        marker: {...trace.marker, size: small(trace.marker?.size)},
    }));
    const axis = name => ({...plot.layout[name], visible: false, scaleanchor: undefined,
                           range: plot._fullLayout[name].range, autorange: false});
    const layout = {
        xaxis: axis("xaxis"), yaxis: axis("yaxis"), shapes: plot.layout.shapes,
        barmode: plot.layout.barmode,
        margin: {l: 2, r: 2, t: 2, b: 2}, showlegend: false, coloraxis: {showscale: false},
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    };
    return Plotly.toImage({data, layout}, {format: "svg", width: 360, height: 170});
}"""


def test_every_page_has_a_card():
    names = {page.name for pages in registry.existing_pages().values() for page in pages}
    assert {path.stem for path in CARDS.glob("*.svg")} == names


@pytest.mark.browser
@pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="only for make screenshots")
@pytest.mark.parametrize(
    "name", [n for n in CHARTS if Path(registry.ROOT / f"pages/{n}.py").exists()]
)
def test_card_looks_right(page_at: PageAt, name: str):
    query, key = CHARTS[name]
    page = page_at(f"{name}{query}")
    page.wait_for_selector(f".st-key-{key} .js-plotly-plot .main-svg")
    wait_idle(page)
    page.wait_for_timeout(6000)  # a live run comes to its end
    picture = urllib.parse.unquote(page.evaluate(DRAW, key).split(",", 1)[1])
    assert picture.startswith("<svg")
    CARDS.mkdir(exist_ok=True)
    (CARDS / f"{name}.svg").write_text(picture, encoding="utf-8")
