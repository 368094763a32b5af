"""What a worker's interpreter runs (its text is given to ``python -c``): AWS's client, with one repair.

The client reports a function that cannot start through http.client, which takes no path behind the port; but the
path is how the server tells its workers apart.
"""

import sys
from typing import Any

if sys.path[0] == "":
    del sys.path[0]  # what ``-c`` adds; the code's folder is there under its name

from awslambdaric import __main__ as client  # type: ignore[import-untyped]
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient  # type: ignore[import-untyped]

call_rapid = LambdaRuntimeClient.call_rapid


def call_with_prefix(self: Any, method: str, endpoint: str, *args: Any, **kwargs: Any) -> None:
    """Asks the server, at the path that the address names."""
    whole = self.lambda_runtime_address
    self.lambda_runtime_address, _, prefix = whole.partition("/")
    try:
        call_rapid(self, method, f"/{prefix}{endpoint}", *args, **kwargs)
    finally:
        self.lambda_runtime_address = whole


LambdaRuntimeClient.call_rapid = call_with_prefix
client.main(sys.argv)
