"""The browser's own parts, tested by node's runner in the node that Playwright brings."""

import subprocess
from pathlib import Path

from playwright._impl._driver import compute_driver_executable

TESTS = sorted(Path(__file__).with_name("js").glob("*.test.mjs"))


def test_what_runs_in_the_browser_does_what_its_tests_say():
    assert TESTS
    node = compute_driver_executable()[0]
    done = subprocess.run([node, "--test", *map(str, TESTS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
