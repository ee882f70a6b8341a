"""The ``endpoint`` engine: generation by servers that speak the OpenAI protocol.

vLLM, SGLang, llama.cpp, TGI, Ray Serve and others serve ``/chat/completions``. The messages are
sent and the server renders them, so a prompt here is the canonical JSON of its messages. A fixed
number of requests is under way at each URL; what fails for a moment is asked again, elsewhere
where there is an elsewhere. The seed of a request belongs to (question, sample).
"""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from evalsuite.errors import Clause, RunFailedError
from evalsuite.generation.chat_reply import ReplyError, read_reply
from evalsuite.generation.server_kinds import check_penalty, is_known, kind_of, settings_for
from evalsuite.models.http import RequestFailedError, fetch, masked
from evalsuite.models.servers import api_key, read_address, served
from evalsuite.records.codec import to_line
from evalsuite.seeds import derive_seed, stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from evalsuite.generation.engine import Request
    from evalsuite.records.run import Decoding, ModelSpec, Response

__all__ = ["EndpointEngine", "messages_as_sent"]

_TRIES = 6
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_LONGEST_RETRY_AFTER = 300.0
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
        self._counting = Lock()

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
        waiting: SimpleQueue[Request] = SimpleQueue()
        for request in requests:
            waiting.put(request)
        finished: SimpleQueue[Response | _Failed | None] = SimpleQueue()
        stop = Event()
        urls = self._address.urls
        workers = [
            Thread(
                target=self._work,
                args=(number, decoding, waiting, finished, stop),
                daemon=True,  # Ctrl-C must not wait for answers
            )
            for number in range(min(self._concurrency * len(urls), len(requests)))
        ]
        # Once in one thread: numpy loads its random numbers when they are first drawn, and of two
        # workers that had to wait before they ask again, one would find half of them.
        stream(decoding.seed, "retry")
        for worker in workers:
            worker.start()
        failure: _Failed | None = None
        try:
            at_work = len(workers)
            while at_work:
                outcome = finished.get()
                if outcome is None:
                    at_work -= 1
                elif isinstance(outcome, _Failed):
                    failure = failure or outcome
                else:
                    yield outcome
        finally:
            stop.set()
        if failure is not None:
            raise failure.error

    def _work(
        self,
        number: int,
        decoding: Decoding,
        waiting: SimpleQueue[Request],
        finished: SimpleQueue[Response | _Failed | None],
        stop: Event,
    ) -> None:
        """Answer requests until none is left; the last thing put is None."""
        try:
            while not stop.is_set():
                request = waiting.get_nowait()
                try:
                    finished.put(self._answer(request, decoding, number, stop))
                except RunFailedError as error:
                    stop.set()
                    finished.put(_Failed(error=error))
        except Empty:
            pass
        finally:
            finished.put(None)

    def _answer(self, request: Request, decoding: Decoding, number: int, stop: Event) -> Response:
        """Ask until there is an answer, each time at the next URL; workers begin apart."""
        urls = self._address.urls
        tries = 0
        while True:
            url = urls[(number + tries) % len(urls)]
            tries += 1
            try:
                reply = self._ask(url, request, decoding)
                answer = read_reply(reply, request, decoding, needs_ends=self._needs_ends)
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
                stop.wait(max(asked_to_wait, _wait(request, decoding, tries)))

    def _ask(self, url: str, request: Request, decoding: Decoding) -> dict[str, Any]:
        body = self._body(url, request, decoding)
        try:
            return self._post(url, body, decoding)
        except RequestFailedError as error:
            refused_logprobs = error.status in (400, 422) and "logprob" in error.reason.lower()
            if self._needs_ends or not (refused_logprobs and "logprobs" in body):
                raise
            self._tells_logprobs = False
            return self._post(url, self._body(url, request, decoding), decoding)

    def _post(self, url: str, body: dict[str, Any], decoding: Decoding) -> dict[str, Any]:
        largest = _BYTES + _BYTES_PER_TOKEN * decoding.max_new_tokens
        place = f"{url}/chat/completions"
        return fetch(place, body=body, key=self._key, largest=largest, timeout=_SECONDS)

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
        # The lock: many threads answer at once, and a count that is wrong is worse than none.
        with self._counting:
            self._n_answers += 1
            self._n_empty += not (answer.text or "").strip()
            self._n_over += reply["usage"]["completion_tokens"] > decoding.max_new_tokens

    def _without_key(self, answer: Response) -> Response:
        """Cover a key that stands in an answer across several tokens."""
        text = masked(answer.text or "", self._key)
        return answer if text == answer.text else replace(answer, text=text)


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
