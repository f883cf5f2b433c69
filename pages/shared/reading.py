"""The papers and books that the pages rest on."""

from __future__ import annotations

from typing import NamedTuple


class Work(NamedTuple):
    """A paper or book: who, when, what, where, and its address."""

    authors: str
    year: int
    title: str
    place: str
    address: str

    @property
    def markdown(self) -> str:
        """Return the reference as one line of Markdown."""
        return f"{self.authors} ({self.year}). [{self.title}]({self.address}). {self.place}."


BOOKS = (
    Work(
        "Goodfellow, I., Bengio, Y., Courville, A.",
        2016,
        "Deep Learning",
        "MIT Press; chapters 6 to 8 are on what this dashboard shows",
        "https://www.deeplearningbook.org",
    ),
    Work(
        "Nielsen, M. A.",
        2015,
        "Neural Networks and Deep Learning",
        "Determination Press; the gentlest way into back-propagation",
        "http://neuralnetworksanddeeplearning.com",
    ),
)
PAPERS = (
    Work(
        "Rumelhart, D. E., Hinton, G. E., Williams, R. J.",
        1986,
        "Learning representations by back-propagating errors",
        "Nature 323, 533–536",
        "https://doi.org/10.1038/323533a0",
    ),
    Work(
        "LeCun, Y., Bottou, L., Bengio, Y., Haffner, P.",
        1998,
        "Gradient-based learning applied to document recognition",
        "Proceedings of the IEEE 86(11), 2278–2324",
        "https://doi.org/10.1109/5.726791",
    ),
    Work(
        "Glorot, X., Bengio, Y.",
        2010,
        "Understanding the difficulty of training deep feedforward neural networks",
        "AISTATS, PMLR 9, 249–256",
        "https://proceedings.mlr.press/v9/glorot10a.html",
    ),
    Work(
        "Srivastava, N., Hinton, G., Krizhevsky, A., Sutskever, I., Salakhutdinov, R.",
        2014,
        "Dropout: a simple way to prevent neural networks from overfitting",
        "Journal of Machine Learning Research 15, 1929–1958",
        "https://jmlr.org/papers/v15/srivastava14a.html",
    ),
    Work(
        "He, K., Zhang, X., Ren, S., Sun, J.",
        2015,
        "Delving deep into rectifiers: surpassing human-level performance on ImageNet "
        "classification",
        "ICCV, 1026–1034",
        "https://doi.org/10.1109/ICCV.2015.123",
    ),
    Work(
        "Ioffe, S., Szegedy, C.",
        2015,
        "Batch normalization: accelerating deep network training by reducing internal covariate "
        "shift",
        "ICML, PMLR 37, 448–456",
        "https://proceedings.mlr.press/v37/ioffe15.html",
    ),
    Work(
        "Kingma, D. P., Ba, J.",
        2015,
        "Adam: a method for stochastic optimization",
        "ICLR",
        "https://arxiv.org/abs/1412.6980",
    ),
)
