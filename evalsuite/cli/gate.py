"""``evalsuite gate``: may this checkpoint ship? The exit code answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import json_option
from evalsuite.cli.terminal.columns import padded
from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from evalsuite.cli.gating.summary import GateSubject
    from evalsuite.records.gate import GateResult
    from evalsuite.records.judged import JudgedAsOne
    from evalsuite.reporting.wording import Words
    from evalsuite.verdict.gate import GateRules

__all__ = ["command"]

_EXIT = {"met": 0, "not_met": 1, "undecided": 3}
_RULES = ("require", "forbid", "max_truncation", "max_loss_rate")


@click.command()
@click.argument("results", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--require",
    default="improved",
    show_default=True,
    help="Decisions that pass; also non_inferior.",
)
@click.option(
    "--forbid",
    default="",
    help="Qualifiers that fail, such as mostly_truncation, or decisions, such as regressed.",
)
@click.option("--max-truncation", type=click.FloatRange(0, 1), help="Share of trained's answers.")
@click.option("--max-loss-rate", type=click.FloatRange(0, 1), help="Share of questions lost.")
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rules in a TOML file (docs/how-to/gate.md); an option given beside it wins.",
)
@click.option(
    "--github",
    is_flag=True,
    help="Also write annotations, the step's summary and the comment of the pull request.",
)
@click.option(
    "--comment",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the text of the comment to this file.",
)
@lang_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    results: Path,
    policy: Path | None,
    github: bool,
    comment: Path | None,
    lang: str,
    as_json: bool,
    **rules: Any,
) -> int:
    """Hold RESULTS (results.json or its folder) against rules.

    Exits 0 if met, 1 if not, 3 if the data can't tell, 4 if the runs are not comparable.
    """
    from evalsuite.cli.shared.report_files import read_judged
    from evalsuite.reporting.naming import names_of
    from evalsuite.reporting.telling import STORED, told_gate
    from evalsuite.reporting.wording import words
    from evalsuite.verdict.gate import check_gate

    if github and as_json:
        raise InvalidInputError("--github writes annotations to stdout; leave --json out")
    judged = read_judged(results / "results.json" if results.is_dir() else results)
    # JSON is for programs: its words are English, as those of results.json
    catalogue = words(STORED if as_json else lang).calling(names_of(judged))
    outcome = told_gate(check_gate(judged, *_rules(ctx, judged, policy, rules)), catalogue)
    _tell(outcome, catalogue, as_json=as_json)
    is_invalid = judged.verdict is not None and judged.verdict.decision == "invalid"
    if github or comment is not None:
        subject = _subject(judged, catalogue, is_invalid=is_invalid)
        _show(subject, outcome, github=github, comment=comment)
    return 4 if is_invalid else _EXIT[outcome.state]


def _rules(
    ctx: click.Context,
    judged: JudgedAsOne,
    policy: Path | None,
    options: dict[str, Any],
) -> tuple[GateRules, dict[str, GateRules]]:
    """Take the policy's rules, over them the options given; then those of single tasks."""
    from evalsuite.cli.gating.policy import gate_rules, words

    chosen = {name: words(options[name], name) for name in ("require", "forbid")}
    values = options | chosen
    if policy is None:
        return gate_rules(values), {}
    written, of_tasks = _written(policy, judged)
    given = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
    over = {name: values[name] for name in _RULES if ctx.get_parameter_source(name) in given}
    return gate_rules(written | over), {task: gate_rules(own) for task, own in of_tasks.items()}


def _written(policy: Path, judged: JudgedAsOne) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Read a policy, and refuse one of another margin than that of the verdicts."""
    from evalsuite.cli.gating.policy import read_policy, read_suite_policy, refuse_other_margin
    from evalsuite.records.groups.suite import SuiteComparison

    if isinstance(judged, SuiteComparison):
        written, of_tasks = read_suite_policy(policy, judged.tasks)
    else:
        written, of_tasks = read_policy(policy, judged.task), {}
    if judged.verdict is not None:
        for rules in (written, *of_tasks.values()):
            refuse_other_margin(rules.get("margin"), judged.verdict)
    return written, of_tasks


def _tell(outcome: GateResult, catalogue: Words, *, as_json: bool) -> None:
    if as_json:
        from evalsuite.records.codec import to_json

        click.echo(to_json(outcome), nl=False)
        return
    for rule in outcome.rules:
        state = catalogue.text(f"gate_state.{rule.state}")
        colon = catalogue.text("gate_summary.colon")
        click.echo(f"{padded(state, 10)} {rule.rule}{colon}{rule.detail}")


def _subject(judged: JudgedAsOne, catalogue: Words, *, is_invalid: bool) -> GateSubject:
    from evalsuite.cli.gating.github import page_of_job
    from evalsuite.cli.gating.summary import GateSubject

    return GateSubject(
        base=judged.base_name,
        # of a curve, the last checkpoint
        trained=judged.trained_name or judged.parts[-1].trained.name,
        task=judged.task,
        is_invalid=is_invalid,
        words=catalogue,
        page=page_of_job(),
    )


def _show(subject: GateSubject, outcome: GateResult, *, github: bool, comment: Path | None) -> None:
    """Write what a code host shows; none of it changes the answer."""
    from evalsuite.cli.gating.summary import annotation_lines, markdown_of
    from evalsuite.disk.files import write_atomically

    text = markdown_of(subject, outcome)
    if comment is not None:
        write_atomically(comment, text)
    if github:
        for line in annotation_lines(subject, outcome):
            click.echo(line)
        _post(text, subject.words)


def _post(text: str, catalogue: Words) -> None:
    from evalsuite.cli.gating.github import CommentError, append_summary, post_comment
    from evalsuite.reporting.clauses import told

    if not append_summary(text):
        click.echo(catalogue.text("gate_summary.no_step"), err=True)
    try:
        done = post_comment(text)
    except CommentError as error:
        cause = told(error.clause, catalogue.lang)
        reason = catalogue.say("gate_summary.no_comment", reason=cause)
        click.echo(f"::warning title=evalsuite::{reason}")
        return
    key = f"gate_summary.{done}" if done else "gate_summary.not_posted"
    click.echo(catalogue.text(key), err=True)
