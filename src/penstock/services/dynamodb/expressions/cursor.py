"""Stands among the tokens of an expression and says where it stops being one."""

from typing import NoReturn

from penstock.services.dynamodb.expressions.error import ExpressionError
from penstock.services.dynamodb.expressions.tokens import Sort, Token, tokens


class Cursor:
    """Goes through an expression, token by token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._at = 0

    @property
    def token(self) -> Token:
        """Returns the token that has not been taken."""
        return self._tokens[self._at]

    @property
    def following(self) -> Token:
        """Returns the token behind it; the end has itself behind it."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    @property
    def ended(self) -> bool:
        """Returns whether all has been taken."""
        return self.token.sort is Sort.END

    def take(self) -> Token:
        """Returns the token and moves behind it."""
        token = self.token
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def take_if(self, text: str) -> bool:
        """Returns whether the token is this sign or keyword, and takes it then."""
        if self.token.key != text:
            return False
        self.take()
        return True

    def expect(self, text: str) -> None:
        """Takes this sign or keyword, or fails."""
        if not self.take_if(text):
            self.fail()

    def take_sort(self, sort: Sort) -> Token:
        """Returns the token, which is of that sort, and takes it, or fails."""
        if self.token.sort is not sort:
            self.fail()
        return self.take()

    def fail(self) -> NoReturn:
        """Raises the complaint about the token, shown between its neighbours."""
        before = self._tokens[max(self._at - 1, 0)]
        near = self._text[before.start : self.following.end].rstrip()
        raise ExpressionError(f'Syntax error; token: "{self.token.text}", near: "{near}"')
