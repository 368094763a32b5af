"""The ``penstock`` command as a process."""

import os
import subprocess
import sys
from pathlib import Path

PENSTOCK = [sys.executable, "-m", "penstock.cli"]


def environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PENSTOCK_"))}
    return {**kept, **extra}


def penstock(*args: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Returns how the command ended; it must not have ended with a traceback."""
    done = subprocess.run(
        [*PENSTOCK, *args],
        capture_output=True,
        text=True,
        timeout=30,
        env=environment(**variables),
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done
