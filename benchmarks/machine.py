"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "numpy", "scikit-learn", "torch", "jax", "jaxlib", "keras", "streamlit", "plotly", "playwright",
)  # fmt: skip


def processor() -> str:
    """Return the processor's model and the number of cores that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    cores = len(allowed(0)) if allowed else os.cpu_count()
    return f"{_from_proc('cpuinfo', 'model name') or platform.machine()}, {cores} cores"


def memory() -> str:
    """Return the size of main memory."""
    total = _from_proc("meminfo", "MemTotal")
    return f"{int(total.split()[0]) / 2**20:.0f} GiB" if total else "unknown"


def versions() -> str:
    """Return the versions of Python and of all packages that take part."""
    found = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} missing")
    return ", ".join(found)


def blas() -> str:
    """Return a sentence on the kernels that NumPy's matrix products use, which set the floor."""
    try:
        import numpy  # noqa: F401 - loads the library that is asked about
        from threadpoolctl import threadpool_info
    except ImportError:
        return ""
    found = {
        f"{i['internal_api']} {i['version']} with its {i['architecture']} kernels"
        for i in threadpool_info()
        if i["user_api"] == "blas" and "architecture" in i
    }
    return f"NumPy multiplies by {', '.join(sorted(found))}." if found else ""


def _from_proc(file: str, key: str) -> str:
    path = Path("/proc") / file
    lines = path.read_text().splitlines() if path.exists() else []
    return next((ln.split(":", 1)[1].strip() for ln in lines if ln.startswith(key)), "")
