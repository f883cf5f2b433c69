"""Charts of batch normalization."""

import numpy as np
import pytest
from small_runs import DATA, make_experiment

from nnlib import batch_statistics as statistics
from pages.shared.charts import batch_norm as charts

BATCH = statistics.normalize(np.array([1.0, 2.0, 6.0]), 2.0, 5.0)
ARMS = statistics.arms_of(make_experiment(epochs=2))
SWEEPS = statistics.sweep_rates(ARMS, (0.001, 0.1), 2, DATA["multiclass"])
WATCHED = statistics.watch_unit(ARMS, 1, 2, DATA["multiclass"])


def titled(figure):
    assert figure.layout.title.text
    return {trace.name: trace for trace in figure.data if trace.name}


def test_batch_is_drawn_before_and_after():
    traces = titled(charts.plot_batch(BATCH))
    np.testing.assert_array_equal(traces["before"].x, [1, 2, 6])
    np.testing.assert_array_equal(traces["after"].x, BATCH.after)
    spread = traces["mean ± deviation, after"]
    assert spread.x[0] == pytest.approx(5)
    assert spread.error_x.value == pytest.approx(2, rel=1e-4)
    assert charts.batch_data(BATCH)["before"].tolist() == [1, 2, 6]


def test_deviation_of_means_has_its_theory():
    traces = titled(charts.plot_mean_deviation((2, 8), np.array([1.0, 0.5]), 2.0, 8))
    np.testing.assert_allclose(traces["theory, σ/√B"].y, [2 / np.sqrt(2), 2 / np.sqrt(8)])
    assert traces["measured over many batches"].marker.symbol == ("circle", "diamond")
    table = charts.mean_deviation_data((2, 8), np.array([1.0, 0.5]), 2.0)
    assert table["theory"][1] == pytest.approx(2 / np.sqrt(8))


def test_running_statistics_have_two_panels():
    running = statistics.run_statistics(np.array([[1.0, 3.0], [4.0, 8.0]]))
    figure = charts.plot_running(running, 3.0, 4.0)
    assert len(figure.data) == 6
    np.testing.assert_allclose(figure.data[1].y, running.mean)
    np.testing.assert_allclose(figure.data[4].y, running.variance)
    assert charts.running_data(running)["batch"].tolist() == [1, 2]


def test_same_example_has_shares_and_the_evaluated_value():
    outputs = np.array([0.0, 0.0, 1.0, 2.0])
    bars, line = charts.plot_same_example(5.0, outputs, 0.5).data
    assert sum(bars.y) == pytest.approx(1)
    assert line.x == (0.5, 0.5)
    assert len(charts.same_example_data(5.0, outputs, 0.5)) == 5


def test_rates_have_an_arm_each_and_mark_what_does_not_train():
    traces = titled(charts.plot_rates(SWEEPS))
    assert list(traces) == list(ARMS)
    for label, arms in SWEEPS.items():
        expected = ["circle" if statistics.trains(arm) else "x-thin-open" for arm in arms]
        assert list(traces[label].marker.symbol) == expected
    table = charts.rates_data(SWEEPS)
    assert len(table) == 6
    assert not charts.plot_rates({}).data


def test_unit_has_a_panel_an_arm():
    figure = charts.plot_unit(WATCHED, 1)
    assert len(figure.data) == 9
    assert [note.text for note in figure.layout.annotations] == list(ARMS)
    np.testing.assert_allclose(figure.data[2].y, WATCHED[0].percentiles[:, 1], rtol=1e-6)
    assert "unit 2" in figure.layout.title.text
    assert charts.unit_data(WATCHED)["p85"].iloc[0] == WATCHED[0].percentiles[0, 2]
    assert not charts.plot_unit([], 0).data
