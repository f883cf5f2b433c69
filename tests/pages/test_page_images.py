"""The Images tab through AppTest: every view, and the pictures that people hand over."""

import contextlib
import io
import tracemalloc
import zlib

import numpy as np
import pytest
from apptest import finished, metrics, open_page
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from nnlib.datasets import load
from pages.shared.images.input import (
    DatasetError,
    frame_of,
    ink_of_drawing,
    ink_of_file,
    network_input,
)

DIGITS = {"data": "Digits 8×8", "epochs": "5", "classification_pace": "full speed"}


def open_tab(view: str, **query: str) -> AppTest:
    return finished(playing_tab(view, **query))


def playing_tab(view: str, **query: str) -> AppTest:
    settings = DIGITS | {"details": "Images", "image_view": view} | query
    return open_page("classification", **settings)


def trainer_of(app: AppTest):
    return app.session_state["classification_run"].trainer


def results(app: AppTest, name: str) -> list:
    return list(app.session_state[f"{name}_results"].values())


def test_mistakes_of_all_classes_and_of_a_cell():
    app = open_tab("Overview")
    assert trainer_of(app).data.name == "digits" and trainer_of(app).done
    assert app.selectbox(key="shown_actual").value == -1
    app.selectbox(key="shown_actual").set_value(3).run()
    app.selectbox(key="shown_predicted").set_value(3).run()
    assert not app.exception


@pytest.mark.parametrize("classes", [("8", "8"), ("all", "9"), ("4", "all")])
def test_link_carries_the_cell(classes: tuple[str, str]):
    app = open_tab("Overview", shown_actual=classes[0], shown_predicted=classes[1])
    said = tuple(app.selectbox(key=key).value for key in ("shown_actual", "shown_predicted"))
    assert said == tuple(-1 if name == "all" else int(name) for name in classes)


def test_class_images_are_made_for_the_weights_and_settings_once():
    app = open_tab("Class images", climbs="3")
    (made,) = results(app, "class_images")
    assert made.starts == 3 and made.images.shape == (10, 64) and np.median(made.reached) > 0.9
    app.run()
    assert len(results(app, "class_images")) == 1
    app.number_input(key="climb_seed").set_value(1).run()
    app.select_slider(key="ink_penalty").set_value(0.01).run()
    assert len(results(app, "class_images")) == 3
    dim = results(app, "class_images")[-1]
    assert dim.images.mean() < made.images.mean()


def test_class_images_wait_for_a_pause():
    app = playing_tab("Class images", epochs="100000", classification_pace="1 step")
    assert "Pause" in app.info[0].value and "class_images_results" not in app.session_state
    app.button(key="classification_play").click().run()
    assert len(results(app, "class_images")) == 1


def test_saliency_of_an_example_and_class():
    app = open_tab("Saliency", saliency_row="12", saliency_class="4")
    assert app.number_input(key="saliency_row").value == 12
    assert app.selectbox(key="saliency_class").value == 4
    app.number_input(key="saliency_row").set_value(358).run()
    assert not app.exception
    app.slider(key="digits_train_fraction").set_value(0.95).run()
    assert not app.exception and app.number_input(key="saliency_row").value < 90


