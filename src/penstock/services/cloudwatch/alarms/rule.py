"""Rules of composite alarms: in which states their children must be.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.alarms.alarm import State

StateOf = Callable[[str], State | None]
"""Returns the state of an alarm by what the rule calls it; None when it is gone."""

Test = Callable[[StateOf], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<bare>[^()"]+?))\s*\)
    |(?P<word>AND|OR|NOT|TRUE|FALSE)(?![\w-])
    |(?P<mark>[()]))""",
    re.VERBOSE | re.IGNORECASE,
)
_MAX_DEPTH = 60


class RuleError(Exception):
    """The text is no rule; the message says why."""


class Rule(NamedTuple):
    """What a composite alarm looks at, and whether they make it an alarm."""

    children: tuple[str, ...]
    is_alarm: Test


def parse_rule(text: str) -> Rule:
    """Returns the rule; RuleError."""
    parser = _Parser(text)
    test = parser.either()
    parser.end()
    children = tuple(dict.fromkeys(parser.children))
    if len(children) > limits.MAX_CHILDREN:
        raise RuleError(f"a rule can specify at most {limits.MAX_CHILDREN} alarms")
    return Rule(children, test)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._at = 0
        self._depth = 0
        self._elements = 0
        self.children: list[str] = []

    def end(self) -> None:
        if self._at < len(self._text):
            raise RuleError(f"unexpected text at position {self._at + 1}")

    def either(self) -> Test:
        tests = [self._both()]
        while self._takes("OR"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda state_of: any(test(state_of) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._takes("AND"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda state_of: all(test(state_of) for test in tests)

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise RuleError("the rule is nested too deeply")
        test = self._term()
        self._depth -= 1
        return test

    def _term(self) -> Test:
        if self._takes("NOT"):
            inner = self._one()
            return lambda state_of: not inner(state_of)
        self._elements += 1
        if self._elements > limits.MAX_RULE_ELEMENTS:
            raise RuleError(f"a rule can have at most {limits.MAX_RULE_ELEMENTS} elements")
        if self._takes("("):
            inner = self.either()
            if not self._takes(")"):
                raise RuleError("a parenthesis is missing")
            return inner
        if self._takes("TRUE"):
            return lambda state_of: True
        if self._takes("FALSE"):
            return lambda state_of: False
        return self._child()

    def _child(self) -> Test:
        found = _TOKEN.match(self._text, self._at)
        if found is None or not found["state"]:
            raise RuleError(f"an alarm, TRUE or FALSE is missing at position {self._at + 1}")
        self._at = found.end()
        name = found["bare"] or re.sub(r"\\(.)", r"\1", found["quoted"] or "")
        if not name:
            raise RuleError("an alarm's name is missing")
        state = State(found["state"].upper())
        self.children.append(name)
        return lambda state_of: state_of(name) is state

    def _takes(self, word: str) -> bool:
        found = _TOKEN.match(self._text, self._at)
        if found is None or (found["word"] or found["mark"] or "").upper() != word:
            return False
        self._at = found.end()
        return True
