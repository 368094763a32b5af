"""Pure pattern matchers: no I/O, no state beyond what they were compiled from.

Wildcards and affixes, EventBridge's event patterns (one, or a set of many), SNS's filter policies. What is not a
pattern ends in PatternError, in AWS's words, never in anything else; no pattern and no event make a match take more
time than their sizes multiplied. May import: the ground.
"""
