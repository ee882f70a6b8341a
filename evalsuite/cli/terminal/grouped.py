"""Grouped help: a command's options under headings, and what people type as examples.

Thirty options in one list are read by nobody. A heading is named where the option is listed; an
option without one stands under *Other options*.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HEADINGS", "CommandList", "GroupedCommand", "first_paragraph", "write_examples"]

HEADINGS: dict[str, tuple[str, ...]] = {
    "What is asked": (
        *(
            "preset",
            "task",
            "split",
            "data",
            "data_file",
            "question_columns",
            "hold_out",
            "test",
            "first",
            "subset",
            "full",
            "subsets",
            "subset_size",
        ),
        *("n_questions", "difficulty", "prompt", "chat_template", "template_arguments", "samples"),
    ),
    "How answers are made": (
        *("max_new_tokens", "temperature", "top_p", "repetition_penalty", "seed", "stop"),
        *("engine", "device", "dtype"),
        *("batch_size", "threads", "tensor_parallel_size", "gpu_memory_utilization"),
        *("concurrency", "shard", "shards", "executor"),
    ),
    "How it is trained": (
        *("config", "rewards", "gate", "warmup", "warmup_steps", "warmup_only", "from_scratch"),
        *("max_steps", "lora", "seeds", "stop_on_fall", "resume", "alias"),
    ),
    "How it is judged": (
        *("headline_budget", "margin", "alpha", "confidence", "declare", "stop_early", "looks"),
        *("noise_floor", "twins", "train_log", "also", "use_all_of_base"),
    ),
    "Logs and tables": (
        *("grader", "allow_missing", "column_format", "column_tokenizer", "column_budget"),
        *("column_id", "column_score", "column_text", "column_gold", "column_finish"),
        *("column_sample",),
    ),
    "What comes out": (
        *("output", "lang", "brief", "no_report", "open_it", "log_to", "verbose", "quiet"),
        *("dry_run", "form", "as_json", "runs"),
    ),
}
"""Headings with their options in reading order, by parameter name."""
_OTHER = "Other options"


class GroupedCommand(click.Command):
    """A command whose help has headings, and examples at its end."""

    def __init__(
        self, *arguments: Any, examples: Sequence[tuple[str, str]] = (), **settings: Any
    ) -> None:
        super().__init__(*arguments, **settings)
        self.examples = tuple(examples)
        """What to type, and what for."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write every option once, under its heading."""
        options = (each for each in self.get_params(ctx) if isinstance(each, click.Option))
        records = {
            str(option.name): record
            for option in options
            if (record := option.get_help_record(ctx)) is not None
        }
        named = {name for names in HEADINGS.values() for name in names}
        others = tuple(name for name in records if name not in named)
        for heading, names in {**HEADINGS, _OTHER: others}.items():
            rows = [records[name] for name in names if name in records]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, each line whole: it is there to be copied."""
        super().format_epilog(ctx, formatter)
        write_examples(formatter, self.examples)


class CommandList(click.Group):
    """A command of several, each listed with the whole first paragraph of its help."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them as click does, but leave nothing out."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, first_paragraph(each)) for name, each in commands if each]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def first_paragraph(command: click.Command) -> str:
    """Give the first sentence of a command's help, on one line."""
    return " ".join(inspect.cleandoc(command.help or "").partition("\n\n")[0].split())


def write_examples(formatter: click.HelpFormatter, examples: Sequence[tuple[str, str]]) -> None:
    """Write what to type below what it is for."""
    if not examples:
        return
    with formatter.section("Examples"):
        for line, meaning in examples:
            formatter.write_text(f"# {meaning}")
            formatter.write(f"  {line}\n")
