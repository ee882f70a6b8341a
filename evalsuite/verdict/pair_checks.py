"""Checks of one pair: what must hold before its difference means anything.

Question ids, texts and golds are checked while pairing, where a mismatch is an error.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalsuite.records.comparison import SIDES
from evalsuite.records.packed import column
from evalsuite.records.run import FLEXIBLE, STRICT, same_decoding
from evalsuite.records.verdict import Statement
from evalsuite.verdict.checks import Facts, Finding, Rule, checked
from evalsuite.verdict.evidence import PARTIAL_SETS
from evalsuite.verdict.log_checks import LOG_CHECKS, are_logs, graders_agree, prompts_sent
from evalsuite.verdict.training_checks import TRAINING_CHECKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.run import Question, Run
    from evalsuite.records.verdict import Policy

__all__ = ["run_checks"]

# Limits of warnings are judgements, not computed: no decision rests on them.
_MANY_TRUNCATED = 0.05
"""Share of a side's responses."""
_TRUNCATION_GAP = 0.03
"""Between the sides, as a share of the responses."""
_MANY_UNANSWERED = 0.05
"""Share of a side's responses in which the deciding grader found no answer."""
_MANY_LOSSES = 0.25
"""Losses for each gain."""


def run_checks(comparison: Comparison, base: Run, trained: Run, policy: Policy) -> Comparison:
    """Add every check to a comparison, in order of code, and whether both are the same weights."""
    facts = Facts(comparison=comparison, base=base, trained=trained, policy=policy)
    is_same = _same_weights(facts)
    facts = replace(facts, comparison=replace(comparison, same_weights=is_same))
    rules: tuple[Rule[Facts], ...] = PAIR_CHECKS
    if are_logs(facts):
        rules = tuple(sorted((*PAIR_CHECKS, *LOG_CHECKS), key=lambda rule: rule.code))
    return replace(facts.comparison, checks=checked(rules, facts))


def _same_questions(facts: Facts) -> Finding:
    return Finding(True, values={"n": len(facts.base.questions)})


def _same_prompt(facts: Facts) -> Finding:
    base, trained = (run.spec.prompt for run in facts.runs)
    return Finding(base == trained, values={"base": base, "trained": trained})


def _same_decoding(facts: Facts) -> Finding:
    is_same = same_decoding(facts.base.spec.decoding, facts.trained.spec.decoding)
    if is_same:
        return Finding(True, "same")
    values = {"base": _decoding(facts.base), "trained": _decoding(facts.trained)}
    return Finding(is_same, "unrecorded" if is_same is None else "other", values)


def _decoding(run: Run) -> Statement:
    decoding = run.spec.decoding
    values: dict[str, Any] = {
        "temperature": decoding.temperature,
        "top_p": decoding.top_p,
        "samples": decoding.samples,
        "seed": decoding.seed,
        "tokens": decoding.max_new_tokens,
    }
    how = Statement(key="check_detail.decoding", values=values)
    if decoding.stop:
        stop = str(list(decoding.stop))
        how = Statement(key="check_detail.decoding_stop", values=values | {"stop": stop})
    penalty = decoding.repetition_penalty
    if penalty in (None, 1.0):
        return how
    return Statement(
        key="check_detail.decoding_penalty", values={"decoding": how, "penalty": penalty}
    )


def _same_grader(facts: Facts) -> Finding:
    # a log's own scores are as its harness gave them; all else was graded here, together
    return Finding(True, "logged") if are_logs(facts) else Finding(True)


def _same_rendered_prompts(facts: Facts) -> Finding:
    if "imported" in facts.engines:
        return prompts_sent(facts)
    if "endpoint" in facts.engines:
        return Finding(None, "endpoint")
    if facts.base.part_of is not None:
        return _same_templates(facts)
    is_same = facts.base.spec.prompts_sha256 == facts.trained.spec.prompts_sha256
    return Finding(is_same, "same" if is_same else "other")


def _same_templates(facts: Facts) -> Finding:
    """Compare templates where the hash of base's prompts is over more questions than these."""
    templates = [run.surroundings.prompt_template for run in facts.runs]
    if all(templates) and templates[0] != templates[1]:
        return Finding(False, "other")
    return Finding(None, "part")


def _same_engine(facts: Facts) -> Finding:
    left, right = facts.base.spec, facts.trained.spec
    if "imported" in facts.engines:
        return _same_logged_precision(left.dtype, right.dtype)
    # An unfinished run does not know its kind of server yet, so only two known ones can differ.
    servers = {run.surroundings.server for run in facts.runs} - {None}
    is_alike = (left.engine, left.dtype) == (right.engine, right.dtype) and len(servers) < 2
    names = (_engine_name(run) for run in facts.runs)
    return Finding(is_alike, values=dict(zip(SIDES, names, strict=True)))


