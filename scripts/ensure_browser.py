"""Make sure that the browser tests find a Chromium; the quickest way that works is taken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

INSTALLED_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS_TO_DOWNLOAD = 240


def installed_browser() -> str | None:
    """Return the path of a Chromium or Chrome on this machine's search path, if any."""
    return next(filter(None, map(shutil.which, INSTALLED_NAMES)), None)


def playwright_browser_starts() -> bool:
    """Return whether Playwright's own Chromium is there and starts (its libraries may lack)."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            playwright.chromium.launch(args=["--no-sandbox"]).close()
        except Error:
            return False
    return True


def succeeds(command: Sequence[str]) -> bool:
    """Run a command within the time limit and return whether it ended well."""
    print("No browser for the tests yet:", " ".join(command), flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        ended = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, timeout=SECONDS_TO_DOWNLOAD
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


def install_with_playwright() -> bool:
    """Download Playwright's own Chromium and return whether it starts."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return succeeds(command) and playwright_browser_starts()


def install_with_apt() -> bool:
    """As root on Debian, install its package and return whether it is there."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    return (
        succeeds(["apt-get", "update", "-qq"])
        and succeeds(["apt-get", "install", "-y", "-qq", "chromium"])
        and installed_browser() is not None
    )


def main() -> int:
    """Return 0 once there is a browser, else 1 after one sentence on what to install."""
    if (
        installed_browser()
        or playwright_browser_starts()
        or install_with_playwright()
        or install_with_apt()
    ):
        return 0
    print(
        "The browser tests need Chromium or Chrome: install one (on Debian: sudo apt-get install "
        "chromium), or leave these tests out: .venv/bin/python -m pytest -m 'not browser'",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
