"""Chromium, opened on a page and closed when the page has told what it found."""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

from tests.browser.site import Site

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",  # root's cannot have one
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE_S = 120


def chromium() -> str:
    """Returns the browser's path; skips the test when there is none."""
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    pytest.skip(f"no browser here: none of {', '.join(_NAMES)} (make test-browser installs one for root)")


def visit(site: Site, url: str, profile: Path) -> Any:
    """Returns what the page at ``url`` told; ``profile`` is a new folder."""
    log = profile.with_suffix(".log")
    command = [chromium(), *_FLAGS, f"--user-data-dir={profile}", url]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        return site.told.get(timeout=_PATIENCE_S)
    except Empty:
        pytest.fail(
            f"the page told nothing in {_PATIENCE_S} s; the browser's last words: {log.read_text()[-2000:]}"
        )
    finally:
        os.killpg(
            process.pid, signal.SIGKILL
        )  # the browser and what it started, which are a group of their own
        process.wait()
