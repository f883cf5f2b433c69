"""Gradients with respect to the input: what an example's output hangs on, and images of classes.

Back-propagation does not have to stop at the first layer's weights; one product further lies
∂output/∂x. Simonyan, Vedaldi and Zisserman (2014, "Deep Inside Convolutional Networks") show it as
an image, the saliency map, and climb along it to an input that raises a class score.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.losses import LOSS_OF_TASK, LOSSES
from nnlib.network import Network

ROWS_AT_ONCE = 512


def class_direction(task: str, n_outputs: int, index: int) -> npt.NDArray[np.float64]:
    """Return the weights of the outputs that give a class's score, shape (n_outputs,).

    The score is the class's logit; of a binary network, with its single output, the log-odds of
    the class. Of a regression it is the standardized prediction of target `index`.
    """
    if task == "binary":
        return np.array([1.0 if index == 1 else -1.0])
    direction: npt.NDArray[np.float64] = np.eye(n_outputs)[index]
    return direction


def input_gradients(network: Network, x: npt.ArrayLike, direction: npt.ArrayLike) -> Array:
    """Return the gradient of a weighted sum of the outputs for each example, in evaluation mode.

    Parameters
    ----------
    network : a single network, not a stack; parameters, gradients and statistics stay as they are
    x : shape (n, d)
    direction : weights of the outputs, shape (outputs,), or (n, outputs) to have one for each row

    Returns
    -------
    gradients : ∂(direction · logits)/∂x, shape (n, d)

    Raises
    ------
    ValueError
        if the network is a stack
    """
    if network.lead:
        raise ValueError("Take the input gradients of one network, not of a stack.")
    inputs = np.asarray(x, network.dtype)
    outputs = network.dense_layers[-1].fan_out
    weights = np.broadcast_to(np.asarray(direction, network.dtype), (len(inputs), outputs))
    gradients: Array = np.empty_like(inputs)
    before = network.flat_gradients.copy()
    with np.errstate(all="ignore"):  # a diverged network gives gradients that are not finite
        for start in range(0, len(inputs), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            network.forward(inputs[rows])
            gradients[rows] = network.backward(weights[rows].copy())
    network.flat_gradients[...] = before
    return gradients


@dataclass(frozen=True, eq=False)
class ClassImages:
    """Inputs that raise the score of each class; see `class_images`.

    Attributes
    ----------
    images : mean over the starts, shape (classes, d)
    reached : mean over the starts of the class's probability at the end of the climb, (classes,)
    of_mean : the class's probability for the mean image itself, (classes,)
    starts : how many climbs were averaged
    """

    images: Array
    reached: npt.NDArray[np.float64]
    of_mean: npt.NDArray[np.float64]
    starts: int


def class_images(
    network: Network,
    task: str,
    low: float,
    high: float,
    rng: np.random.Generator,
    *,
    starts: int = 8,
    steps: int = 60,
    penalty: float = 0.01,
) -> ClassImages:
    """Climb from noise to inputs that a network is sure of, for each class, and average them.

    Gradient ascent on the log-probability of the class minus ``penalty / 2 · ‖x - low‖²``. Simonyan
    et al. (2014, equation 1) climb the logit instead; here that can end at inputs of which another
    class has a larger logit still. Each step moves x by a fixed length along the normalized
    gradient, a length that shrinks linearly to 0, and puts values beyond the data's range back.
    The penalty favors an empty background.

    Parameters
    ----------
    network : a single network
    task : "binary" or "multiclass"
    low, high : range of the inputs in the data; `low` is the background
    rng : draws the starts, uniform in the lower tenth of the range
    starts, steps : climbs of each class, and steps of each
    penalty : weight of the penalty, in log-probability per squared input

    Raises
    ------
    ValueError
        if the task is regression, or a number of starts or steps is below 1
    """
    if task == "regression":
        raise ValueError("A regression has no classes to climb to.")
    if starts < 1 or steps < 1:
        raise ValueError("Climb from at least one start, by at least one step.")
    d, outputs = network.dense_layers[0].fan_in, network.dense_layers[-1].fan_out
    classes = 2 if task == "binary" else outputs
    of_class = np.repeat(np.arange(classes), starts)
    targets = _targets(task, classes)[of_class]
    span = high - low
    x = low + 0.1 * span * rng.random((classes * starts, d))
    longest = 0.02 * span * np.sqrt(d)
    for step in range(steps):
        # d log p / d logits is target minus probability, for sigmoid and softmax alike
        gradient = input_gradients(network, x, targets - _outputs(network, task, x))
        uphill = gradient.astype(np.float64) - penalty * (x - low)
        norm = np.sqrt(np.square(uphill).sum(axis=1, keepdims=True))
        x += longest * (1 - step / steps) * uphill / np.where(norm > 0, norm, 1)
        np.clip(x, low, high, out=x)
    images = x.reshape(classes, starts, d).mean(axis=1)
    reached = _probability(network, task, x, of_class).reshape(classes, starts).mean(axis=1)
    of_mean = _probability(network, task, images, np.arange(classes))
    return ClassImages(images, reached, of_mean, starts)


def _targets(task: str, classes: int) -> npt.NDArray[np.float64]:
    """Return what the outputs of each class aim at, shape (classes, outputs)."""
    return np.array([[0.0], [1.0]]) if task == "binary" else np.eye(classes)


def _outputs(network: Network, task: str, x: Array) -> Array:
    """Return probabilities of the outputs in float64, shape (n, outputs)."""
    with np.errstate(all="ignore"):
        logits = network.predict_logits(np.asarray(x, network.dtype)).astype(np.float64)
        return LOSSES[LOSS_OF_TASK[task]].predict(logits)


def _probability(
    network: Network, task: str, x: Array, of_class: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Return the probability of one class for each row, shape (n,)."""
    outputs = _outputs(network, task, x)
    if task == "binary":
        return np.where(of_class == 1, outputs[:, 0], 1 - outputs[:, 0])
    return np.asarray(outputs[np.arange(len(outputs)), of_class])
