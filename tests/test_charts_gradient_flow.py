"""Charts of the signal on its way through the layers."""

import numpy as np
import pytest
from small_runs import DATA, make_experiment

from nnlib import gradient_flow as flow
from nnlib import gradient_flow_remedies as treatment
from nnlib.history import History
from nnlib.training import train
from pages.shared.charts import gradient_flow as charts
from pages.shared.charts import gradient_flow_comparisons as comparisons

EXPERIMENT = make_experiment({"hidden": (8, 8, 8)}, epochs=2)
FLOW = flow.measure_initial(EXPERIMENT, DATA["multiclass"], 3)
THEORY = flow.predict(EXPERIMENT.network, DATA["multiclass"].X_train)
HISTORY = train(EXPERIMENT, DATA["multiclass"]).history
TREATED = treatment.compare_remedies(treatment.remedies(EXPERIMENT), 2, DATA["multiclass"])
SWEEPS = [flow.sweep_scale("relu", 16, 3, np.random.default_rng(0), (0.5, 1.0, 2.0))]


def named(figure):
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
    figure = charts.plot_signal_profile(nothing, None)
    assert not figure.data
    assert "zero" in figure.layout.annotations[0].text


def test_tables_of_the_untrained_network():
    table = charts.initial_data(FLOW, THEORY)
    assert len(table) == 3 * 3 + 3
    assert table["seed_number"].isna().sum() == 3
    ratios = charts.ratios_table(FLOW, THEORY)
    assert list(ratios["layers"]) == ["1 and 2", "2 and 3"]
    expected = np.median((FLOW.signal[:, 0] / FLOW.signal[:, 1]) ** 2)
    assert ratios["measured"][0] == pytest.approx(expected)


@pytest.mark.parametrize("quantity", charts.QUANTITIES)
def test_flow_map(quantity):
    figure = charts.plot_flow_map(HISTORY, quantity)
    assert figure.layout.title.text.endswith("of every layer, step by step")
    trace = figure.data[0]
    assert np.shape(trace.z) == (len(HISTORY.labels(quantity)), len(HISTORY.steps(quantity)))
    np.testing.assert_allclose(10 ** np.array(trace.z), HISTORY[quantity].T, rtol=1e-4)
    table = charts.flow_map_data(HISTORY, quantity)
    assert len(table) == HISTORY[quantity].size


def test_an_empty_flow_map_has_its_title():
    history = History((), 1)
    figure = charts.plot_flow_map(history, "signal_norm")
    assert not figure.data and figure.layout.title.text
    assert charts.flow_map_data(history, "signal_norm").empty


def test_scale_sweep():
    traces = named(comparisons.plot_scale_sweep(SWEEPS, ["ReLU <b>"]))
    np.testing.assert_allclose(
        traces["ReLU &lt;b&gt;, theory"].y, [0.5**1.5, 0.5**0.5, 2**0.5], rtol=1e-6
    )
    assert comparisons.scale_sweep_data(SWEEPS)["weight_scale"].tolist() == [0.5, 1, 2]
    assert not comparisons.plot_scale_sweep([], []).data


@pytest.mark.parametrize(("own", "marked"), [(1.5, True), (0.0, False), (30.0, False)])
def test_the_chosen_weight_scale_is_marked_where_the_sweep_has_it(own, marked):
    texts = [a.text for a in comparisons.plot_scale_sweep(SWEEPS, ["ReLU"], own).layout.annotations]
    assert ("as chosen" in texts) == marked
    assert {"He", "Glorot, LeCun"} <= set(texts)


def test_ratios():
    figure = comparisons.plot_ratios(TREATED)
    assert [trace.name for trace in figure.data] == [one.arm.label for one in TREATED]
    assert all(len(trace.y) == 2 for trace in figure.data)
    table = comparisons.ratios_data(TREATED)
    assert table["ratio"].tolist() == [one.ratio for one in TREATED]
    assert set(table["before"]) <= {
        "healthy",
        "vanishing",
        "exploding",
        "healthy (1), exploding (1)",
    }
    assert not comparisons.plot_ratios([]).data