def _same_logged_precision(base: str, trained: str) -> Finding:
    """Two precisions that differ are known to; two alike leave the engines unknown."""
    if "unknown" in (base, trained) or base == trained:
        return Finding(None, "imported")
    return Finding(False, values={"base": base, "trained": trained})


def _engine_name(run: Run) -> str:
    """Name engine and precision; a server names itself and keeps its precision to itself."""
    if run.spec.engine == "endpoint":
        return f"endpoint {run.surroundings.server or 'unknown'}"
    return f"{run.spec.engine} {run.spec.dtype}"


def _same_weights(facts: Facts) -> bool | None:
    base, trained = (run.spec.model.identity for run in facts.runs)
    return None if base is None or trained is None else base == trained


def _two_models(facts: Facts) -> Finding:
    is_same = _same_weights(facts)
    if is_same is None:
        return Finding(None, "unknown")
    return Finding(not is_same, "same" if is_same else "different")


def _few_cut_off(facts: Facts) -> Finding:
    base, trained = facts.comparison.truncation.base, facts.comparison.truncation.trained
    if base is None or trained is None:
        return Finding(False, "unknown")
    limit = _MANY_TRUNCATED * facts.comparison.base.n
    return Finding(max(base, trained) <= limit, *_cut_off(facts))


def _equal_truncation(facts: Facts) -> Finding:
    base, trained = facts.comparison.truncation.base, facts.comparison.truncation.trained
    if base is None or trained is None:
        return Finding(None, "unknown")
    limit = _TRUNCATION_GAP * facts.comparison.base.n
    return Finding(abs(base - trained) <= limit, *_cut_off(facts))


def _cut_off(facts: Facts) -> tuple[str, dict[str, int | None]]:
    """Say how many were cut off, and of how many that is inferred."""
    comparison = facts.comparison
    values = {
        "base": comparison.truncation.base,
        "trained": comparison.truncation.trained,
        "n": comparison.base.n,
        "budget": comparison.headline_budget,
    }
    sources = [s for run in facts.runs for s in column(run.responses, "finish_source")]
    k = sources.count("inferred")
    if k:
        return "inferred", values | {"k": k, "answers": len(sources)}
    return "" if comparison.headline_budget else "no_limit", values


def _graders_agree(facts: Facts) -> Finding:
    if are_logs(facts):
        return graders_agree(facts)
    graders, alpha = facts.comparison.graders, facts.policy.alpha
    strict, flexible = graders[STRICT], graders[FLEXIBLE]
    agree = (strict.exact <= alpha) == (flexible.exact <= alpha)
    values = {
        "strict": strict.gain,
        "strict_p": strict.exact,
        "flexible": flexible.gain,
        "flexible_p": flexible.exact,
    }
    variant = "" if facts.comparison.gain.clusters is None else "questions"
    return Finding(agree and (strict.gain > 0) == (flexible.gain > 0), variant, values)


def _answers_found(facts: Facts) -> Finding:
    base, trained = facts.comparison.base, facts.comparison.trained
    if base.no_answer is None or trained.no_answer is None:
        return Finding(None, "unrecorded")
    values: dict[str, Any] = {"base": base.no_answer, "trained": trained.no_answer, "n": base.n}
    few = max(base.no_answer, trained.no_answer) <= _MANY_UNANSWERED * base.n
    if facts.comparison.decides != STRICT:
        return Finding(few, "logged", values | {"grader": facts.comparison.decides})
    return Finding(few, values=values)


def _somebody_is_right(facts: Facts) -> Finding:
    sides = facts.comparison.base, facts.comparison.trained
    if all(side.accuracy == 0 for side in sides):
        return Finding(False, "none", {"name": facts.trained.spec.model.name})
    if facts.comparison.gain.method == "score-t":
        rates = {name: s.accuracy for name, s in zip(SIDES, sides, strict=True)}
        return Finding(True, "scored", rates)
    base, trained = (side.correct for side in sides)
    return Finding(True, values={"base": base, "trained": trained})


def _enough_questions(facts: Facts) -> Finding:
    comparison, policy = facts.comparison, facts.policy
    smallest = comparison.power.smallest_detectable_gain
    is_shown = comparison.mcnemar.exact <= policy.alpha
    values = {"n": comparison.n_questions, "margin": policy.margin, "smallest": smallest}
    if is_shown:
        return Finding(None, "shown", values)
    holds = smallest is not None and smallest <= policy.margin
    words = ["none"] * (smallest is None) + ["questions"] * (comparison.gain.clusters is not None)
    return Finding(holds, "_".join(words), values)


