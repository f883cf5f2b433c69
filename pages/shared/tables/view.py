"""The tab that looks into a network on columns: which matter and how, how sure it may be."""

from collections.abc import Callable

import numpy as np
import streamlit as st

import nnlib
from nnlib.datasets import Dataset
from nnlib.metrics import accuracy, r_squared
from nnlib.probes.inspection import columns_of, partial_dependence, permutation_importance
from nnlib.probes.saliency import input_gradients
from pages.shared import widgets
from pages.shared.charts.theme import escape
from pages.shared.controls import label_of
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.results import Tell, computed
from pages.shared.runs import LiveRun
from pages.shared.tables import charts_importance as charts
from pages.shared.tables.scores import show_baselines, show_curves
from pages.shared.weights_key import weights_key

VIEWS = ("Which columns matter", "How one column matters", "Curves", "Baselines")
MOST_ROWS = 1000
_DEPENDENCE_ROWS = 300
_OF_TABLES = (
    "Numbers are standardized: one unit is one standard deviation of the column, or of its "
    "logarithm where the table of columns says so. An input of a category is "
    "only ever 0 or 1; its gradient is a slope, not a change that occurs."
)
_QUICK_PASSES = 3_000  # forward passes over the rows; more are begun by a button


def show_analysis(run: LiveRun) -> None:
    """Draw the view that is chosen."""
    view = widgets.segmented_control(
        "analysis_view",
        "View of columns",
        VIEWS,
        label_visibility="collapsed",
        help="What the predictions rest on, how good they are, and what simpler models reach.",
    )
    draw = dict(zip(VIEWS, (_columns, _dependence, show_curves, show_baselines), strict=True))
    with np.errstate(all="ignore"):  # the charts say so where a run has diverged
        draw[view](run)


def _columns(run: LiveRun) -> None:
    left, right = wrapping_columns(2, key="analysis_columns")
    with left:
        _permutations(run)
    with right:
        _sensitivities(run)


def _permutations(run: LiveRun) -> None:
    trainer = run.trainer
    score = label_of(trainer.score_name)
    with st.container(horizontal=True):
        measures = ("increase of the loss", f"drop of {score}")
        measure = widgets.selectbox(
            "importance_by",
            "Measured by",
            (0, 1),
            format_func=lambda i: ("loss", "accuracy or R²")[i],
            help="The loss also notices probabilities that change without changing the class.",
        )
        repeats = widgets.slider(
            "shuffles",
            "Shuffles",
            (1, 30, 5),
            help="How often each column is shuffled; the bar is the mean.",
        )
        seed = widgets.number_input(
            "shuffle_seed",
            "Seed of the shuffles",
            (0, 9999, 0),
            help="Decides how the rows are shuffled.",
        )
    changes = _importance(run, repeats, seed)
    if changes is None:
        return
    columns, what = columns_of(trainer.data), f"{measures[measure]}, validation"
    shown = changes[..., 0] if measure == 0 else -changes[..., 1]
    show_chart(charts.plot_importance(shown, columns, what), "importance")
    rows = min(len(trainer.data.X_val), MOST_ROWS)
    st.caption(
        f"The values of one column are shuffled among {rows:,} validation rows; all inputs that a "
        "category became are shuffled together. Of columns that say the same, each looks "
        "unimportant, since the network can read the others."
    )


def _importance(run: LiveRun, repeats: int, seed: int) -> np.ndarray | None:
    """Return the changes of loss and score, shape (columns, repeats, 2), or say why not yet."""
    trainer = run.trainer
    if run.running:
        st.info("Pause the run to see which columns matter.", icon=":material/pause:")
        return None
    columns = columns_of(trainer.data)
    passes = len(columns) * repeats
    x = np.asarray(trainer.data.X_val[:MOST_ROWS], trainer.network.dtype)
    rng = np.random.default_rng(seed)

    def shuffle(tell: Tell) -> np.ndarray:
        with run.lock:
            return permutation_importance(_measures(trainer), x, columns, repeats, rng, tell)

    return computed(
        "permutation_importance",
        (weights_key(trainer), repeats, seed),
        shuffle,
        doing="Shuffling the columns …",
        ask=f"This takes {passes:,} passes over the rows." if passes > _QUICK_PASSES else None,
        begin="Shuffle the columns",
    )


