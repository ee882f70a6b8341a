from __future__ import annotations

from dataclasses import asdict, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from builders import checked, run
from log_builders import as_log
from plan_builders import finished_pair
from recipe_builders import names_of, plan_of, recipe, recipes, training
from report_builders import RIGHT, WRONG, built, training_log

from evalsuite.asking.beside.twins import with_twins
from evalsuite.asking.early import check_of_looks
from evalsuite.asking.noise_floor import noise_floor, with_noise_floor
from evalsuite.asking.spec import CompareSpec
from evalsuite.comparing.compare import Design
from evalsuite.comparing.gain import clusters_of
from evalsuite.comparing.tabulate import tabulate
from evalsuite.records import codec
from evalsuite.records.comparison import StoppedEarly
from evalsuite.records.run import Decoding, LoggedDecoding, ModelSpec
from evalsuite.records.training import Contamination, PromptRecord
from evalsuite.records.verdict import FAILING, LEVELS, Check, Policy, Statement
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.telling import doubts, headline_text, in_english, told_check
from evalsuite.reporting.view import report_view
from evalsuite.reporting.wording import LANGUAGES, words
from evalsuite.stats import cluster_difference
from evalsuite.verdict.evidence import PARTIAL_SETS
from evalsuite.verdict.groups.recipe_checks import recipe_checks
from evalsuite.verdict.pair import with_verdict
from evalsuite.verdict.pair_checks import run_checks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.gains import GainMethod
    from evalsuite.records.run import Question, Run
    from evalsuite.records.verdict import CheckLevel


def unrecorded(decoding: Decoding | LoggedDecoding, **unknown: None) -> LoggedDecoding:
    """Give the decoding as a log tells it that leaves some of it out."""
    return LoggedDecoding(**(asdict(decoding) | unknown))


def _comparisons() -> list[Comparison]:
    """Make every check speak: kept and broken rules, known and unknown logs."""
    right, wrong = [RIGHT] * 30, [WRONG] * 30
    design = Design(budgets=(400,), headline_budget=400, subsets=())
    base, trained = run([*right, *wrong], name="base"), run([*right, *right], name="trained")
    plain = checked(base, trained, design)
    spec = trained.spec
    others = [
        replace(trained, spec=changed)
        for changed in (
            replace(spec, prompt="other@1", prompts_sha256="f" * 64, engine="vllm"),
            replace(spec, decoding=replace(spec.decoding, seed=1, temperature=0.5, samples=2)),
            replace(spec, decoding=replace(spec.decoding, stop=("\n\n",))),
            replace(spec, decoding=unrecorded(spec.decoding, top_p=None)),
            replace(spec, engine="imported"),
            replace(spec, model=replace(spec.model, weights=None, revision=None)),
            base.spec,
        )
    ]
    dtypes = [
        replace(base, spec=replace(base.spec, dtype=dtype))
        for dtype in ("unknown", "bfloat16", "float32")
    ]
    asked = replace(base, spec=replace(spec, engine="endpoint", dtype="unknown"))
    hot = replace(base, spec=replace(base.spec, decoding=replace(spec.decoding, temperature=0.7)))
    penalty = replace(spec.decoding, repetition_penalty=1.1)
    penalised = replace(base, spec=replace(base.spec, decoding=penalty))
    silent = replace(
        base, spec=replace(base.spec, decoding=unrecorded(spec.decoding, temperature=None))
    )
    nobody = checked(run(wrong, name="base"), run(wrong, name="trained"), design)
    part = replace(base, part_of=100)
    unshown = replace(plain, mcnemar=replace(plain.mcnemar, exact=0.5))
    unknown = replace(plain, truncation=replace(plain.truncation, base=None))
    return [
        plain,
        nobody,
        *(run_checks(plain, base, other, Policy()) for other in others),
        *(
            run_checks(plain, one, trained, Policy())
            for one in (*dtypes, hot, asked, silent, penalised)
        ),
        run_checks(unknown, base, trained, Policy()),
        run_checks(unshown, base, trained, Policy()),
        *(
            run_checks(replace(plain, headline_set=part), base, trained, Policy())
            for part in PARTIAL_SETS
        ),
        run_checks(replace(plain, headline_set="part"), part, trained, Policy()),
        *(
            run_checks(plain, replace(base, questions=questions), trained, Policy())
            for questions in _repeated(base.questions)
        ),
        built(training=training_log())[0],
        built()[0],
        *(run_checks(by_means, base, trained, Policy()) for by_means in _by_means(plain)),
    ]


