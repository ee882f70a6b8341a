"""Options that several commands share, and how their text becomes values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

import click

from evalsuite.errors import Clause
from evalsuite.logs.log import FORMATS, Columns
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalsuite.asking.options import CompareOptions
    from evalsuite.logs.log import Format

__all__ = [
    "Budgets",
    "ColumnOptions",
    "LogOptions",
    "LogReading",
    "SeededSubset",
    "Words",
    "columns_of",
    "columns_option",
    "generation_options",
    "json_option",
    "laid_over",
    "log_options",
    "log_reading",
    "prompt_options",
    "quiet_option",
    "store_option",
    "task_option",
    "tasks_option",
    "verbose_option",
]


class ColumnOptions(TypedDict):
    """Format of a log and names of a table's columns, as options."""

    column_format: Format | None
    column_tokenizer: str | None
    column_budget: int | None
    column_id: str | None
    column_score: tuple[str, ...]
    column_text: str | None
    column_gold: str | None
    column_finish: str | None
    column_sample: str | None


class LogOptions(ColumnOptions):
    """How logs are read, as options."""

    grader: str | None
    allow_missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReading:
    """How logs are read, which grader decides, and whether questions may be missing."""

    columns: Columns
    grader: str | None
    allow_missing: bool


class Budgets(click.ParamType[tuple[int, ...]]):
    """A comma-separated list of token budgets."""

    name = "N[,N...]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Read ``300,512,1024``."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in str(value).split(","))
        except ValueError:
            message = Clause(
                "{value!r} is no list of whole numbers, such as 300,512,1024", value=value
            )
            self.fail(message, param, ctx)


class Words(click.ParamType[tuple[str, ...]]):
    """A comma-separated list of words."""

    name = "WORD[,WORD...]"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002  click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """Read ``budgets,graders``."""
        if isinstance(value, tuple):
            return value
        return tuple(word.strip() for word in str(value).split(",") if word.strip())


