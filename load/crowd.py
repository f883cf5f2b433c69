"""Many sessions at once: each trains a small network live and moves a slider now and then."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from load.client import Client
from load.server import KEPT_SECONDS, Server

PAGE, SLIDER = "classification", "learning_rate"
QUERY = "epochs=100000&classification_pace=full+speed"  # it plays for longer than anyone looks
MOVES_EVERY = (1.0, 3.0)  # seconds between two moves of one person
_POSITIONS = (0.4, 0.45, 0.5)  # learning rates from 0.002 to 0.01
_AT_ONCE = 5  # people who open the page in the same moment


@dataclass
class Crowd:
    """What so many sessions saw, and what they cost.

    Attributes
    ----------
    moves : seconds from a move of a slider to the redrawn page, of all sessions
    steps, redraws : one entry a session
    seconds : length of the watch
    received : bytes a second, of all sessions
    misses : messages that a browser would have missed, each of which freezes a page
    busy : processor seconds of the server a second
    before, during, after : MiB of the server without the sessions, with them, and once they are
        closed and forgotten
    """

    sessions: int
    seconds: float = 0.0
    moves: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    redraws: list[int] = field(default_factory=list)
    opening: list[float] = field(default_factory=list)
    busy: float = 0.0
    received: float = 0.0
    misses: int = 0
    before: float = 0.0
    during: float = 0.0
    after: float = 0.0

    @property
    def fairness(self) -> float:
        """Steps of the session with the fewest, as a share of the median."""
        return min(self.steps) / max(median(self.steps), 1)

    @property
    def memory_each(self) -> float:
        """MiB a session."""
        return (self.during - self.before) / self.sessions


def quantile(values: list[float], share: float) -> float:
    """Return the smallest value that is at least as large as this share of them."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


async def measure_crowd(server: Server, sessions: int, seconds: float) -> Crowd:
    """Open the sessions, watch them, close them, and wait until they are forgotten."""
    crowd = Crowd(sessions, before=server.memory())
    async with AsyncExitStack() as stack:
        clients = await _open_all(server, sessions, stack, crowd)
        await _watch(server, clients, seconds, crowd)
        crowd.during = server.memory()
    await forget(server)
    crowd.after = server.memory()
    return crowd


async def _open_all(
    server: Server, sessions: int, stack: AsyncExitStack, crowd: Crowd
) -> list[Client]:
    clients = [Client(server.url, PAGE, QUERY) for _ in range(sessions)]
    door = asyncio.Semaphore(_AT_ONCE)

    async def enter(client: Client) -> None:
        async with door:
            start = perf_counter()
            await client.__aenter__()
            crowd.opening.append(perf_counter() - start)
        stack.push_async_exit(client.__aexit__)

    await asyncio.gather(*map(enter, clients))
    return clients


async def _watch(server: Server, clients: list[Client], seconds: float, crowd: Crowd) -> None:
    steps = [client.steps for client in clients]
    received = sum(client.received for client in clients)
    start, used = perf_counter(), server.processor_seconds()
    people = [person(c, start + seconds, random.Random(i)) for i, c in enumerate(clients)]
    for moves in await asyncio.gather(*people):
        crowd.moves += moves
    crowd.seconds = perf_counter() - start
    crowd.busy = (server.processor_seconds() - used) / crowd.seconds
    crowd.received = (sum(c.received for c in clients) - received) / crowd.seconds
    crowd.misses = sum(c.cache.misses for c in clients)
    crowd.steps = [c.steps - before for c, before in zip(clients, steps, strict=True)]
    crowd.redraws = [sum(at >= start for at in c.redraws) for c in clients]


async def person(client: Client, until: float, chance: random.Random) -> list[float]:
    """Move the slider now and then; return the seconds of each move."""
    moves, turn = [], 0
    await asyncio.sleep(chance.uniform(0, MOVES_EVERY[1]))
    while perf_counter() < until:
        turn += 1
        moves.append(await client.move(SLIDER, _POSITIONS[turn % len(_POSITIONS)]))
        await asyncio.sleep(chance.uniform(*MOVES_EVERY))
    return moves


async def forget(server: Server) -> None:
    """Wait until the server has forgotten all closed sessions.

    Streamlit drops an expired session when the next one disconnects, and not before.
    """
    for _ in range(2):
        await asyncio.sleep(KEPT_SECONDS + 1)
        async with Client(server.url, "backpropagation"):
            pass
