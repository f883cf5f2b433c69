"""Open, train, close, again and again: the server's memory must stay where it is.

Every other session also uploads a table of its own and trains on it, since that is the largest
thing a session holds.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from load.client import Client
from load.crowd import PAGE, QUERY, SLIDER, forget
from load.server import Server

WARM_UP = 0.25
"""Share of the cycles after which caches and allocator are taken to be full."""
_AT_ONCE = 2
_STEPS = 500
_ROWS = 5_000
_SAMPLE_EVERY = 10


@dataclass
class Cycles:
    """Memory over many sessions, one after another.

    Attributes
    ----------
    samples : (sessions so far, MiB)
    idle : MiB once all are forgotten
    uploaded : bytes of the table that every other session brought
    """

    count: int
    samples: list[tuple[int, float]] = field(default_factory=list)
    idle: float = 0.0
    uploaded: int = 0

    @property
    def growth(self) -> float:
        """KiB a session after the warm-up, by least squares."""
        late = [(n, mib) for n, mib in self.samples if n >= WARM_UP * self.count]
        mean_n = sum(n for n, _ in late) / len(late)
        mean_m = sum(m for _, m in late) / len(late)
        spread = sum((n - mean_n) ** 2 for n, _ in late)
        return 1024 * sum((n - mean_n) * (m - mean_m) for n, m in late) / max(spread, 1)


async def measure_cycles(server: Server, count: int, say: Callable[[str], None]) -> Cycles:
    """Open, train and close so many sessions."""
    cycles = Cycles(count, uploaded=len(table(0)))
    for done in range(0, count, _AT_ONCE):
        await asyncio.gather(*(_one(server, done + i) for i in range(_AT_ONCE)))
        if (done + _AT_ONCE) % _SAMPLE_EVERY == 0:
            cycles.samples.append((done + _AT_ONCE, server.memory()))
            if (done + _AT_ONCE) % 50 == 0:
                say(f"{done + _AT_ONCE} sessions: {cycles.samples[-1][1]:.0f} MiB")
    await forget(server)
    cycles.idle = server.memory()
    return cycles


async def _one(server: Server, number: int) -> None:
    async with Client(server.url, PAGE, QUERY) as client:
        if number % 2:
            await client.upload("uploader", f"table-{number}.csv", table(number))
        await client.wait_for(lambda: client.steps > _STEPS, "training")
        await client.move(SLIDER, 0.45)


def table(seed: int) -> bytes:
    """Return a CSV of its own for every seed, about half a megabyte."""
    chance = random.Random(seed)
    lines = ["a,b,c,d,e,f,g,h,class"]
    for _ in range(_ROWS):
        values = [chance.gauss(0, 1) for _ in range(8)]
        name = "up" if values[0] * values[1] > 0 else "down"
        lines.append(",".join(f"{v:.6f}" for v in values) + f",{name}")
    return "\n".join(lines).encode()
