"""Examples of answers for the OpenAPI document. To add one: write it in `examples.yaml`.

They are added to the finished document: the framework leaves out every null of what it makes it from.
"""

from pathlib import Path
from typing import Any

import yaml
from pydantic import JsonValue

_FILE = Path(__file__).with_name("examples.yaml")
_LIST = {"items", "next"}


def add_examples(schemas: dict[str, dict[str, Any]]) -> None:
    """Gives each of the document's schemas its example, and each plain list that of its items.

    Raises:
        KeyError: there is no such schema.
    """
    for name, example in _load().items():
        schemas[name]["examples"] = [example]
    for schema in schemas.values():
        properties = schema.get("properties", {})
        if "items" in properties and properties.keys() <= _LIST:
            item = schemas[properties["items"]["items"]["$ref"].rpartition("/")[2]]
            rest = {"next": None} if "next" in properties else {}
            schema["examples"] = [{"items": [example], **rest} for example in item.get("examples", ())]


def _load() -> dict[str, JsonValue]:
    examples: dict[str, JsonValue] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return examples
