"""Exits: whatever ends a command becomes an error, a hint and an exit code, here and nowhere else.

Every message is one sentence: what and why, its template's last semicolon, and the way out, which
is printed on a line of its own. Codes 1 and 3 come from a gate's verdict alone. What the person,
the disk, the network or a model's files cause has a cause and a way out; what is left is a fault
of ours, and says how to report it. No key is ever in a line.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import traceback
from signal import Signals
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from evalsuite.cli.shared.refusals import as_clause
from evalsuite.cli.shared.signals import stop_number, unwatch_signals
from evalsuite.cli.shared.value_sources import source_of
from evalsuite.cli.terminal.folding import folded
from evalsuite.cli.terminal.harmless import harmless
from evalsuite.errors import Clause, EvalsuiteError, joined
from evalsuite.records.dataclass import dataclass
from evalsuite.reporting.clauses import error_templates, help_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

__all__ = [
    "CRASHED",
    "INTERRUPTED",
    "WAYS",
    "Ending",
    "close_with",
    "ending_of",
    "wants_traceback",
    "with_hint",
    "without_secrets",
]

USAGE = 2
FAILED = 5
CRASHED = 70
"""A fault of ours; EX_SOFTWARE of sysexits.h."""
SIGNALLED = 128
"""As a shell tells a signal: this and its number."""
INTERRUPTED = 130
PIPE_CLOSED = 141
"""As a shell tells SIGPIPE: what was to be said was not said, so it is no 0 under a gate."""

_SECRETS = (
    *("OPENAI_API_KEY", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "WANDB_API_KEY"),
    *("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"),
)
_SHORTEST_SECRET = 8
"""Characters; shorter ones are placeholders such as ``EMPTY``, and words of a message."""
_LONGEST_CAUSE = 300
_LIBRARIES = frozenset(
    {
        "accelerate",
        "datasets",
        "filelock",
        "gguf",
        "httpcore2",
        "httpx2",
        "huggingface_hub",
        "jinja2",
        "peft",
        "pyarrow",
        "pyo3_runtime",
        "ray",
        "safetensors",
        "tokenizers",
        "torch",
        "transformers",
        "trl",
        "vllm",
    }
)
"""Whose errors are about the files, the machine or the network they were given."""

_EXTRAS = {
    "accelerate": "models",
    "datasets": "models",
    "gguf": "models",
    "huggingface_hub": "models",
    "mlflow": "trackers",
    "pandas": "tables",
    "peft": "models",
    "pyarrow": "parquet",
    "safetensors": "models",
    "tokenizers": "models",
    "torch": "models",
    "transformers": "models",
    "trackio": "trackers",
    "trl": "models",
    "wandb": "trackers",
    "yaml": "models",
}
"""What statistics, logs and reports do without, and the extra of pyproject.toml that brings it."""

WAYS: dict[int, Clause] = {
    errno.ENOSPC: Clause("free some space; nothing is lost, the same command continues"),
    errno.EDQUOT: Clause("free some of the quota; nothing is lost, the same command continues"),
    errno.EFBIG: Clause("raise the limit of file sizes; the same command continues"),
    errno.EACCES: Clause("give yourself the right, or choose another folder (--runs, --output)"),
    errno.EPERM: Clause("give yourself the right, or choose another folder (--runs, --output)"),
    errno.EROFS: Clause("choose a folder on a file system that can be written (--runs, --output)"),
    errno.EMFILE: Clause("raise the limit of open files (ulimit -n); the same command continues"),
    errno.ENFILE: Clause("end other programs; the same command continues"),
    errno.ENOMEM: Clause("end other programs, or lower --batch-size; the same command continues"),
    errno.ENAMETOOLONG: Clause("use a shorter name"),
    errno.ENOENT: Clause("check the path, or whether something removed it meanwhile"),
    errno.ENOTDIR: Clause("check the path: a file stands where a folder is needed"),
    errno.EISDIR: Clause("move away the folder that stands where a file is needed"),
    errno.ELOOP: Clause("take away the link that leads to itself"),
}
"""Out of what a disk refuses."""
_WAY = Clause("mend it, and the same command continues")
_ERROR, _HINT = Clause("error: "), Clause("hint: ")
_ENGLISH: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command ends that did not come to its end."""

    code: int
    line: Clause
    """Empty where nobody is there to read it."""