class SeededSubset(click.ParamType[tuple[int, int]]):
    """One seeded subset: ``SEED:N``."""

    name = "seed:n"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Read ``42:20``."""
        if isinstance(value, tuple):
            return value[0], value[1]
        seed, colon, size = str(value).partition(":")
        if not (colon and seed.isdecimal() and size.isdecimal()):
            message = Clause(
                "{value!r} is no subset; write its seed and its size, such as 42:20", value=value
            )
            self.fail(message, param, ctx)
        return int(seed), int(size)


task_option = click.option(
    "--task",
    help="embedded, gsm8k, a JSON-lines file, or hf:ORG/NAME; text: before the last two where "
    "answers are texts  [default: by model]",
)
"""The task of a command that asks one."""
tasks_option = click.option(
    "--task",
    multiple=True,
    metavar="TASK[,TASK...]",
    help="embedded, gsm8k, a JSON-lines file, hf:ORG/NAME, or a task of the logs; text: before a "
    "file or hf: where answers are texts; several are judged together  "
    "[default: by model, or all tasks that both logs hold]",
)
"""The tasks of a command that takes one or several."""

columns_option = click.option(
    "--columns",
    "question_columns",
    metavar="question=NAME,answer=NAME",
    help="Of own questions: where question, answer (and id) stand, as far as named otherwise.",
)
"""Names of the columns of a file or data set of own questions."""

_PROMPT = (
    click.option(
        "--prompt",
        help="boxed, plain, a text file with a system message, or 'system:' and the message.",
    ),
    click.option(
        "--chat-template",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A .jinja file in the place of the model's own chat template.",
    ),
    click.option(
        "--template-arg",
        "template_arguments",
        multiple=True,
        metavar="NAME=VALUE",
        help="Tell the chat template: enable_thinking=false; may be given several times.",
    ),
)

store_option = click.option(
    "--runs",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The run store.",
)
_GENERATION = (
    click.option("--split", default="test", show_default=True, help="Part of the task's data."),
    click.option(
        "--data",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Local JSON-lines copy of the split, read instead of the Hub.",
    ),
    columns_option,
    click.option(
        "--subsets",
        "--seeds",
        "subsets",
        default=5,
        show_default=True,
        help="Seeded subsets, of seeds 0 .. N-1; --seeds is the same.",
    ),
    click.option("--subset-size", default=200, show_default=True, help="Questions of a subset."),
    click.option("--full/--no-full", default=True, help="Ask the full split, or the subsets only."),
    click.option("--first", type=int, metavar="N", help="Ask the first N questions alone."),
    click.option(
        "--subset",
        type=SeededSubset(),
        metavar="SEED:N",
        help="Ask one seeded subset alone: 42:20.",
    ),
    click.option(
        "--max-new-tokens",
        type=Budgets(),
        help="Token budgets; the largest is generated, the rest are cut from it.",
    ),
    click.option("--temperature", default=0.0, show_default=True, help="0 is greedy."),
    click.option("--top-p", default=1.0, show_default=True, help="1 leaves no token out."),
    click.option("--samples", default=1, show_default=True, help="Answers a question."),
    click.option("--seed", default=0, show_default=True, help="Root seed of sampled answers."),
    click.option(
        "--stop",
        multiple=True,
        metavar="TEXT",
        help="End answers with this text, which is kept; may be given several times.",
    ),
    click.option(
        "--repetition-penalty",
        default=1.0,
        show_default=True,
        help="Make tokens of prompt and answer less likely, as a model's files may ask; 1 is none.",
    ),
    *_PROMPT,
    click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N"),
    click.option(
        "--dtype",
        type=click.Choice(["float32", "bfloat16"]),
        default="float32",
        show_default=True,
        help="bfloat16 is for quick looks.",
    ),
    click.option(
        "--batch-size",
        type=click.IntRange(min=1),
        help="Answers made at a time  [default: by memory]",
    ),
    click.option(
        "--engine",
        type=click.Choice(["auto", "hf", "vllm"]),
        default="auto",
        show_default=True,
        help="auto: vllm on CUDA where installed, else hf; servers answer openai: names.",
    ),
    click.option("--threads", type=click.IntRange(min=1), help="CPU threads  [default: by engine]"),
    click.option(
        "--tensor-parallel-size",
        type=click.IntRange(min=1),
        metavar="N",
        help="Of vllm: split the model over so many GPUs.",
    ),
    click.option(
        "--gpu-memory-utilization",
        type=click.FloatRange(0, 1, min_open=True),
        metavar="SHARE",
        help="Of vllm: the share of a GPU's memory to take, such as 0.8.",
    ),
    click.option(
        "--concurrency",
        type=click.IntRange(min=1),
        default=32,
        show_default=True,
        help="Requests under way at each URL of an openai: model.",
    ),
    store_option,
)


_LOG = (
    click.option("--grader", help="Of logs: the grader that decides  [default: the log's first]"),
    click.option(
        "--allow-missing",
        is_flag=True,
        help="Of logs: compare the questions that all hold, and say what the others could change.",
    ),
    click.option(
        "--log-format",
        "column_format",
        metavar="FORMAT",
        type=click.Choice(FORMATS),
        help="Of logs: read them as this one, not as the one they look like.",
    ),
    click.option(
        "--log-tokenizer",
        "column_tokenizer",
        metavar="NAME",
        help="Of logs: folder or org/name of the models' tokenizer; ends that are not recorded are "
        "inferred from lengths, and said to be.",
    ),
    click.option(
        "--log-budget",
        "column_budget",
        metavar="N",
        type=click.IntRange(min=1),
        help="Of logs that do not record it: the token limit.",
    ),
    click.option("--id", "column_id", metavar="COLUMN", help="Of a table: tells questions apart."),
    click.option(
        "--score",
        "column_score",
        metavar="COLUMN",
        multiple=True,
        help="Of a table: 0 (wrong) to 1 (right); the first one decides.",
    ),
    click.option("--text", "column_text", metavar="COLUMN", help="Of a table: the answer."),
    click.option("--gold", "column_gold", metavar="COLUMN", help="Of a table: the right answer."),
    click.option("--finish", "column_finish", metavar="COLUMN", help="Of a table: stop or length."),
    click.option("--sample", "column_sample", metavar="COLUMN", help="Of a table: counts repeats."),
)


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add every option that says how logs are read."""
    for option in reversed(_LOG):
        command = option(command)
    return command


def prompt_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add every option that says how a model is asked."""
    for option in reversed(_PROMPT):
        command = option(command)
    return command


def log_reading(options: LogOptions) -> LogReading:
    """Gather the options that say how logs are read."""
    return LogReading(
        columns=columns_of(options),
        grader=options["grader"],
        allow_missing=options["allow_missing"],
    )


def columns_of(options: ColumnOptions) -> Columns:
    """Gather the format of a log and the names of its columns."""
    return Columns(
        format=options["column_format"],
        tokenizer=options["column_tokenizer"],
        budget=options["column_budget"],
        id=options["column_id"],
        score=options["column_score"],
        text=options["column_text"],
        gold=options["column_gold"],
        finish=options["column_finish"],
        sample=options["column_sample"],
    )


def generation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add every option that decides how questions are asked and answers are generated."""
    for option in reversed(_GENERATION):
        command = option(command)
    return command


quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="Nothing on stderr but errors: no plan, no progress."
)
verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Print the tables too, and every doubt."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


def laid_over(preset: str | None, ctx: click.Context, options: CompareOptions) -> CompareOptions:
    """Lay a preset under the options: what the user gave, here or in a settings file, stays."""
    if preset is None:
        return options
    from evalsuite.asking.spec import preset_options

    default = click.core.ParameterSource.DEFAULT
    given = {k: v for k, v in options.items() if ctx.get_parameter_source(k) is not default}
    return cast("CompareOptions", {**options, **preset_options(preset), **given})
