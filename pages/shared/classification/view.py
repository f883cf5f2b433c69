"""The tabs that are there for all data: predictions and rows."""

import streamlit as st

import nnlib
from nnlib.probes.input_features import has_plane, plane_of
from pages.shared.charts.chart import Chart
from pages.shared.charts.confusion import plot_confusion_matrix
from pages.shared.charts.data import plot_data_preview
from pages.shared.charts.kept import lay_under
from pages.shared.charts.points import class_codes
from pages.shared.charts.predictions import plot_predicted_against_actual, plot_roc
from pages.shared.charts.surfaces import plot_decision_surface
from pages.shared.charts.training import plot_scores
from pages.shared.export import show_chart
from pages.shared.rows import show_grid
from pages.shared.runs import LiveRun
from pages.shared.shelf import kept_curves


def show_predictions(run: LiveRun) -> None:
    """Draw what the network predicts of the validation split, and how often it is right."""
    trainer = run.trainer
    guess = trainer.guesses.get("val")
    scores = lay_under(
        plot_scores(run.history, run.look, constant=None if guess is None else guess.score),
        kept_curves(run, trainer.score_name),
        "split",
        trainer.score_name,
        run.look,
    )
    show_grid("predictions_tab", _predictions(trainer) | {"scores": scores})


def _predictions(trainer: nnlib.Trainer) -> dict[str, Chart]:
    data = trainer.data
    single = data.n_features == 1 and not has_plane(data)
    charts = {"surface": plot_decision_surface(trainer)} if single else {}
    predicted = trainer.predict(data.features("val"))
    if data.task == "regression":
        chart = plot_predicted_against_actual(data.labels("val"), predicted, data.target_names[0])
        return charts | {"predicted": chart}
    actual = class_codes(data.labels("val"))
    charts["confusion"] = plot_confusion_matrix(actual, predicted, data.class_names)
    if data.task == "binary":
        probability = trainer.predict_proba(data.features("val"))[:, 1]
        charts["roc"] = plot_roc(actual, probability, data.class_names[1])
    return charts


def show_data(run: LiveRun) -> None:
    """Draw the data, and say how many rows each split has."""
    data = run.trainer.data
    rows = " · ".join(
        f"{len(data.features(split)):,} {name}"
        for split, name in (("train", "training"), ("val", "validation"), ("test", "test"))
    )
    st.caption(f"Rows: {rows}. Inputs of the network: {data.n_features:,}.")
    show_chart(plot_data_preview(plane_of(data)), key="preview")
