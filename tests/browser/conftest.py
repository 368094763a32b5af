"""The JavaScript SDK as one file, made once and kept."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

_SDK = Path(__file__).parent / "sdk"
_CACHE = Path(__file__).parents[2] / ".browser"


@pytest.fixture(scope="session")
def sdk() -> Path:
    """Returns the bundle of the AWS SDK for JavaScript, of pinned versions; skips when it cannot be installed."""
    key = sha256(b"".join(path.read_bytes() for path in sorted(_SDK.iterdir()))).hexdigest()[:16]
    folder = _CACHE / key
    bundle = folder / "sdk.js"
    if bundle.exists():
        return bundle
    if shutil.which("npm") is None:
        pytest.skip("the JavaScript SDK cannot be installed: there is no npm")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_SDK, folder)
    _run(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    made = folder / "made.js"
    entry = ("entry.js", "--bundle", "--format=esm", "--platform=browser", f"--outfile={made}")
    _run(folder, "npx", "--no-install", "esbuild", *entry)
    made.rename(bundle)
    return bundle


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"the JavaScript SDK cannot be installed: {' '.join(command)}: {done.stderr[-500:]}")
