"""What is compared: a literal value, the value at a path, the size of one.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from dataclasses import dataclass
from typing import Protocol

from penstock.services.dynamodb.expressions.path import Path
from penstock.services.dynamodb.values import Item, Value, type_of

SIZED_TYPES = frozenset({"S", "B", "SS", "NS", "BS", "L", "M"})


class Operand(Protocol):
    """Something that has a value in an item, or none."""

    def value(self, item: Item) -> Value | None:
        """Returns the value, None when the item has none."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that the request brought."""

    content: Value

    def value(self, item: Item) -> Value | None:
        return self.content

    def __str__(self) -> str:
        return f"AttributeValue: {shown(self.content)}"


@dataclass(frozen=True, slots=True)
class Attribute:
    """What stands at a path."""

    path: Path

    def value(self, item: Item) -> Value | None:
        return self.path.find(item)

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class Size:
    """How long a text or binary is, in bytes, or how many elements there are; numbers, booleans and null have none."""

    of: Operand

    def value(self, item: Item) -> Value | None:
        value = self.of.value(item)
        if value is None or type_of(value) not in SIZED_TYPES:
            return None
        [content] = value.values()
        return {"N": str(len(content.encode() if isinstance(content, str) else content))}

    def __str__(self) -> str:
        return f"size({self.of})"


def shown(value: Value) -> str:
    """Returns a value as AWS's messages show it: ``{S:x}``."""
    [(kind, content)] = value.items()
    match kind:
        case "M":
            return f"{{M:{{{', '.join(f'{name}={shown(member)}' for name, member in content.items())}}}}}"
        case "L":
            return f"{{L:[{','.join(map(shown, content))}]}}"
        case "BOOL" | "NULL":
            return f"{{{kind}:{str(content).lower()}}}"
        case "B":
            return f"{{B:java.nio.HeapByteBuffer[pos=0 lim={len(content)} cap={len(content)}]}}"
        case "SS" | "NS":
            return f"{{{kind}:[{','.join(content)}]}}"
    return f"{{{kind}:{content}}}"
