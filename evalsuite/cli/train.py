"""``evalsuite train``: GRPO with TRL, one run per seed, then the aliases base and trained."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import columns_option, prompt_options
from evalsuite.cli.shared.process import collecting_often, keep_memory, loading
from evalsuite.cli.shared.training_settings import training_settings
from evalsuite.cli.shared.typed_names import ModelName
from evalsuite.cli.terminal.grouped import GroupedCommand
from evalsuite.cli.terminal.next_step import asked_as_trained, next_step
from evalsuite.cli.terminal.progress import TrainingLines
from evalsuite.cli.terminal.training_notices import NoticeLines
from evalsuite.errors import InvalidInputError
from evalsuite.reporting.clauses import told
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from typing import Unpack

    from evalsuite.cli.shared.training_settings import TrainOptions
    from evalsuite.records.training import TrainSpec, Warmup
    from evalsuite.training.settings import TrainSettings

__all__ = ["command"]

EXAMPLES = (
    ("evalsuite train --preset tiny", "the embedded pair again: minutes on two cores"),
    (
        "evalsuite train ./my-base --task gsm8k --rewards binary -o out --max-steps 50",
        "your model, paid for right answers",
    ),
)


@click.command(cls=GroupedCommand, examples=EXAMPLES)
@click.argument("model", required=False, type=ModelName())
@click.option("--preset", help="tiny, smol or tutorial; other options win over it.")
@click.option(
    "-c",
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TRL YAML file; its keys go to GRPOConfig. Unlike TRL, evalsuite scales rewards by the "
    "batch (scale_rewards: batch), logs every step with its answers, and reports to no tracker.",
)
@click.option(
    "--task",
    help="embedded, gsm8k, a JSON-lines file, or hf:ORG/NAME; text: before the last two where "
    "answers are texts.",
)
@click.option(
    "--data",
    "data_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Local JSON-lines copy of the train split.",
)
@columns_option
@click.option(
    "--hold-out",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Keep this share of the questions, chosen by hash, for the evaluation: 0.2.",
)
@click.option(
    "--test",
    metavar="TASK",
    help="Look for these test questions among those trained on  [default: the task's test split, "
    "or what is held out]",
)
@click.option("--questions", "n_questions", type=click.IntRange(min=1), help="The first N only.")
@click.option(
    "--difficulty",
    metavar="LOW..HIGH",
    help="Keep questions the start model gets right this often, such as 0.1..0.6.",
)
@prompt_options
@click.option(
    "--rewards",
    help="binary, formatted, shaped, or random (a control); or your own, module:function or "
    "file.py:function, several with weights: binary,mine.py:brief=0.2.",
)
@click.option("--gate", help="Where partial credit acts: none, mixed_only, auto.")
@click.option(
    "--max-new-tokens",
    type=click.IntRange(min=1),
    help="Longest sampled answer  [default: the preset's, or 300; TRL's own is 512]",
)
@click.option(
    "--engine",
    type=click.Choice(["trl", "hf"]),
    help="Who samples the answers: trl, as its settings say, or our own engine (hf), faster on a "
    "CPU; they draw different answers  [default: trl]",
)
@click.option(
    "--warmup",
    type=click.Choice(["gold", "self", "none"]),
    help="First learn from worked solutions, or from the model's own right answers.",
)
@click.option("--warmup-steps", type=click.IntRange(min=1), help="Optimizer steps of the warm-up.")
@click.option("--warmup-only", is_flag=True, help="Stop after the warm-up.")
@click.option("--max-steps", type=click.IntRange(min=1), help="Optimizer steps.")
@click.option(
    "--stop-on-fall",
    is_flag=True,
    help="Ask held-out questions while training; stop where accuracy has fallen.",
)
@click.option("--lora", is_flag=True, help="Train an adapter instead of all weights.")
@click.option("--seed", type=int, help="First training seed  [default: the file's, or 0]")
@click.option("--seeds", default=1, show_default=True, help="Runs, with consecutive seeds.")
@click.option(
    "--alias",
    default="trained",
    show_default=True,
    help="Name of the result; every seed gets NAME@SEED as well.",
)
@click.option("--resume", is_flag=True, help="Go on from the newest complete checkpoint.")
@click.option(
    "--from-scratch",
    is_flag=True,
    help="With --preset tiny: make the base as well, and compare with what ships.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/grpo"),
    show_default=True,
    help="Folder of the training.",
)
@lang_option
@collecting_often()
def command(
    *,
    model: str | None,
    preset: str | None,
    config: Path | None,
    seed: int | None,
    seeds: int,
    alias: str,
    resume: bool,
    from_scratch: bool,
    warmup_only: bool,
    output: Path,
    lang: str,
    **options: Unpack[TrainOptions],
) -> int:
    """Fine-tune MODEL with GRPO and set the aliases base and trained.

    Without arguments besides --preset tiny, the embedded base is trained on generated word
    problems: minutes on two CPU cores. Stop at any time; --resume goes on. After a warm-up the
    alias warmed is set as well: base and trained then differ by warm-up and GRPO together.
    """
    keep_memory()
    if seeds < 1:
        raise InvalidInputError("--seeds is {seeds}; use 1 or more.", seeds=seeds)
    _check_alias(alias)
    settings = training_settings(preset, config, options)
    if seeds > 1 and settings.fields.get("grpo", {}).get("push_to_hub"):
        raise InvalidInputError(
            "push_to_hub would push every seed to one repository; leave it out, and push the one "
            "you choose with: hf upload"
        )
    first = (settings.seed or 0) if seed is None else seed
    run_seeds = tuple(range(first, first + seeds))
    if from_scratch:
        return _from_scratch(
            settings, preset, run_seeds, output, resume=resume, alias=alias, lang=lang
        )
    start = _start(model, preset, settings)
    if settings.warmup is not None:
        if not warmup_only:
            _check(settings, start, first, output)
        start = _warmed(settings, settings.warmup, start, first, output, lang=lang)
    elif warmup_only:
        raise InvalidInputError("--warmup-only needs a warm-up; add --warmup gold or self.")
    if warmup_only:
        click.echo(words(lang).text("train.warmed"))
        return 0
    try:
        return _train_all(
            settings,
            start,
            run_seeds,
            output,
            resume=resume,
            alias=alias,
            preset=preset,
            lang=lang,
        )
    except KeyboardInterrupt as stop:
        if any(_has_begun(folder) for folder in _folders(output, run_seeds)):
            stop.add_note(words(lang).text("train.goes_on" if resume else "train.add_resume"))
        raise


def _check_alias(alias: str) -> None:
    if not re.fullmatch(r"[\w.-]+", alias) or alias == "base":
        raise InvalidInputError(
            "--alias is {alias!r}; use letters, digits, '-', '_' or '.', and not base.", alias=alias
        )


def _start(model: str | None, preset: str | None, settings: TrainSettings) -> str:
    """Name the model to start from; the tiny preset means its own base, whatever the aliases."""
    if model is None and preset == "tiny":
        from evalsuite.models.names import embedded_folder

        return f"path:{embedded_folder() / 'base'}"
    name = model or settings.model
    if name is None:
        raise InvalidInputError("no model to train; name one, or use --preset tiny.")
    return str(name)


def _check(settings: TrainSettings, name: str, seed: int, output: Path) -> None:
    """Refuse what GRPO would refuse only after the warm-up."""
    with loading():
        from evalsuite.training.grpo import checked_config
        from evalsuite.training.settings import spec_of_training

    checked_config(spec_of_training(settings, model=name, seed=seed), output=output)


def _warmed(
    settings: TrainSettings, plan: Warmup, name: str, seed: int, output: Path, *, lang: str
) -> str:
    """Warm the start model up and name it; all seeds of GRPO start from this one."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InvalidInputError(
            "the warm-up runs in one process; make it with --warmup-only, then launch the "
            "training of `warmed` with --warmup none"
        )
    from evalsuite.models.names import write_alias
    from evalsuite.training.settings import spec_of_training
    from evalsuite.training.warmup import warm_up

    spec = spec_of_training(settings, model=name, seed=seed)
    folder = output / "warmed"
    line = words(lang).say(
        f"train.warm_up_{plan.solutions}",
        model=spec.model.name,
        steps=str(plan.steps),
        batch=str(plan.batch_size),
        folder=str(folder),
    )
    click.echo(f"  {line}", err=True)
    warmed = warm_up(spec, plan, output=folder, on_log=TrainingLines(lang))
    _set_base(name, spec)
    write_alias("warmed", f"path:{warmed.location}")
    return "warmed"


