"""Operators' acts over HTTP: once for each `Idempotency-Key`, the answer kept with the effect (P18)."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from outage_service.services.engine import Engine
from outage_service.services.tokens import Bearer
from outage_service.storage import Connection, idempotency
from outage_service.storage.failures import DATABASE_ERRORS, is_lock_timeout
from outage_service.storage.idempotency import KeptAnswer
from outage_service.web.problems import FieldError, Problem, Refusal
from outage_service.web.state import EngineOfApp

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer as it goes out, and as it is kept."""

    status: int
    headers: Mapping[str, str]
    body: str

    @classmethod
    def of(cls, status: int, model: BaseModel, **headers: str) -> "Answer":
        """Returns an answer whose body is `model`; `headers` with underscores for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, named, model.model_dump_json())

    def response(self) -> Response:
        """Returns the answer; it is for its caller alone."""
        private = {"Cache-Control": "private, no-store"}
        return Response(self.body, self.status, {**private, **self.headers}, _JSON)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an act comes in: the engine, and what makes a repetition recognisable."""

    engine: Engine
    path: str
    digest: str
    key: str | None

    def act(self, bearer: Bearer, work: Callable[[Connection], Answer]) -> Response:
        """Returns the answer of `work`, run in one transaction, or the one kept for its key.

        The effect and its answer are durable together; a refusal keeps nothing.

        Raises:
            Refusal: 422 where the key belongs to another request, 409 where that is under way for 5 s.
        """
        return self.engine.act(lambda tx: self._once(tx, bearer, work)).response()

    def earlier(self, bearer: Bearer) -> Response | None:
        """Returns the answer kept for its key, for an act that begins before its answer's transaction.

        Raises:
            Refusal: 422 where the key belongs to another request.
        """
        if self.key is None:
            return None
        with self.engine.db.read() as tx:
            kept = self._kept(tx, bearer, self.key)
        return self._same(kept).response() if kept else None

    def _kept(self, tx: Connection, bearer: Bearer, key: str) -> KeptAnswer | None:
        now = self.engine.clock()
        return idempotency.find_answer(tx, token_id=bearer.token_id, path=self.path, key=key, now=now)

    def _once(self, tx: Connection, bearer: Bearer, work: Callable[[Connection], Answer]) -> Answer:
        if self.key is None:
            return work(tx)
        self._wait(tx, bearer, self.key)
        kept = self._kept(tx, bearer, self.key)
        if kept is not None:
            return self._same(kept)
        answer, now = work(tx), self.engine.clock()
        keeping = KeptAnswer(self.digest, answer.status, dict(answer.headers), answer.body)
        idempotency.keep_answer(tx, keeping, token_id=bearer.token_id, path=self.path, key=self.key, now=now)
        return answer

    def _wait(self, tx: Connection, bearer: Bearer, key: str) -> None:
        try:
            idempotency.wait_for_turn(tx, token_id=bearer.token_id, path=self.path, key=key)
        except DATABASE_ERRORS as error:
            if not is_lock_timeout(error):
                raise
            detail = "The first request with this key is still under way. Repeat it later."
            raise Refusal(
                Problem(409, "idempotency_in_progress", detail, headers={"Retry-After": "5"})
            ) from error

    def _same(self, kept: KeptAnswer) -> Answer:
        if kept.request_digest != self.digest:
            detail = "This Idempotency-Key was used for another request. Use a new one."
            raise Refusal(Problem(422, "idempotency_key_reused", detail))
        return Answer(kept.status, kept.headers, kept.body)


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="Makes a repetition safe: for 24 hours, the same request gets the same answer.",
        examples=["6f1c0d1e-declare-edi"],
    ),
]


async def _desk(request: Request, engine: EngineOfApp, key: IdempotencyKey = None) -> Desk:
    return desk_for(request, engine, key, await request.body())


def desk_for(request: Request, engine: Engine, key: str | None, body: bytes) -> Desk:
    """Returns where a request with this body comes in.

    Raises:
        Refusal: it has several keys: which of them makes it safe to repeat nobody can tell.
    """
    if len(request.headers.getlist("idempotency-key")) > 1:
        error = FieldError("Idempotency-Key", "repeated", "Send one Idempotency-Key, once.")
        raise Refusal(
            Problem(422, "invalid_input", "Some of the input cannot be used; see errors.", (error,))
        )
    asked = request.url.query.encode(errors="replace") + b"\n" + body
    return Desk(engine, request.url.path, hashlib.sha256(asked).hexdigest(), key)


DeskOfRequest = Annotated[Desk, Depends(_desk)]
