"""Views of the Vanishing gradients page that compare: remedies, and scales of the weights."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import streamlit as st

from nnlib import gradient_flow as flow
from nnlib import gradient_flow_remedies as treatment
from nnlib import initializers
from nnlib.activations import ACTIVATIONS
from nnlib.config import Experiment, NetworkConfig
from pages.shared.charts import gradient_flow_comparisons as charts
from pages.shared.charts import learning_rate_runs as run_charts
from pages.shared.charts.theme import plain_number
from pages.shared.controls import label_of
from pages.shared.export import show_chart
from pages.shared.gradient_flow_controls import Settings
from pages.shared.layout import wrapping_columns
from pages.shared.results import remembered

_PATIENCE = 0.4  # seconds without a progress bar
_QUICK_WORK = 3e11  # multiplications; more are begun by a button
_SWEPT = ("relu", "tanh", "sigmoid")


# ------------------------------------------------------------------ remedies


def show_remedies(settings: Settings) -> None:
    """Train the network as it is and with each remedy alone, and draw what came of it."""
    experiments = treatment.remedies(settings.experiment)
    if not _may_train(settings, experiments):
        return
    place, start = st.empty(), perf_counter()

    def tell(share: float) -> None:
        if perf_counter() - start > _PATIENCE:
            place.progress(min(share, 1.0), text="Training …")

    treated = remembered(
        "gradient_flow_remedies",
        (tuple(experiments.items()), settings.seeds, settings.data.fingerprint),
        lambda: treatment.compare_remedies(experiments, settings.seeds, settings.data, tell),
    )
    place.empty()
    arms = [one.arm for one in treated]
    left, right = wrapping_columns(2, key="remedy_charts")
    with left:
        show_chart(
            charts.plot_ratios(treated),
            key="ratios",
            name="signal-ratios",
            data=lambda: charts.ratios_data(treated),
        )
    with right:
        show_chart(
            run_charts.plot_loss_curves(arms, "Training loss with each remedy alone"),
            key="remedy_losses",
            name="remedy-losses",
            data=lambda: run_charts.loss_curves_data(arms),
        )
    _remedies_table(treated)
    show_chart(
        run_charts.plot_gradient_panels(arms, "Norm of the weight gradient by layer"),
        key="remedy_gradients",
        name="remedy-gradients",
        data=lambda: run_charts.gradient_panels_data(arms),
    )
    st.caption(
        "Each setting is *as chosen* with one remedy, and starts from the same seeds: the same "
        "order of minibatches, and the same initial weights where the initializer is the same. "
        "Clipping may never set in; then its line covers that of *as chosen*. Lines are medians "
        "over the seeds, bands of the losses their range."
    )


def _may_train(settings: Settings, experiments: dict[str, Experiment]) -> bool:
    """Return whether to train at once; a long comparison waits for a click."""
    key = (tuple(experiments.items()), settings.seeds, settings.data.fingerprint)
    if treatment.work_of(experiments, settings.seeds, settings.data) < _QUICK_WORK:
        return True
    if st.session_state.get("gradient_flow_agreed") == key:
        return True
    st.info(
        f"This trains {len(experiments) * settings.seeds} networks of "
        f"{len(settings.experiment.network.hidden)} hidden layers for "
        f"{settings.experiment.training.epochs:,} epochs, which can take minutes. Fewer epochs, "
        "seeds, layers or units make it quick.",
        icon=":material/hourglass:",
    )
    if not st.button("Train them", key="train_remedies", help="Trains all of them; it takes long."):
        return False
    st.session_state["gradient_flow_agreed"] = key
    return True


def _remedies_table(treated: list[treatment.Treated]) -> None:
    number = st.column_config.NumberColumn
    st.dataframe(
        charts.ratios_data(treated),
        hide_index=True,
        column_config={
            "setting": "Setting",
            "before": "Before training",
            "ratio": number("First / last signal, median", format="%.3g"),
            "median": number("Final loss, median", format="%.4g"),
            "lowest": number("Lowest seed", format="%.4g"),
            "highest": number("Highest seed", format="%.4g"),
        },
    )


# ------------------------------------------------------------------ the weight scale


def show_scales(settings: Settings) -> None:
    """Draw what a layer does to the signal over the scale of its weights."""
    network = settings.experiment.network
    names = list(dict.fromkeys([*_SWEPT, network.activation]))
    sweeps = _sweep(
        tuple(names),
        network.hidden[0],
        max(len(network.hidden), 2),
        settings.experiment.training.seed,
    )
    own = _weight_scale(network)
    show_chart(
        charts.plot_scale_sweep(sweeps, [label_of(name) for name in names], own),
        key="scale_sweep",
        name="signal-factor-by-weight-scale",
        data=lambda: charts.scale_sweep_data(sweeps),
    )
    st.caption(
        f"Random stacks of {max(len(network.hidden), 2)} layers of {network.hidden[0]} units on "
        "normal inputs, without training: the geometric mean of the factors over the stack. "
        "Above the dotted line the signal grows on its way back, below it shrinks. The weights "
        f"chosen in the sidebar have √(n·var(w)) = {plain_number(own)}."
    )
    st.markdown(
        "**Does ReLU explode because its derivative is 1?** No. Its line passes 1 at "
        "√(n·var(w)) = √2, He's rule, whatever the depth: half of the units pass nothing back, "
        "which halves the variance, and twice the weights' variance makes up for it. Below that "
        "scale the signal of a deep ReLU network vanishes, above it it explodes. The product of "
        "weights and slopes counts, never the slope alone. A sigmoid's slope is at most ¼, so its "
        "line stays below a quarter of the scale."
    )


def _weight_scale(network: NetworkConfig) -> float:
    """Return √(n · var(w)) of the layers between hidden layers."""
    n = network.hidden[0]
    variance = initializers.weight_variance(network.initializer, n, n, network.initializer_scale)
    return float(np.sqrt(n * variance))


@st.cache_data(max_entries=10, show_spinner=False)
def _sweep(names: tuple[str, ...], width: int, depth: int, seed: int) -> list[flow.ScaleSweep]:
    rng = np.random.default_rng(seed)
    return [flow.sweep_scale(name, width, depth, rng) for name in names if name in ACTIVATIONS]
