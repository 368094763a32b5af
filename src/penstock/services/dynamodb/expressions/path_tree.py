"""Paths that may not lie in one another, by their steps.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from typing import Union

from penstock.services.dynamodb.expressions.error import ExpressionError
from penstock.services.dynamodb.expressions.path import Path, Step

PathTree = dict[Step, Union["PathTree", Path]]
"""What may follow: another step, or, at the end of a path, the path."""


def path_tree(paths: list[Path]) -> PathTree:
    """Returns the tree of the paths; ExpressionError when two overlap, or take one value for a list and for a map."""
    tree: PathTree = {}
    for path in paths:
        _insert(tree, path)
    return tree


def _insert(tree: PathTree, path: Path) -> None:
    for step in path.steps[:-1]:
        _check_kind(tree, step, path)
        branch = tree.setdefault(step, {})
        if isinstance(branch, Path):
            raise _at_odds("overlap", branch, path)
        tree = branch
    last = path.steps[-1]
    _check_kind(tree, last, path)
    if last in tree:
        raise _at_odds("overlap", _any_path(tree[last]), path)
    tree[last] = path


def _check_kind(tree: PathTree, step: Step, path: Path) -> None:
    for other, branch in tree.items():
        if type(other) is not type(step):
            raise _at_odds("conflict", _any_path(branch), path)
        return


def _any_path(branch: PathTree | Path) -> Path:
    while not isinstance(branch, Path):
        branch = next(iter(branch.values()))
    return branch


def _at_odds(how: str, one: Path, two: Path) -> ExpressionError:
    return ExpressionError(
        f"Two document paths {how} with each other; must remove or rewrite one of these paths; "
        f"path one: {one}, path two: {two}"
    )