def ending_of(error: BaseException) -> Ending:
    """Say how the process ends for whatever was raised."""
    if isinstance(error, click.Abort) and isinstance(error.__cause__, EOFError):
        error = error.__cause__  # click calls an end of file an interrupt
    if isinstance(error, EvalsuiteError):
        message = error.clause
        if error.source is not None:
            message = Clause("{source}: {message}", source=error.source, message=message)
        return _failed(message, error.exit_code)
    if isinstance(error, click.ClickException):
        return _ending_of_usage(error)
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return _ending_of_stop(error.__cause__ if isinstance(error, click.Abort) else error)
    if isinstance(error, BrokenPipeError):
        return Ending(code=PIPE_CLOSED, line=Clause(""))
    if isinstance(error, MemoryError) or _is_out_of_memory(error):
        return _failed(
            Clause(
                "out of memory; lower --batch-size or --max-new-tokens, or use a larger machine: "
                "the same command continues"
            )
        )
    return _ending_of_cause(error)


def _failed(message: Clause, code: int = FAILED) -> Ending:
    return Ending(code=code, line=Clause("{error}{message}", error=_ERROR, message=message))


def _ending_of_stop(error: BaseException | None) -> Ending:
    """Say what a signal cut short; a command that can't just be repeated left a note on it."""
    number = stop_number(error)
    cut = Clause("interrupted")
    if SIGNALLED + number != INTERRUPTED:
        cut = Clause("ended by {signal}", signal=Signals(number).name)
    notes = getattr(error, "__notes__", None)
    note = notes[0] if notes else Clause("nothing is lost: the same command continues")
    return Ending(code=SIGNALLED + number, line=Clause("{cut}; {note}", cut=cut, note=note))


def _ending_of_usage(error: click.ClickException) -> Ending:
    """Say what click says, in our form: what is wrong, and where the right way stands."""
    own = error.message if isinstance(error.message, Clause) else None
    message = as_clause(error.format_message(), own)
    context = getattr(error, "ctx", None)
    if isinstance(error, click.BadParameter) and context is not None and error.param is not None:
        source = source_of(context, error.param)
        if source is not None:
            message = Clause(
                "Invalid value for {parameter}: {message}",
                parameter=source,
                message=as_clause(error.message, own),
            )
    if context is not None:
        path = context.command_path
        message = Clause("{message}; see `{path} --help`", message=message, path=path)
    return _failed(message, USAGE if error.exit_code == 1 else error.exit_code)


def _ending_of_cause(error: BaseException) -> Ending:
    if isinstance(error, ValueError) and _is_unwritable_name(error):
        message = Clause(
            "a name holds a character that no file name may hold ({cause}); use another name",
            cause=_cause(error),
        )
        return _failed(message, USAGE)
    if isinstance(error, ModuleNotFoundError) and _root(error.name) in _EXTRAS:
        name = _root(error.name)
        message = Clause(
            "this needs {name}, which is not installed; run: pip install 'evalsuite[{extra}]'",
            name=name,
            extra=_EXTRAS[name],
        )
        return _failed(message, USAGE)
    library = _library_of(error)
    if library is not None:
        message = Clause(
            "{library} failed ({cause}); check the model's or data's files, the name, the network, "
            "or see --debug",
            library=library,
            cause=_cause(error),
        )
        return _failed(message)
    if isinstance(error, OSError):
        code = USAGE if error.errno == errno.ENAMETOOLONG else FAILED
        way = WAYS.get(error.errno or 0, _WAY)
        return _failed(Clause("{cause}; {way}", cause=_disk_cause(error), way=way), code)
    if isinstance(error, EOFError):
        return _failed(Clause("a file ends too early; write or copy it again"))
    return _crashed(error)


def _crashed(error: BaseException) -> Ending:
    return Ending(
        code=CRASHED,
        line=Clause(
            "evalsuite crashed: {kind}: {cause}\nthis is a fault of ours and no verdict; please "
            "report it with what the same command prints under --debug; stored answers are not "
            "touched",
            kind=type(error).__name__,
            cause=_cause(error),
        ),
    )


