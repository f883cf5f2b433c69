"""Where the compiled kernels lie, whether they are ready, and who makes them.

They are compiled once an installation, in a child process of low priority, and kept beside this
file, in the user's cache, or where neither can be written in a temporary folder of this process.
Whatever goes wrong on the way leaves NumPy.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnlib.compiled.engine import Engine

FOLDER = "NNLIB_KERNELS"
"""The environment variable that says where the kernels lie."""
_STAMP = "ready.json"
_STALE_SECONDS = 900
_HERE = Path(__file__).parent
_NO_KERNELS = ("__init__", "blocks", "engine", "plan", "run", "threads", "warm")
_READ_BY_KERNELS = (
    "activations.py",
    "optimizers.py",
    "special.py",
    "instruments/dead_fraction.py",
    "instruments/saturated_fraction.py",
)
"""Where the kernels have constants and codes from."""
_lock = Lock()
_loaded: dict[str, type[Engine] | None] = {}  # by the name of the type of numbers
_log = logging.getLogger(__name__)


def has_numba() -> bool:
    """Whether Numba is installed; it is not imported."""
    return _version("numba") != ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


@cache
def folder() -> Path:
    """Return the folder of the kernels for these sources, libraries and this processor."""
    own, name = os.environ.get(FOLDER), f"kernels-{_fingerprint()}"
    ways: list[Callable[[], Path]]
    ways = [lambda: Path(own)] if own else [lambda: _HERE / "__pycache__", _users_cache]
    ways.append(lambda: Path(tempfile.mkdtemp(prefix="nnlib-")))
    made_ready: Path | None = None
    for way in ways:
        try:
            found = way() / name
            if (found / _STAMP).exists():
                made_ready = found
            found.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=found):
                break
        except (OSError, RuntimeError):  # it cannot be written, or nobody has a home
            continue
    if made_ready is not None and made_ready != found:  # Numba reads only where it can write
        shutil.copytree(made_ready, found, dirs_exist_ok=True)
    return found


def _users_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nnlib"


def _fingerprint() -> str:
    """Say in a few letters what the kernels depend on; Numba looks at one source file only."""
    digest = hashlib.sha256()
    kernels = [p for p in _HERE.glob("*.py") if p.stem not in _NO_KERNELS]
    for source in sorted([*kernels, *(_HERE.parent / name for name in _READ_BY_KERNELS)]):
        digest.update(source.read_bytes())
    parts = (sys.version, _version("numba"), _version("llvmlite"), _version("numpy"), _processor())
    digest.update("\n".join(parts).encode())
    return digest.hexdigest()[:16]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        wanted = ("model name", "flags", "Features")
        return "\n".join(sorted({x for x in lines if x.startswith(wanted)}))
    except OSError:
        return f"{platform.machine()} {platform.processor()}"


def is_ready() -> bool:
    """Whether the kernels for float32 are on the disk, every byte as it was written, or loaded."""
    loaded = _loaded.get("float32")
    return loaded is not None or ("float32" not in _loaded and has_numba() and _is_whole())


@cache
def _checked(stamp: bytes) -> bool:
    digests: dict[str, str] = json.loads(stamp)
    return bool(digests) and all(
        hashlib.sha256((folder() / name).read_bytes()).hexdigest() == digest
        for name, digest in digests.items()
    )


def _is_whole() -> bool:
    try:
        return _checked((folder() / _STAMP).read_bytes())
    except (OSError, ValueError):
        return False


def engine_class(dtype: str = "float32") -> type[Engine] | None:
    """Return the engine, its kernels loaded or compiled, or None where it cannot be used."""
    with _lock:
        if dtype not in _loaded:
            _loaded[dtype] = _import(dtype)
        return _loaded[dtype]


@contextmanager
def _alone() -> Iterator[None]:
    """Have no other process compile meanwhile, where the system knows locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with open(folder() / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _import(dtype: str) -> type[Engine] | None:
    if not has_numba():
        return None
    try:
        import numba

        kept, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder())
        try:
            from nnlib.compiled import kernels
        finally:
            numba.config.CACHE_DIR = kept
        # What lies ready is only read: who compiles for another type keeps nobody waiting.
        with nullcontext() if dtype == "float32" and _is_whole() else _alone():
            kernels.load(dtype)
        from nnlib.compiled.engine import Engine
    except Exception:  # whatever it is, NumPy is there
        _log.warning("The compiled engine cannot be used; runs go by NumPy.", exc_info=True)
        return None
    return Engine


def fill() -> bool:
    """Compile the kernels for float32 and keep them; return whether they are ready."""
    if _is_whole():
        return True
    if engine_class() is None:
        return False
    write_stamp()
    return _is_whole()


def write_stamp() -> None:
    """Note what every file of the kernels holds: only then are they used by "auto"."""
    files = [p for p in folder().rglob("*") if p.suffix == ".nbc"]
    digests = {
        str(p.relative_to(folder())): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }
    written = folder() / f"{_STAMP}.{os.getpid()}"
    written.write_text(json.dumps(digests))
    written.replace(folder() / _STAMP)


def start() -> Thread | None:
    """Have the kernels made by a child process, and load them here when they are ready.

    Returns the thread that waits for it, or None where there is nothing to do: no Numba, or an
    environment that asks for NumPy.
    """
    if os.environ.get("NNLIB_ENGINE") == "numpy" or not has_numba() or "float32" in _loaded:
        return None
    thread = Thread(target=_make_and_load, name="nnlib-warm", daemon=True)
    thread.start()
    return thread


def _make_and_load() -> None:
    try:
        if not _is_whole():
            environment = os.environ | {FOLDER: str(folder().parent)}
            command = [sys.executable, "-m", "nnlib.warm"]
            root = str(_HERE.parents[1])
            subprocess.run(command, env=environment, cwd=root, check=False, timeout=_STALE_SECONDS)
        if _is_whole():
            engine_class()
    except (OSError, subprocess.SubprocessError):
        _log.warning("The compiled engine could not be made ready.", exc_info=True)
