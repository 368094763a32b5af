"""A short process that shows what a worker's would be able to do."""

import os
import subprocess

from penstock.services.lambda_.runtime.sandbox.process import ProcessSpec, start_launcher

_TIMEOUT_S = 20


def run_probe(spec: ProcessSpec) -> str | None:
    """Returns what the process has written, None when it could not be run or has failed. Blocking.

    Raises TimeoutError when it does not end: a busy machine must not be taken for one that cannot.
    """
    read, write = os.pipe()
    try:
        popen = start_launcher(spec, write)
    finally:
        os.close(write)
    with os.fdopen(read, "rb") as output:
        try:
            code = popen.wait(_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()
            raise TimeoutError(f"{spec.argv[0]} did not start within {_TIMEOUT_S} s") from None
        return output.read().decode("utf-8", "replace") if code == 0 else None
