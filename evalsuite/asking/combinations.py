"""Combinations: which designs and options of a comparison exclude each other, in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from evalsuite.errors import Clause, InvalidInputError

if TYPE_CHECKING:
    from evalsuite.asking.spec import CompareSpec

__all__ = ["refuse_combinations"]


class _Exclusion(NamedTuple):
    """A design, what it can't be combined with, and the sentence that says so."""

    design: str
    others: frozenset[str]
    sentence: Clause


_BESIDE = frozenset({"--stop-early", "--noise-floor", "--also", "--twins", "--use-all-of-base"})
_FAMILY = frozenset({"--declare", "a family"})

_EXCLUSIONS = (
    _Exclusion(
        "tasks",
        _BESIDE | _FAMILY,
        Clause(
            "several tasks are judged together on all their questions; leave out --stop-early, "
            "--noise-floor, --also, --twins, --use-all-of-base and --declare, or choose one task "
            "with --task"
        ),
    ),
    _Exclusion(
        "tasks",
        frozenset({"--data"}),
        Clause("--data is a copy of one task's questions; name the files as tasks (--task FILE)"),
    ),
    _Exclusion(
        "checkpoints",
        _BESIDE | _FAMILY,
        Clause(
            "the checkpoints of a training are judged together on all questions; leave out "
            "--stop-early, --noise-floor, --also, --twins, --use-all-of-base and --declare, or "
            "compare one checkpoint by its name"
        ),
    ),
    _Exclusion(
        "--use-all-of-base",
        frozenset({"models", "--stop-early", "--noise-floor", "--also", "--twins"}),
        Clause(
            "--use-all-of-base is about one BASE and one TRAINED that answered fewer questions; "
            "leave out further models, --also, --noise-floor, --twins and --stop-early"
        ),
    ),
    _Exclusion(
        "--also",
        frozenset({"models"}),
        Clause("--also shows one pair under several decodings; give one BASE and one TRAINED"),
    ),
    _Exclusion(
        "--also",
        frozenset({"--stop-early"}),
        Clause("--also sets whole runs beside each other; leave out --stop-early"),
    ),
    _Exclusion(
        "--twins",
        frozenset({"models", "seeds", "--stop-early"}),
        Clause(
            "--twins asks one pair whole; give one BASE and one TRAINED, and leave out --stop-early"
        ),
    ),
    _Exclusion(
        "--twins",
        frozenset({"--data"}),
        Clause(
            "--twins words the embedded task's own questions afresh, and --data brings others; "
            "leave one of them out"
        ),
    ),
    _Exclusion(
        "--noise-floor",
        frozenset({"--stop-early", "seeds"}),
        Clause(
            "--noise-floor needs one base and its whole run; leave out --stop-early, and compare "
            "one training seed at a time"
        ),
    ),
    _Exclusion(
        "--declare",
        frozenset({"--stop-early", "seeds"}),
        Clause(
            "--declare counts budgets and graders of whole runs, each of its own model; leave it "
            "out with --stop-early and with training seeds"
        ),
    ),
    _Exclusion(
        "--stop-early",
        frozenset({"seeds", "models"}),
        Clause("--stop-early looks at one pair; give one TRAINED"),
    ),
)
"""Where several hold, the first one is told."""


def refuse_combinations(spec: CompareSpec, *designs: str) -> None:
    """Refuse what excludes each other, before anything is generated.

    ``designs`` is what the names mean, beside the options: several ``tasks``, ``checkpoints`` of a
    training, several training ``seeds``, other than two ``models``.
    """
    asked = {*designs, *_options(spec)}
    for exclusion in _EXCLUSIONS:
        if exclusion.design in asked and asked & exclusion.others:
            raise InvalidInputError(exclusion.sentence)


def _options(spec: CompareSpec) -> set[str]:
    is_asked = {
        "--stop-early": spec.stop_early,
        "--noise-floor": spec.noise_floor,
        "--also": bool(spec.also),
        "--twins": spec.twins,
        "--use-all-of-base": spec.use_all_of_base,
        "--declare": bool(spec.policy.declared),
        "a family": spec.policy.family > 1,
        "--data": spec.data is not None,
    }
    return {name for name, holds in is_asked.items() if holds}
