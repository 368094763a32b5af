"""A bucket's CORS rules: what may stand in one, and which one fits a request.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html#cors-eval-criteria
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from penstock.services.s3.cors import errors
from penstock.services.s3.errors import malformed_xml

METHODS = frozenset(("GET", "PUT", "POST", "DELETE", "HEAD"))
MAX_DOCUMENT_BYTES = 64 * 1024

Rule = dict[str, Any]
"""A ``CORSRule`` under the names of its members, as it was put."""

_MAX_RULES = 100
_MAX_ID = 255
_MAX_AGE_S = 2**31 - 1
_EXPOSABLE = re.compile(r"[A-Za-z0-9-]+")


class Asked(NamedTuple):
    """What a browser asks, or does, for a page; ``headers`` are those that a preflight announces, in lower case."""

    origin: str
    method: str
    headers: tuple[str, ...] = ()


class Fit(NamedTuple):
    """The first rule that fits, and its ``AllowedOrigin`` that does."""

    rule: Rule
    pattern: str


def checked_rules(rules: list[Rule]) -> list[Rule]:
    """Returns the rules; AwsError ``MalformedXML`` or ``InvalidRequest`` for those that S3 does not take."""
    if not 1 <= len(rules) <= _MAX_RULES:
        raise malformed_xml()
    for rule in rules:
        _check_rule(rule)
    return rules


def find_rule(rules: Iterable[Rule], asked: Asked) -> Fit | None:
    """Returns the first rule that lets the origin do what it asks for; None when there is none."""
    for rule in rules:
        if asked.method in rule["AllowedMethods"] and _allows_headers(rule, asked.headers):
            for pattern in rule["AllowedOrigins"]:
                if _matches(pattern, asked.origin):
                    return Fit(rule, pattern)
    return None


def _check_rule(rule: Rule) -> None:
    if not rule.get("AllowedMethods") or not rule.get("AllowedOrigins"):
        raise malformed_xml()
    if len(rule.get("ID", "")) > _MAX_ID or not 0 <= rule.get("MaxAgeSeconds", 0) <= _MAX_AGE_S:
        raise malformed_xml()
    for method in rule["AllowedMethods"]:
        if method not in METHODS:
            raise errors.unsupported_method(method)
    _check_patterns("AllowedOrigin", rule["AllowedOrigins"])
    _check_patterns("AllowedHeader", rule.get("AllowedHeaders", []))
    for header in rule.get("ExposeHeaders", []):
        if "*" in header:
            raise errors.exposed_wildcard(header)
        if not _EXPOSABLE.fullmatch(header):
            raise errors.exposed_character(header)


def _check_patterns(element: str, patterns: list[str]) -> None:
    for pattern in patterns:
        if not pattern:
            raise malformed_xml()
        if pattern.count("*") > 1:
            raise errors.many_wildcards(element, pattern)


def _allows_headers(rule: Rule, headers: tuple[str, ...]) -> bool:
    patterns = [pattern.lower() for pattern in rule.get("AllowedHeaders", [])] if headers else []
    return all(any(_matches(pattern, header) for pattern in patterns) for header in headers)


def _matches(pattern: str, text: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(head) + len(tail) and text.startswith(head) and text.endswith(tail)
