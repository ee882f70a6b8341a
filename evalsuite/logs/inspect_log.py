"""Logs of Inspect: ``.eval`` archives and ``.json`` files; epochs are samples.

An answer's end is recorded where its provider told it. Token counts are not taken: some providers
give those of the padded batch, and of several calls Inspect keeps the last one's. A log that is
not finished, or whose samples failed, is refused, unless what is missing may be missing.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.logs.archive import open_archive
from evalsuite.logs.formats.answers import finish_of, no_grades
from evalsuite.logs.lines import hash_of, json_file, json_object, mapping, number, text_of
from evalsuite.logs.log import Entry, Harness, Log, LogFile, LoggedAnswer
from evalsuite.records.log_notes import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from evalsuite.records.run import Finish

__all__ = ["inspect_file", "is_inspect", "read_inspect"]

_LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""Correct, incorrect, partial, no answer: as Inspect's own accuracy counts them."""
_AVERAGES = ("accuracy", "mean")


def is_inspect(document: Mapping[str, Any]) -> bool:
    """Return whether a JSON document is a log of Inspect's."""
    return isinstance(document.get("eval"), dict) and "status" in document


def inspect_file(path: Path) -> LogFile:
    """Describe a log from its header alone."""
    header = mapping(_header(path).get("eval"))
    return LogFile(
        format="inspect",
        path=path,
        task=_task(header, path),
        model=text_of(header.get("model")),
    )


def read_inspect(file: LogFile, *, allow_missing: bool = False) -> Log:
    """Read a log; with ``allow_missing``, what is scored of an unfinished or failed one.

    Raises
    ------
    InvalidInputError
        Naming what is torn, unfinished, unscored or there twice.
    """
    header, samples = _header_and_samples(file.path)
    _refuse_unfinished(file.path, header, allow_missing=allow_missing)
    spec = mapping(header.get("eval"))
    config = {**mapping(spec.get("model_generate_config")), **_plan_config(header)}
    entries, graders, left_out = _entries(file.path, samples, allow_missing=allow_missing)
    limit = config.get("max_tokens")
    return Log(
        format="inspect",
        harness=Harness(
            name="Inspect",
            version=text_of(mapping(spec.get("packages")).get("inspect_ai")),
            task_version=text_of(spec.get("task_version")),
        ),
        model=_model(spec),
        revision=None,
        task=_task(spec, file.path),
        is_choice=False,
        graders=graders,
        entries=entries,
        files=(file.path,),
        max_new_tokens=limit if isinstance(limit, int) and limit > 0 else None,
        temperature=number(config.get("temperature")),
        top_p=number(config.get("top_p")),
        stop=_stop(config.get("stop_seqs")),
        stated=_stated(header, graders),
        left_out=left_out,
    )


def _header(path: Path) -> dict[str, Any]:
    if path.suffix == ".json":
        return json_file(path)
    with open_archive(path) as archive:
        if "header.json" not in archive.members:
            start = json_object(archive.read("_journal/start.json"), f"{path}: start.json")
            return {"eval": mapping(start.get("eval")), "status": "started"}
        return json_object(archive.read("header.json"), f"{path}: header.json")


def _header_and_samples(path: Path) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    if path.suffix == ".json":
        document = json_file(path)
        samples = document.get("samples")
        return document, [_kept(mapping(s)) for s in samples] if isinstance(samples, list) else []
    return _header(path), list(_samples(path))


def _samples(path: Path) -> Iterator[Mapping[str, Any]]:
    with open_archive(path) as archive:
        for name in archive.members:
            member = PurePosixPath(name)
            if member.parent.name == "samples" and member.suffix == ".json":
                sample = json_object(archive.read(name), f"{path}: {name}")
                yield _kept(sample)


