"""What kept runs take in the memory of a server: ``python -m load.shelves [default|digits] [50]``.

Each session keeps as many runs as its shelf holds, deletes them all, and fills it once more: what
the second time adds to the first is what does not come back.
"""

from __future__ import annotations

import asyncio
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import nnlib
from load.client import Client
from load.server import Server, serving
from pages.shared.shelf import MOST_RUNS, KeptRun

SESSIONS, AT_ONCE = 50, 4
_DATA = {"default": ("spiral", (16, 16)), "digits": ("digits", (128, 64))}
_NETWORKS = {
    "default": "classification_pace=full+speed&epochs=10",
    "digits": "classification_pace=full+speed&epochs=2&data=digits&units_1=128&units_2=64",
}
_PAGE, _RATE, _SHELF = "classification", "learning_rate", "Kept runs"
_RUN_SECONDS = 600.0


async def measure(server: Server, sessions: int, query: str) -> None:
    """Tell the server's resident memory at each stage."""
    async with Client(server.url, _PAGE, query) as first:  # imports and caches
        await _trained(first)
    tell(server, "without sessions")
    async with AsyncExitStack() as stack:
        clients = [Client(server.url, _PAGE, query) for _ in range(sessions)]
        for client in clients:
            await stack.enter_async_context(client)
            await _trained(client)
        tell(server, f"{sessions} sessions with a run")
        await _all(clients, _fill)
        tell(server, f"{MOST_RUNS} kept runs in each")
        await _all(clients, _empty)
        tell(server, "all deleted")
        await _all(clients, _fill)
        tell(server, f"{MOST_RUNS} kept runs in each again")


def tell(server: Server, stage: str) -> None:
    """Print the server's resident memory."""
    print(f"{stage}: {server.memory():,.0f} MiB", flush=True)


async def _all(clients: list[Client], work: Callable[[Client], Awaitable[None]]) -> None:
    door = asyncio.Semaphore(AT_ONCE)

    async def one(client: Client) -> None:
        async with door:
            await work(client)

    await asyncio.gather(*map(one, clients))


async def _trained(client: Client) -> None:
    """Wait until the run rests: there is a button to keep it."""
    await client.wait_for(lambda: "keep_run" in client.buttons, "the end of the run", _RUN_SECONDS)


async def _fill(client: Client) -> None:
    rates = len(client.sliders[_RATE].options) - 1
    for place in range(MOST_RUNS):
        await client.move(_RATE, (place + 1) / rates)
        await _change_shelf(client, "keep_run")


async def _empty(client: Client) -> None:
    while client.expanders[_SHELF] != "none":
        await _change_shelf(client, "kept_delete")


async def _change_shelf(client: Client, button: str) -> None:
    before = client.expanders[_SHELF]
    await client.press(button, _RUN_SECONDS)
    await client.wait_for(lambda: client.expanders[_SHELF] != before, "another shelf")


def count_alone(name: str, runs: int) -> None:
    """Print what kept runs take by Python's own count, without a server, and what then stays."""
    data_name, hidden = _DATA[name]
    data = nnlib.datasets.load(data_name)
    network, training = nnlib.NetworkConfig(hidden), nnlib.TrainingConfig(epochs=10)
    kept = []
    tracemalloc.start()
    for seed in range(runs):
        experiment = nnlib.Experiment(network, training).with_training(seed=seed)
        trainer = nnlib.train(experiment, data)
        kept.append(KeptRun(0, nnlib.run_of(trainer, with_data=False), trainer.score_name, True))
        del trainer
        if not seed:
            first = tracemalloc.get_traced_memory()[0]
    full = tracemalloc.get_traced_memory()[0]
    kept.clear()
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(f"{runs} kept runs by themselves: {(full - first) / 2**20:.1f} MiB; deleted: ", end="")
    print(f"{max(0, left - first) / 2**20:.1f} MiB stay", flush=True)


def main() -> None:
    """Measure sessions of one kind of network, as many as the second argument says."""
    name = sys.argv[1] if len(sys.argv) > 1 else "default"
    sessions = int(sys.argv[2]) if len(sys.argv) > 2 else SESSIONS
    with TemporaryDirectory() as folder, serving(Path(folder) / "log", kept_seconds=120) as server:
        asyncio.run(measure(server, sessions, _NETWORKS[name]))
        print(f"tracebacks in the server's log: {server.tracebacks()}")
    count_alone(name, sessions * MOST_RUNS)


if __name__ == "__main__":
    main()
