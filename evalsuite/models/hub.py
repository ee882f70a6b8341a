"""Models on the Hub: a name pinned to a commit, its files on this machine, and what can go wrong.

The Hub's own cache is used, and its own pointer from a branch to a commit, so that a name that
was used once leads to the same files without a network.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from evalsuite.disk.files import has_sha256
from evalsuite.errors import (
    Clause,
    EvalsuiteError,
    InvalidInputError,
    RunFailedError,
    UnknownModelError,
)
from evalsuite.models.identity import is_small_file, sha256_of_adapter
from evalsuite.records.run import ModelSpec
from evalsuite.tasks.hub import prepare_hub, without_token

__all__ = ["find_on_hub", "hub_folder", "make_repository", "pinned", "push_folder"]

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONFIGURATIONS = ("adapter_config.json", "config.json")
"""An adapter first: its repository may hold its base's configuration as well."""


def find_on_hub(name: str) -> ModelSpec:
    """Find ``org/name`` or ``org/name@revision``, and pin it to a commit.

    An adapter's base is found and pinned too, for its answers are those of both.

    Raises UnknownModelError where the Hub has no such repository or revision, RunFailedError where
    it can't be reached or lets nobody in, and the cache does not hold it either.
    """
    repository, _, revision = name.partition("@")
    _refuse_malformed(repository)
    configuration = _configuration(repository, revision)
    commit = configuration.parent.name
    if configuration.name == "config.json":
        return ModelSpec(name=name, source="hub", location=repository, revision=commit)
    base = find_on_hub(_base_name(configuration, name))
    own = f"{repository}@{commit}"
    return ModelSpec(
        name=name,
        source="adapter",
        location=repository,
        revision=commit,
        weights=sha256_of_adapter(own, base.weights or pinned(base)),
        base=pinned(base),
    )


def pinned(model: ModelSpec) -> str:
    """Write a model of the Hub as ``org/name@commit``, which always leads to the same files."""
    return f"{model.location}@{model.revision}"


def make_repository(name: str, *, private: bool | None = None) -> None:
    """Make a model's repository on the Hub; one that is there stays as it is.

    Raises RunFailedError where this can't be done.
    """
    prepare_hub()
    from huggingface_hub import create_repo

    try:
        create_repo(name, private=private, exist_ok=True)
    except Exception as error:  # the client raises its own, httpx's and the system's
        raise RunFailedError(
            "push_to_hub can't work here: {reason}; log in to the Hub, or leave it out and push "
            "the folder afterwards",
            reason=_reason(error),
        ) from error


def push_folder(folder: Path, repository: str, *, revision: str | None = None) -> str:
    """Push the files of a folder to a repository that is there, in one commit; gives its hash.

    Raises RunFailedError with the command that pushes them again.
    """
    prepare_hub()
    from huggingface_hub import upload_folder

    try:
        pushed = upload_folder(
            repo_id=repository,
            folder_path=folder,
            revision=revision,
            commit_message="Model of a training that is finished",
        )
    except Exception as error:  # the client raises its own, httpx's and the system's
        raise RunFailedError(
            "the model is in {folder} and could not be pushed to {repository} ({reason}); push it "
            "with: hf upload {repository} {folder}",
            folder=folder,
            repository=repository,
            reason=_reason(error),
        ) from error
    return str(pushed.oid)


def _reason(error: Exception) -> str:
    """Give the first line of what the client says, without a token in it."""
    lines = without_token(str(error)).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]


def hub_folder(repository: str, commit: str, *, with_weights: bool) -> Path:
    """Bring the files of a commit to this machine, and name their folder.

    Raises RunFailedError where they can't be fetched and are not in the cache.
    """
    is_reachable = prepare_hub()
    from huggingface_hub import HfApi, snapshot_download

    known = {path for path in (_snapshots(repository) / commit).rglob("*") if path.is_file()}
    try:
        wanted = None
        if is_reachable:
            names = HfApi().list_repo_files(repository, revision=commit)
            wanted = [
                n for n in names if is_small_file(n) or (with_weights and _is_weight(n, names))
            ]
        folder = Path(snapshot_download(repository, revision=commit, allow_patterns=wanted))
    except Exception as error:  # the client raises its own, httpx's and the system's
        folder = _snapshots(repository) / commit
        if _is_whole(folder, with_weights=with_weights):
            return folder
        raise _told(repository, commit, error) from error
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path not in known:
            _refuse_damaged(path, repository)
    return folder


def _refuse_damaged(path: Path, repository: str) -> None:
    """Hold a file that has just come to its SHA-256, by which the Hub names what is large."""
    content = path.resolve()
    if _SHA256.fullmatch(content.name) and not has_sha256(content, content.name):
        path.unlink()
        content.unlink(missing_ok=True)
        raise RunFailedError(
            "{file} of {repository} came from the Hub damaged: its SHA-256 is not the one that "
            "the Hub names; it is removed, and the same command fetches it again",
            file=path.name,
            repository=repository,
        )


def _configuration(repository: str, revision: str) -> Path:
    """Find the configuration of a repository in the cache, fetched where the Hub is reached."""
    is_reachable = prepare_hub()
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    cause: Exception = ConnectionError("no answer")
    try:
        # One request names the commit a branch is at and leaves it in the cache (refs/main), where
        # it is found again without a network.
        for file in _CONFIGURATIONS if is_reachable else ():
            try:
                found = Path(hf_hub_download(repository, file, revision=revision or None))
            except LocalEntryNotFoundError:
                raise
            except EntryNotFoundError as error:
                cause = error
            else:
                _refuse_damaged(found, repository)
                return found
    except Exception as error:  # noqa: BLE001  the client's own, httpx's and the system's
        cause = error
    cached = _cached(repository, revision)
    if cached is None:
        raise _told(repository, revision, cause) from cause
    return cached


