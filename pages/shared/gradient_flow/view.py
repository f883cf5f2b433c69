"""Views of the Vanishing gradients page on one network: verdict, live run, before training."""

import numpy as np
import streamlit as st

from nnlib import NetworkConfig
from nnlib.datasets import Dataset
from nnlib.labs import finite_width
from nnlib.labs import gradient_flow as flow
from nnlib.labs.gradient_flow_spectrum import measure_spectrum
from pages.shared import widgets
from pages.shared.charts.gradient_profile import plot_gradient_profile
from pages.shared.charts.theme import plain_number
from pages.shared.export import show_chart
from pages.shared.findings import show_findings
from pages.shared.gradient_flow import charts
from pages.shared.gradient_flow.charts_spectrum import plot_spectrum
from pages.shared.gradient_flow.controls import Settings
from pages.shared.layout import wrapping_columns
from pages.shared.results import computed
from pages.shared.rows import show_row
from pages.shared.run_view import show_losses_and_gradients, show_notices
from pages.shared.runs import LiveRun
from pages.shared.transport import progress, show_run
from pages.shared.trials import show_trial

KEY = "gradient_flow"


def verdict_sentence(verdict: flow.Verdict, when: str) -> str:
    """Return the verdict in words, with its numbers."""
    if verdict.kind == "not finite":
        return f"**Not finite** {when}: the signal has overflowed."
    if verdict.kind == "no signal":
        return f"**No signal** {when}: ∂L/∂z is zero in every hidden layer."
    if verdict.kind == "one layer":
        return f"**One hidden layer** {when}: there is no way for a signal to shrink or grow on."
    name = verdict.kind.capitalize()
    if verdict.adds_up:
        name = "Growing slowly" if verdict.ratio > 1 else "Shrinking slowly"
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
        + (" Healthy layer by layer, it adds up." if verdict.adds_up else "")
    )


LIMITS = (
    f"Vanishing: less than {1 / flow.LIMIT:g} per layer; exploding: more than {flow.LIMIT:g}; "
    f"healthy: between the two. The limits are a convention of this page: at {1 / flow.LIMIT:g} "
    "per layer about a hundredth is left after 20 layers."
)


def _show_verdict(signal: np.ndarray, when: str) -> None:
    verdict = flow.judge(signal)
    sentence = verdict_sentence(verdict, when)
    if verdict.kind == "healthy" and not verdict.adds_up:
        st.success(sentence, icon=":material/check_circle:")
    elif verdict.kind == "one layer":
        st.info(sentence, icon=":material/info:")
    else:
        st.warning(sentence, icon=":material/warning:")


def show_live(settings: Settings) -> None:
    """Draw the run of the experiment, live."""
    show_trial(KEY)
    show_run(KEY, settings.experiment, settings.data, _draw_live, beside=_choose_quantity)


def _choose_quantity() -> tuple[str]:
    quantity = widgets.segmented_control(
        "quantity",
        "Heat map of",
        tuple(charts.QUANTITIES),
        "signal_norm",
        format_func=lambda name: charts.QUANTITIES[name][0],
        label_visibility="collapsed",
        help="What the heat map of layers and steps shows.",
    )
    return (quantity,)


def _draw_live(run: LiveRun, quantity: str) -> None:
    progress(run)
    show_findings(run, KEY)
    history = run.history
    show_notices(run)
    show_losses_and_gradients(run, KEY)
    if len(history["signal_norm"]):
        steps = history.steps("signal_norm")
        at = max(int(np.searchsorted(steps, run.seen, "right")) - 1, 0)
        _show_verdict(history["signal_norm"][at, :-1], f"at step {int(steps[at]):,}")
        st.caption(LIMITS)
    show_row(
        "flow_charts",
        gradient_profile=plot_gradient_profile(history, step=run.cursor),
        flow_map=charts.plot_flow_map(history, quantity, run.look),
    )


