"""Filter patterns: terms, JSON conditions, fields between spaces, and regular expressions, compiled once.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from penstock.services.logs.patterns.compile import compile_pattern
from penstock.services.logs.patterns.pattern import Pattern
from penstock.services.logs.patterns.selector import Selector

__all__ = ["Pattern", "Selector", "compile_pattern"]
