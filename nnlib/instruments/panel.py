"""The instruments of one run: which are due, and the series that they fill."""

from collections.abc import Sequence
from itertools import groupby

from nnlib.history import History, Series
from nnlib.instruments.instrument import Instrument, Moment
from nnlib.network import Network


class Panel:
    """Instruments with their series in a history; those that have nothing to measure are left out.

    Parameters
    ----------
    instruments : in the order of their series
    network, history : of the run
    """

    def __init__(
        self, instruments: Sequence[Instrument], network: Network, history: History
    ) -> None:
        hidden = network.layer_names[: len(network.activation_layers)]
        labels = {"run": (), "layer": network.layer_names, "hidden": hidden}
        self.instruments = [i for i in instruments if i.per != "hidden" or hidden]
        self._series = history.series
        for instrument in self.instruments:
            names = labels[instrument.per]
            shape = (*network.lead, len(names)) if names else network.lead
            self._series[instrument.name] = Series(shape, names)
        self._by_cadence = [
            (cadence, list(group))
            for cadence, group in groupby(self.instruments, key=lambda i: i.cadence)
        ]

    def due(self, step: int) -> list[Instrument]:
        """Return the instruments that measure after so many updates."""
        return [i for cadence, group in self._by_cadence if cadence(step) for i in group]

    def record(
        self, instruments: Sequence[Instrument], moment: Moment, step: int, always: bool
    ) -> None:
        """Take and keep a measurement of each; `always` as in `Series.append`."""
        for instrument in instruments:
            self._series[instrument.name].append(step, instrument.measure(moment), always)
