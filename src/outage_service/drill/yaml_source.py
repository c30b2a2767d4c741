"""Reads YAML the way people mean it (the core schema of YAML 1.2) and knows on which line a thing stands.

`yes` and `no` are words, `010` and a time are text: what a scenario's fields make of them is theirs to say.
"""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf
from typing import Any

import yaml

Place = Sequence[int | str]
"""Where a thing is: keys of mappings and positions in lists, from the outside in."""

_TAG = "tag:yaml.org,2002:"
_PLAIN = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    # A longer row of digits is no figure anybody means, and slow to read as one.
    "int": (r"[-+]?(?:0|[1-9][0-9]{0,17})", list("-+0123456789")),
    "float": (r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)\.[0-9]*)(?:[eE][-+]?[0-9]{1,3})?", list("-+.0123456789")),
}
_PARTS_AT_MOST = 1_000_000
_KNOWN = ("null", "bool", "int", "float", "str", "seq", "map")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a scenario, and where; `line` counts from 1, None where there is none to name."""

    place: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line is not None else ""
        return f"{where}{self.place}: {self.reason}"


_TOO_MANY_PARTS = Mistake(
    "scenario", f"aliases (*name) stand for more than {_PARTS_AT_MOST:,} parts, or for what they are in"
)


class WrongScenario(Exception):
    """The scenario cannot be run; `mistakes` has one entry for each thing that is wrong."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


class _Loader(yaml.SafeLoader):
    """The plain types only; a key that stands twice in a mapping is noted in `mistakes`."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 (how PyYAML is configured)
    yaml_constructors = {  # noqa: RUF012
        tag: yaml.SafeLoader.yaml_constructors[tag] for tag in (None, *(f"{_TAG}{name}" for name in _KNOWN))
    }

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.mistakes: list[Mistake] = []
        self.lost: set[str] = set()

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Returns the mapping, in which the last of two equal keys counts."""
        seen = dict[str, yaml.Node]()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                self.mistakes.append(Mistake(key.value, "is given twice", key.start_mark.line + 1))
                self.lost |= _words(seen[key.value])
            seen[key.value] = value
        return super().construct_mapping(node, deep)


for _name, (_pattern, _first) in _PLAIN.items():
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(rf"(?:{_pattern})\Z"), _first)


class Source:
    """A document: its `data` in plain types, and the lines its parts stand on.

    Of a key that stands twice the last one counts: `mistakes` tells of each, `lost` holds the words that
    stood under the first.
    """

    def __init__(self, text: str) -> None:
        """Reads `text`.

        Raises:
            WrongScenario: it is not YAML, or holds several documents.
        """
        try:
            loader = _Loader(text)
            self._root: yaml.Node | None = loader.get_single_node()
            if self._root and _unfolded(self._root, {}) > _PARTS_AT_MOST:
                raise WrongScenario([_TOO_MANY_PARTS])
            self.data = loader.construct_document(self._root) if self._root else None
        except yaml.YAMLError as error:
            raise WrongScenario([_not_yaml(error)]) from error
        except (ValueError, RecursionError) as error:
            raise WrongScenario([Mistake("scenario", "is not usable YAML")]) from error
        self.mistakes = tuple(loader.mistakes)
        self.lost = frozenset(loader.lost)

    def line_of(self, place: Place) -> int:
        """Returns the line on which `place` begins, or its nearest surroundings where it is not there."""
        node, line = self._root, 1
        for step in place:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line


def _unfolded(node: yaml.Node, known: dict[int, float]) -> float:
    """Returns how many parts there are with what aliases stand for in their places; infinite for a circle."""
    if id(node) not in known:
        known[id(node)] = inf  # until it is known: whoever asks meanwhile stands in a circle
        parts = chain.from_iterable(node.value) if isinstance(node, yaml.MappingNode) else node.value
        inner = () if isinstance(node, yaml.ScalarNode) else parts
        known[id(node)] = 1 + sum(_unfolded(each, known) for each in inner)
    return known[id(node)]


def _words(top: yaml.Node) -> set[str]:
    """Returns every scalar in a node."""
    words, waiting = set[str](), [top]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.ScalarNode):
            words.add(node.value)
        elif isinstance(node, yaml.MappingNode):
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
    return words


def _not_yaml(error: yaml.YAMLError) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    return Mistake("scenario", f"is not usable YAML: {reason}", mark.line + 1 if mark else None)


def _child(node: yaml.Node | None, step: int | str) -> tuple[int, yaml.Node] | None:
    """Returns the line and the node one step further in; a mapping's entry begins at its key."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line + 1, value
    return None


def place_text(place: Place) -> str:
    """Returns a place as people write it: `events[3].declare.impacts[0].system`."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in place]
    return "".join(parts).removeprefix(".") or "scenario"
