"""When a client of PostgreSQL makes something durable, as whoever stands between the two hears it."""

import struct

_NO_START = {80877103, 80877104}
"""Requests for encryption (TLS, GSSAPI): the start-up message comes after them."""
_CHANGES = (b"INSERT", b"UPDATE", b"DELETE", b"WITH")


class Spoken:
    """What a client says over one connection (PostgreSQL's protocol, version 3, not encrypted)."""

    def __init__(self) -> None:
        self._buffer = b""
        self._has_started = self._is_in_transaction = False
        self._prepared: dict[bytes, bytes] = {}

    def commits(self, octets: bytes) -> bool:
        """Returns whether these make something durable: a commit, or a change outside of a transaction."""
        self._buffer += octets
        results = [self._takes_effect(kind, content) for kind, content in self._messages()]
        return any(results)

    def _messages(self) -> list[tuple[bytes, bytes]]:
        found = []
        while len(self._buffer) >= (head := 5 if self._has_started else 4):
            (length,) = struct.unpack("!i", self._buffer[head - 4 : head])
            end = head - 4 + length
            if len(self._buffer) < end:
                break
            kind, content = self._buffer[: head - 4], self._buffer[head:end]
            self._buffer = self._buffer[end:]
            if self._has_started:
                found.append((kind, content))
            else:
                self._has_started = struct.unpack("!i", content[:4])[0] not in _NO_START
        return found

    def _takes_effect(self, kind: bytes, content: bytes) -> bool:
        if kind == b"P":
            name, statement, _ = content.split(b"\0", 2)
            self._prepared[name] = statement
        if kind == b"B":
            return self._runs(self._prepared[content.split(b"\0", 2)[1]])
        return kind == b"Q" and self._runs(content)

    def _runs(self, statement: bytes) -> bool:
        """Notes a statement that runs, and returns whether what it does is durable with it."""
        words = statement.strip().upper()
        if words.startswith((b"BEGIN", b"COMMIT", b"ROLLBACK")):
            self._is_in_transaction = words.startswith(b"BEGIN")
            return words.startswith(b"COMMIT")
        return words.startswith(_CHANGES) and not self._is_in_transaction
