"""How well a bag of words does: accuracy over hard labels, its uncertainty, a learning curve."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import comb, sqrt

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.config import Experiment
from nnlib.datasets.errors import DatasetError
from nnlib.datasets.splitting import split_rows
from nnlib.datasets.text.bag import TextData, make_text_data
from nnlib.datasets.text.corpora import Corpus
from nnlib.network import Network
from nnlib.training import train

LEAST_TEXTS = 32
"""A learning curve over fewer training texts would say nothing."""
_FIRST_SIZE = 16


@dataclass(frozen=True)
class Accuracy:
    """How many of so many texts were told right; without texts the share is NaN."""

    correct: int
    total: int

    @property
    def share(self) -> float:
        """Correct by total."""
        return self.correct / self.total if self.total else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval for the share (Wilson 1927), (0, 1) without texts."""
        if not self.total:
            return 0.0, 1.0
        z, n, p = 1.959964, self.total, self.share
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class PairedAnswers:
    """Two networks on the same texts: how many only the first told right, and only the second."""

    only_first: int
    only_second: int

    @property
    def p_value(self) -> float:
        """McNemar's exact test (McNemar 1947, with the binomial distribution), two-sided.

        The probability, were both equally good, that the texts on which just one of them is right
        divide as unevenly as here, or more so.
        """
        few, total = min(self.only_first, self.only_second), self.only_first + self.only_second
        tail = sum(comb(total, k) for k in range(few + 1))
        return min(1.0, float(2 * tail / 2**total))


def paired_answers(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> PairedAnswers:
    """Count where just one of two networks is right; both of shape (texts,)."""
    return PairedAnswers(int((first & ~second).sum()), int((second & ~first).sum()))


def hard_rows(labels: Array) -> npt.NDArray[np.bool_]:
    """Return which labels are 0 or 1, shape (n,); only these can be told right or wrong."""
    return np.asarray((labels == 0) | (labels == 1))


def hard_answers(network: Network, x: Array, labels: Array) -> npt.NDArray[np.bool_]:
    """Return for each text with a hard label whether the network's probability is on its side.

    Parameters
    ----------
    network : single, with one output
    x : shape (n, d)
    labels : shape (n,), probabilities of class 1

    Returns
    -------
    right : shape (hard labels,)
    """
    hard = hard_rows(labels)
    logits = network.predict_logits(np.asarray(x[hard], network.dtype))[:, 0]
    return np.asarray((logits > 0) == (labels[hard] == 1))


def hard_accuracy(network: Network, x: Array, labels: Array) -> Accuracy:
    """Count the texts that `hard_answers` tells right."""
    return accuracy_of(hard_answers(network, x, labels))


def accuracy_of(right: npt.NDArray[np.bool_]) -> Accuracy:
    """Count what is right, shape (n,)."""
    return Accuracy(int(right.sum()), len(right))


def majority_share(labels: Array) -> float:
    """Return how often it is right to always say the more frequent class, over hard labels."""
    ones = labels[hard_rows(labels)] == 1
    return float(max(ones.mean(), 1 - ones.mean())) if len(ones) else float("nan")


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Accuracy over the number of training texts.

    Attributes
    ----------
    sizes : numbers of training texts, rising, shape (k,)
    held_out, training : accuracies, shape (k, seeds); NaN where no vocabulary could be learned
    vocabulary : terms learned, shape (k, seeds)
    majority : share of the more frequent class among the held-out texts
    texts : how many held-out texts there are
    """

    sizes: npt.NDArray[np.int64]
    held_out: Array
    training: Array
    vocabulary: npt.NDArray[np.int64]
    majority: float
    texts: int


def curve_sizes(texts: int, count: int = 6) -> npt.NDArray[np.int64]:
    """Return up to `count` sizes at even distances on a logarithmic scale, the last one all."""
    return np.unique(np.geomspace(min(_FIRST_SIZE, texts), texts, count).round().astype(np.int64))


def learning_curve(
    text: TextData,
    experiment: Experiment,
    *,
    count: int = 6,
    seeds: int = 5,
    progress: Callable[[float], None] | None = None,
) -> LearningCurve:
    """Train on more and more of the training texts; the held-out texts stay the same.

    Each run draws its texts at random, both classes in proportion, and fits a bag of words of its
    own on them; its seed also decides the initial weights.

    Parameters
    ----------
    progress : called with the share of the work done, from 0 to 1

    Raises
    ------
    ValueError
        if there are fewer than `LEAST_TEXTS` training texts
    """
    train_part, held_out = _corpus_of(text, "train"), _corpus_of(text, "val")
    if len(train_part.texts) < LEAST_TEXTS:
        raise ValueError(f"A learning curve needs at least {LEAST_TEXTS} training texts.")
    sizes = curve_sizes(len(train_part.texts), count)
    shape = (len(sizes), seeds)
    scores, vocabulary = np.full((2, *shape), np.nan), np.zeros(shape, np.int64)
    for i, size in enumerate(sizes):
        for j in range(seeds):
            seed = experiment.training.seed + j
            part = _subset(train_part, int(size), seed)
            try:
                some = make_text_data(part, text.bag.settings, held_out=held_out)
            except DatasetError:  # no term is in enough of so few texts
                continue
            network = train(experiment.with_training(seed=seed), some.data).network
            vocabulary[i, j] = some.data.n_features
            for k, split in enumerate(("val", "train")):
                x, labels = some.data.features(split), some.data.labels(split)
                scores[k, i, j] = hard_accuracy(network, x, labels).share
            if progress is not None:
                progress((i * seeds + j + 1) / vocabulary.size)
    y_val = text.data.labels("val")
    hard = int(hard_rows(y_val).sum())
    return LearningCurve(sizes, scores[0], scores[1], vocabulary, majority_share(y_val), hard)


def _corpus_of(text: TextData, split: str) -> Corpus:
    targets = tuple(map(float, text.data.labels(split)))
    return replace(text.corpus, texts=text.texts[split], targets=targets)


def _subset(corpus: Corpus, size: int, seed: int) -> Corpus:
    total = len(corpus.texts)
    if size >= total:
        return corpus
    codes = (np.array(corpus.targets) > 0.5).astype(np.int64)
    rows = split_rows(total, train_fraction=size / total, seed=seed, codes=codes).train
    return replace(
        corpus,
        texts=tuple(corpus.texts[row] for row in rows),
        targets=tuple(corpus.targets[row] for row in rows),
    )
