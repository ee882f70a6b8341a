from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from log_builders import inspect_sample, write_inspect

from evalsuite.errors import InvalidInputError
from evalsuite.logs.inspect_log import inspect_file, read_inspect

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.logs.log import Log


def read(path: Path, samples: list[dict[str, Any]], **header: Any) -> Log:
    return read_inspect(inspect_file(write_inspect(path, samples, **header)))


@pytest.mark.parametrize("name", ["log.eval", "log.json"])
@pytest.mark.parametrize("method", [0, 8, 93])
def test_archives_and_json_hold_the_same_log(tmp_path: Path, name: str, method: int) -> None:
    samples = [inspect_sample(i, "C" if i % 2 else "I") for i in range(1, 5)]

    log = read_inspect(inspect_file(write_inspect(tmp_path / name, samples, method=method)))

    assert (log.task, log.model, log.graders) == ("numbers", "openai/small", ("match",))
    assert (log.max_new_tokens, log.temperature) == (64, 0.0)
    assert [e.answers[0].scores["match"] for e in log.entries] == [1.0, 0.0, 1.0, 0.0]
    assert log.stated.means == {"match": 0.5}
    assert log.stated.n == 4


def test_epochs_are_samples_counted_from_0(tmp_path: Path) -> None:
    samples = [inspect_sample(1, v, epoch=e) for e, v in ((2, "I"), (1, "C"))]

    log = read(tmp_path / "log.eval", samples)

    assert [(a.sample, a.scores) for a in log.entries[0].answers] == [
        (0, {"match": 1.0}),
        (1, {"match": 0.0}),
    ]


@pytest.mark.parametrize(
    ("value", "score"), [("C", 1.0), ("I", 0.0), ("P", 0.5), ("N", 0.0), (True, 1.0), (0.25, 0.25)]
)
def test_letters_count_as_inspect_counts_them(tmp_path: Path, value: Any, score: float) -> None:
    log = read(tmp_path / "log.eval", [inspect_sample(1, value)])

    assert log.entries[0].answers[0].scores == {"match": score}


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", "stop"),
        ("max_tokens", "length"),
        ("model_length", "length"),
        ("unknown", "unknown"),
        ("content_filter", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_end_is_taken_only_where_it_is_told(tmp_path: Path, reason: Any, finish: str) -> None:
    sample = inspect_sample(1, "C")
    sample["output"]["choices"][0]["stop_reason"] = reason
    sample["output"]["usage"] = {"output_tokens": 64}

    answer = read(tmp_path / "log.eval", [sample]).entries[0].answers[0]

    assert (answer.finish, answer.n_tokens) == (finish, None)


def test_several_values_of_a_scorer_are_several_graders(tmp_path: Path) -> None:
    scores = {"rubric": {"value": {"form": 1, "sense": 0.5}}, "length": {"value": 120}}

    log = read(tmp_path / "log.eval", [inspect_sample(1, "C") | {"scores": scores}], results={})

    assert log.graders == ("rubric/form", "rubric/sense")
    assert log.left_out == ("length",)


def test_what_a_pattern_did_not_find_is_no_reading(tmp_path: Path) -> None:
    scores = {
        "pattern": {"value": "I", "reason": "invalid_response_format"},
        "silent": {"value": "C"},
        "match": {"value": "C", "answer": "7"},
    }

    log = read(tmp_path / "log.eval", [inspect_sample(1, "C") | {"scores": scores}], results={})

    assert log.entries[0].answers[0].readings == {"pattern": None, "match": "7"}


def test_a_system_message_is_part_of_the_prompt_and_not_of_the_document(tmp_path: Path) -> None:
    plain, other = inspect_sample(1, "C"), inspect_sample(1, "C")
    other["messages"] = [{"role": "system", "content": "Think."}, *other["messages"]]

    first, second = (
        read(tmp_path / f"{name}.eval", [sample]).entries[0]
        for name, sample in (("a", plain), ("b", other))
    )

    assert first.document == second.document
    assert first.prompt != second.prompt


def test_long_texts_are_taken_from_the_attachments(tmp_path: Path) -> None:
    sample = inspect_sample(1, "C") | {"attachments": {"a1": "a long text"}}
    sample["output"]["choices"][0]["message"]["content"] = "attachment://a1"

    log = read(tmp_path / "log.eval", [sample])

    assert log.entries[0].answers[0].text == "a long text"


def test_reasoning_is_no_part_of_an_answer(tmp_path: Path) -> None:
    sample = inspect_sample(1, "C")
    sample["output"]["choices"][0]["message"]["content"] = [
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "text", "text": "It is 1"},
    ]

    assert read(tmp_path / "log.eval", [sample]).entries[0].answers[0].text == "It is 1"


def test_an_unfinished_log_is_refused_unless_what_is_missing_may_be(tmp_path: Path) -> None:
    path = write_inspect(tmp_path / "log.eval", [inspect_sample(1, "C")], status="error")

    with pytest.raises(InvalidInputError, match=r"not finished .*--allow-missing"):
        read_inspect(inspect_file(path))

    assert len(read_inspect(inspect_file(path), allow_missing=True).entries) == 1


def test_failed_samples_are_counted_and_refused(tmp_path: Path) -> None:
    failed = inspect_sample(2, "C") | {"scores": {}, "error": {"message": "timeout"}}

    with pytest.raises(InvalidInputError, match=r"1 of 2 samples in log\.eval failed"):
        read(tmp_path / "log.eval", [inspect_sample(1, "C"), failed])


def test_a_sample_given_twice_is_refused(tmp_path: Path) -> None:
    samples = [inspect_sample(1, "C"), inspect_sample(1, "I")]

    with pytest.raises(InvalidInputError, match="sample 1 epoch 1 twice"):
        read(tmp_path / "log.json", samples)


def test_a_killed_log_without_a_header_is_unfinished(tmp_path: Path) -> None:
    from log_builders import packed

    path = tmp_path / "log.eval"
    path.write_bytes(packed({"_journal/start.json": b'{"eval": {"task": "numbers"}}'}))

    assert inspect_file(path).task == "numbers"
    with pytest.raises(InvalidInputError, match="status 'started'"):
        read_inspect(inspect_file(path))


def test_a_mean_of_another_reducer_is_not_held_against_the_scores(tmp_path: Path) -> None:
    score = {"name": "match", "reducer": "max", "metrics": {"accuracy": {"value": 1.0}}}

    log = read(tmp_path / "log.eval", [inspect_sample(1, "I")], results={"scores": [score]})

    assert log.stated.means == {}
