"""Charts of the signal on its way through the layers."""

from dataclasses import replace

import numpy as np
import pytest
from small_runs import DATA, make_experiment

from nnlib.history import History
from nnlib.labs import finite_width
from nnlib.labs import gradient_flow as flow
from nnlib.labs import gradient_flow_remedies as treatment
from nnlib.labs.gradient_flow_spectrum import InitialSpectrum, measure_spectrum
from nnlib.training import train
from pages.shared.gradient_flow import charts
from pages.shared.gradient_flow import charts_comparisons as comparisons
from pages.shared.gradient_flow.charts_spectrum import plot_spectrum

EXPERIMENT = make_experiment({"hidden": (8, 8, 8)}, epochs=2)
FLOW = flow.measure_initial(EXPERIMENT, DATA["multiclass"], 3)
THEORY = flow.predict(EXPERIMENT.network, DATA["multiclass"].X_train)
HISTORY = train(EXPERIMENT, DATA["multiclass"]).history
TREATED = treatment.compare_remedies(treatment.remedies(EXPERIMENT), 2, DATA["multiclass"])
SWEEPS = [flow.sweep_scale("relu", 16, 3, np.random.default_rng(0), (0.5, 1.0, 2.0))]


def named(chart):
    figure = chart.figure
    assert figure.layout.title.text
    assert figure.layout.yaxis.title.text
    return {trace.name: trace for trace in figure.data if trace.name}


def test_signal_profile_has_measurement_and_theory():
    traces = named(charts.plot_signal_profile(FLOW, THEORY))
    measured = traces["measured, median of 3 seeds"]
    np.testing.assert_allclose(measured.y, np.median(FLOW.relative_signal, axis=0), rtol=1e-6)
    assert measured.y[-1] == 1
    np.testing.assert_allclose(traces["theory, infinite width"].y, THEORY.relative_signal, 1e-6)
    assert "%{y" in measured.hovertemplate
    assert "theory, infinite width" not in named(charts.plot_signal_profile(FLOW, None))


def test_other_profiles():
    gradients = named(charts.plot_gradient_profile(FLOW))["measured, median of 3 seeds"]
    assert list(gradients.x) == [1, 2, 3, 4]
    deviations = named(charts.plot_deviation_profile(FLOW, THEORY))["theory, infinite width"]
    np.testing.assert_allclose(deviations.y, THEORY.activation_std, rtol=1e-6)


def test_a_profile_of_zeros_says_so():
    nothing = flow.InitialFlow(np.zeros((2, 3)), np.zeros((2, 4)), np.zeros((2, 3)))
    figure = charts.plot_signal_profile(nothing, None).figure
    assert not figure.data
    assert "zero" in figure.layout.annotations[0].text


def test_tables_of_the_untrained_network():
    chart = charts.plot_signal_profile(FLOW, THEORY)
    table = chart.table()
    assert len(table) == 3 * 3 + 3 and list(table.columns) == [
        "layer",
        "line",
        "seed_number",
        "signal",
    ]
    np.testing.assert_array_equal(
        table["signal"][table["seed_number"].isna()], THEORY.relative_signal
    )
    drawn = {trace.name: trace.y for trace in chart.figure.data}["measured, median of 3 seeds"]
    medians = table.dropna().groupby("layer")["signal"].median()
    np.testing.assert_allclose(drawn, medians, rtol=1e-6)
    ratios = charts.ratios_table(FLOW, THEORY)
    assert list(ratios["layers"]) == ["1 and 2", "2 and 3"]
    expected = np.median((FLOW.signal[:, 0] / FLOW.signal[:, 1]) ** 2)
    assert ratios["measured"][0] == pytest.approx(expected)


def test_the_line_of_the_width_stands_beside_the_theory():
    typical = finite_width.Typical(THEORY.activation_std / 2, THEORY.relative_signal / 3)
    for chart, expected in (
        (charts.plot_signal_profile(FLOW, THEORY, typical), typical.relative_signal),
        (charts.plot_deviation_profile(FLOW, THEORY, typical), typical.activation_std),
    ):
        np.testing.assert_allclose(named(chart)[charts.TYPICAL].y, expected, rtol=1e-6)
        table = chart.table().set_index("line")
        np.testing.assert_array_equal(table.loc[charts.TYPICAL].iloc[:, -1], expected)
        assert len(table.loc["measured"]) == 3 * len(table.loc[charts.THEORY]) == 9


def test_labels_of_the_axis_keep_apart_where_only_the_band_is_wide():
    wide = FLOW.activation_std.copy()
    wide[0], wide[1:] = 0.1, 1.0  # the median, 1, and the theory are close together
    chart = charts.plot_deviation_profile(replace(FLOW, activation_std=wide), None)
    assert chart.figure.layout.yaxis.dtick == "D2"