def _repeated(questions: Sequence[Question]) -> Iterator[tuple[Question, ...]]:
    """Give the first question's text to the second, with the answer and with another; and none."""
    first, second, *others = questions
    for gold, text in ((first.gold, first.text), ("0", first.text), (second.gold, None)):
        yield (first, replace(second, gold=gold, text=text), *others)


def _by_means(plain: Comparison) -> Iterator[Comparison]:
    """Turn a comparison into one of questions' means: of samples, and of partial scores."""
    clusters = clusters_of(cluster_difference([[0, 1]] * 30, [[1, 1]] * 20 + [[0, 0]] * 10))
    by_means: tuple[tuple[GainMethod, float | None], ...] = (("cluster-t", 0.1), ("score-t", None))
    for method, smallest in by_means:
        yield replace(
            plain,
            gain=replace(plain.gain, method=method, clusters=clusters),
            mcnemar=replace(plain.mcnemar, exact=0.5),
            power=replace(plain.power, smallest_detectable_gain=smallest),
        )


def _early() -> list[Check]:
    stopped = StoppedEarly(
        n=40,
        n_planned=100,
        reason="improved",
        saved_answers=120,
        pvalue=0.001,
        e_value=900.0,
        design="planned",
        looks=(20, 40),
    )
    others = (replace(stopped, design="anytime", looks=()), replace(stopped, n=100))
    return [check_of_looks(each) for each in (stopped, *others)]


def _floors() -> list[Check]:
    first, same = run([RIGHT] * 30, name="base"), run([RIGHT] * 30, name="base")
    other = run([RIGHT] * 20 + [WRONG] * 10, name="base")
    return [
        check
        for second in (same, other)
        for check in with_noise_floor(
            built()[0], noise_floor(tabulate(first), tabulate(second))
        ).checks
    ]


def _of_recipes() -> list[Check]:
    good, better = (40, 4, 40, 16), (40, 4, 44, 12)
    two, pair = names_of(2), ((True, False) * 20, (False, True, True, True) * 10)
    odd = tuple(training(f"t@{i}", i, start="x", versions={"trl": str(i)}) for i in range(2))
    silent = tuple(training(f"t@{i}", i, start=None) for i in range(2))
    plans = (
        plan_of(two),
        plan_of(two, trainings=(None, None)),
        plan_of(two, trainings=odd),
        plan_of(two, trainings=silent),
        plan_of(replace(two, left_out=("t@7",))),
        plan_of(replace(two, seeds=(0, 2))),
    )
    found = [recipe(good, better, plan=plan) for plan in plans]
    found += [recipes([pair, pair], differing=d) for d in ({}, {"gate": ["none", "auto"]})]
    found.append(recipes([pair, pair], trainings=odd))
    checks = [check for comparison in found for check in comparison.checks]
    return checks + list(recipe_checks(found[0].recipe, plans[0], (), None))


def _chosen(log: Run) -> Run:
    """Let every answer of a log have ended, and its limit be unknown, as of multiple choice."""
    decoding = unrecorded(log.spec.decoding, max_new_tokens=None)
    responses = tuple(replace(r, finish="stop") for r in log.responses)
    return replace(log, spec=replace(log.spec, decoding=decoding), responses=responses)


