"""Searches that train in other processes: joblib's loky, and a cluster of Dask distributed."""

import os
import subprocess
import sys
from concurrent.futures import Executor
from pathlib import Path

import pytest

import nnlib
from nnlib.search import Choice, Range, executors, search

ROOT = Path(__file__).resolve().parents[2]
SPACE = {
    "learning_rate": Range(1e-3, 1.0),
    "activation": Choice(("relu", "tanh", "sigmoid", "gelu")),
}
BASE = nnlib.Experiment(
    nnlib.NetworkConfig(hidden=(8,)), nnlib.TrainingConfig(epochs=10, batch_size=16)
)
OPTIONS = {"base": BASE, "batch": 16, "seeds": 2}


@pytest.fixture(scope="module")
def data():
    return nnlib.datasets.load("moons", n_samples=80)


@pytest.fixture(scope="module")
def here(data):
    return search(SPACE, data, 32, **OPTIONS)


def check(there, here):
    assert [t.number for t in there.trials] == list(range(32))
    assert [t.settings for t in there.trials] == [t.settings for t in here.trials]
    assert [t.outcome.end for t in there.trials] == ["done"] * 32
    assert [t.value for t in there.trials] == pytest.approx([t.value for t in here.trials])


def test_without_arguments_a_program_trains_in_its_own_process(monkeypatch):
    monkeypatch.delenv(executors.ADDRESS, raising=False)
    assert executors.from_command_line([]) is None


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_program_takes_the_address_of_a_scheduler(monkeypatch, by):
    monkeypatch.setattr(executors, "cluster", lambda address: f"cluster at {address}")
    monkeypatch.setenv(executors.ADDRESS, "tcp://there:1" if by == "environment" else "")
    arguments = ["--scheduler", "tcp://there:1"] if by == "argument" else []
    assert executors.from_command_line(arguments) == "cluster at tcp://there:1"


@pytest.mark.long
def test_processes_of_this_machine_give_the_same_study(data, here):
    with executors.from_command_line(["--workers", "2"]) as executor:
        check(search(SPACE, data, 32, executor=executor, **OPTIONS), here)


class Killing(Executor):
    """An executor that loses a worker after it was given so many tasks."""

    def __init__(self, inner: Executor, worker: subprocess.Popen, after: int) -> None:
        self.inner, self.worker, self.left = inner, worker, after

    def submit(self, fn, /, *args, **kwargs):
        future = self.inner.submit(fn, *args, **kwargs)
        self.left -= 1
        if not self.left:
            self.worker.kill()
        return future


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # what a lost worker leaves behind
def test_with_a_worker_killed_every_trial_is_there_once(data, here, tmp_path):
    pytest.importorskip("distributed", reason="needs requirements-cluster.txt")
    file = tmp_path / "scheduler.json"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    kinds = (
        ["scheduler", "--port", "0", "--no-dashboard"],
        *2 * [["worker", "--no-nanny", "--nthreads", "1", "--no-dashboard"]],
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", kind, *rest, "--scheduler-file", str(file)],
            env=environment,
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
        )
        for kind, *rest in kinds
    ]
    try:
        from distributed import Client

        with Client(scheduler_file=str(file), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            inner = executors.cluster(client.scheduler.address)
            executor = Killing(inner, started[2], after=6)  # the second stack that has its data
            check(search(SPACE, data, 32, executor=executor, **OPTIONS), here)
            assert executor.left < 0 and started[2].wait(10)
            inner._client.close()
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
