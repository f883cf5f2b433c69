"""What the Curvature page shows: a live run, its sharpness, and how near that is to the limit."""

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nnlib.curvature import CurvatureFollower
from nnlib.evaluation import TRAIN_SAMPLE
from nnlib.history import History
from nnlib.noise.moments import WITH_BATCH_NORM
from nnlib.optimizers import OPTIMIZERS
from pages.shared.charts.kept import lay_under
from pages.shared.charts.training import plot_losses
from pages.shared.controls import label_of
from pages.shared.curvature import charts, charts_steps
from pages.shared.curvature.controls import FULL_BATCH, Settings
from pages.shared.rows import Tile, show_grid, show_metrics, show_row
from pages.shared.run_view import number_or_dash, show_notices
from pages.shared.runs import LiveRun
from pages.shared.shelf import kept_curves
from pages.shared.transport import progress, show_run

KEY = "curvature"
_FOLLOWER = "curvature_follower"
_LAST = 0.1  # of the steps, over which the mean is said
_FEWEST = 3  # measurements for a mean


def show_live(settings: Settings) -> None:
    """Draw the run of the experiment, live, with its curvature."""
    follower: CurvatureFollower = st.session_state.setdefault(_FOLLOWER, CurvatureFollower())
    follower.quantities, follower.share = settings.quantities, settings.share
    show_run(KEY, settings.experiment, settings.data, _draw, follower, follower=follower)


def _draw(run: LiveRun, follower: CurvatureFollower) -> None:
    trainer = run.whole.trainer
    history, look = follower.record_of(trainer).history, run.look
    progress(run)
    show_notices(run)
    optimizer = trainer.config.optimizer
    adaptive = OPTIMIZERS[optimizer].scale_free
    losses = lay_under(
        plot_losses(run.history, look, log_y=True), kept_curves(run, "loss"), "curve", "loss", look
    )
    sharpness = charts.plot_sharpness(history, optimizer, look, adaptive=adaptive)
    show_row("curvature_main", losses=losses, sharpness=sharpness)
    if trainer.done and not len(history["sharpness"]):
        st.info(
            "Nothing was measured of this run, for it did not play on this page. Play it again.",
            icon=":material/info:",
        )
    _show_numbers(run, follower, history)
    _say_where(history, run.seen)
    show_row(
        "curvature_more",
        relative=charts.plot_relative(history, look, adaptive=adaptive),
        spectrum=charts.plot_spectrum(history, look),
    )
    _show_chosen(run, history)
    _say_of_what(run)
    if follower.quantities.information and run.trainer.experiment.network.batch_norm:
        st.caption(f"{WITH_BATCH_NORM} Takeuchi's criterion needs those.")


def _show_chosen(run: LiveRun, history: History) -> None:
    """Draw what is measured only if it is chosen."""
    examples, look = len(run.trainer.data.X_train), run.look
    if len(history["alpha"]):
        show_row(
            "curvature_steps",
            alpha=charts_steps.plot_alpha(history, look),
            alphas=charts_steps.plot_alphas(history, run.seen),
        )
    more = {
        "layer_sharpness": partial(charts.plot_layers, history, look),
        "trace": partial(charts.plot_trace, history, look),
        "information_by_traces": partial(
            charts_steps.plot_gap, history, run.history, examples, look
        ),
    }
    drawn = {name: plot() for name, plot in more.items() if len(history[name])}
    show_grid("curvature_layers", drawn)


def _show_numbers(run: LiveRun, follower: CurvatureFollower, history: History) -> None:
    """Draw the last numbers up to the step that is looked at, and what measuring costs."""
    trainer, steps = run.whole.trainer, history.steps("sharpness")
    name, last = trainer.config.optimizer, partial(_last, history, run.seen)
    preconditioned = Tile("Preconditioned", last("preconditioned_sharpness"), help="λ₁ of P⁻¹·H.")
    trace = Tile(
        "Trace", last("trace"), f"± {last('trace_error')}",
        "The sum of all eigenvalues, with the standard error of the estimate.",
    )  # fmt: skip
    alpha = Tile(
        "α", last("alpha"), help="Where the last measured step has ended in the parabola along "
        "it: −1 is its start, 0 the minimum, 1 as high on the other side.",
    )  # fmt: skip
    tiles = [
        Tile("Sharpness", last("sharpness"), help="λ₁ of the Hessian."),
        *([preconditioned] if len(history["preconditioned_sharpness"]) else []),
        Tile(
            "Limit",
            last("limit"),
            f"{label_of(name)}: {charts.LIMITS[name]}",
            "The curvature above which the steps on a quadratic grow.",
        ),
        Tile("Of the limit", last("relative", "{:.3f}")),
        *([alpha] if len(history["alpha"]) else []),
        *([trace] if len(history["trace"]) else []),
        Tile(
            "Measuring",
            f"{follower.time_share(trainer):.0%}",
            _pace(steps),
            "Share of the time by the clock, of training and measuring together. How often it is "
            "measured is decided by counted work, of which the sidebar says what share may go into "
            "measuring.",
        ),
    ]
    show_metrics("curvature_numbers", tiles)


def _pace(steps: NDArray[np.int64]) -> str:
    """Say how far the last two measurements are apart."""
    apart = int(steps[-1] - steps[-2]) if len(steps) > 1 else 0
    return {0: "", 1: "at every step"}.get(apart, f"every {apart:,} steps")


def _last(history: History, step: int, name: str, style: str = "") -> str:
    """Return the last number of a series up to a step."""
    count = int(np.searchsorted(history.steps(name), step, "right"))
    return number_or_dash(float(history[name][count - 1]), style) if count else "–"


def _say_where(history: History, step: int) -> None:
    """Say how near to the limit the last tenth of the steps up to this one was."""
    steps, relative = history.steps("relative"), history["relative"]
    recent = relative[(steps >= (1 - _LAST) * step) & (steps <= step)]
    if len(recent) < _FEWEST or not np.isfinite(recent).all():
        return
    st.markdown(
        f"Over the last tenth of the first {step:,} steps: **{recent.mean():.3f}** of the limit on "
        f"average, from {recent.min():.3f} to {recent.max():.3f} in {len(recent):,} measurements."
    )


def _say_of_what(run: LiveRun) -> None:
    """Say on which examples it is measured, where these are not those of the gradient."""
    rows, batch = len(run.trainer.data.X_train), run.trainer.config.batch_size
    if rows > TRAIN_SAMPLE:
        st.caption(
            f"The curvature is that of the loss of {TRAIN_SAMPLE:,} training examples, drawn once "
            f"from the {rows:,}."
        )
    elif batch < rows:
        st.caption(
            f"The curvature is that of the loss of all {rows:,} training examples; steps go by "
            f"{batch:,} of them at a time, and α is of those."
        )
    if batch == FULL_BATCH < rows:
        st.caption(f"The full batch has more rows than one step takes: {FULL_BATCH:,}.")