def _of_logs() -> list[Check]:
    """Make every check of logs speak, from pairs that differ in one thing each."""
    some = run([RIGHT] * 30 + [WRONG] * 30, model=unpinned("base"))
    all_right = run([RIGHT] * 60, model=unpinned("trained"))
    base, trained = as_log(some), as_log(all_right)
    missing: dict[str, Any] = {"base_only": 1, "trained_only": 1, "least": -1, "most": 1}
    unstated: dict[str, Any] = {"stated": {"n": None, "means": {}}}
    textless = replace(
        all_right, responses=tuple(replace(r, text=None) for r in all_right.responses)
    )
    inferred = replace(
        all_right,
        responses=tuple(replace(r, finish_source="inferred") for r in all_right.responses),
    )
    pairs = [
        (base, trained),
        (_chosen(base), _chosen(trained)),
        (base, base),
        (base, as_log(replace(some, spec=all_right.spec))),
        (base, as_log(textless)),
        (some, inferred),
        (base, as_log(all_right, version="0.4.2", stated={"n": 9})),
        (base, as_log(all_right, version=None, stated={"means": {"theirs": 0.75}})),
        (base, as_log(all_right, missing=missing)),
        (base, as_log(all_right, missing=missing | {"least": None})),
        (as_log(some, **unstated), as_log(all_right, **unstated)),
        (base, as_log(all_right, prompt="other")),
        (as_log(some, prompt=None), trained),
        (as_log(some, second=None), as_log(all_right, second=None)),
        (as_log(some, second=-1.0), as_log(all_right, second=-1.0)),
        (as_log(some, decides=0.5), as_log(all_right, decides=0.5)),
        (as_log(some, decides=0.5, second=-1.0), as_log(all_right, decides=0.5, second=-1.0)),
        (as_log(some, decides=0.0), as_log(all_right, decides=0.0)),
        (as_log(some, decides=0.0, second=0.0), as_log(all_right, decides=0.0, second=0.0)),
        (as_log(some, is_read=False), as_log(all_right, is_read=False)),
    ]
    return [check for pair in pairs for check in checked(*pair, Design()).checks]


def _of_trainings() -> list[Check]:
    """Ask as in training and otherwise, about questions that were trained on or not."""
    base, trained = run([RIGHT] * 30, name="base"), run([RIGHT] * 30, name="trained")
    asked = PromptRecord(
        name="boxed@1",
        system="Box it.",
        system_in_user=False,
        template_sha256="a" * 64,
        rendered="{question}",
    )
    others = (
        replace(asked, system=None),
        replace(asked, arguments={"enable_thinking": False}),
        replace(asked, template_sha256="b" * 64),
        replace(asked, repetition_penalty=1.1),
        replace(asked, repetition_penalty=None),
        replace(asked, rendered="other"),
    )
    log = replace(training_log(), prompt=asked)
    pairs = [(log, {"prompt_record": codec.plain(other)}) for other in (asked, *others)]
    held = Contamination(
        test="held out",
        n_train=90,
        n_test=30,
        exact=0,
        overlapping=1,
        short=0,
        words=13,
        test_sha256=trained.spec.questions_sha256,
    )
    logs = [
        replace(log, contamination=each)
        for each in (
            held,
            replace(held, exact=2),
            replace(held, overlapping=16),
            replace(held, short=30, overlapping=0),
            replace(held, overlapping=16, generated=True),
            replace(held, test_sha256="elsewhere"),
        )
    ]
    pairs += [(each, {}) for each in logs]
    return [
        check
        for training, environment in pairs
        for check in checked(
            base, replace(trained, environment=environment), Design(), training=training
        ).checks
    ]


def _of_twins() -> list[Check]:
    headline = finished_pair(WRONG, RIGHT)
    base, trained = (each.run for each in headline)
    plain = checked(base, trained, Design())
    worded = [finished_pair(WRONG, answer) for answer in (WRONG, RIGHT)]
    even = replace(plain, mcnemar=replace(plain.mcnemar, exact=1.0))
    return [
        check
        for comparison, twins in ((plain, worded[0]), (plain, worded[1]), (even, worded[1]))
        for check in with_twins(comparison, headline, twins, CompareSpec()).checks
    ]


def unpinned(name: str) -> ModelSpec:
    """Name a model as logs do, which do not tell which weights answered."""
    return ModelSpec(name=name, source="log", location=name)


@cache
def _all_checks() -> list[Check]:
    return (
        _of_logs()
        + _of_trainings()
        + _of_twins()
        + [check for comparison in _comparisons() for check in comparison.checks]
        + _early()
        + _floors()
        + _of_recipes()
    )


def test_every_check_has_a_title_and_a_sentence_in_every_language() -> None:
    for lang in LANGUAGES:
        catalogue = words(lang)
        for check in _all_checks():
            told = told_check(check, catalogue)

            is_passed = check.level == "passed"
            assert (told.title == catalogue.text(f"check_title.{check.code}")) == is_passed
            assert (told.remedy is None) == (check.level not in FAILING)
            assert told.detail
            assert (told.title_lang, told.detail_lang) == (None, None)


