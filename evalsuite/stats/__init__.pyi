"""The public statistics: the one list of names, read by type checkers and by the lazy loader."""

from .paired.bayes import (
    PairedPosterior as PairedPosterior,
    paired_posterior as paired_posterior,
)
from .paired.contrast import (
    GainContrast as GainContrast,
    gain_contrast as gain_contrast,
)
from .paired.difference import (
    DifferenceInterval as DifferenceInterval,
    difference_interval as difference_interval,
)
from .paired.margins import (
    EquivalenceResult as EquivalenceResult,
    NonInferiorityResult as NonInferiorityResult,
    equivalence as equivalence,
    non_inferiority as non_inferiority,
)
from .paired.mcnemar import (
    McNemarResult as McNemarResult,
    mcnemar as mcnemar,
    mcnemar_unconditional as mcnemar_unconditional,
)
from .paired.multiplicity import (
    holm as holm,
)
from .paired.ratios import (
    RatioInterval as RatioInterval,
    discordant_odds_ratio as discordant_odds_ratio,
    relative_risk as relative_risk,
)
from .paired.truncation import (
    TruncationBounds as TruncationBounds,
    truncation_bounds as truncation_bounds,
)
from .paired.whole_base import (
    WholeBaseGain as WholeBaseGain,
    whole_base_gain as whole_base_gain,
)
from .planning.design import (
    DiscordanceRange as DiscordanceRange,
    Need as Need,
    PowerAt as PowerAt,
    Sight as Sight,
    discordance_range as discordance_range,
    needs_of as needs_of,
    powers_at as powers_at,
    sights_of as sights_of,
)
from .planning.exact_power import (
    power as power,
)
from .planning.required import (
    connor_questions as connor_questions,
    required_questions as required_questions,
    smallest_detectable_gain as smallest_detectable_gain,
    smallest_detectable_gain_if_independent as smallest_detectable_gain_if_independent,
    smallest_detectable_gain_with_losses as smallest_detectable_gain_with_losses,
)
from .planning.self_check import (
    SelfCheck as SelfCheck,
    self_check as self_check,
)
from .planning.subsets import (
    ScoreRange as ScoreRange,
    SubsetChances as SubsetChances,
    score_range as score_range,
    subset_chances as subset_chances,
)
from .proportion import (
    ProportionInterval as ProportionInterval,
    proportion_interval as proportion_interval,
)
from .sequential.adjusted import (
    AdjustedGain as AdjustedGain,
    adjusted_gain as adjusted_gain,
)
from .sequential.betting import (
    ConfidenceSequence as ConfidenceSequence,
    confidence_sequence as confidence_sequence,
)
from .sequential.looks import (
    EProcess as EProcess,
    EValue as EValue,
    Look as Look,
    e_process as e_process,
    e_value as e_value,
    look as look,
)
from .sequential.order import (
    OrderTrend as OrderTrend,
    order_trend as order_trend,
)
from .sequential.planned import (
    PlannedLook as PlannedLook,
    planned_look as planned_look,
)
from .sequential.spending import (
    GroupSequentialBounds as GroupSequentialBounds,
    group_sequential_bounds as group_sequential_bounds,
)
from .several.best_of import (
    BestOf as BestOf,
    best_of as best_of,
)
from .several.cluster_power import (
    ClusterPlan as ClusterPlan,
    questions_for_gain as questions_for_gain,
)
from .several.clusters import (
    ClusterDifference as ClusterDifference,
    cluster_difference as cluster_difference,
)
from .several.flips import (
    FlipChances as FlipChances,
    flip_chances as flip_chances,
)
from .several.learning_curve import (
    CurvePoint as CurvePoint,
    LearningCurve as LearningCurve,
    learning_curve as learning_curve,
)
from .several.passes import (
    GainAtTries as GainAtTries,
    PassCurves as PassCurves,
    TriesContrast as TriesContrast,
    majority_curves as majority_curves,
    pass_curves as pass_curves,
)
from .several.resampling import (
    BootstrapInterval as BootstrapInterval,
    bootstrap_questions as bootstrap_questions,
)
from .several.samples import (
    PassAtK as PassAtK,
    ReducedSamples as ReducedSamples,
    pass_at_k as pass_at_k,
    reduce_samples as reduce_samples,
)
from .several.signflip import (
    SignFlip as SignFlip,
    sign_flip as sign_flip,
)
from .several.stratified import (
    EqualGains as EqualGains,
    StratifiedGain as StratifiedGain,
    Stratum as Stratum,
    stratified_gain as stratified_gain,
)
from .several.training_seeds import (
    Components as Components,
    RecipeDifference as RecipeDifference,
    Scope as Scope,
    SeedGain as SeedGain,
    recipe_contrast as recipe_contrast,
    recipe_difference as recipe_difference,
)
from .several.variance import (
    Outlook as Outlook,
    VarianceSplit as VarianceSplit,
)
from .several.widened import (
    WidenedGain as WidenedGain,
    widened_gain as widened_gain,
)
from .survival import (
    CompletionLengths as CompletionLengths,
    completion_lengths as completion_lengths,
)
