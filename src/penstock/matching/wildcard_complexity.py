"""In how many places of its wildcards one text can be at once, by which AWS refuses patterns.

Source: https://github.com/aws/event-ruler, MachineComplexityEvaluator, and "Wildcard matching complexity" in
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html. AWS names no number; ten
fits its examples and the refusals that people have published.
"""

from collections.abc import Iterable, Iterator

from penstock.matching.operators import AnythingBut, Test, WildcardTest

MAX_PLACES = 10
# Ours: what takes more steps to judge repeats itself in too many ways to be worth it.
_MAX_STEPS = 5000

_STAR = None


def is_too_complex(tests: Iterable[Test]) -> bool:
    """Returns whether the wildcards of one field are more than AWS takes."""
    starts = [_start(wildcards) for test in tests if (wildcards := _wildcards(test))]
    pending = [frozenset(starts)]
    seen = set(pending)
    for at in pending:
        for after in _steps(at):
            if len(after) > MAX_PLACES or len(seen) > _MAX_STEPS:
                return True
            if after not in seen:
                seen.add(after)
                pending.append(after)
    return False


class _Place:
    """A place between two characters of a wildcard; before the first star, of all the wildcards of one test."""

    __slots__ = ("loops", "star", "steps")

    def __init__(self, loops: bool) -> None:
        self.loops = loops
        self.star: _Place | None = None
        self.steps: list[tuple[str, _Place]] = []

    def after(self, token: str | None) -> "_Place":
        """Returns a new place behind the token."""
        place = _Place(token is _STAR)
        if token is _STAR:
            self.star = place
        else:
            self.steps.append((token, place))
        return place

    def shared(self, token: str | None) -> "_Place | None":
        """Returns the place behind the token, if there is one."""
        return self.star if token is _STAR else dict(self.steps).get(token)


def _start(wildcards: list[WildcardTest]) -> _Place:
    start = _Place(False)
    for wildcard in wildcards:
        place, may_share = start, True
        for token in _tokens(wildcard):
            place = (place.shared(token) if may_share else None) or place.after(token)
            may_share = may_share and token is not _STAR
    return start


def _steps(places: frozenset[_Place]) -> Iterator[frozenset[_Place]]:
    """Yields where each character that makes a difference leads, and where any other does."""
    looping = {place for place in places if place.loops}
    moves: dict[str, set[_Place]] = {}
    for place in places:
        for token, after in place.steps:
            moves.setdefault(token, set()).add(after)
    for moved in (*moves.values(), set[_Place]()):
        reached = looping | moved
        yield frozenset(reached | {place.star for place in reached if place.star})


def _wildcards(test: Test) -> list[WildcardTest]:
    tests = test.tests if isinstance(test, AnythingBut) else (test,)
    return [inner for inner in tests if isinstance(inner, WildcardTest)]


def _tokens(wildcard: WildcardTest) -> Iterator[str | None]:
    """Yields the characters of the string with its quotation marks, which is what Ruler matches."""
    yield '"'
    for text, is_literal in wildcard.pieces:
        if is_literal:
            yield from text
        else:
            yield _STAR
    yield '"'
