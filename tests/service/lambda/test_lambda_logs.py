"""Every line of every run is in the log, however long it is and whatever the machine's clock does."""

import time

from tests.kit.functions import client, make_function, run

from penstock.clock import Clock, Machine
from penstock.testing import LocalServer


class SetMachine(Machine):
    """This machine, its clock set by ``shift_s``."""

    def __init__(self) -> None:
        self.shift_s = 0
        self.wall_ns = lambda: time.time_ns() + self.shift_s * 1_000_000_000


def test_a_clock_that_is_set_back_loses_no_runs_lines() -> None:
    server, machine = LocalServer(), SetMachine()
    server.clock = Clock(machine)
    with server:
        make_function(server, "told", "def handler(event, context):\n    print('run', event)\n")
        for number in range(3):
            run(server, "told", number)
            machine.shift_s -= 120
        server.settle()
        found = client(server, "logs").filter_log_events(logGroupName="/aws/lambda/told", filterPattern="run")
    assert [event["message"].strip() for event in found["events"]] == ["run 0", "run 1", "run 2"]


def test_a_line_that_is_too_long_for_an_event_is_several(server: LocalServer) -> None:
    make_function(server, "long", "def handler(event, context):\n    print('é' * 400_000)\n")
    client(server, "lambda").invoke(FunctionName="long")["Payload"].read()
    server.settle()
    events = client(server, "logs").filter_log_events(logGroupName="/aws/lambda/long")["events"]
    assert sum(event["message"].count("é") for event in events) == 400_000
