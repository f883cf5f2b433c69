"""Advice on the batch size for the data at hand, and the runs that check it."""

from math import isfinite

import pandas as pd
import streamlit as st

from nnlib.comparison import median_over_seeds
from nnlib.noise import Advice, Tried, advise, noise_of_run, try_out
from nnlib.paired import Difference
from pages.shared.arm_findings import show_arm_findings
from pages.shared.batch_size.controls import Settings
from pages.shared.charts import comparison as run_charts
from pages.shared.charts.theme import plain_number
from pages.shared.comparing import show_arms
from pages.shared.results import Tell, computed, part

PRESENT, ADVISED = "present", "advised"
_APART = 4
"""Where the present batch size is the advised one, so many times more and less are tried."""


def show_advice(settings: Settings) -> None:
    """Measure the noise of a run, advise a batch size, and draw both runs."""
    made = computed("batch_size_advice", settings.key, lambda tell: _make(settings, tell))
    if made is None:
        return
    advice, reached, tried = made
    if not reached:
        st.warning(
            "The run with the present batch size does not reach the loss. More epochs, another "
            "rate or a higher loss make the comparison whole.",
            icon=":material/warning:",
        )
    st.markdown(advice_sentence(advice, settings, reached))
    _show_verdict(tried)
    arms = [one.arm for one in tried]
    show_arm_findings(arms, "advice")
    show_arms(arms, "Training loss until the target", "Gradient norms of the runs")


def _make(settings: Settings, tell: Tell) -> tuple[Advice, bool, list[Tried]]:
    experiment, data = settings.experiment, settings.data
    rows, present = len(data.features("train")), experiment.training.batch_size
    critical, reached = noise_of_run(experiment, data, settings.target, part(tell, 0, 4))
    advice = advise(critical, present, rows)
    same = advice.present
    others = {f"{ADVISED}, {advice.advised:,}": advice}
    if advice.advised == same:
        sizes = {max(1, same // _APART), min(rows, same * _APART)} - {same}
        others = {f"batch of {size:,}": Advice(same, size, critical) for size in sorted(sizes)}
    named = {f"{PRESENT}, {same:,}": Advice(same, same, critical), **others}
    tried = try_out(
        named, experiment, data, settings.seeds, settings.target,
        lambda share: tell((1 + 3 * share) / 4),
    )  # fmt: skip
    return advice, reached, tried


def advice_sentence(advice: Advice, settings: Settings, reached: bool = True) -> str:
    """Return the advice with its reason and what it is predicted to change."""
    noise = f"{advice.critical:,.0f}" if isfinite(advice.critical) else "beyond any number"
    span = f"Up to a training loss of {plain_number(settings.target)}"
    reason = (
        f"{span if reached else 'Over all its epochs'}, the noise scale of a run with the present "
        f"batch of {advice.present:,} is about **{noise}** (each step weighted by its progress)."
    )
    if advice.advised == advice.present:
        return (
            f"{reason} **Stay with a batch of about {advice.present:,}**: it is the power of two "
            "nearest to that, where a run needs about twice the least steps and twice the least "
            "examples. To check, batches of a quarter and of four times the size train beside it."
        )
    rate = settings.experiment.training.learning_rate
    return (
        f"{reason} **Take a batch of about {advice.advised:,}**: there a run needs about twice the "
        "least steps and twice the least examples. Predicted: "
        f"{plain_number(advice.steps, 3)} times the steps and {plain_number(advice.examples, 3)} "
        f"times the examples, at a rate of {plain_number(rate * advice.rate, 3)} instead of "
        f"{plain_number(rate)}, if the present rate suits the present batch."
    )


def _show_verdict(tried: list[Tried]) -> None:
    """Write down what each batch size needed, and how it compares with the prediction."""
    st.dataframe(
        verdict_table(tried),
        hide_index=True,
        column_config={
            "setting": "Batch size",
            "rate": st.column_config.NumberColumn("Rate", format="%.3g"),
            "what": "To the loss",
            "median": st.column_config.NumberColumn("Median", format="%.0f"),
            "predicted": "Predicted",
            "measured": "Against present",
        },
    )
    for one in tried[1:]:
        st.markdown(f"- {verdict_sentence(one, tried[0])}")
    st.caption(
        "Same seed against same seed: the interval holds the factor, a geometric mean over the "
        "seeds, with 95 % confidence (Student's t of the logarithms). Where it contains 1, the "
        "difference is within the noise of the seeds."
    )


def verdict_table(tried: list[Tried]) -> pd.DataFrame:
    """Return what each batch size needed, as predicted and as measured against the present one."""
    rows = []
    for one in tried:
        found, first = one.against(tried[0]), one is tried[0]
        needed = {
            "steps": (one.steps, one.advice.steps),
            "examples": (one.examples, one.advice.examples),
        }
        for (what, (values, predicted)), difference in zip(needed.items(), found, strict=True):
            rows.append(
                {
                    "setting": one.arm.label,
                    "rate": one.arm.rate,
                    "what": what,
                    "median": _or_none(float(median_over_seeds(values))),
                    "predicted": "" if first else f"{plain_number(predicted, 3)}×",
                    "measured": "" if first else _measured(difference),
                }
            )
    return pd.DataFrame(rows)


def _or_none(value: float) -> float | None:
    return value if isfinite(value) else None


def _measured(found: Difference) -> str:
    lost = max(found.diverged)
    if lost:
        return f"{lost} of {found.seeds} seeds do not reach the loss: no interval"
    return run_charts.difference_text(found)


def verdict_sentence(one: Tried, present: Tried) -> str:
    """Say whether the runs bear the prediction out."""
    steps, _ = one.against(present)
    name, predicted = one.arm.label, plain_number(one.advice.steps, 3)
    if max(steps.diverged):
        lost = max(steps.diverged)
        rate = f", or a smaller rate than {plain_number(one.arm.rate, 3)}," * (one.advice.rate > 1)
        return (
            f"**{name}**: no verdict, for {lost} of {steps.seeds} seeds do not reach the loss. "
            f"More epochs, a higher loss{rate} may help."
        )
    if steps.reading == "unknown":
        return f"**{name}**: no verdict, for a single seed tells nothing of noise."
    inside = steps.low <= one.advice.steps <= steps.high
    agrees = "lies in" if inside else "lies outside of"
    noise = (
        "the difference from the present one is within the noise of the seeds"
        if steps.reading == "within the noise"
        else f"that is {'fewer' if steps.reading == 'lower' else 'more'} steps beyond the noise of "
        "the seeds"
    )
    return (
        f"**{name}**: measured {plain_number(steps.center, 3)} times the steps, {noise}; the "
        f"predicted {predicted} {agrees} the interval from {plain_number(steps.low, 3)} to "
        f"{plain_number(steps.high, 3)}."
    )