def close_with(error: BaseException, *, debug: bool, lang: str = "en") -> int:
    """Write the ending of a command to stderr, in a language, and return its code."""
    unwatch_signals()  # a second Ctrl-C while this is written ends the process, without a traceback
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        _write(error.show)
        return USAGE
    ending = ending_of(error)
    if not ending.line:
        _drop_output()
        return ending.code
    shown = "".join(traceback.format_exception(error)) if debug else ""
    translations = error_templates(lang)
    if isinstance(error, click.UsageError):  # it names arguments as the pages of help do
        translations = {**help_texts(lang), **translations}
    told = with_hint(ending.line, translations)
    _write(lambda: click.echo(without_secrets(f"{shown}{told}"), err=True))
    return ending.code


def _write(show: Callable[[], None]) -> None:
    """Write to stderr; where nobody can read it, the code alone must say how it ended."""
    try:
        show()
    except (OSError, ValueError):  # a closed pipe, a full disk, a terminal that is gone
        _drop_output()


def with_hint(line: Clause, translations: Mapping[str, str] = _ENGLISH) -> str:
    """Tell how a command ends by templates of a language, the way out on a line of its own.

    Examples
    --------
    >>> print(with_hint(Clause("error: 'x' is no run in runs/; see `evalsuite runs list`")))
    error: 'x' is no run in runs/
    hint: see `evalsuite runs list`
    """
    whole = harmless(line.told(translations))
    what, way = map(harmless, line.parted(translations))
    if not way or not whole.startswith(_ERROR.told(translations)):
        return folded(_short(whole, 1000))
    return f"{folded(_short(what, 1000))}\n{_HINT.told(translations)}{_short(way, 1000)}"


def wants_traceback(argv: list[str]) -> bool:
    """Return whether ``--debug`` stands anywhere in a command, or EVALSUITE_DEBUG is set."""
    return "--debug" in argv or os.environ.get("EVALSUITE_DEBUG", "0").lower() not in _NO


_NO = ("", "0", "false", "no", "off")


def _drop_output() -> None:
    """Let nothing more be written: at exit Python would flush, fail, and end with its own code."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(null, stream.fileno())
        except (OSError, ValueError):  # such as a stream of a test
            continue


def _is_out_of_memory(error: BaseException) -> bool:
    text = str(error)
    return type(error).__name__ == "OutOfMemoryError" or (
        isinstance(error, RuntimeError)
        and ("can't allocate memory" in text or "Cannot alloc" in text)
    )


def _is_unwritable_name(error: ValueError) -> bool:
    return isinstance(error, UnicodeEncodeError) or "null byte" in str(error)


def _library_of(error: BaseException) -> str | None:
    """Name the library an error comes from: by its class, or by where it was raised."""
    # Compiled libraries leave no frame, but raise classes of their own, or a bare Exception.
    for named in (type(error).__module__, _raised_in(error.__traceback__)):
        root = _root(named)
        if root in _LIBRARIES:
            return root
    return Clause("a library") if type(error) is Exception else None


def _root(module: str | None) -> str:
    return (module or "").partition(".")[0]


def _raised_in(trace: TracebackType | None) -> str:
    """Name the module of the innermost frame that is not Python's own."""
    name = ""
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if _root(module) in _LIBRARIES | {"evalsuite"}:
            name = module
        trace = trace.tb_next
    return name


def _disk_cause(error: OSError) -> Clause:
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    reason = Clause(error.strerror or _cause(error) or type(error).__name__)
    if not names:
        return reason
    return Clause("{names}: {reason}", names=joined(map(_short, names), " and "), reason=reason)


def _short(text: str, longest: int = _LONGEST_CAUSE) -> str:
    """Leave out the middle of what is long: names and values of files may be of any length."""
    end = longest // 5
    return text if len(text) <= longest else f"{text[:end]}…{text[-end:]}"


def _cause(error: BaseException) -> str:
    """Give what an error says as one printable line."""
    printable = "".join(c if c.isprintable() else " " for c in str(error))
    line = " ".join(printable.split()) or type(error).__name__
    return line if len(line) <= _LONGEST_CAUSE else f"{line[:_LONGEST_CAUSE]}…"


def without_secrets(text: str) -> str:
    """Mask every key of the environment, and the user and password of every address.

    Libraries and servers repeat what they were set to.
    """
    for name in _SECRETS:
        secret = os.environ.get(name, "").strip()
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return re.sub(r"(?<=://)[^/\s]*@", "***@", text)