def _refuse_malformed(repository: str) -> None:
    """Refuse what can be no repository, before the network or a path is asked for it."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise InvalidInputError(
            "{repository!r} is no name of the Hub; write org/name", repository=repository
        ) from error


def _cached(repository: str, revision: str) -> Path | None:
    """Find the configuration of the commit that the cache has for a revision."""
    snapshots = _snapshots(repository)
    pointer = snapshots.parent / "refs" / (revision or "main")
    commits = [pointer.read_text(encoding="utf-8").strip()] if pointer.is_file() else []
    if not commits and not revision and snapshots.is_dir():
        # Caches that were filled by commit hold no pointer: the newest snapshot then.
        newest_first = sorted(snapshots.iterdir(), key=lambda p: p.stat().st_mtime, reverse=True)
        commits = [path.name for path in newest_first]
    for commit in commits or [revision]:
        for file in _CONFIGURATIONS:
            if commit and (snapshots / commit / file).is_file():
                return snapshots / commit / file
    return None


def _snapshots(repository: str) -> Path:
    from huggingface_hub import constants

    folder = "--".join(("models", *repository.split("/")))
    return Path(constants.HF_HUB_CACHE) / folder / "snapshots"


def _is_whole(folder: Path, *, with_weights: bool) -> bool:
    if not with_weights:
        # the configuration comes first and alone: without its tokenizer nothing can be asked
        names = {path.name for path in folder.glob("*") if path.is_file()}
        return bool(names.intersection(_CONFIGURATIONS) and names.difference(_CONFIGURATIONS))
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        shards = json.loads(index.read_text(encoding="utf-8")).get("weight_map", {}).values()
        return all((folder / shard).is_file() for shard in shards)
    return any(folder.glob("*.safetensors"))


def _is_weight(name: str, names: list[str]) -> bool:
    """Return whether transformers loads this file: many repositories hold the weights twice."""
    if "/" in name or not name.endswith(".safetensors"):
        return False
    single = {"model.safetensors", "adapter_model.safetensors"} & set(names)
    if single:
        return name in single
    shards = [n for n in names if re.fullmatch(r"model-\d+-of-\d+\.safetensors", n)]
    return name in shards or not shards


def _base_name(configuration: Path, name: str) -> str:
    try:
        settings = json.loads(configuration.read_text(encoding="utf-8"))
        base = settings["base_model_name_or_path"]
    except (ValueError, KeyError, TypeError):
        base = None
    if not isinstance(base, str) or not re.fullmatch(r"[\w.-]+/[\w.-]+", base):
        raise InvalidInputError(
            "the adapter {name} names the base {base!r}, which is no org/name of the Hub; "
            "download it and mend base_model_name_or_path in adapter_config.json",
            name=name,
            base=base,
        )
    revision = settings.get("revision")
    return f"{base}@{revision}" if revision else base


def _told(repository: str, revision: str, cause: Exception) -> EvalsuiteError:
    return cause if isinstance(cause, EvalsuiteError) else _failure(repository, revision, cause)


def _failure(repository: str, revision: str, cause: Exception) -> EvalsuiteError:
    """Say what the Hub answered, and the way out."""
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    # From the most special to the most general: a gated repository is a kind of missing one.
    if isinstance(cause, HFValidationError):
        return InvalidInputError(
            "{repository!r} is no name of the Hub; write org/name", repository=repository
        )
    if isinstance(cause, GatedRepoError):
        return RunFailedError(
            "{repository} is gated; accept its terms at {hub}/{repository}, then log in with `hf "
            "auth login` or set HF_TOKEN",
            repository=repository,
            hub=constants.ENDPOINT,
        )
    if isinstance(cause, RepositoryNotFoundError):
        return UnknownModelError(
            "the Hub has no repository {repository}, or it is private; check the name, or log in "
            "with `hf auth login`",
            repository=repository,
        )
    if isinstance(cause, RevisionNotFoundError):
        way_out = Clause("name another, as in org/name@revision")
        if revision:
            way_out = Clause("leave @{revision} out", revision=revision)
        return UnknownModelError(
            "{repository} has no revision {revision!r} on the Hub; check it, or {way_out}",
            repository=repository,
            revision=revision or "main",
            way_out=way_out,
        )
    if isinstance(cause, EntryNotFoundError) and not isinstance(cause, LocalEntryNotFoundError):
        return UnknownModelError(
            "{repository} holds neither config.json nor adapter_config.json, so it is no model "
            "for transformers; of a GGUF repository download the file and name it with path:FILE",
            repository=repository,
        )
    if isinstance(cause, LocalEntryNotFoundError):
        cause = _first_cause(cause)
    lines = without_token(str(cause)).strip().splitlines()
    reason = lines[0][:160] if lines else Clause("no answer")
    return RunFailedError(
        "can't reach {repository} on the Hub ({reason}) and it is not in the local cache; check "
        "the network and the name, or give a local folder with path:FOLDER, or use the embedded "
        "models base and trained",
        repository=repository,
        reason=reason,
    )


def _first_cause(error: Exception) -> Exception:
    """Return what the client met, not that it then looked into the cache in vain."""
    cause = error.__cause__
    return cause if isinstance(cause, Exception) else error
