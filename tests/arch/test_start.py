"""What a server that nobody has asked anything has loaded: the services' operations and models it has not."""

import subprocess
import sys

SCRIPT = """
import gc, sys
from penstock.testing import LocalServer
with LocalServer():
    from penstock.app import SERVICES
    from penstock.server.operation import Operations
    from penstock.wire.models.model import ServiceModel
    read = [model.name for model in gc.get_objects() if isinstance(model, ServiceModel) and "raw" in vars(model)]
    asked = [service.name for service in SERVICES if not isinstance(vars(service)["operations"], Operations)]
    print(len(SERVICES), sorted(asked), sorted(read))
"""


def test_a_start_loads_no_services_operations_and_no_models() -> None:
    found = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    count, rest = found.stdout.strip().split(" ", 1)
    assert int(count) > 10
    assert rest == "[] []"
