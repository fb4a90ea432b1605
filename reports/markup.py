"""HTML in which nothing that a driver said is ever more than text.

    tag("p", "got ", tag("code", case["got"]), class_="got")

Whatever is not Markup is escaped, and Markup is made by tag() alone.
"""

from __future__ import annotations

import html
from typing import Any

Child = Any  # str, None, or an iterable of children

_EMPTY = frozenset(("meta", "input", "br"))


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def visible(text: str) -> str:
    """Text without characters that a reader cannot see or that turn the text around; such a one is
    written out, as \\x1b or \\u202e."""
    return "".join(c if c.isprintable() or c == "\n" else _written(c) for c in text.expandtabs())


def _written(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def escaped(*children: Child) -> Markup:
    """The children one behind the other; None is nothing."""
    parts = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            parts.append(child)
        elif isinstance(child, str):
            parts.append(html.escape(visible(child)))
        else:
            parts.append(escaped(*child))
    return Markup("".join(parts))


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """An element.  class_ is class, data_group is data-group; True stands alone, None and False
    are left out."""
    words = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        words.append(key if value is True else f'{key}="{html.escape(visible(str(value)))}"')
    head = f"<{' '.join(words)}>"
    return Markup(head if name in _EMPTY else f"{head}{escaped(*children)}</{name}>")


def raw(name: str, text: str) -> Markup:
    """A style or script of our own; never anything else."""
    if f"</{name}" in text.lower():
        raise ValueError(f"the text would end its {name} element")
    return Markup(f"<{name}>{text}</{name}>")
