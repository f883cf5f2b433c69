"""What the Luck page shows: shares with their intervals, ends and ways of all seeds."""

import streamlit as st

from nnlib.labs.luck import FATES, Luck, Share, try_seeds
from pages.shared.export import show_chart
from pages.shared.luck import charts
from pages.shared.luck.controls import Settings
from pages.shared.results import about, computed
from pages.shared.rows import Tile, show_metrics, show_row

_STEP, _PRODUCT = 1.0e-4, 2e-10
"""Seconds of a step, and of each weight of it an example and replica, roughly."""
_MEANING = {
    "learned": "The training loss ended at least 2 % below that of the best prediction that is the "
    "same for every example.",
    "stalled": "The training loss is no better than that, and the network is no constant.",
    "constant": "The network says the same for every training example: its outputs vary by less "
    "than 1 % of what the targets vary by.",
    "diverged": "The numbers stopped being finite.",
}


def show_luck(settings: Settings) -> None:
    """Train the experiment from every seed, and draw what became of them."""
    experiment, data, seeds = settings.experiment, settings.data, settings.seeds
    luck = computed(
        "luck",
        (experiment, data.fingerprint, seeds),
        lambda tell: try_seeds(experiment, data, seeds, tell),
        doing=f"Training from {seeds} seeds …",
        ask=about(_seconds(settings)),
        begin="Train them",
    )
    if luck is None:
        return
    show_metrics("fates_in_numbers", [_tile(luck, fate) for fate in FATES])
    st.markdown(_sentence(luck))
    show_row("luck_main", fates=charts.plot_shares(luck), ends=charts.plot_ends(luck))
    show_chart(charts.plot_ways(luck), "ways")
    with st.expander("Every seed", icon=":material/table:", key="every_seed"):
        st.dataframe(charts.seeds_table(luck), hide_index=True)


def _seconds(settings: Settings) -> float:
    data, training = settings.data, settings.experiment.training
    widths = (data.n_features, *settings.experiment.network.hidden, data.n_outputs)
    weights = sum(a * b for a, b in zip(widths, widths[1:], strict=False))
    rows = len(data.features("train"))
    size = min(training.batch_size, rows)
    steps = training.epochs * -(-rows // size)
    return steps * (_STEP * len(widths) + settings.seeds * size * weights * _PRODUCT)


def _tile(luck: Luck, fate: str) -> Tile:
    share = luck.share(fate)  # type: ignore[arg-type]
    return Tile(
        fate.capitalize(), f"{share.share:.0%}", f"{share.low:.0%} to {share.high:.0%}",
        f"{share.count} of {len(luck.fates)} seeds, below with the 95 % interval of the share "
        f"(Wilson 1927). {_MEANING[fate]}",
    )  # fmt: skip


def _sentence(luck: Luck) -> str:
    """Return what one run is worth."""
    learned = luck.share("learned")
    if learned.count == len(luck.fates):
        return (
            f"All {len(luck.fates)} seeds learned. That does not say that every one does: "
            f"by these alone, up to {1 - learned.low:.1%} may fail."
        )
    if not learned.count:
        return f"None of {len(luck.fates)} seeds learned; up to {learned.high:.1%} may, by these."
    return (
        f"{_of_seeds(learned, luck)} learned. Whoever trains this once sees one of these lines: a "
        "comparison of two settings by one run each compares their luck as well."
    )


def _of_seeds(share: Share, luck: Luck) -> str:
    return f"{share.count} of {len(luck.fates)} seeds"
