"""Statistics for two models that answered the same questions: counts in, frozen results out.

Everything is in fractions, ``gain`` is always trained minus base, ``losses`` are questions only
the base model answered correctly and ``gains`` those only the trained model did. A name loads its
module when first used, so importing this package loads neither numpy nor scipy.

Two worked examples, which are how this project began.

**20% -> 40% on 5 questions.** One more correct answer of five can come about in two ways: the
trained model kept the old one and gained one, or it lost it and gained two. In both, the exact
p-value is 1, and with five questions no outcome whatever reaches .05:

>>> from evalsuite import stats
>>> stats.mcnemar(losses=0, gains=1).pvalue, stats.mcnemar(losses=1, gains=2).pvalue
(1.0, 1.0)
>>> stats.mcnemar(losses=0, gains=5).pvalue
0.0625
>>> for table in ((1, 0, 1, 3), (0, 1, 2, 2)):
...     interval = stats.difference_interval(*table)
...     print(f"{100 * interval.low:.1f} to {100 * interval.high:.1f} points")
-32.1 to 62.4 points
-44.5 to 69.7 points

To see 20% -> 40% with 80% power takes 39 questions if training breaks nothing, 91 if the two
models' answers are unrelated, and more than that if they differ as often as they can:

>>> [stats.required_questions(p_loss, p_loss + 0.2) for p_loss in (0.0, 0.12, 0.2)]
[39, 91, 124]

**55% -> 50% on 20 questions.** One fewer correct answer of twenty can come about in ten ways, from
one loss and no gain to ten losses and nine gains. The exact p-value is 1 in all ten, and neither
a loss nor "no change" can be claimed from any:

>>> {stats.mcnemar(losses=gains + 1, gains=gains).pvalue for gains in range(10)}
{1.0}
>>> for gains in (0, 9):
...     interval = stats.difference_interval(10 - gains, gains + 1, gains, 9 - gains)
...     print(f"{100 * interval.low:.1f} to {100 * interval.high:.1f} points")
-23.6 to 11.9 points
-43.5 to 35.0 points
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalsuite.stats.bayes import PairedPosterior, paired_posterior
    from evalsuite.stats.betting import ConfidenceSequence, confidence_sequence
    from evalsuite.stats.clusters import (
        ClusterDifference,
        ClusterPlan,
        Outlook,
        VarianceSplit,
        cluster_difference,
        questions_for_gain,
    )
    from evalsuite.stats.design import Need, PowerAt, Sight, needs_of, powers_at, sights_of
    from evalsuite.stats.difference import DifferenceInterval, difference_interval
    from evalsuite.stats.draws import ScoreRange, SubsetChances, score_range, subset_chances
    from evalsuite.stats.exact_power import power
    from evalsuite.stats.gate import GateResult, GateRules, RuleResult, check_gate
    from evalsuite.stats.headline import (
        headline_key,
        headline_keys,
        headline_sentence,
        headline_values,
    )
    from evalsuite.stats.margins import EquivalenceResult, equivalence
    from evalsuite.stats.multiplicity import holm
    from evalsuite.stats.paired_tests import McNemarResult, mcnemar, mcnemar_unconditional
    from evalsuite.stats.planning import (
        DiscordanceRange,
        connor_questions,
        discordance_range,
        required_questions,
        smallest_detectable_gain,
        smallest_detectable_gain_if_independent,
        smallest_detectable_gain_with_losses,
    )
    from evalsuite.stats.proportion import ProportionInterval, proportion_interval
    from evalsuite.stats.ratios import RatioInterval, discordant_odds_ratio, relative_risk
    from evalsuite.stats.resampling import BootstrapInterval, bootstrap_questions
    from evalsuite.stats.samples import PassAtK, ReducedSamples, pass_at_k, reduce_samples
    from evalsuite.stats.sequential import EProcess, EValue, Look, e_process, e_value, look
    from evalsuite.stats.signflip import SignFlip, sign_flip
    from evalsuite.stats.simulate import SelfCheck, self_check
    from evalsuite.stats.subsets import Subsets, SubsetSpread, subset_statistics
    from evalsuite.stats.survival import CompletionLengths, completion_lengths
    from evalsuite.stats.table_summary import (
        compare_table,
        describe_clustered_power,
        describe_gain,
        describe_intervals,
        describe_power,
        describe_tests,
    )
    from evalsuite.stats.training_seeds import (
        Components,
        RecipeDifference,
        Scope,
        SeedGain,
        recipe_contrast,
        recipe_difference,
    )
    from evalsuite.stats.truncation import TruncationBounds, truncation_bounds
    from evalsuite.stats.verdict import decide_table, judge, judge_together

__all__ = [
    "BootstrapInterval",
    "ClusterDifference",
    "ClusterPlan",
    "CompletionLengths",
    "Components",
    "ConfidenceSequence",
    "DifferenceInterval",
    "DiscordanceRange",
    "EProcess",
    "EValue",
    "EquivalenceResult",
    "GateResult",
    "GateRules",
    "Look",
    "McNemarResult",
    "Need",
    "Outlook",
    "PairedPosterior",
    "PassAtK",
    "PowerAt",
    "ProportionInterval",
    "RatioInterval",
    "RecipeDifference",
    "ReducedSamples",
    "RuleResult",
    "Scope",
    "ScoreRange",
    "SeedGain",
    "SelfCheck",
    "Sight",
    "SignFlip",
    "SubsetChances",
    "SubsetSpread",
    "Subsets",
    "TruncationBounds",
    "VarianceSplit",
    "bootstrap_questions",
    "check_gate",
    "cluster_difference",
    "compare_table",
    "completion_lengths",
    "confidence_sequence",
    "connor_questions",
    "decide_table",
    "describe_clustered_power",
    "describe_gain",
    "describe_intervals",
    "describe_power",
    "describe_tests",
    "difference_interval",
    "discordance_range",
    "discordant_odds_ratio",
    "e_process",
    "e_value",
    "equivalence",
    "headline_key",
    "headline_keys",
    "headline_sentence",
    "headline_values",
    "holm",
    "judge",
    "judge_together",
    "look",
    "mcnemar",
    "mcnemar_unconditional",
    "needs_of",
    "paired_posterior",
    "pass_at_k",
    "power",
    "powers_at",
    "proportion_interval",
    "questions_for_gain",
    "recipe_contrast",
    "recipe_difference",
    "reduce_samples",
    "relative_risk",
    "required_questions",
    "score_range",
    "self_check",
    "sights_of",
    "sign_flip",
    "smallest_detectable_gain",
    "smallest_detectable_gain_if_independent",
    "smallest_detectable_gain_with_losses",
    "subset_chances",
    "subset_statistics",
    "truncation_bounds",
]

_MODULES = {
    "bayes": ("PairedPosterior", "paired_posterior"),
    "betting": ("ConfidenceSequence", "confidence_sequence"),
    "clusters": (
        "ClusterDifference",
        "ClusterPlan",
        "Outlook",
        "VarianceSplit",
        "cluster_difference",
        "questions_for_gain",
    ),
    "design": ("Need", "PowerAt", "Sight", "needs_of", "powers_at", "sights_of"),
    "difference": ("DifferenceInterval", "difference_interval"),
    "draws": ("ScoreRange", "SubsetChances", "score_range", "subset_chances"),
    "exact_power": ("power",),
    "gate": ("GateResult", "GateRules", "RuleResult", "check_gate"),
    "headline": ("headline_key", "headline_keys", "headline_sentence", "headline_values"),
    "margins": ("EquivalenceResult", "equivalence"),
    "multiplicity": ("holm",),
    "paired_tests": ("McNemarResult", "mcnemar", "mcnemar_unconditional"),
    "planning": (
        "DiscordanceRange",
        "connor_questions",
        "discordance_range",
        "required_questions",
        "smallest_detectable_gain",
        "smallest_detectable_gain_if_independent",
        "smallest_detectable_gain_with_losses",
    ),
    "proportion": ("ProportionInterval", "proportion_interval"),
    "ratios": ("RatioInterval", "discordant_odds_ratio", "relative_risk"),
    "resampling": ("BootstrapInterval", "bootstrap_questions"),
    "samples": ("PassAtK", "ReducedSamples", "pass_at_k", "reduce_samples"),
    "sequential": ("EProcess", "EValue", "Look", "e_process", "e_value", "look"),
    "signflip": ("SignFlip", "sign_flip"),
    "simulate": ("SelfCheck", "self_check"),
    "subsets": ("SubsetSpread", "Subsets", "subset_statistics"),
    "survival": ("CompletionLengths", "completion_lengths"),
    "table_summary": (
        "compare_table",
        "describe_clustered_power",
        "describe_gain",
        "describe_intervals",
        "describe_power",
        "describe_tests",
    ),
    "training_seeds": (
        "Components",
        "RecipeDifference",
        "Scope",
        "SeedGain",
        "recipe_contrast",
        "recipe_difference",
    ),
    "truncation": ("TruncationBounds", "truncation_bounds"),
    "verdict": ("decide_table", "judge", "judge_together"),
}
"""Which module holds which names. No module is named like a function: it would shadow it."""


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use (PEP 562)."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"evalsuite.stats.{module}"), name)
    raise AttributeError(f"module 'evalsuite.stats' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return list(__all__)