def _kept(sample: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what happened on the way, which can be a thousand times the answer."""
    attachments = mapping(sample.get("attachments"))
    return {key: _attached(sample.get(key), attachments) for key in _KEYS}


def _attached(value: Any, attachments: Mapping[str, Any]) -> Any:
    """Put long texts back where Inspect left a reference to them."""
    if not attachments:
        return value
    if isinstance(value, str) and value.startswith(_ATTACHED):
        return attachments.get(value.removeprefix(_ATTACHED), value)
    if isinstance(value, list):
        return [_attached(item, attachments) for item in value]
    if isinstance(value, dict):
        return {key: _attached(item, attachments) for key, item in value.items()}
    return value


_ATTACHED = "attachment://"
_KEYS = (
    "id",
    "epoch",
    "input",
    "choices",
    "target",
    "messages",
    "output",
    "scores",
    "error",
    "limit",
)


def _refuse_unfinished(path: Path, header: Mapping[str, Any], *, allow_missing: bool) -> None:
    status = header.get("status")
    if status != "success" and not allow_missing:
        raise InvalidInputError(
            "{file} is not finished (status {status!r}); let the harness finish it, or pass "
            "--allow-missing to compare what is scored",
            file=path.name,
            status=status,
        )


def _entries(
    path: Path, samples: list[Mapping[str, Any]], *, allow_missing: bool
) -> tuple[tuple[Entry, ...], tuple[str, ...], tuple[str, ...]]:
    scored = [sample for sample in samples if _scores(sample)]
    if len(scored) < len(samples) and not allow_missing:
        raise InvalidInputError(
            "{n_unscored:,} of {n_samples:,} samples in {file} failed or have no scores; run them "
            "again, or pass --allow-missing to leave them out",
            n_unscored=len(samples) - len(scored),
            n_samples=len(samples),
            file=path.name,
        )
    if not scored:
        raise InvalidInputError(
            "{file} holds no scored samples; let the harness finish it", file=path.name
        )
    names = list(dict.fromkeys(name for sample in scored for name in _scores(sample)))
    left_out = [name for name in names if any(_is_no_grade(s, name) for s in scored)]
    graders = tuple(name for name in names if name not in left_out)
    if not graders:
        raise no_grades(path.name, left_out)
    entries = _by_question(path, scored, graders)
    most = max(len(entry.answers) for entry in entries)
    if allow_missing:  # a question that lost an epoch has no score of its own
        entries = [entry for entry in entries if len(entry.answers) == most]
    return tuple(entries), graders, tuple(left_out)


def _by_question(
    path: Path, samples: list[Mapping[str, Any]], graders: tuple[str, ...]
) -> list[Entry]:
    groups: dict[str, dict[int, Mapping[str, Any]]] = {}
    for sample in samples:
        epoch = sample.get("epoch", 1)
        group = groups.setdefault(str(sample.get("id")), {})
        if not isinstance(epoch, int) or epoch in group:
            raise InvalidInputError(
                "{file} holds sample {sample} epoch {epoch!r} twice; keep one",
                file=path.name,
                sample=sample.get("id"),
                epoch=epoch,
            )
        group[epoch] = sample
    return [_entry(native_id, group, graders) for native_id, group in groups.items()]


def _entry(native_id: str, group: Mapping[int, Mapping[str, Any]], graders: Any) -> Entry:
    sample = group[min(group)]
    gold = sample.get("target")
    return Entry(
        native_id=native_id,
        document=hash_of(sample.get("input"), sample.get("choices")),
        target=hash_of(gold),
        prompt=_prompt(sample),
        text=_content(sample.get("input")),
        gold=text_of(gold[0] if isinstance(gold, list) and len(gold) == 1 else gold),
        # the first epoch of two logs is sample 0 of both, whatever the harness counts from
        answers=tuple(_answer(i, group[epoch], graders) for i, epoch in enumerate(sorted(group))),
    )


def _answer(i: int, sample: Mapping[str, Any], graders: tuple[str, ...]) -> LoggedAnswer:
    output = mapping(sample.get("output"))
    choices = output.get("choices")
    choice = mapping(choices[0]) if isinstance(choices, list) and choices else {}
    scores = _scores(sample)
    return LoggedAnswer(
        sample=i,
        text=_content(mapping(choice.get("message")).get("content")),
        finish=_finish(sample, choice),
        scores={name: scores.get(name) for name in graders},
        readings=_readings(sample, graders),
    )


def _finish(sample: Mapping[str, Any], choice: Mapping[str, Any]) -> Finish:
    if sample.get("error") is not None:
        return "error"
    if mapping(sample.get("limit")).get("type") == "token":
        return "length"
    return finish_of(choice.get("stop_reason"))


def _scores(sample: Mapping[str, Any]) -> dict[str, float | None]:
    """Return every score by its scorer; one of several values by scorer and key."""
    scores: dict[str, float | None] = {}
    for scorer, score in mapping(sample.get("scores")).items():
        value = mapping(score).get("value")
        if isinstance(value, dict):
            scores |= {f"{scorer}/{key}": _score(inner) for key, inner in value.items()}
        else:
            scores[str(scorer)] = _score(value)
    return scores


def _score(value: object) -> float | None:
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        return _LETTERS.get(value)
    return number(value)


def _is_no_grade(sample: Mapping[str, Any], name: str) -> bool:
    score = _scores(sample).get(name)
    return score is None or not 0 <= score <= 1


def _readings(sample: Mapping[str, Any], graders: tuple[str, ...]) -> dict[str, str | None]:
    """Tell what a scorer read, of scorers that say it at all."""
    readings: dict[str, str | None] = {}
    for name in graders:
        score = mapping(mapping(sample.get("scores")).get(name.partition("/")[0]))
        if isinstance(score.get("answer"), str) and score["answer"] != "":
            readings[name] = score["answer"]
        elif _found_nothing(score):
            readings[name] = None
    return readings


def _found_nothing(score: Mapping[str, Any]) -> bool:
    is_said = score.get("reason") == "invalid_response_format"
    return is_said or score.get("value") == "N" or score.get("answer") == ""


def _content(content: object) -> str | None:
    """Write out a message or its parts; reasoning is no part of an answer."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    texts = []
    for part in map(mapping, content):
        inner = part.get("text") if part.get("type", "text") == "text" else part.get("content")
        if isinstance(inner, str) and part.get("type") != "reasoning":
            texts.append(inner)
    return "\n".join(texts) if texts else None


def _prompt(sample: Mapping[str, Any]) -> str | None:
    """Hash what was sent before the model said anything."""
    sent = []
    messages = sample.get("messages")
    for message in map(mapping, messages if isinstance(messages, list) else []):
        if message.get("role") == "assistant":
            break
        sent.append([message.get("role"), _content(message.get("content"))])
    return hash_of(sent) if sent else None


def _task(spec: Mapping[str, Any], path: Path) -> str:
    return text_of(spec.get("task_display_name")) or text_of(spec.get("task")) or path.stem


def _model(spec: Mapping[str, Any]) -> str | None:
    """Name the model; a local one by its folder, since Inspect calls all of them hf/local."""
    arguments = mapping(spec.get("model_args"))
    local = text_of(arguments.get("model_path")) or text_of(arguments.get("model"))
    return (local or text_of(spec.get("model")) or "").rstrip("/") or None


def _plan_config(header: Mapping[str, Any]) -> dict[str, Any]:
    """Take what the plan says of generation over what the model was made with."""
    config = mapping(mapping(header.get("plan")).get("config"))
    return {key: value for key, value in config.items() if value is not None}


def _stop(value: object) -> tuple[str, ...] | None:
    return tuple(map(str, value)) if isinstance(value, list) else None


def _stated(header: Mapping[str, Any], graders: tuple[str, ...]) -> Tally:
    results = mapping(header.get("results"))
    scores = results.get("scores")
    means = {}
    for score in map(mapping, scores if isinstance(scores, list) else []):
        name, metrics = text_of(score.get("name")), mapping(score.get("metrics"))
        # other reducers than the mean say something else about a question
        if name in graders and score.get("reducer") in (None, "mean", "avg"):
            for average in _AVERAGES:
                mean = number(mapping(metrics.get(average)).get("value"))
                if mean is not None:
                    means[str(name)] = mean
    dataset = mapping(mapping(header.get("eval")).get("dataset")).get("sample_ids")
    return Tally(n=len(dataset) if isinstance(dataset, list) and dataset else None, means=means)
