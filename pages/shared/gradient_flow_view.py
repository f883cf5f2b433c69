"""What the Vanishing gradients page shows: verdict, live run, theory, remedies, weight scale."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import streamlit as st

import nnlib
from nnlib import NetworkConfig, TrainingConfig
from nnlib import gradient_flow as flow
from nnlib.activations import ACTIVATIONS
from nnlib.datasets import Dataset
from pages.shared.charts import gradient_flow as charts
from pages.shared.charts import learning_rate_runs as run_charts
from pages.shared.charts import training
from pages.shared.charts.theme import plain_number
from pages.shared.controls import (
    label_of,
    setting_choice,
    setting_integer,
    setting_number,
    setting_switch,
)
from pages.shared.data_input import choose_data
from pages.shared.export import show_chart
from pages.shared.layout import show_error, wrapping_columns
from pages.shared.results import remembered
from pages.shared.run_view import show_losses_and_gradients, show_notices
from pages.shared.runs import LiveRun, live, live_run, progress, transport

KEY = "gradient_flow"
_WIDTHS = (4, 8, 16, 32, 64, 128, 256)
_DEFAULTS = NetworkConfig(activation="sigmoid", initializer="glorot_normal")
_TRAINING = TrainingConfig(optimizer="sgd", learning_rate=0.1, batch_size=32, epochs=40)
_PATIENCE = 0.4  # seconds without a progress bar
_SWEPT = ("relu", "tanh", "sigmoid")


@dataclass(frozen=True, eq=False)
class Settings:
    """What the sidebar says."""

    experiment: nnlib.Experiment
    data: Dataset
    seeds: int


# ------------------------------------------------------------------ controls


def choose_settings() -> Settings | None:
    """Draw the sidebar; None where there is no data yet."""
    chosen = choose_data("moons")
    with st.sidebar:
        st.subheader("Network", anchor=False)
        network = _choose_network()
        st.subheader("Training", anchor=False)
        config = _choose_training()
        seeds = st.slider(
            "Seeds",
            1,
            10,
            5,
            help="How many initial networks the views that compare draw; the first has the seed "
            "above.",
            key="seeds",
            bind="query-params",
        )
    if chosen is None:
        return None
    return Settings(nnlib.Experiment(network, config, chosen.reference), chosen.data, seeds)


def _choose_network() -> NetworkConfig:
    depth = st.slider(
        "Hidden layers",
        1,
        50,
        10,
        help="How many hidden layers the signal has to pass.",
        key="depth",
        bind="query-params",
    )
    width = st.select_slider(
        "Units in each",
        _WIDTHS,
        32,
        help="The number of units in every hidden layer.",
        key="width",
        bind="query-params",
    )
    activation = setting_choice(NetworkConfig, "activation", _DEFAULTS.activation)
    initializer = setting_choice(NetworkConfig, "initializer", _DEFAULTS.initializer)
    scale = setting_number(NetworkConfig, "initializer_scale", 1.0)
    return NetworkConfig(
        hidden=(width,) * depth,
        activation=activation,
        initializer=initializer,
        initializer_scale=scale,
        batch_norm=setting_switch(NetworkConfig, "batch_norm", False),
        skip=setting_switch(NetworkConfig, "skip", False),
    )


def _choose_training() -> TrainingConfig:
    values = {"optimizer": setting_choice(TrainingConfig, "optimizer", _TRAINING.optimizer)}
    for name in ("learning_rate", "batch_size", "epochs", "clip_norm"):
        values[name] = setting_number(TrainingConfig, name, getattr(_TRAINING, name))
    values["seed"] = setting_integer(TrainingConfig, "seed", 0)
    return TrainingConfig(**values)


# ------------------------------------------------------------------ verdict


def verdict_sentence(verdict: flow.Verdict, when: str) -> str:
    """Return the verdict in words, with its numbers."""
    if verdict.kind == "not finite":
        return f"**Not finite** {when}: the signal has overflowed."
    if verdict.kind == "no signal":
        return f"**No signal** {when}: ∂L/∂z is zero in every hidden layer."
    if verdict.kind == "one layer":
        return f"**One hidden layer** {when}: there is no way for a signal to shrink or grow on."
    name = verdict.kind.capitalize()
    if not np.isfinite(verdict.ratio):
        return f"**{name}** {when}: no signal is left at the last hidden layer."
    if verdict.ratio == 0:
        return f"**{name}** {when}: nothing reaches the first hidden layer."
    return (
        f"**{name}** {when}: ‖∂L/∂z‖ at the first hidden layer is {plain_number(verdict.ratio)} "
        f"times that at the last of {verdict.layers}, a factor of {plain_number(verdict.factor)} "
        "per layer on the way back."
    )


LIMITS = (
    f"Vanishing: the ratio is below 1/{flow.LIMIT:g}; exploding: above {flow.LIMIT:g}; healthy: "
    "between the two. The limits are a convention of this page."
)


def _show_verdict(signal: np.ndarray, when: str) -> None:
    verdict = flow.judge(signal)
    sentence = verdict_sentence(verdict, when)
    if verdict.kind == "healthy":
        st.success(sentence, icon=":material/check_circle:")
    elif verdict.kind == "one layer":
        st.info(sentence, icon=":material/info:")
    else:
        st.warning(sentence, icon=":material/warning:")


# ------------------------------------------------------------------ live run


def show_live(settings: Settings) -> None:
    """Draw the run of the experiment, live."""
    try:
        run = live_run(KEY, settings.experiment, settings.data)
    except ValueError as error:
        show_error(error)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        pace = transport(run, KEY)
        quantity = st.segmented_control(
            "Heat map of",
            tuple(charts.QUANTITIES),
            default="signal_norm",
            required=True,
            format_func=lambda name: charts.QUANTITIES[name][0],
            label_visibility="collapsed",
            help="What the heat map of layers and steps shows.",
            key="quantity",
            bind="query-params",
        )
    live(_draw_live, run, pace, quantity)


def _draw_live(run: LiveRun, pace: int | None, quantity: str) -> None:
    if run.running:
        run.play_slice(pace)
        if not run.running:
            st.rerun()  # the whole page: the timer stops and the buttons change
    progress(run)
    history = run.trainer.history
    if len(history["signal_norm"]):
        step = int(history.steps("signal_norm")[-1])
        _show_verdict(history["signal_norm"][-1, :-1], f"at step {step:,}")
        st.caption(LIMITS)
    show_notices(run)
    show_losses_and_gradients(run, KEY)
    left, right = wrapping_columns(2, key="flow_charts")
    with left:
        show_chart(
            training.plot_gradient_profile(history),
            key="gradient_profile",
            name="gradient-profile",
            data=lambda: training.gradient_profile_data(history),
        )
    with right:
        show_chart(
            charts.plot_flow_map(history, quantity),
            key="flow_map",
            name=f"layers-by-step-{quantity.replace('_', '-')}",
            data=lambda: charts.flow_map_data(history, quantity),
        )


# ------------------------------------------------------------------ before training


def show_initial(settings: Settings) -> None:
    """Draw what theory says of the untrained network, and what is measured of it."""
    experiment, data = settings.experiment, settings.data
    measured = remembered(
        "gradient_flow_initial",
        (experiment, settings.seeds, data.fingerprint),
        lambda: flow.measure_initial(experiment, data, settings.seeds),
    )
    reason = flow.why_no_theory(experiment.network)
    theory = None if reason else _theory(experiment.network, data)
    _show_verdict(np.median(measured.signal, axis=0), "before training")
    st.caption(f"{LIMITS} Medians over the seeds.")
    left, right = wrapping_columns(2, key="initial_charts")
    with left:
        show_chart(
            charts.plot_signal_profile(measured, theory),
            key="signal_profile",
            name="signal-by-layer",
            data=lambda: charts.initial_data(measured, theory),
        )
        show_chart(
            charts.plot_gradient_profile(measured),
            key="initial_gradients",
            name="weight-gradient-by-layer",
            data=lambda: charts.initial_data(measured, theory),
        )
    with right:
        show_chart(
            charts.plot_deviation_profile(measured, theory),
            key="deviations",
            name="activation-deviation-by-layer",
            data=lambda: charts.initial_data(measured, theory),
        )
        if theory is None:
            st.info(f"No theory is drawn: {reason}.", icon=":material/info:")
        elif len(theory.forward):
            _show_ratios(measured, theory)
    st.caption(
        "Theory: independent weights and infinitely many units in a layer; it predicts the mean "
        "square over random networks. Narrow and deep networks scatter widely around it."
    )


@st.cache_data(max_entries=20, show_spinner=False)
def _predict(network: NetworkConfig, fingerprint: str, _inputs: np.ndarray) -> flow.Prediction:
    return flow.predict(network, _inputs)


def _theory(network: NetworkConfig, data: Dataset) -> flow.Prediction:
    return _predict(network, data.fingerprint, data.X_train)


def _show_ratios(measured: flow.InitialFlow, theory: flow.Prediction) -> None:
    st.markdown("**Variance ratio of neighboring layers**")
    number = st.column_config.NumberColumn
    st.dataframe(
        charts.ratios_table(measured, theory),
        hide_index=True,
        height=300,
        column_config={
            "layers": "Layers",
            "forward": number(
                "Forward, theory", format="%.3g", help="Var z of the later by the earlier."
            ),
            "backward": number(
                "Backward, theory", format="%.3g", help="Var ∂L/∂z of the earlier by the later."
            ),
            "measured": number(
                "Backward, measured",
                format="%.3g",
                help="Squared ratio of the norms, the median over the seeds.",
            ),
        },
    )


# ------------------------------------------------------------------ remedies


def show_remedies(settings: Settings) -> None:
    """Train the network as it is and with each remedy alone, and draw what came of it."""
    experiments = flow.remedies(settings.experiment)
    place, start = st.empty(), perf_counter()

    def tell(share: float) -> None:
        if perf_counter() - start > _PATIENCE:
            place.progress(min(share, 1.0), text="Training …")

    treated = remembered(
        "gradient_flow_remedies",
        (tuple(experiments.items()), settings.seeds, settings.data.fingerprint),
        lambda: flow.compare_remedies(experiments, settings.seeds, settings.data, tell),
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
        "Each setting changes one thing against *as chosen*, and starts from the same seeds: the "
        "same random draws of the weights, scaled as its initializer says, and the same order of "
        "minibatches. Lines are medians over the seeds, bands their range."
    )


def _remedies_table(treated: list[flow.Treated]) -> None:
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
    show_chart(
        charts.plot_scale_sweep(sweeps, [label_of(name) for name in names]),
        key="scale_sweep",
        name="signal-factor-by-weight-scale",
        data=lambda: charts.scale_sweep_data(sweeps),
    )
    st.caption(
        f"Random stacks of {max(len(network.hidden), 2)} layers of {network.hidden[0]} units on "
        "normal inputs, without training: the geometric mean of the factors over the stack. "
        "Above the dotted line the signal grows on its way back, below it shrinks."
    )
    st.markdown(
        "**Does ReLU explode because its derivative is 1?** No. Its line passes 1 at "
        "√(n·var(w)) = √2, He's rule, whatever the depth: half of the units pass nothing back, "
        "which halves the variance, and twice the weights' variance makes up for it. Below that "
        "scale a ReLU network vanishes like any other, above it it explodes. The product of "
        "weights and slopes counts, never the slope alone. A sigmoid's slope is at most ¼, so its "
        "line stays below a quarter of the scale."
    )


@st.cache_data(max_entries=10, show_spinner=False)
def _sweep(names: tuple[str, ...], width: int, depth: int, seed: int) -> list[flow.ScaleSweep]:
    rng = np.random.default_rng(seed)
    return [flow.sweep_scale(name, width, depth, rng) for name in names if name in ACTIVATIONS]
