"""The loss of the minibatch, in training mode: with dropout, ahead of the update."""

from nnlib.instruments.instrument import Instrument

INSTRUMENT = Instrument(
    "batch_loss",
    "run",
    lambda moment: moment.loss,
    title="Loss of the minibatch",
    unit="loss",
    meaning="The loss of the minibatch in training mode, right ahead of the update.",
)