def _train_all(
    settings: TrainSettings,
    name: str,
    seeds: tuple[int, ...],
    output: Path,
    *,
    resume: bool,
    alias: str,
    preset: str | None,
    lang: str,
) -> int:
    with loading():
        from evalsuite.models.names import resolve, write_alias
        from evalsuite.training.grpo import train
        from evalsuite.training.questions.splits import held_out_task
        from evalsuite.training.settings import spec_of_training

    start = "base"
    for position, (seed, folder) in enumerate(zip(seeds, _folders(output, seeds), strict=True)):
        spec = spec_of_training(settings, model=name, seed=seed)
        _announce(spec, folder, lang)
        # Of several seeds some may not have begun when the command was interrupted.
        has_begun = len(seeds) == 1 or _has_begun(folder)
        trained = train(
            spec,
            output=folder,
            resume=resume and has_begun,
            on_log=TrainingLines(lang),
            on_notice=NoticeLines(lang),
        )
        if not _is_first_process():
            continue
        if position == 0:
            start = _set_base(name, spec)
            write_alias(alias, f"path:{trained.location}")
        write_alias(f"{alias}@{seed}", f"path:{trained.location}")
    if _is_first_process():
        tested = held_out_task(spec, _folders(output, seeds)[0])
        more_options = asked_as_trained(
            spec,
            model=trained.location,
            tested=tested,
            preset=preset,
            bases=[resolve("base")] if start == "warmed" else [],
        )
        if spec.packing is not None:
            click.echo(words(lang).say("train.packed", bits=str(spec.packing.bits)))
        click.echo(next_step(alias, seeds, start=start, more_options=more_options, lang=lang))
    return 0


