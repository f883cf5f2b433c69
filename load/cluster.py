"""Try several processes behind nginx: ``python -m load.cluster``.

People stay at their process; one process is killed, and its people go on from their links at
another, while the others notice nothing.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from load.behind_nginx import COOKIE, Cluster, cluster
from load.client import Client, SessionFailed
from load.cycles import table
from load.uploading import cookies

PROCESSES, PEOPLE = 2, 8
LINK = "epochs=100000&learning_rate=0.003"


async def measure_cluster(running: Cluster, people: int, seconds: float) -> list[str]:
    """Let people train and upload, kill the first process, and return what was seen.

    Raises
    ------
    SessionFailed
        if somebody does not get what a person waits for
    """
    jars = [await asyncio.to_thread(_jar, running.url) for _ in range(people)]
    clients = [Client(running.url, "classification", LINK, jar) for jar in jars]
    await asyncio.gather(*(client.__aenter__() for client in clients))
    try:
        return await _killed(running, clients, seconds)
    finally:
        await asyncio.gather(*(c.__aexit__(None, None, None) for c in clients))


def _jar(url: str, cookie: str = "") -> str:
    return f"{COOKIE}={cookies(url, cookie)[COOKIE]}"


async def _killed(running: Cluster, clients: list[Client], seconds: float) -> list[str]:
    at = Counter(client.cookie for client in clients)
    told = [f"{len(clients)} people: " + ", ".join(f"{n} at {at[n]}" for n in sorted(at))]
    uploads = [c.upload("uploader", "table.csv", table(k)) for k, c in enumerate(clients)]
    await asyncio.gather(*uploads)
    told.append("every upload reached the process of its session")
    first = f"{COOKIE}=1"
    os.kill(running.servers[0].pid, signal.SIGKILL)
    staying = [client for client in clients if client.cookie != first]
    before = [client.steps for client in staying]
    gone = [client for client in clients if client.cookie == first]
    moved = [await _reload(client) for client in gone]
    await asyncio.sleep(seconds)
    for client, steps in zip(staying, before, strict=True):
        await client.wait_for(lambda c=client, s=steps: c.steps > s, "training on")  # type: ignore[misc]
    told.append(f"process 1 killed: {len(staying)} others train on")
    told.append(f"{len(moved)} reloaded, all at {', '.join(sorted(set(moved)))}, with their links")
    return told


async def _reload(client: Client) -> str:
    """Open the page anew as a person does whose process is gone; return where that was."""
    jar = await asyncio.to_thread(_jar, client.url, client.cookie)
    async with Client(client.url, client.page, LINK, jar) as again:
        await again.wait_for(lambda: again.steps > 0, "training")
        if again.cookie == client.cookie:
            raise SessionFailed("the cookie still names the process that is gone")
        await again.upload("uploader", "table.csv", table(0))
        return again.cookie


def main() -> None:
    """Try it, and say what was seen; end with 1 where somebody was let down."""
    with TemporaryDirectory() as folder, cluster(Path(folder), PROCESSES) as running:
        try:
            seen = asyncio.run(measure_cluster(running, PEOPLE, 2.0))
        except SessionFailed as error:
            sys.exit(f"Failed: {error}")
        tracebacks = sum(server.tracebacks() for server in running.servers)
    print("\n".join([*seen, f"{tracebacks} tracebacks in the logs"]))


if __name__ == "__main__":
    main()
