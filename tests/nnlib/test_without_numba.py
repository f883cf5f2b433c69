"""An install without Numba: runs of every kind go by NumPy, and nothing asks for Numba."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUITE = ("training", "stacking", "early_stopping", "divergence")
WITHOUT = """
import importlib.metadata, sys

def version(package, known=importlib.metadata.version):
    if package in ("numba", "llvmlite"):
        raise importlib.metadata.PackageNotFoundError(package)
    return known(package)

importlib.metadata.version = version
sys.modules["numba"] = sys.modules["llvmlite"] = None

import pytest
from nnlib.compiled import warm

assert not warm.has_numba() and not warm.is_ready() and warm.start() is None
sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""


def test_runs_of_every_kind_pass():
    files = [f"tests/nnlib/test_{name}.py" for name in SUITE]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *files],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
