"""Reads OUT's results.json, and refuses one that its schema does not allow."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).parent / "results.schema.json"

# Verdicts that speak against the device, the worst first.
AGAINST = ("error", "crash", "hang", "leak", "fail", "flaky")

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


class Refused(Exception):
    """The file cannot be used; one sentence."""


def load(path: Path) -> dict[str, Any]:
    """The document at path; Refused if it is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise Refused(f"{path} is not JSON: {error}") from error
    wrong = check(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
    if wrong:
        raise Refused(f"{path}: {wrong[0]}")
    return document


def check(value: Any, schema: Any, at: str = "the document") -> list[str]:
    """What is wrong with a value, by the part of JSON Schema that our schema uses."""
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at} is {value!r}, none of {', '.join(map(str, schema['enum']))}"]
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        is_number = isinstance(value, bool) and "boolean" not in names  # True is an int, too
        if is_number or not any(isinstance(value, _TYPES[name]) for name in names):
            return [f"{at} is not of type {' or '.join(names)}"]
    if isinstance(value, int | float) and value < schema.get("minimum", value):
        return [f"{at} is {value}, below {schema['minimum']}"]
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return [f"{at} is {value!r}, which does not match {schema['pattern']}"]
    wrong = []
    if isinstance(value, dict):
        known = schema.get("properties", {})
        wrong += [f"{at} has no {key}" for key in schema.get("required", []) if key not in value]
        for key, member in value.items():
            rule = known.get(key, schema.get("additionalProperties", True))
            if rule is False:
                wrong.append(f"{at} has {key}, which the schema does not know")
            elif rule is not True:
                wrong += check(member, rule, f"{at}.{key}" if at != "the document" else key)
    if isinstance(value, list) and "items" in schema:
        for number, member in enumerate(value):
            wrong += check(member, schema["items"], f"{at}[{number}]")
    return wrong
