"""What commands print, made harmless: a key may hold any control character, and what rich takes for markup."""

import sys

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

_UNBOUNDED = 100_000


def plain(text: str) -> str:
    """Returns ``text`` without what a terminal obeys."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def shown(text: str) -> str:
    """Returns ``text`` for rich, which shows it as it is."""
    return escape(plain(text))


def print_tree(tree: Tree) -> None:
    """Prints the tree; behind a pipe nothing is wrapped or cut, because what reads it wants whole lines."""
    Console(width=None if sys.stdout.isatty() else _UNBOUNDED, emoji=False).print(tree)
