"""Every bilingual text of the content, with the place where it stands."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from outage_service.content import Content
from outage_service.content.catalogue import Term
from outage_service.domain.texts import Bilingual


def bilinguals(node: object, place: str = "content") -> Iterator[tuple[str, Bilingual]]:
    """Yields the texts below `node`, which is a part of `Content`."""
    if isinstance(node, Bilingual):
        yield place, node
    elif isinstance(node, Content | BaseModel):
        for name in type(node).model_fields:
            yield from bilinguals(getattr(node, name), f"{place}.{name}")
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from bilinguals(value, f"{place}.{key}")
    elif isinstance(node, tuple):
        for index, value in enumerate(node):
            yield from bilinguals(value, f"{place}.{getattr(value, 'id', index)}")


def lacking(terms: tuple[Term, ...], text: Bilingual) -> list[str]:
    """Returns the official terms that the English of `text` uses and its French does not."""
    english, french = _spaced(text.en), _spaced(text.fr)
    return [term.fr for term in terms if _spaced(term.en) in english and _spaced(term.fr) not in french]


def _spaced(text: str) -> str:
    """Returns the words of `text` in lower case without plurals, so that whole words are compared."""
    words = "".join(c if c.isalnum() or c in "()/" else " " for c in text.lower()).split()
    return f" {' '.join(word.rstrip('s') for word in words)} "
