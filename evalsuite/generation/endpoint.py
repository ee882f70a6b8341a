"""The ``endpoint`` engine: generation by servers that speak the OpenAI protocol.

vLLM, SGLang, llama.cpp, TGI, Ray Serve and others serve ``/chat/completions``. The messages are
sent and the server renders them, so a prompt here is the canonical JSON of its messages. A fixed
number of requests is under way at each URL; what fails for a moment is asked again, elsewhere
where there is an elsewhere. The seed of a request belongs to (question, sample).
"""

from __future__ import annotations

import asyncio
import json
import platform
from contextlib import suppress
from dataclasses import replace
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from evalsuite.errors import Clause, RunFailedError
from evalsuite.generation.chat_reply import ReplyError, read_reply
from evalsuite.generation.server_kinds import check_penalty, is_known, kind_of, settings_for
from evalsuite.models.http import Connections, RequestFailedError, masked, read_proxy
from evalsuite.models.servers import api_key, read_address, served
from evalsuite.records.codec import to_line
from evalsuite.records.dataclass import dataclass
from evalsuite.seeds import derive_seed, stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from evalsuite.generation.engine import Request
    from evalsuite.records.run import Decoding, ModelSpec, Response

__all__ = ["EndpointEngine", "messages_as_sent"]

_TRIES = 6
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_LONGEST_RETRY_AFTER = 300.0
_SHORT_WAIT = 0.5
_SECONDS = 900.0
"""For one answer; a busy server may keep it waiting for its turn."""
_BYTES, _BYTES_PER_TOKEN = 1 << 20, 1 << 14
"""A reply may be this large: llama.cpp lists twenty alternatives a token."""
_LONGEST_NAME = 80
_UNKNOWN_SERVER = Clause(
    "a server of unknown kind may add its own sampling defaults, such as a repetition penalty"
)


