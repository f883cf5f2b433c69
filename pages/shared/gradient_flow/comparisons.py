"""Views of the Vanishing gradients page that compare: remedies, and scales of the weights."""

import numpy as np
import streamlit as st

from nnlib import initializers
from nnlib.activations import ACTIVATIONS
from nnlib.config import Experiment, NetworkConfig
from nnlib.labs import gradient_flow as flow
from nnlib.labs import gradient_flow_remedies as treatment
from pages.shared import comparing
from pages.shared.arm_findings import show_arm_findings
from pages.shared.charts import comparison as run_charts
from pages.shared.charts.theme import plain_number
from pages.shared.controls import label_of
from pages.shared.export import show_chart
from pages.shared.gradient_flow import charts_comparisons as charts
from pages.shared.gradient_flow.controls import Settings
from pages.shared.results import computed
from pages.shared.rows import show_row

_QUICK_WORK = 3e11  # multiplications; more are begun by a button
_SWEPT = ("relu", "tanh", "sigmoid")


def show_remedies(settings: Settings) -> None:
    """Train the network as it is and with each remedy alone, and draw what came of it."""
    experiments = treatment.remedies(settings.experiment)
    treated = computed(
        "gradient_flow_remedies",
        (tuple(experiments.items()), settings.seeds, settings.data.fingerprint),
        lambda tell: treatment.compare_remedies(experiments, settings.seeds, settings.data, tell),
        ask=_long_work(settings, experiments),
        begin="Train them",
    )
    if treated is None:
        return
    arms = [one.arm for one in treated]
    losses = "Training loss with each remedy alone"
    show_row(
        "remedy_charts",
        ratios=charts.plot_factors(treated),
        remedy_losses=run_charts.plot_loss_curves(arms, losses, "remedy-losses"),
    )
    show_arm_findings(arms, "remedies")
    comparing.show_table(
        charts.remedies_table(treated),
        arms[0].label,
        {
            "setting": "Setting",
            "before": "Before training",
            "ratio": st.column_config.NumberColumn("First / last signal, median", format="%.3g"),
        },
    )
    show_chart(
        run_charts.plot_gradient_panels(
            arms, "Norm of the weight gradient by layer", "remedy-gradients"
        ),
        key="remedy_gradients",
    )
    st.caption(
        "Each setting is *as chosen* with one remedy, and starts from the same seeds: the same "
        "order of minibatches, and the same initial weights where the initializer is the same. "
        "Clipping may never set in; then its line covers that of *as chosen*. Lines are medians "
        "over the seeds, bands of the losses their range."
    )


def _long_work(settings: Settings, experiments: dict[str, Experiment]) -> str | None:
    """Return what to ask before a long comparison."""
    if treatment.work_of(experiments, settings.seeds, settings.data) < _QUICK_WORK:
        return None
    return (
        f"This trains {len(experiments) * settings.seeds} networks of "
        f"{len(settings.experiment.network.hidden)} hidden layers for "
        f"{settings.experiment.training.epochs:,} epochs, which can take minutes. Fewer epochs, "
        "seeds, layers or units make it quick."
    )


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
        charts.plot_scale_sweep(sweeps, [label_of(name) for name in names], own), key="scale_sweep"
    )
    st.caption(
        f"Random stacks of {max(len(network.hidden), 2)} layers of {network.hidden[0]} units on "
        "normal inputs, without training: the geometric mean of the factors over the stack. "
        "Above the dotted line the signal grows on its way back, below it shrinks. The weights "
        f"chosen in the sidebar have √(n·var(w)) = {plain_number(own)}."
    )
    st.markdown(
        "**Does ReLU explode because its derivative is 1?** No. Its line passes 1 at "
        "√(n·var(w)) = √2, He's rule: half of the units pass nothing back, "
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
