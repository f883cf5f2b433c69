"""Views of the Vanishing gradients page on one network: verdict, live run, before training."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import streamlit as st

from nnlib import NetworkConfig
from nnlib import gradient_flow as flow
from nnlib.datasets import Dataset
from pages.shared.charts import gradient_flow as charts
from pages.shared.charts import training
from pages.shared.charts.theme import plain_number
from pages.shared.export import show_chart
from pages.shared.gradient_flow_controls import Settings
from pages.shared.layout import show_error, wrapping_columns
from pages.shared.results import remembered
from pages.shared.run_view import show_losses_and_gradients, show_notices
from pages.shared.runs import LiveRun, live, live_run, progress, transport

KEY = "gradient_flow"
_LARGE = 300_000  # weights, of which measuring takes a moment


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
        return (
            f"**{name}** {when}: ∂L/∂z is exactly 0 at the first hidden layer, through dead units "
            "or because the numbers have become too small for their format."
        )
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
    large = flow.weight_count(experiment.network, data) > _LARGE
    with st.spinner("Measuring …") if large else nullcontext():
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
    if theory is not None:
        st.caption(
            "Theory: independent weights and infinitely many units in a layer; it predicts the "
            "mean square over random networks. Narrow and deep networks scatter widely around it."
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