def messages_as_sent(
    messages: list[dict[str, str]], arguments: Mapping[str, Any] | None = None
) -> str:
    """Write chat messages as the canonical JSON that stands for a prompt.

    One line; equal messages give equal text. With ``arguments`` for the server's chat template, an
    object of both.
    """
    sent = {"messages": messages, "chat_template_kwargs": arguments} if arguments else messages
    return to_line(sent).rstrip("\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failed:
    """A request that was given up."""

    error: RunFailedError


class EndpointEngine:
    """Generation by a server, or by several that serve the same model.

    ``concurrency`` counts the requests under way at each URL. ``needs_ends`` tells whether smaller
    budgets will be cut from the answers; a server that does not list where tokens end is then an
    error.
    """

    name = "endpoint"

    def __init__(self, spec: ModelSpec, *, concurrency: int = 32, needs_ends: bool = False) -> None:
        self._address = read_address(spec.location)
        self._concurrency = concurrency
        self._needs_ends = needs_ends
        self._served = served(self._address)
        self._key = api_key()
        self._tells_logprobs = True
        self._retries = 0
        self._systems: set[str] = set()
        self._names: set[str] = set()
        self._n_answers = self._n_empty = self._n_over = 0

    def render(self, messages: list[dict[str, str]]) -> str:
        """Write the messages as sent; the server applies its own chat template."""
        return messages_as_sent(messages)

    def describe(self) -> dict[str, Any]:
        """Tell what the servers said of themselves, for the record."""
        kinds = {kind_of(facts) for facts in self._served.values()}
        return {
            "engine": self.name,
            "server": ", ".join(sorted(kinds)),
            "served": self._served,
            "system_fingerprints": sorted(self._systems),
            "concurrency": self._concurrency,
            "answered_as": sorted(self._names),
            "retries": self._retries,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "notes": [
                *([_UNKNOWN_SERVER] if not all(map(is_known, kinds)) else []),
                *self._notes(),
            ],
        }

    def _notes(self) -> Iterator[Clause]:
        """Say what a reader must know of servers that did not do as they were asked."""
        others = sorted(self._names - {self._address.model})
        if others:
            yield Clause(
                "asked for {model}, the server answered as {others}",
                model=self._address.model,
                others=", ".join(others),
            )
        if self._n_over:
            yield Clause(
                "the server ignored max_tokens in {over:,} of {answers:,} answers; they are cut at "
                "the budget",
                over=self._n_over,
                answers=self._n_answers,
            )
        if self._n_empty:
            yield Clause(
                "{empty:,} of {answers:,} answers are empty",
                empty=self._n_empty,
                answers=self._n_answers,
            )

    def cache_bytes(self, tokens: int, answers: int) -> int:  # noqa: ARG002  the servers' affair
        """Say how much memory keys and values will take here: none."""
        return 0

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> Iterator[Response]:
        """Yield each response once, as soon as it is finished.

        Requests come in any order, each (question, sample) once. Raises RunFailedError where a
        question could not be answered; what was under way beside it is yielded first. Raises
        InvalidInputError for a repetition penalty that a server may count otherwise.
        """
        check_penalty({url: kind_of(facts) for url, facts in self._served.items()}, decoding)
        finished: SimpleQueue[Response | _Failed | None] = SimpleQueue()
        # One loop in a thread of its own: threads by the thousand wait for each other more than
        # they work. A notebook's loop is left alone, and Ctrl-C does not wait for answers.
        loop = asyncio.new_event_loop()
        work = loop.create_task(self._work_on(requests, decoding, finished))
        # Once in one thread: numpy loads its random numbers when they are first drawn, and of two
        # threads that draw then, one would find half of them.
        stream(decoding.seed, "retry")
        Thread(target=_run, args=(loop, work, finished), daemon=True).start()
        failure: _Failed | None = None
        try:
            while (outcome := _next(finished)) is not None:
                if isinstance(outcome, _Failed):
                    failure = failure or outcome
                else:
                    yield outcome
        finally:
            with suppress(RuntimeError):  # closed: everything is answered
                loop.call_soon_threadsafe(work.cancel)
        if failure is not None:
            raise failure.error

    async def _work_on(
        self,
        requests: Sequence[Request],
        decoding: Decoding,
        finished: SimpleQueue[Response | _Failed | None],
    ) -> None:
        """Answer everything; after a failure, what is under way."""
        waiting, stop = iter(requests), asyncio.Event()
        # Read once: to look through the environment takes a tenth as long as a request.
        proxy_of = cache(read_proxy)

        async def work(number: int) -> None:
            async with Connections(self._key, proxy_of=proxy_of) as connections:
                for request in waiting:  # one iterator for all: each request is taken once
                    try:
                        answer = self._answer(request, decoding, number, connections, stop)
                        finished.put(await answer)
                    except RunFailedError as error:
                        stop.set()
                        finished.put(_Failed(error=error))
                    if stop.is_set():
                        return

        n_workers = min(self._concurrency * len(self._address.urls), len(requests))
        await asyncio.gather(*map(work, range(n_workers)))

    async def _answer(
        self,
        request: Request,
        decoding: Decoding,
        number: int,
        connections: Connections,
        stop: asyncio.Event,
    ) -> Response:
        """Ask until there is an answer, each time at the next URL; workers begin apart."""
        urls = self._address.urls
        tries = 0
        while True:
            url = urls[(number + tries) % len(urls)]
            tries += 1
            try:
                reply = await self._ask(connections, url, request, decoding)
                holds_back = kind_of(self._served[url]) == "llamacpp"
                answer = read_reply(
                    reply,
                    request,
                    decoding,
                    needs_ends=self._needs_ends,
                    holds_back=holds_back,
                )
                self._note(reply, answer, decoding)
                return self._without_key(answer)
            except ReplyError as error:
                reason = masked(error.clause, self._key)
                is_plain = reason == error.clause  # nothing was masked: it can be told
                raise _given_up(request, url, error.clause if is_plain else reason, tries) from None
            except RequestFailedError as error:
                asked_to_wait = error.retry_after or 0.0
                last = not error.is_temporary or tries >= _TRIES or stop.is_set()
                if last or asked_to_wait > _LONGEST_RETRY_AFTER:
                    raise _given_up(request, url, error.reason, tries) from error
                self._retries += 1
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(asked_to_wait, _wait(request, decoding, tries))):
                        await stop.wait()

    async def _ask(
        self, connections: Connections, url: str, request: Request, decoding: Decoding
    ) -> dict[str, Any]:
        place = f"{url}/chat/completions"
        largest = _BYTES + _BYTES_PER_TOKEN * decoding.max_new_tokens
        body = self._body(url, request, decoding)
        try:
            return await connections.ask(place, body=body, largest=largest, seconds=_SECONDS)
        except RequestFailedError as error:
            refused_logprobs = error.status in (400, 422) and "logprob" in error.reason.lower()
            if self._needs_ends or not (refused_logprobs and "logprobs" in body):
                raise
            self._tells_logprobs = False
            body = self._body(url, request, decoding)
            return await connections.ask(place, body=body, largest=largest, seconds=_SECONDS)

    def _body(self, url: str, request: Request, decoding: Decoding) -> dict[str, Any]:
        """Write a request; the seed has 31 bits, as many as every server takes."""
        name = ("sampling", request.question_id, request.sample)
        body = {
            "model": self._address.model,
            **_asked(request),
            "max_tokens": decoding.max_new_tokens,
            "temperature": decoding.temperature,
            "top_p": decoding.top_p,
            "n": 1,
            "seed": derive_seed(decoding.seed, *name) >> 32,
            "stream": False,
        }
        if decoding.stop:
            body["stop"] = list(decoding.stop)
        if self._tells_logprobs:
            body["logprobs"] = True
        return body | settings_for(kind_of(self._served[url]), decoding)

    def _note(self, reply: dict[str, Any], answer: Response, decoding: Decoding) -> None:
        """Count what servers do that nobody asked for; the record tells it."""
        for key, names in (("system_fingerprint", self._systems), ("model", self._names)):
            if isinstance(reply.get(key), str):
                # Before it is shortened: of a key that is cut in two, the first half would stay.
                names.add(masked(reply[key], self._key)[:_LONGEST_NAME])
        self._n_answers += 1
        self._n_empty += not (answer.text or "").strip()
        self._n_over += reply["usage"]["completion_tokens"] > decoding.max_new_tokens

    def _without_key(self, answer: Response) -> Response:
        """Cover a key that stands in an answer across several tokens."""
        text = masked(answer.text or "", self._key)
        return answer if text == answer.text else replace(answer, text=text)


