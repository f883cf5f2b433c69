"""A dashboard of its own for the test, and what it uses of the machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT_SECONDS = 5
"""How long the server keeps a session whose tab was closed; its default would be 120."""
_SECONDS_TO_START = 60
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Server:
    """A running dashboard."""

    url: str
    pid: int
    log: Path

    def memory(self) -> float:
        """Return the resident memory in MiB."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS"))
        return int(kilobytes) / 1024

    def processor_seconds(self) -> float:
        """Return the processor time used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def threads(self) -> int:
        """Return the number of threads."""
        return len(list(Path(f"/proc/{self.pid}/task").iterdir()))

    def tracebacks(self) -> int:
        """Return how many tracebacks the log holds."""
        return self.log.read_text(errors="replace").count("Traceback")


@contextmanager
def serving(
    log: Path,
    script: Path = ROOT / "dashboard.py",
    kept_seconds: int = KEPT_SECONDS,
    options: Sequence[str] = (),
) -> Iterator[Server]:
    """Serve the dashboard, or another script with its settings; its output goes to `log`."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    settings = {
        "headless": "true",
        "port": port,
        "fileWatcherType": "none",
        "disconnectedSessionTTL": kept_seconds,
    }
    flags = [f"--server.{name}={value}" for name, value in settings.items()]
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(script), *flags, *options],
            cwd=ROOT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://localhost:{port}"
    try:
        _wait_until_healthy(url, process, log)
        yield Server(url, process.pid, log)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")