def picture(paper: str = "white", pen: str = "black", size=(300, 200), kind: str = "PNG") -> bytes:
    image = Image.new("RGB", size, paper)
    box = (size[0] * 0.6, size[1] * 0.2, size[0] * 0.8, size[1] * 0.7)
    ImageDraw.Draw(image).ellipse(box, outline=pen, width=max(2, size[1] // 15))
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def test_an_uploaded_digit_is_read():
    app = open_tab("Your own digit")
    assert "Draw a digit" in app.info[-1].value
    app.file_uploader(key="digit_file").set_value(("o.png", picture(), "image/png")).run()
    assert not app.exception and not app.error
    app.file_uploader(key="digit_file").set_value(("o.png", b"no picture", "image/png")).run()
    assert not app.exception and "not a picture" in app.error[0].value


@pytest.fixture(scope="module")
def frames():
    return {name: frame_of(load(name)) for name in ("digits", "mnist_5k")}


def test_frames_are_those_the_data_sets_describe(frames):
    # MNIST: size-normalized to 20 x 20 and centered by mass in 28 x 28 (LeCun et al. 1998).
    mnist = frames["mnist_5k"]
    assert mnist.box == 20 and mnist.center == pytest.approx((13.5, 13.5), abs=0.6)
    assert frames["digits"].box == 8 and frames["digits"].shape == (8, 8)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
@pytest.mark.parametrize("colors", [("white", "black"), ("black", "white"), ("yellow", "navy")])
@pytest.mark.parametrize("name", ["digits", "mnist_5k"])
def test_pictures_become_centered_white_ink_on_black(frames, kind, colors, name):
    frame = frames[name]
    values = network_input(ink_of_file(picture(*colors, kind=kind)), frame)
    image = (values.reshape(frame.shape) - frame.low) / (frame.high - frame.low)
    assert image.max() == pytest.approx(1) and image.min() == 0
    rows, columns = np.nonzero(image > 0.2)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == frame.box
    # The ring is empty inside.
    assert image[round(rows.mean()), round(columns.mean())] < 0.2
    if name == "mnist_5k":
        center = (image.sum(axis=1) @ np.arange(28)) / image.sum()
        assert center == pytest.approx(frame.center[0], abs=1)


def test_an_image_of_the_data_set_comes_back_as_it_was(frames):
    data, frame = load("mnist_5k"), frames["mnist_5k"]
    for row in range(20):
        image = (data.X_val[row] - frame.low) / (frame.high - frame.low)
        back = (network_input(image.reshape(28, 28), frame) - frame.low) / (frame.high - frame.low)
        assert np.corrcoef(image, back)[0, 1] > 0.75


def test_transparent_and_turned_pictures():
    clear = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
    ImageDraw.Draw(clear).line((30, 10, 30, 50), fill=(0, 0, 0, 255), width=4)
    buffer = io.BytesIO()
    clear.save(buffer, "PNG")
    assert ink_of_file(buffer.getvalue())[30, 30] == 1
    turned, exif = Image.new("L", (80, 40), 255), Image.Exif()
    ImageDraw.Draw(turned).line((10, 20, 70, 20), fill=0, width=6)
    exif[0x0112] = 6  # to be shown turned by a quarter
    buffer = io.BytesIO()
    turned.save(buffer, "JPEG", exif=exif)
    assert ink_of_file(buffer.getvalue()).shape == (80, 40)


def bomb() -> bytes:
    buffer = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(buffer, "PNG")
    assert len(buffer.getvalue()) < 200_000
    return buffer.getvalue()


def with_a_text_that_unpacks_to_a_lot() -> bytes:
    """Return a PNG whose comment is small only as long as it is packed."""
    packed = zlib.compress(bytes(2**27), 9)
    chunk = b"zTXtComment\x00\x00" + packed
    head = (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    content = picture()
    return content[:33] + head + content[33:]  # behind the signature and the header


def with_half_a_palette() -> bytes:
    buffer = io.BytesIO()
    Image.new("P", (9, 9)).save(buffer, "GIF")
    return buffer.getvalue()[:20]


def with_a_negative_size() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (9, 9)).save(buffer, "BMP")
    content = bytearray(buffer.getvalue())
    content[18:22] = (-9).to_bytes(4, "little", signed=True)
    return bytes(content)


def film() -> bytes:
    """Return a picture of many frames, all but the first of which are of no interest."""
    frames = [Image.new("L", (40, 40), 255) for _ in range(300)]
    for number, frame in enumerate(frames):
        frame.paste(0, (10, 10, 20 + number % 10, 30))
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


@pytest.mark.parametrize(
    "make", [with_a_text_that_unpacks_to_a_lot, with_half_a_palette, with_a_negative_size, film]
)
def test_pictures_made_to_do_harm_take_little_memory(make):
    content = make()
    tracemalloc.start()
    try:
        with contextlib.suppress(DatasetError):  # that is one sentence; a film is its first frame
            assert ink_of_file(content).shape == (40, 40)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not a picture"),
        (b"<svg></svg>", "not a picture"),
        (picture()[:300], "could not be read"),
        (b"\x00" * 5_000_001, "larger than 5 MB"),
        (picture("white", "white"), "nothing to see"),
        (picture(size=(6000, 4500)), "25 million"),
        (bomb(), "25 million"),
    ],
    ids=["empty", "svg", "cut off", "large file", "blank", "large", "bomb"],
)
def test_bad_pictures_get_one_sentence(content: bytes, problem: str):
    with pytest.raises(DatasetError) as caught:
        ink_of_file(content)
    assert problem in caught.value.problem and caught.value.hint


def test_drawings():
    assert ink_of_drawing(bytes(16), 4) is None
    assert ink_of_drawing(bytes([255] * 16), 4).max() == 1
    with pytest.raises(DatasetError):
        ink_of_drawing(bytes(15), 4)


@pytest.mark.parametrize(
    ("view", "chart", "kind", "key", "value"),
    [
        ("Saliency", "own_image", "number_input", "saliency_row", 1),
        ("Saliency", "saliency", "number_input", "saliency_row", 1),
        ("Saliency", "saliency", "selectbox", "saliency_class", 4),
        ("Class images", "class_images", "number_input", "climb_seed", 1),
        ("Overview", "worst", "selectbox", "shown_actual", 3),
    ],
)
def test_a_control_changes_its_picture_and_a_link_gives_it_again(
    shown, view, chart, kind, key, value
):
    app = open_tab(view)
    before = shown.drawn(chart)
    getattr(app, kind)(key=key).set_value(value).run()
    changed = shown.drawn(chart)
    assert not app.exception and changed != before
    open_tab(view, **{key: str(value)})
    assert shown.drawn(chart) == changed


def test_the_gradient_is_that_of_the_class_that_is_chosen(shown):
    open_tab("Saliency", saliency_class="4")
    assert shown.title("saliency") == "Gradient of the logit of 4"


def test_mnist_reaches_its_accuracy_in_five_epochs_and_shows_images(shown):
    app = open_page(
        "classification",
        data="MNIST, 5,000 images",
        units_1="128",
        units_2="64",
        batch_size="128",
        learning_rate="0.002",
        epochs="5",
        details="Images",
        classification_pace="full speed",
    )
    finished(app)
    assert trainer_of(app).step == 5 * 32  # 4,000 images: the last minibatch of an epoch is short
    app.run()
    accuracy = metrics(app)["Val. accuracy"]
    assert float(accuracy.rstrip("%")) >= 91
    assert {"worst", "filters", "image_confusion", "class_scores"} <= set(shown.figures)