def _run(
    loop: asyncio.AbstractEventLoop,
    work: asyncio.Task[None],
    finished: SimpleQueue[Response | _Failed | None],
) -> None:
    """Work until everything is done or cancelled; the last thing put is None."""
    try:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(work)
        loop.run_until_complete(loop.shutdown_default_executor())  # it looks names up
    finally:
        loop.close()
        finished.put(None)


def _next(finished: SimpleQueue[_Failed | Response | None]) -> Response | _Failed | None:
    """Wait for the next answer, in short waits: a thread that waits for good can't be ended."""
    while True:
        with suppress(Empty):
            return finished.get(timeout=_SHORT_WAIT)


def _asked(request: Request) -> dict[str, Any]:
    sent = json.loads(request.prompt)
    return sent if isinstance(sent, dict) else {"messages": sent}


def _wait(request: Request, decoding: Decoding, tries: int) -> float:
    """Double the wait each time, by a random half, so that clients do not return together."""
    rng = stream(decoding.seed, "retry", request.question_id, request.sample, tries)
    longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (tries - 1))
    return float(longest * (0.5 + 0.5 * rng.random()))


def _given_up(request: Request, url: str, reason: str, tries: int) -> RunFailedError:
    often = Clause(" after {tries} tries", tries=tries) if tries > 1 else ""
    return RunFailedError(
        "{url} did not answer {question}{often}: {reason}; answers so far are kept, so mend the "
        "server and start the same command again",
        url=url,
        question=request.question_id,
        often=often,
        reason=reason,
    )