def _measures(trainer: nnlib.Trainer) -> Callable[[np.ndarray], tuple[float, float]]:
    """Return a function that gives loss and score for features of the first validation rows."""
    targets = trainer.data.targets("val", trainer.network.dtype)[:MOST_ROWS]
    score = r_squared if trainer.score_name == "r2" else accuracy

    def measure(x: np.ndarray) -> tuple[float, float]:
        with np.errstate(all="ignore"):
            logits = trainer.network.predict_logits(x)
            return float(trainer.loss.value(logits, targets)), float(score(logits, targets))

    return measure


def _sensitivities(run: LiveRun) -> None:
    data, trainer = run.trainer.data, run.trainer
    x = data.X_val[:MOST_ROWS]
    output, weights = _differentiated(trainer, x)
    with run.lock:
        gradients = input_gradients(trainer.network, x, weights).astype(np.float64)
    gradients *= data.target_scale[0] if data.task == "regression" else 1
    absolute, signed = np.abs(gradients).mean(axis=0), gradients.mean(axis=0)
    chart = charts.plot_sensitivity(absolute, signed, data.feature_names, output)
    show_chart(chart, "sensitivity")
    st.caption(
        "A gradient says what a small change of one input would do, averaged over the rows. "
        + (_OF_TABLES if data.preprocessing is not None else "Inputs are in their own units.")
    )


def _differentiated(trainer: nnlib.Trainer, x: np.ndarray) -> tuple[str, np.ndarray]:
    """Return what is differentiated, in words, and the weights of the outputs for each row."""
    data = trainer.data
    if data.task == "regression":
        return escape(data.target_names[0]), np.eye(data.n_outputs)[0]
    if data.task == "binary":
        return f"log-odds of {escape(data.class_names[1])}", np.ones(1)
    said = trainer.predict_proba(x).argmax(axis=1)
    return "logit of the predicted class", np.eye(data.n_outputs)[said]


def _dependence(run: LiveRun) -> None:
    data, trainer = run.trainer.data, run.trainer
    columns = columns_of(data)
    left, right = wrapping_columns(2, key="dependence_choice")
    names = [column.name for column in columns]
    place = widgets.selectbox(
        "dependence_column",
        "Column",
        range(len(columns)),
        format_func=lambda i: names[i],
        help="The column that is set to each of its values in every row.",
        place=left,
    )
    with right:
        outputs, chosen, y_title = _choose_output(data)
    x = np.asarray(data.X_val[:_DEPENDENCE_ROWS], trainer.network.dtype)
    predict = trainer.predict if data.task == "regression" else trainer.predict_proba
    with run.lock:
        found = partial_dependence(predict, x, columns[place])
    show_chart(charts.plot_dependence(found, outputs, chosen, y_title), "dependence")
    st.caption(
        f"The thick line is the mean prediction over {len(x):,} validation rows with this column "
        "set to the value (Friedman 2001); thin lines are single rows (Goldstein et al. 2015). "
        "Where columns go together, some of these rows could not occur."
    )


def _choose_output(data: Dataset) -> tuple[tuple[str, ...], int, str]:
    """Return the names of the outputs, the one that is chosen, and what the predictions are."""
    if data.task == "regression":
        return data.target_names, 0, f"predicted {escape(data.target_names[0])}"
    last = len(data.class_names) - 1
    codes = [last, *range(last)]
    chosen = widgets.selectbox(
        "dependence_class",
        "Class",
        codes,
        format_func=lambda k: data.class_names[k],
        help="The class whose probability is drawn strongly, with single rows.",
    )
    return data.class_names, chosen, "probability"
