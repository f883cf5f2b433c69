"""The configured learning rate."""

import numpy as np

from nnlib.instruments.instrument import Instrument

INSTRUMENT = Instrument(
    "learning_rate",
    "run",
    lambda moment: np.squeeze(moment.learning_rate),
    title="Configured learning rate",
    unit="learning rate",
    scale="log",
    meaning="The learning rate as it is set.",
)
