"""One session trains live while others keep the server busy with whole sweeps."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter

from load.client import Client
from load.crowd import PAGE, QUERY, person
from load.server import Server

SWEEP = "dropout"
SWEEP_QUERY = "view=Several+rates&seeds=10"


@dataclass
class Beside:
    """What the live session saw beside so many sessions that sweep.

    Attributes
    ----------
    moves : seconds from a move of a slider to the redrawn page, of the live session
    gaps : seconds between its redraws
    sweeps : seconds of each sweep, from opening the page to its charts
    """

    sweepers: int
    moves: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    sweeps: list[float] = field(default_factory=list)


async def measure_beside(server: Server, sweepers: int, seconds: float) -> Beside:
    """Watch one live session while so many others sweep without a pause."""
    result = Beside(sweepers)
    async with Client(server.url, PAGE, QUERY) as client:
        others = [asyncio.create_task(_sweep(server, result)) for _ in range(sweepers)]
        start = perf_counter()
        result.moves = await person(client, start + seconds, random.Random(0))
        times = [at for at in client.redraws if at >= start]
        result.gaps = [b - a for a, b in zip(times, times[1:], strict=False)]
        for other in others:
            other.cancel()
            with suppress(asyncio.CancelledError):
                await other
    return result


async def _sweep(server: Server, result: Beside) -> None:
    """Open the page anew each time: sessions share no results."""
    while True:
        start = perf_counter()
        async with Client(server.url, SWEEP, SWEEP_QUERY):
            result.sweeps.append(perf_counter() - start)
