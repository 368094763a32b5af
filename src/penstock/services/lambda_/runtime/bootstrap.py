"""What a worker's interpreter runs, as /var/runtime/bootstrap.py: AWS's client, with two repairs.

The client reports a function that cannot start through http.client, which takes no path behind the port; but the
path is how the server tells its workers apart. And it joins the lines of one log entry with carriage returns, or leaves
them apart, because it takes what reads them for something that is not AWS; a carriage return of the function's own must
stay one.
"""

import os
import sys
from typing import Any

# The code's folder in the place of this script's, as on AWS: a function may bring its own version of what it imports.
sys.path.pop(0)
if layers := os.environ.pop("_PENSTOCK_LAYERS", ""):
    VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
    sys.path[:0] = [f"{layers}/python/lib/{VERSION}/site-packages", f"{layers}/python"]
sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
sys.path.extend(filter(None, [os.environ.pop("_PENSTOCK_PACKAGES", "")]))

from awslambdaric import __main__ as client  # type: ignore[import-untyped]
from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient  # type: ignore[import-untyped]

LINE_JOINT = "\x1e\x1d"  # as the server takes it apart

call_rapid = LambdaRuntimeClient.call_rapid


def call_with_prefix(self: Any, method: str, endpoint: str, *args: Any, **kwargs: Any) -> None:
    """Asks the server, at the path that the address names."""
    whole = self.lambda_runtime_address
    self.lambda_runtime_address, _, prefix = whole.partition("/")
    try:
        call_rapid(self, method, f"/{prefix}{endpoint}", *args, **kwargs)
    finally:
        self.lambda_runtime_address = whole


def log_whole(self: Any, msg: str, frame_type: object = None) -> None:
    """Writes what was logged as one entry."""
    whole = msg[:-1] if msg.endswith("\n") else msg
    sys.stdout.write(whole.replace("\n", LINE_JOINT) + "\n")


LambdaRuntimeClient.call_rapid = call_with_prefix
bootstrap.StandardLogSink.log = log_whole
bootstrap.ERROR_LOG_LINE_TERMINATE = LINE_JOINT
client.main([sys.argv[0], os.environ["_HANDLER"]])
