"""The order in which workers get their tests."""

from scheduling import in_turn


def test_one_worker_begins_with_the_browser_and_the_others_with_what_only_calculates():
    names = ["tests/browser/a", "tests/nnlib/b", "tests/test_load.py::c", "tests/nnlib/d"]
    assert in_turn(range(4), names, "gw0") == [0, 2, 1, 3]
    assert in_turn(range(4), names, "gw1") == [1, 3, 0, 2]
    assert in_turn([3, 1], names, "gw0") == [3, 1]  # all that is left