def _full_split(facts: Facts) -> Finding:
    chosen = facts.comparison.headline_set
    if chosen in PARTIAL_SETS:
        return Finding(False, chosen, {"n": facts.comparison.n_questions})
    return Finding(True, values={"n": facts.comparison.n_questions})


def _few_losses(facts: Facts) -> Finding:
    table, clusters = facts.comparison.table, facts.comparison.gain.clusters
    losses, gains = table.losses, table.gains
    if clusters is not None:  # pairs of samples would depend on how samples are numbered
        losses, gains = clusters.worse, clusters.better
    values = {"losses": losses, "gains": gains}
    unit = "questions" if clusters else ""
    return Finding(losses <= _MANY_LOSSES * gains, unit, values)


def _every_question_once(facts: Facts) -> Finding:
    """Count questions whose text an earlier one has: under several ids they are still one."""
    questions = facts.base.questions
    pairs = _repeats(questions)
    if not pairs:
        is_known = all(column(questions, "text"))
        return Finding(True, values={"n": len(questions)}) if is_known else Finding(None, "unknown")
    values = {
        "k": len(pairs),
        "n": len(questions),
        "first": pairs[0][0].id,
        "second": pairs[0][1].id,
    }
    other = sum(left.gold != right.gold for left, right in pairs)
    return Finding(
        False, "other" if other else "again", values | ({"other": other} if other else {})
    )


def _repeats(questions: Sequence[Question]) -> list[tuple[Question, Question]]:
    """Lay every question whose text an earlier one has beside that one."""
    texts = ((text or "").strip() for text in column(questions, "text"))
    hashes = [hash(text) for text in texts if text]
    if len(set(hashes)) == len(hashes):  # equal texts have equal hashes, and a million fit
        return []
    first: dict[str, Question] = {}
    return [
        (first[text], question)
        for question in questions
        if (text := (question.text or "").strip())
        and first.setdefault(text, question) is not question
    ]


def _weights_identified(facts: Facts) -> Finding:
    models = [run.spec.model for run in facts.runs]
    unknown = [m.name for m in models if m.weights is None and m.revision is None]
    if unknown:
        return Finding(False, values={"names": ", ".join(unknown)})
    return Finding(True, "pinned")


def _sampled_more_than_once(facts: Facts) -> Finding:
    decodings = [run.spec.decoding for run in facts.runs]
    temperatures = [d.temperature for d in decodings if d.temperature is not None]
    if len(temperatures) < len(decodings):
        return Finding(None, "unrecorded")
    if max(temperatures) == 0:
        return Finding(None, "greedy")
    fewest = min(decoding.samples for decoding in decodings)
    return Finding(fewest > 1, values={"n": fewest, "temperature": max(temperatures)})


def _full_precision(facts: Facts) -> Finding:
    spec = facts.base.spec
    holds = None if spec.dtype == "unknown" else spec.dtype == "float32"
    if spec.engine == "endpoint":
        return Finding(holds, "endpoint")
    if spec.dtype == "unknown":
        return Finding(None, "imported")
    return Finding(holds, "" if holds else "other", {"dtype": spec.dtype})


PAIR_CHECKS = (
    Rule("EVS001", "blocking", _same_questions),
    Rule("EVS002", "blocking", _same_prompt),
    Rule("EVS003", "blocking", _same_decoding),
    Rule("EVS004", "blocking", _same_grader),
    Rule("EVS006", "warning", _same_rendered_prompts),
    Rule("EVS007", "blocking", _same_engine),
    Rule("EVS008", "warning", _two_models),
    Rule("EVS010", "warning", _few_cut_off),
    Rule("EVS011", "warning", _equal_truncation),
    Rule("EVS012", "warning", _graders_agree),
    Rule("EVS013", "warning", _answers_found),
    Rule("EVS014", "blocking", _somebody_is_right),
    Rule("EVS020", "warning", _enough_questions),
    Rule("EVS021", "warning", _full_split),
    Rule("EVS022", "warning", _few_losses),
    Rule("EVS023", "warning", _every_question_once),
    *TRAINING_CHECKS,
    Rule("EVS050", "warning", _weights_identified),
    Rule("EVS052", "warning", _sampled_more_than_once),
    Rule("EVS053", "warning", _full_precision),
)
"""In order of code."""
