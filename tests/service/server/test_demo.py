"""``make demo`` does what it shows: it checks every report and the dead letter itself, and exits with the verdict."""

import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).resolve().parents[3] / "examples" / "pipeline" / "demo.py"


def test_the_demo_reports_every_file_and_dead_letters_the_broken_one() -> None:
    run = subprocess.run([sys.executable, DEMO], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "missing:" not in run.stdout
