from __future__ import annotations

import inspect
from dataclasses import asdict
from typing import cast

import click
import pytest

from evalsuite.cli.logs import command as logs
from evalsuite.cli.main import cli
from evalsuite.cli.shared.options import LogOptions, LogReading, log_reading
from evalsuite.logs.log import Columns

ARGUMENTS = (
    "--grader=acc",
    "--allow-missing",
    "--log-format=rows",
    "--log-tokenizer=org/name",
    "--log-budget=64",
    "--id=q",
    "--score=s",
    "--score=t",
    "--text=a",
    "--gold=g",
    "--finish=f",
    "--sample=n",
)


@pytest.mark.parametrize("name", ["logs", "import", "export"])
def test_what_a_command_takes_of_logs_is_what_its_signature_says(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.callback is not None
    own = inspect.signature(inspect.unwrap(command.callback)).parameters.keys()

    taken = {option.name for option in command.params} - own

    assert taken == LogOptions.__annotations__.keys()


def test_every_option_of_logs_reaches_the_reading() -> None:
    given = logs.make_context("logs", ["PATH", *ARGUMENTS]).params

    reading = log_reading(cast("LogOptions", given))

    assert reading == LogReading(
        columns=Columns(
            format="rows",
            tokenizer="org/name",
            budget=64,
            id="q",
            score=("s", "t"),
            text="a",
            gold="g",
            finish="f",
            sample="n",
        ),
        grader="acc",
        allow_missing=True,
    )
    assert {k for k, v in asdict(reading.columns).items() if not v} == {"task"}
