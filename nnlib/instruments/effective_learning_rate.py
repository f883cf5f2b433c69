"""The learning rate in effect: the configured one times the schedule's factor."""

import numpy as np

from nnlib.instruments.instrument import Instrument

INSTRUMENT = Instrument(
    "effective_learning_rate",
    "run",
    lambda moment: np.squeeze(moment.effective_learning_rate),
    title="Learning rate in effect",
    unit="learning rate",
    scale="log",
    meaning="The configured learning rate times the schedule's factor of this step.",
)
