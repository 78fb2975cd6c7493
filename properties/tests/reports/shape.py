"""As much of JSON Schema as the files in ``schemas`` use."""

from __future__ import annotations

import re
from typing import Any

_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def violations(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None) -> list[str]:
    """List what of a value does not fit a schema."""
    root = root or schema
    if "$ref" in schema:
        return violations(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    found: list[str] = []
    kind = schema.get("type")
    if kind is not None:
        boolean = isinstance(value, bool) and kind != "boolean"
        if boolean or not isinstance(value, _TYPES[kind]):
            return [f"{value!r} is not {kind}"]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{value!r} is not one of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        found.append(f"{value!r} is not {schema['const']!r}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{value!r} does not match {schema['pattern']}")
    if not schema.get("minimum", float("-inf")) <= (value if kind == "number" else 0):
        found.append(f"{value!r} is below {schema['minimum']}")
    if kind == "number" and value > schema.get("maximum", float("inf")):
        found.append(f"{value!r} is above {schema['maximum']}")
    if "anyOf" in schema and all(violations(value, s, root) for s in schema["anyOf"]):
        found.append("fits none of anyOf")
    if isinstance(value, dict):
        found += [f"{key} is missing" for key in schema.get("required", []) if key not in value]
        known = schema.get("properties", {})
        for key, item in value.items():
            if key in known:
                found += [f"{key}: {v}" for v in violations(item, known[key], root)]
            elif schema.get("additionalProperties") is False:
                found.append(f"{key} is not a field")
    if isinstance(value, list) and "items" in schema:
        for item in value:
            found += violations(item, schema["items"], root)
    return found