def show_initial(settings: Settings) -> None:
    """Draw what theory says of the untrained network, and what is measured of it."""
    experiment, data = settings.experiment, settings.data
    measured = computed(
        "gradient_flow_initial",
        (experiment, settings.seeds, data.fingerprint),
        lambda tell: flow.measure_initial(experiment, data, settings.seeds),
        doing="Measuring …",
    )
    if measured is None:
        return
    reason = flow.why_no_theory(experiment.network)
    theory = None if reason else _theory(experiment.network, data)
    rough = finite_width.why_no_typical(experiment.network)
    typical = None if theory is None or rough else finite_width.typical(experiment.network, theory)
    _show_verdict(measured.typical_signal, "before training")
    st.caption(f"{LIMITS} Medians over the seeds.")
    left, right = wrapping_columns(2, key="initial_charts")
    with left:
        show_chart(charts.plot_signal_profile(measured, theory, typical), key="signal_profile")
        show_chart(charts.plot_gradient_profile(measured), key="initial_gradients")
    with right:
        show_chart(charts.plot_deviation_profile(measured, theory, typical), key="deviations")
        if theory is None:
            st.info(f"No theory is drawn: {reason}.", icon=":material/info:")
        elif len(theory.forward):
            _show_ratios(measured, theory)
    if theory is not None:
        st.caption(theory_sentence(experiment.network))
    _show_spectrum(settings, theory)


def _show_spectrum(settings: Settings, theory: flow.Prediction | None) -> None:
    """Draw what all directions meet, where the signal is one of them."""
    experiment, data = settings.experiment, settings.data
    spectrum = computed(
        "gradient_flow_spectrum",
        (experiment, settings.seeds, data.fingerprint),
        lambda tell: measure_spectrum(experiment, data, settings.seeds, tell),
        doing="Measuring …",
    )
    if spectrum is None:
        return
    show_row(
        "spectrum_charts",
        jacobian_spectrum=plot_spectrum(spectrum, theory),
        activation_ranks=charts.plot_ranks(spectrum),
    )
    st.caption(SPECTRUM_TEXT.format(examples=spectrum.examples))


SPECTRUM_TEXT = (
    "The signal above is one direction. The Jacobian $\\partial z_L / \\partial z_l$ from a "
    "hidden layer $l$ to the last one, $L$, at the first training example, stretches each "
    "direction by one of its singular values; drawn are medians over the seeds, and, dashed, the "
    "theory of their root mean square where there is one. With orthogonal weights and no "
    "nonlinearity all of a layer are alike, and 1 at scale 1 (Saxe et al. 2014); with independent "
    "weights they spread with depth, even where their root mean square stays. What is 0, as for "
    "each inactive ReLU unit, or too small for rounding to tell, is not drawn. The effective rank "
    "is that of the activations of {examples} training examples: $e$ to the power of the entropy "
    "of their singular values, each divided by the sum (Roy & Vetterli 2007)."
)


def theory_sentence(network: NetworkConfig) -> str:
    """Say what the theory is of, and where single networks lie."""
    sentence = (
        "Theory: random weights of mean zero and infinitely many units in a layer; networks that "
        "are narrow and deep lie off it."
    )
    if network.initializer == "orthogonal":
        sentence += (
            " The entries of an orthogonal matrix are not independent, but in wide layers the "
            "variances are the same."
        )
    if network.activation != "relu":
        return sentence
    rough = finite_width.why_no_typical(network)
    if rough:
        return sentence + f" The formula for ReLU at a finite width is not drawn: {rough}."
    share = finite_width.typical_share(len(network.hidden), network.hidden[0])
    return sentence + (
        " With ReLU and independent weights only the mean over many networks is on it: of this "
        f"shape, half have less than about {plain_number(share, 2)} of its variance after all "
        "layers. The dotted line is the median over networks: $e^{-5l/4n}$ of the dashed one where "
        "$l$ layers of $n$ units have been passed (Hanin & Nica 2020, for one input). Drawn many "
        "times, with one example, the medians of the signal were within a quarter of it for 32 to "
        "128 units up to 50 layers, and down to 0.4 times it for 16 units and 50 layers. The norm "
        "over a minibatch of several examples mostly lies between the two lines."
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
