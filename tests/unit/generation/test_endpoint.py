"""The endpoint engine against a real server that generates with our own engine, and misbehaves."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from builders import text_of
from chat_server import engine_of, serving

from evalsuite.errors import RunFailedError
from evalsuite.generation import endpoint
from evalsuite.generation.endpoint import EndpointEngine, messages_as_sent
from evalsuite.generation.engine import Request
from evalsuite.models.names import resolve
from evalsuite.records.run import Decoding, Response
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import load_questions

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from chat_server import ChatServer, Fault

DECODING = Decoding(max_new_tokens=48)
QUESTIONS = load_questions("embedded")[:12]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr(endpoint, "_FIRST_WAIT", 0.01)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with serving("trained") as running:
        yield running


def requests(count: int = len(QUESTIONS)) -> list[Request]:
    prompt = load_prompt("plain")
    return [
        Request(question_id=q.id, sample=0, prompt=messages_as_sent(messages(prompt, q.text)))
        for q in QUESTIONS[:count]
    ]


def answers(
    server: ChatServer, *, name: str | None = None, count: int = len(QUESTIONS), **options: bool
) -> dict[str, Response]:
    engine = EndpointEngine(resolve(name or server.name), concurrency=4, **options)
    return {r.question_id: r for r in engine.generate(requests(count), DECODING)}


def in_process(count: int = len(QUESTIONS), decoding: Decoding = DECODING) -> dict[str, Response]:
    engine, prompt = engine_of("trained"), load_prompt("plain")
    asked = [
        Request(question_id=q.id, sample=0, prompt=engine.render(messages(prompt, q.text)))
        for q in QUESTIONS[:count]
    ]
    return {r.question_id: r for r in engine.generate(asked, decoding)}


def test_every_request_goes_through_the_proxy_of_the_environment(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    model, _, url = server.name.removeprefix("openai:").partition("@")
    monkeypatch.setenv("http_proxy", url.removesuffix("/v1"))

    found = answers(server, name=f"openai:{model}@http://models.invalid/v1")

    assert found == in_process()


def test_stop_strings_end_answers_where_our_own_engine_ends_them(server: ChatServer) -> None:
    stopping = replace(DECODING, stop=("=", "Answer"))
    engine = EndpointEngine(resolve(server.name), concurrency=4, needs_ends=True)

    found = {r.question_id: r for r in engine.generate(requests(), stopping)}

    assert found == in_process(decoding=stopping)
    assert any(text_of(r).endswith("=") for r in found.values())


def test_a_penalty_gives_the_answers_of_our_own_engine() -> None:
    penalised = replace(DECODING, repetition_penalty=1.3)
    with serving("trained", owned_by="vllm") as running:
        engine = EndpointEngine(resolve(running.name), concurrency=4, needs_ends=True)
        found = {r.question_id: r for r in engine.generate(requests(), penalised)}

    assert found == in_process(decoding=penalised)
    assert found != in_process()


@pytest.mark.parametrize("end_token", ["<|end|>", ""])
def test_answers_equal_those_of_the_engine_behind_the_server(
    server: ChatServer, end_token: str
) -> None:
    server.end_token = end_token

    assert answers(server, needs_ends=True) == in_process()


def test_requests_are_spread_over_all_servers(server: ChatServer) -> None:
    with serving("trained") as other:
        found = answers(server, name=f"{server.name},{other.url}")

        assert found == in_process()
        assert server.bodies
        assert other.bodies


def test_no_more_than_the_given_number_is_under_way(server: ChatServer) -> None:
    server.before = lambda: time.sleep(0.02)

    answers(server)

    assert 2 <= server.busiest <= 4


def test_a_seed_belongs_to_question_and_sample(server: ChatServer) -> None:
    engine = EndpointEngine(resolve(server.name))
    prompt = requests(1)[0].prompt
    asked = [
        Request(question_id=q, sample=s, prompt=prompt) for q, s in (("a", 0), ("a", 1), ("b", 0))
    ]
    sampled = Decoding(max_new_tokens=8, temperature=1.0, top_p=0.9, samples=2, seed=5)
    first = {(r.question_id, r.sample): r for r in engine.generate(asked, sampled)}
    seeds = {body["seed"] for body in server.bodies}
    server.bodies.clear()

    again = {(r.question_id, r.sample): r for r in engine.generate(asked[::-1], sampled)}

    assert again == first
    assert len(seeds) == 3
    assert {body["seed"] for body in server.bodies} == seeds
    assert max(seeds) < 2**31
    body = server.bodies[0]
    assert (body["temperature"], body["top_p"], body["max_tokens"], body["n"]) == (1.0, 0.9, 8, 1)


@pytest.mark.parametrize(
    ("kind", "switched_off"),
    [("vllm", "repetition_penalty"), ("llamacpp", "repeat_penalty"), ("sglang", "min_p")],
)
def test_what_a_known_server_adds_on_its_own_is_switched_off(kind: str, switched_off: str) -> None:
    with serving("trained", owned_by=kind) as server:
        answers(server, count=1)

        assert switched_off in server.bodies[0]


@pytest.mark.parametrize(("kind", "is_read"), [("llamacpp", True), ("tests", False)])
def test_only_a_llama_cpp_server_may_count_tokens_that_it_does_not_list(
    kind: str, is_read: bool
) -> None:
    content = [{"token": text, "bytes": [*text.encode()]} for text in ("So", " é")]
    choice = {
        "message": {"role": "assistant", "content": "So é"},
        "finish_reason": "length",
        "logprobs": {"content": content},
    }
    reply = {"choices": [choice], "usage": {"completion_tokens": 3}}
    with serving("trained", owned_by=kind) as server:
        server.always = (200, {}, json.dumps(reply).encode())
        engine = EndpointEngine(resolve(server.name), needs_ends=True)
        asked = engine.generate(requests(1), Decoding(max_new_tokens=3))
        if is_read:
            assert [response.token_ends for response in asked] == [(2, 3, 4)]
        else:
            with pytest.raises(RunFailedError, match="lists 2 tokens but counts 3"):
                list(asked)


@pytest.mark.parametrize(
    "fault",
    [(500, {}, b"oops"), (503, {}, b""), (429, {}, b""), "drop"],
    ids=["500", "503", "429", "drop"],
)
def test_what_fails_for_a_moment_is_asked_again(server: ChatServer, fault: Fault) -> None:
    server.faults = [fault, fault]

    assert answers(server, count=3) == in_process(3)
    assert len(server.bodies) == 5


def test_the_wait_a_server_asks_for_is_kept(server: ChatServer) -> None:
    server.faults = [(429, {"Retry-After": "1"}, b"")]
    started = time.monotonic()

    answers(server, count=1)

    assert time.monotonic() - started >= 1.0


def test_a_wait_of_hours_is_refused(server: ChatServer) -> None:
    server.always = (429, {"Retry-After": "7200"}, b"slow down")

    with pytest.raises(RunFailedError, match="slow down"):
        answers(server, count=1)


def test_another_server_steps_in_for_one_that_fails(server: ChatServer) -> None:
    with serving("trained") as broken:
        broken.always = (500, {}, b"")

        assert answers(server, name=f"{broken.name},{server.url}") == in_process()


def test_after_six_tries_the_question_and_the_way_out_are_named(server: ChatServer) -> None:
    server.always = (500, {}, b'{"error": {"message": "engine\\u001b[31m dead"}}')

    with pytest.raises(RunFailedError) as raised:
        answers(server, count=1)

    message = str(raised.value)
    assert f"did not answer {QUESTIONS[0].id} after 6 tries: HTTP 500: engine [31m dead" in message
    assert "start the same command again" in message
    assert len(server.bodies) == 6


def test_answers_under_way_beside_a_failure_are_kept(server: ChatServer) -> None:
    server.before = lambda: time.sleep(0.05)
    server.faults = [(400, {}, b"no")]
    engine = EndpointEngine(resolve(server.name), concurrency=4)
    kept: list[Response] = []

    with pytest.raises(RunFailedError, match="HTTP 400"):
        kept.extend(engine.generate(requests(), DECODING))  # extend keeps what came before

    assert 3 <= len(kept) == len(server.bodies) - 1 < len(QUESTIONS) - 1


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("without finish_reason", "no finish_reason"),
        ("without usage", "no usage.completion_tokens"),
        ((200, {}, b"<html>"), "no JSON"),
        ((200, {}, b"[1]"), "no JSON object"),
        ((200, {}, b"[" * 100_000), "no JSON"),
        ((200, {}, b"x" * (3 << 20)), "the reply is over"),
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), "HTTP 302"),
        ((400, {}, b'{"error": {"message": "too long"}}'), "HTTP 400: too long"),
    ],
    ids=["finish", "usage", "html", "list", "deep", "huge", "redirect", "refused"],
)
def test_a_wrong_reply_is_one_error_and_is_not_asked_again(
    server: ChatServer, fault: Fault, complaint: str
) -> None:
    server.always = fault

    with pytest.raises(RunFailedError, match=complaint):
        answers(server, count=1)
    assert len(server.bodies) == 1


def test_a_server_that_tells_no_tokens_serves_one_budget_only(server: ChatServer) -> None:
    server.always = "without logprobs"

    assert all(r.token_ends is None for r in answers(server, count=2).values())
    with pytest.raises(RunFailedError, match="ask for one budget: --max-new-tokens 48"):
        answers(server, count=1, needs_ends=True)


def test_a_server_that_refuses_logprobs_is_asked_without(server: ChatServer) -> None:
    server.faults = [(400, {}, b'{"error": {"message": "logprobs are not supported"}}')]

    answers(server, count=1)

    assert ["logprobs" in body for body in server.bodies] == [True, False]


def test_a_key_that_a_server_repeats_is_cut_out(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    server.always = (401, {}, b'{"error": {"message": "wrong key sk-secret"}}')

    with pytest.raises(RunFailedError, match=r"wrong key \*\*\*"):
        answers(server, count=1)


def test_ctrl_c_does_not_wait_for_answers(server: ChatServer) -> None:
    server.before = lambda: time.sleep(0.4)
    engine = EndpointEngine(resolve(server.name), concurrency=2)
    answering = engine.generate(requests(8), DECODING)
    next(answering)
    started = time.monotonic()

    cast("Generator[Response]", answering).close()

    assert time.monotonic() - started < 0.2


def test_what_the_servers_said_is_kept_for_the_record(server: ChatServer) -> None:
    engine = EndpointEngine(resolve(server.name))
    list(engine.generate(requests(1), DECODING))

    told = engine.describe()

    assert (told["engine"], told["server"]) == ("endpoint", "tests")
    assert told["served"][server.url]["id"] == "trained"
    assert told["system_fingerprints"] == ["tests-1"]


def reply(text: str, n_tokens: int, **more: object) -> Fault:
    tokens = [{"token": c, "bytes": list(c.encode())} for c in text]
    choice = {
        "message": {"content": text},
        "finish_reason": "stop",
        "logprobs": {"content": tokens},
    }
    body = {"choices": [choice], "usage": {"completion_tokens": n_tokens}, "model": "trained"}
    return 200, {}, json.dumps(body | more).encode()


def notes_after(server: ChatServer, fault: Fault) -> tuple[str, list[Response]]:
    server.always = fault
    engine = EndpointEngine(resolve(server.name), concurrency=2)
    answered = list(engine.generate(requests(3), DECODING))
    return "; ".join(engine.describe()["notes"]), answered


def test_an_answer_beyond_the_budget_is_cut_there_and_noted(server: ChatServer) -> None:
    notes, answered = notes_after(server, reply("x" * 100 + r"\boxed{7}", 109))

    assert "ignored max_tokens in 3 of 3 answers" in notes
    assert {(r.text, r.finish, r.n_tokens) for r in answered} == {("x" * 48, "length", 48)}


def test_an_answer_beyond_the_budget_that_cannot_be_cut_is_refused(server: ChatServer) -> None:
    server.always = reply("x" * 100, 100, choices=[_without_tokens("x" * 100)])

    with pytest.raises(RunFailedError, match="100 tokens where 48 were allowed"):
        answers(server, count=1)


def _without_tokens(text: str) -> dict[str, object]:
    return {"message": {"content": text}, "finish_reason": "stop"}


def test_another_model_and_empty_answers_are_noted(server: ChatServer) -> None:
    notes, _ = notes_after(server, reply("", 0, model="gpt-9"))

    assert "asked for trained, the server answered as gpt-9" in notes
    assert "3 of 3 answers are empty" in notes


def test_a_server_that_does_as_it_is_asked_gets_no_note(server: ChatServer) -> None:
    notes, _ = notes_after(server, "ok")

    assert notes == endpoint._UNKNOWN_SERVER


def test_a_key_that_a_server_echoes_is_stored_nowhere(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-1234567\n")
    server.listed |= {"root": "sk-canary-1234567", "owned_by": "x sk-canary-1234567"}
    server.always = reply(
        "my key is sk-canary-1234567.",
        28,
        model="m" * 70 + "sk-canary-1234567",
        system_fingerprint="sk-canary-1234567",
    )
    spec = resolve(server.name)
    engine = EndpointEngine(spec, needs_ends=True)

    (answer,) = engine.generate(requests(1), DECODING)

    assert "canary" not in f"{spec}{engine.describe()}{answer}"
    assert answer.text == f"my key is {'*' * 17}."
    assert answer.token_ends == tuple(range(1, 29))
    assert server.headers_seen[-1]["Authorization"] == "Bearer sk-canary-1234567"