def test_the_spectrum_has_four_lines_and_the_theory_of_one():
    spectrum = measure_spectrum(EXPERIMENT, DATA["multiclass"], 3)
    chart = plot_spectrum(spectrum, THEORY)
    traces, table = named(chart), chart.table()
    assert list(traces) == [*spectrum.quantities(), charts.THEORY]
    np.testing.assert_allclose(traces["largest"].y, np.median(spectrum.values[..., 0], axis=0))
    for name in spectrum.quantities():
        medians = table[table["line"] == name].groupby("layer")["singular_value"].median()
        np.testing.assert_allclose(traces[name].y, medians, rtol=1e-6)
    assert charts.THEORY not in named(plot_spectrum(spectrum, None))


def test_without_a_spectrum_the_chart_says_why():
    none = InitialSpectrum(None, "for a reason", np.ones((1, 3)), 5)
    zeros = InitialSpectrum(np.zeros((1, 3, 4)), "", np.full((1, 3), np.nan), 5)
    for chart, text in (
        (plot_spectrum(none, None), "for a reason"),
        (plot_spectrum(zeros, THEORY), "above 0"),
        (charts.plot_ranks(zeros), "zero"),
    ):
        assert not chart.figure.data and text in chart.figure.layout.annotations[0].text


def test_ranks_are_drawn_on_a_linear_axis_from_0_on():
    spectrum = measure_spectrum(EXPERIMENT, DATA["multiclass"], 3)
    chart = charts.plot_ranks(spectrum)
    drawn = named(chart)["measured, median of 3 seeds"]
    np.testing.assert_allclose(drawn.y, np.median(spectrum.rank, axis=0), rtol=1e-6)
    assert chart.figure.layout.yaxis.type != "log"
    assert list(chart.table().columns) == ["layer", "line", "seed_number", "effective_rank"]


@pytest.mark.parametrize("quantity", charts.QUANTITIES)
def test_flow_map(quantity):
    chart = charts.plot_flow_map(HISTORY, quantity)
    figure = chart.figure
    assert figure.layout.title.text.endswith("of every layer, step by step")
    trace = figure.data[0]
    assert np.shape(trace.z) == (len(HISTORY.labels(quantity)), len(HISTORY.steps(quantity)))
    np.testing.assert_allclose(10 ** np.array(trace.z), HISTORY[quantity].T, rtol=1e-4)
    table = chart.table()
    assert list(table.columns) == ["step", "epoch", "layer", quantity]
    assert len(table) == HISTORY[quantity].size


def test_an_empty_flow_map_has_its_title():
    history = History((), 1)
    chart = charts.plot_flow_map(history, "signal_norm")
    assert not chart.figure.data and chart.figure.layout.title.text


def test_scale_sweep():
    chart = comparisons.plot_scale_sweep(SWEEPS, ["ReLU <b>"])
    traces = named(chart)
    np.testing.assert_allclose(
        traces["ReLU &lt;b&gt;, theory"].y, [0.5**1.5, 0.5**0.5, 2**0.5], rtol=1e-6
    )
    assert chart.table()["weight_scale"].tolist() == [0.5, 1, 2]
    assert not comparisons.plot_scale_sweep([], []).figure.data


@pytest.mark.parametrize(("own", "marked"), [(1.5, True), (0.0, False), (30.0, False)])
def test_the_chosen_weight_scale_is_marked_where_the_sweep_has_it(own, marked):
    figure = comparisons.plot_scale_sweep(SWEEPS, ["ReLU"], own).figure
    texts = [a.text for a in figure.layout.annotations]
    assert ("as chosen" in texts) == marked
    assert {"He", "Glorot, LeCun"} <= set(texts)


def test_factors():
    chart = comparisons.plot_factors(TREATED)
    assert [trace.name for trace in chart.figure.data] == [one.arm.label for one in TREATED]
    for trace, one in zip(chart.figure.data, TREATED, strict=True):
        np.testing.assert_allclose(trace.y, [v.factor for v in one.verdicts], rtol=1e-6)
    assert len(chart.table()) == 2 * len(TREATED)
    assert not comparisons.plot_factors([]).figure.data


def test_the_remedies_are_told_from_noise():
    table = comparisons.remedies_table(TREATED)
    assert table["ratio"].tolist() == [one.ratio for one in TREATED]
    words = ("healthy", "vanishing", "exploding")
    assert all(any(word in kinds for word in words) for kinds in table["before"])
    assert table["difference"][0] == "" and all("to" in text for text in table["difference"][1:])
