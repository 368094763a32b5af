"""The README's five minutes, run as they are written."""

import os
import re
import subprocess
import sys
from pathlib import Path

from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, REGION, SECRET

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
BIN = Path(sys.executable).parent


def section(title: str) -> str:
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def commands(title: str) -> list[str]:
    return re.findall(r"^\$ ((?:aws|penstock trace) .*)$", section(title), re.MULTILINE)


def shell(server: LocalServer, command: str) -> str:
    """Returns what the command printed, run where ``eval "$(penstock env)"`` has been."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PENSTOCK_"))}
    env = {
        **kept,
        "PATH": f"{BIN.parent / 'aws' / 'bin'}:{BIN}:{kept.get('PATH', '')}",
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
        "PENSTOCK_ACCOUNTS": server.accounts,
    }
    command = re.sub(r"^penstock ", f"{sys.executable} -m penstock.cli ", command)
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT, env=env, check=False)
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def test_the_tour_with_the_aws_cli_ends_in_the_queue_and_in_the_ledger(server: LocalServer) -> None:
    *_, received, told = [shell(server, command) for command in commands("Five minutes with the aws CLI")]
    assert "s3:TestEvent" in received and "data/readme.md" in received
    assert "matched" in told and "arrivals: delivered in the same commit" in told


def test_the_boto3_part_runs_a_function_whose_output_is_in_its_log(server: LocalServer) -> None:
    program = section("With boto3").split("```python\n")[1].split("```")[0]
    shell(server, f"{sys.executable} - <<'END'\n{program}\nEND")
    server.settle()
    (printed,) = [shell(server, command) for command in commands("With boto3")]
    assert "a.txt" in printed and "REPORT" in printed
