"""A person's own picture, brought into the form of the images that a network was trained on.

Only the size of a file is read before anything of it is unpacked, so a small file that would become
a huge picture is refused. Nothing here uses Streamlit.
"""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from nnlib.datasets import Dataset, DatasetError

MOST_BYTES = 5_000_000
MOST_PIXELS = 25_000_000
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
_WORKING_SIZE = 400  # pixels; larger pictures are made smaller first
_FAINT = 0.25  # of the strongest ink; what is fainter is paper or shadow
_LEAST_CONTRAST = 0.08  # of the way from black to white
_IN_IMAGE = 0.15  # of the range: from here on a pixel of the data set counts as ink

Ink = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """How a data set's images are framed, measured on its training split.

    Attributes
    ----------
    shape : height and width of an image
    box : the longer side of the ink's bounding box, the median over the images
    center : row and column of the ink's center of mass, the median over the images
    low, high : inputs that stand for no ink and for full ink
    """

    shape: tuple[int, int]
    box: int
    center: tuple[float, float]
    low: float
    high: float


def frame_of(data: Dataset) -> Frame:
    """Measure how the images of a data set are framed, on up to 1,000 of the training images.

    The data hold pixels on one common scale, so their smallest and largest input are black and
    white.
    """
    assert data.image_shape is not None
    low, high = float(data.X_train.min()), float(data.X_train.max())
    images = (data.X_train[:1000].astype(np.float64) - low) / ((high - low) or 1)
    images = images.reshape(-1, *data.image_shape)
    boxes = [_bounding_box(image, _IN_IMAGE) for image in images if image.max() > _IN_IMAGE]
    centers = [_center_of_mass(image) for image in images if image.max() > _IN_IMAGE]
    longest = [max(bottom - top, right - left) for top, bottom, left, right in boxes]
    row, column = np.median(centers, axis=0)
    return Frame(data.image_shape, int(np.median(longest)), (float(row), float(column)), low, high)


def ink_of_file(content: bytes) -> Ink:
    """Return how much ink each pixel of a picture has, between 0 and 1.

    Gray, and inverted where the border is bright: ink is what differs from the background.

    Raises DatasetError if the file is too large, no picture, or shows nothing.
    """
    if len(content) > MOST_BYTES:
        raise DatasetError(
            "The file is larger than 5 MB.", "Save the picture in a smaller size and try again."
        )
    gray = np.asarray(_read_gray(content), np.float64) / 255
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    background = float(np.median(border))
    return _cleaned(background - gray if background > 0.5 else gray - background)


def _read_gray(content: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pictures whose size is refused right below
            file = Image.open(io.BytesIO(content), formats=FORMATS)
        if file.width * file.height > MOST_PIXELS:
            raise Image.DecompressionBombError
        file.draft("L", (_WORKING_SIZE, _WORKING_SIZE))
        image = ImageOps.exif_transpose(file)
        image.thumbnail((_WORKING_SIZE, _WORKING_SIZE), Image.Resampling.BOX)
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image.convert("RGBA")).convert("L")
    except Image.DecompressionBombError:
        raise DatasetError(
            "The picture has more than 25 million pixels.",
            "Save it in a smaller size and try again.",
        ) from None
    except UnidentifiedImageError:
        raise DatasetError(
            "This file is not a picture.", f"Choose one of the formats {', '.join(FORMATS)}."
        ) from None
    except Exception:  # a damaged file can fail anywhere in a decoder
        raise DatasetError(
            "The picture could not be read.", "Save it again as a PNG file and try that."
        ) from None


def _cleaned(ink: Ink) -> Ink:
    strongest = float(ink.max(initial=0))
    if strongest < _LEAST_CONTRAST:
        raise DatasetError(
            "There is nothing to see on the picture.", "Use dark ink on a bright, even background."
        )
    ink = np.clip(ink / strongest, 0, 1)
    return np.where(ink < _FAINT, 0, ink)


def ink_of_drawing(pixels: bytes, side: int) -> Ink | None:
    """Return the ink on the drawing board, None while it is empty.

    Raises DatasetError if the board has sent something else than `side` times `side` bytes.
    """
    if len(pixels) != side * side:
        raise DatasetError("The drawing could not be read.", "Clear the board and draw again.")
    ink = np.frombuffer(pixels, np.uint8).reshape(side, side) / 255
    return ink if ink.max() > _FAINT else None


def network_input(ink: Ink, frame: Frame) -> NDArray[np.float32]:
    """Return a picture as inputs of the network, shape (height * width,).

    Cropped to the ink; scaled, with its proportions kept, so that its longer side is that of the
    data's images; its center of mass put where theirs is, as far as it fits; its brightest pixel
    made white.

    Parameters
    ----------
    ink : array of shape (rows, columns), between 0 and 1, with some ink
    frame : how the data's images are framed
    """
    top, bottom, left, right = _bounding_box(ink, _IN_IMAGE)
    crop = Image.fromarray((255 * ink[top:bottom, left:right]).astype(np.uint8))
    scale = min(
        frame.box / max(crop.size), frame.shape[0] / crop.height, frame.shape[1] / crop.width
    )
    size = (max(1, round(scale * crop.width)), max(1, round(scale * crop.height)))
    # A box filter averages all of the ink under a pixel; it has no ringing.
    small = np.asarray(crop.resize(size, Image.Resampling.BOX), np.float64)
    small = small / (small.max() or 1)
    row, column = _center_of_mass(small)
    canvas = np.zeros(frame.shape)
    y = _place(frame.center[0] - row, canvas.shape[0] - small.shape[0])
    x = _place(frame.center[1] - column, canvas.shape[1] - small.shape[1])
    canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
    values = frame.low + canvas * (frame.high - frame.low)
    return values.astype(np.float32).ravel()


def _place(wanted: float, most: int) -> int:
    return int(np.clip(round(wanted), 0, max(most, 0)))


def _bounding_box(image: Ink, least: float) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of the pixels above `least`, the ends excluded."""
    rows, columns = np.nonzero(image > least)
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


def _center_of_mass(image: Ink) -> tuple[float, float]:
    total = image.sum()
    return (
        float((image.sum(axis=1) @ np.arange(image.shape[0])) / total),
        float((image.sum(axis=0) @ np.arange(image.shape[1])) / total),
    )
