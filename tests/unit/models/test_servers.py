from __future__ import annotations

import pytest
from chat_server import serving

from evalsuite.errors import EvalsuiteError, InvalidInputError, RunFailedError, UnknownModelError
from evalsuite.models.names import resolve
from evalsuite.models.servers import api_key, read_address


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.mark.parametrize(
    ("text", "model", "urls"),
    [
        ("m@http://a:8000/v1", "m", ("http://a:8000/v1",)),
        ("org/m@http://a/v1/", "org/m", ("http://a/v1",)),
        ("m@http://a/v1, https://b:1/x/v1", "m", ("http://a/v1", "https://b:1/x/v1")),
        ("m@http://a/v1,http://a/v1/", "m", ("http://a/v1",)),
        ("m@2@http://[::1]:8000/v1", "m@2", ("http://[::1]:8000/v1",)),
    ],
)
def test_a_name_holds_a_model_and_its_servers(text: str, model: str, urls: tuple[str, ...]) -> None:
    address = read_address(text)

    assert (address.model, address.urls) == (model, urls)
    assert read_address(str(address)) == address


def test_without_a_url_it_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://a/v1")

    assert read_address("m").urls == ("http://a/v1",)


@pytest.mark.parametrize(
    "text",
    [
        "m",
        "@http://a/v1",
        "m@ftp://a/v1",
        "m@file:///etc/passwd",
        "m@http:///v1",
        "m@http://a/v1?key=secret",
        "m@http://a:99999/v1",
        "m@http://user:secret@a/v1",
        "m@http://a/v1,http://secret@b/v1",
        "m@http://a/v 1",
    ],
)
def test_a_malformed_name_is_refused_without_repeating_a_secret(text: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        resolve(f"openai:{text}")

    assert "secret" not in str(raised.value)


def test_a_served_model_is_identified_by_its_name_its_root_and_its_servers() -> None:
    with serving("base", root="/models/base") as server:
        model = resolve(server.name)

    assert (model.source, model.name, model.base) == ("endpoint", "base", "/models/base")
    assert model.location == f"base@{server.url}"
    assert model.weights is None


def test_what_a_server_says_is_kept_short() -> None:
    with serving("base", root="r" * 10_000) as server:
        assert resolve(server.name).base == "r" * 300


def test_a_model_that_is_not_served_is_named_beside_those_that_are() -> None:
    with (
        serving("base") as server,
        pytest.raises(UnknownModelError, match="does not serve 'other'; it serves 'base'"),
    ):
        resolve(f"openai:other@{server.url}")


def test_servers_that_disagree_are_refused() -> None:
    with (
        serving("base", root="/a") as one,
        serving("base", root="/b") as other,
        pytest.raises(InvalidInputError, match="not the same at every URL"),
    ):
        resolve(f"{one.name},{other.url}")


def test_a_server_that_does_not_answer_is_one_clear_error() -> None:
    with serving("base") as server:
        name = server.name

    with pytest.raises(RunFailedError, match=r"does not tell its models: no connection.*start it"):
        resolve(name)


def test_a_url_without_its_path_gets_a_hint() -> None:
    with serving("base") as server, pytest.raises(RunFailedError, match="does it end in /v1"):
        resolve(f"openai:base@{server.url.removesuffix('/v1')}")


def test_the_key_goes_into_one_header_and_into_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with serving("base") as server:
        model = resolve(server.name)
        assert server.headers_seen[0]["Authorization"] == "Bearer sk-secret"
        server.listed = {"id": "sk-secret"}
        with pytest.raises(EvalsuiteError):
            resolve(server.name)

    assert "sk-secret" not in repr(model)


def test_without_a_key_no_header_is_sent() -> None:
    with serving("base") as server:
        resolve(server.name)

    assert "Authorization" not in server.headers_seen[0]


@pytest.mark.parametrize("key", ["sk-a\nb", "sk-a b", "sk-é", "sk-\x00"])
def test_a_key_that_no_header_may_hold_is_refused_when_it_is_read(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr("os.environ", {"OPENAI_API_KEY": key})

    with pytest.raises(InvalidInputError, match="set it again") as refused:
        api_key()

    assert "sk-" not in str(refused.value)


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", " {}\t", "{}"])
def test_blanks_around_a_key_are_left_out(monkeypatch: pytest.MonkeyPatch, around: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", around.format("sk-secret"))

    assert api_key() == "sk-secret"