def _folders(output: Path, seeds: tuple[int, ...]) -> list[Path]:
    return [output] if len(seeds) == 1 else [output / f"seed-{seed}" for seed in seeds]


def _has_begun(folder: Path) -> bool:
    return (folder / "train_spec.json").is_file()


def _set_base(name: str, spec: TrainSpec) -> str:
    """Let ``base`` be the start model, unless that has an alias already; return its alias."""
    from evalsuite.models.names import read_aliases, write_alias

    if name in read_aliases():
        return name
    write_alias("base", _source(spec))
    return "base"


def _is_first_process() -> bool:
    """Tell whether this process speaks: torchrun and accelerate start several."""
    return os.environ.get("RANK", "0") == "0"


def _from_scratch(
    settings: TrainSettings,
    preset: str | None,
    seeds: tuple[int, ...],
    output: Path,
    *,
    resume: bool,
    alias: str,
    lang: str,
) -> int:
    with loading():
        from evalsuite.asking.spec import read_preset
        from evalsuite.embedded.base_maker import BaseSpec
        from evalsuite.embedded.maker import make_pair
        from evalsuite.models.names import write_alias

    if preset != "tiny":
        raise InvalidInputError("--from-scratch makes the tiny base; use it with --preset tiny.")
    base = BaseSpec(**read_preset(preset)["warmup"])
    try:
        reproductions = make_pair(
            base,
            settings,
            output=output,
            seeds=seeds,
            resume=resume,
            on_log=TrainingLines(lang),
            on_notice=NoticeLines(lang),
        )
    except KeyboardInterrupt as stop:
        if (output / "base").is_dir():
            stop.add_note(words(lang).text("train.goes_on" if resume else "train.add_resume"))
        raise
    for reproduction in reproductions:
        click.echo(told(reproduction.sentence, lang))
    write_alias("base", f"path:{output / 'base'}")
    write_alias(alias, f"path:{output / 'trained' / 'model'}")
    for reproduction, seed in zip(reproductions[1:], seeds, strict=True):
        write_alias(f"{alias}@{seed}", f"path:{output / reproduction.name / 'model'}")
    click.echo(next_step(alias, seeds, lang=lang))
    return 0


def _source(spec: TrainSpec) -> str:
    """Write the start model as a name that resolves to the same weights."""
    model = spec.model
    if model.source == "hub":
        return f"hf:{model.location}@{model.revision}"
    return f"path:{model.location}"


def _announce(spec: TrainSpec, folder: Path, lang: str) -> None:
    if not _is_first_process():
        return
    line = words(lang).say(
        "train.announced",
        model=spec.model.name,
        task=spec.task,
        rewards=spec.rewards,
        tokens=str(spec.max_new_tokens),
        seed=str(spec.seed),
        folder=str(folder),
    )
    click.echo(f"  {line}", err=True)