@pytest.mark.parametrize(
    ("room", "levels"), [("check_title", LEVELS), ("check_open", ("not_applicable",))]
)
def test_every_title_belongs_to_a_check(room: str, levels: tuple[CheckLevel, ...]) -> None:
    titles = {k for k in words("en").sentences if k.startswith(f"{room}.")}

    assert titles == {f"{room}.{check.code}" for check in _all_checks() if check.level in levels}


@pytest.mark.parametrize("room", ["check_failed", "check_why", "check_remedy"])
def test_every_check_says_what_its_failing_means_and_what_to_do(room: str) -> None:
    codes = {check.code for check in _all_checks()}

    told = {key.rpartition(".")[2] for key in words("en").sentences if key.startswith(f"{room}.")}

    assert {key for key in told if "_" not in key} == codes
    variants = {key for check in _all_checks() for key in _keys(check.statement)}
    assert {f"check_detail.{key}" for key in told if "_" in key} <= variants


def test_what_is_not_recorded_is_not_titled_as_if_it_were() -> None:
    statement = Statement(key="check_detail.EVS010_unknown", values={})
    check = Check(code="EVS010", level="warning", title="", detail="", statement=statement)

    assert told_check(check, words("en")).title == "Truncation not recorded"


def test_every_sentence_on_checks_is_reached_by_a_check() -> None:
    sentences = {k for k in words("en").sentences if k.startswith("check_detail.")}

    assert sentences - {key for check in _all_checks() for key in _keys(check.statement)} == set()


def _keys(statement: Statement | None) -> Iterator[str]:
    if statement is None:
        return
    yield statement.key
    for value in statement.values.values():
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, Statement):
                yield from _keys(inner)


def test_the_reason_of_a_headline_is_no_doubt_beside_it() -> None:
    base, trained = (run([WRONG] * 30, name=name) for name in ("base", "trained"))
    nobody = with_verdict(checked(base, trained, Design()), Policy())
    assert nobody.verdict is not None

    codes = [line.split()[0] for line in doubts(nobody.checks, nobody.verdict, words("en"))]
    all_codes = [line.split()[0] for line in doubts(nobody.checks, None, words("en"))]

    assert "evalsuite show trained 0" in headline_text(nobody.verdict, words("en"))
    assert all_codes == ["EVS014", *codes]


def test_what_is_not_recorded_is_said_to_be_unknown() -> None:
    values = {"base": None, "trained": 1, "n": 2, "budget": 3}
    statement = Statement(key="check_detail.EVS010", values=values)

    assert words("en").tell(statement).startswith("unknown of base's")


def test_results_hold_english_beside_every_statement() -> None:
    comparison = in_english(built()[0])

    for check in comparison.checks:
        told = told_check(check, words("en"))
        assert (told.title, told.detail) == (check.title, check.detail)


def test_numbers_and_names_of_a_detail_survive() -> None:
    values = {"base": 1319, "trained": 17, "n": 2638, "budget": 300}
    check = Check(
        code="EVS010",
        level="warning",
        title="",
        detail="",
        statement=Statement(key="check_detail.EVS010", values=values),
    )

    detail = told_check(check, words("zh")).detail

    assert detail == "2,638 个回答中，训练前有 1,319 个、训练后有 17 个在 300 个 token 处被截断"


@pytest.mark.parametrize("code", ["EVS010", "EVS999"])
def test_a_detail_of_schema_1_stays_english_and_says_so(code: str) -> None:
    check = Check(code=code, level="warning", title="Novel", detail="something <b>new</b>")

    told = told_check(check, words("zh"))
    page = render_html(report_view(built(checks=(check,))[0], lang="zh"))

    assert told.detail == "something <b>new</b>"
    assert told.detail_lang == "en"
    assert '<span lang="en">something &lt;b&gt;new&lt;/b&gt;</span>' in page
    assert ('<b lang="en">Novel</b>' in page) == (code == "EVS999")


def test_the_reason_of_an_invalid_comparison_is_chinese_in_chinese() -> None:
    values = {"base": "lesson@1", "trained": "plain@1"}
    statement = Statement(key="check_detail.EVS002", values=values)
    check = Check(code="EVS002", level="blocking", title="", detail="", statement=statement)

    view = report_view(built(checks=(check,))[0], lang="zh")

    assert view.headline == "不可比较：训练前用的是 lesson@1，训练后用的是 plain@1。"
