"""Charts of batch normalization."""

import numpy as np
import pytest
from small_runs import DATA, make_experiment

from nnlib.labs import batch_statistics as statistics
from nnlib.labs import normalized_networks as trained
from pages.shared.batch_norm import charts
from pages.shared.batch_norm import charts_networks as networks
from pages.shared.batch_norm import charts_small_batch as small

BATCH = statistics.normalize(np.array([1.0, 2.0, 6.0]), 2.0, 5.0)
ARMS = trained.arms_of(make_experiment(epochs=2))
SWEEPS = trained.sweep_rates(ARMS, (0.001, 0.1), 2, DATA["multiclass"])
WATCHED = trained.watch_unit(ARMS, 1, 2, DATA["multiclass"])


FOUR_BY_THREE = np.arange(1.0, 13).reshape(4, 3)


def titled(chart):
    assert chart.figure.layout.title.text and chart.name
    return {trace.name: trace for trace in chart.figure.data if trace.name}


def test_batch_is_drawn_before_and_after():
    chart = charts.plot_batch(BATCH)
    traces = titled(chart)
    np.testing.assert_array_equal(traces["before"].x, [1, 2, 6])
    np.testing.assert_array_equal(traces["after"].x, BATCH.after)
    spread = traces["mean ± deviation, after"]
    assert spread.x[0] == pytest.approx(5)
    assert spread.error_x.value == pytest.approx(2, rel=1e-4)
    assert chart.table()["before"].tolist() == [1, 2, 6]


def test_deviation_of_means_has_its_theory():
    chart = charts.plot_mean_deviation((2, 8), np.array([1.0, 0.5]), 2.0, 8)
    traces = titled(chart)
    np.testing.assert_allclose(traces["theory, σ/√B"].y, [2 / np.sqrt(2), 2 / np.sqrt(8)])
    assert traces["measured over many batches"].marker.symbol == ("circle", "diamond")
    assert chart.table()["theory"][1] == pytest.approx(2 / np.sqrt(8))


def test_running_statistics_have_two_panels():
    running = statistics.run_statistics(np.array([[1.0, 3.0], [4.0, 8.0]]))
    chart = charts.plot_running(running, 3.0, 4.0)
    assert len(chart.figure.data) == 6
    np.testing.assert_allclose(chart.figure.data[1].y, running.mean)
    np.testing.assert_allclose(chart.figure.data[4].y, running.variance)
    assert chart.table()["batch"].tolist() == [1, 2]


def test_same_example_has_shares_and_the_evaluated_value():
    chart = charts.plot_same_example(5.0, np.array([0.0, 0.0, 1.0, 2.0]), 0.5)
    bars, line = chart.figure.data
    assert sum(bars.y) == pytest.approx(1)
    assert line.x == (0.5, 0.5) and "population" in line.name
    assert len(chart.table()) == 5


def test_rates_have_an_arm_each_and_mark_what_does_not_train():
    chart = networks.plot_rates(SWEEPS)
    traces = titled(chart)
    assert list(traces) == list(ARMS)
    for label, arms in SWEEPS.items():
        expected = ["circle" if trained.trains(arm) else "x-thin-open" for arm in arms]
        assert list(traces[label].marker.symbol) == expected
    table = chart.table()
    assert len(table) == 6 and set(table["epochs"]) == {2}
    assert not networks.plot_rates({}).figure.data


def test_unit_has_a_panel_an_arm():
    chart = networks.plot_unit(WATCHED, 1)
    figure = chart.figure
    assert len(figure.data) == 9
    assert [note.text for note in figure.layout.annotations] == list(ARMS)
    for trace, column in zip(figure.data[:3], (0, 2, 1), strict=True):
        np.testing.assert_allclose(trace.y, WATCHED[0].percentiles[:, column], rtol=1e-6)
    assert [t.name for t in figure.data if t.showlegend] == ["15th to 85th percentile", "median"]
    assert "unit 2" in figure.layout.title.text
    assert chart.table()["p85"].iloc[0] == WATCHED[0].percentiles[0, 2]
    assert not networks.plot_unit([], 0).figure.data


def test_a_small_batch_has_a_line_an_example_in_both_panels():
    batch = statistics.normalize_features(FOUR_BY_THREE, [1, 2, 1], [0, 1, 0])
    chart = small.plot_small_batch(batch)
    assert [t.name for t in chart.figure.data if t.showlegend] == [
        f"example {i}" for i in range(1, 5)
    ]
    np.testing.assert_array_equal([t.y for t in chart.figure.data[:4]], FOUR_BY_THREE)
    np.testing.assert_array_equal([t.y for t in chart.figure.data[4:]], batch.after)
    table = chart.table()
    assert len(table) == 12 and list(table.iloc[1][["example", "feature", "x"]]) == [1, 2, 2]
    np.testing.assert_array_equal(table["y"], batch.after.ravel())
    assert small.statistics_table(batch)["gamma"].tolist() == [1, 2, 1]
