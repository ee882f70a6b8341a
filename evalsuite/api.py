"""``evalsuite.compare``: the command's whole work as one function, for notebooks and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.asking.compare import plan_comparison, run_comparison
from evalsuite.asking.evaluate import Progress, silent
from evalsuite.asking.spec import preset_models, preset_options, spec_of
from evalsuite.reporting.telling import in_english

if TYPE_CHECKING:
    from typing import Unpack

    from evalsuite.asking.options import CompareOptions
    from evalsuite.records.judged import Judged

__all__ = ["compare"]


def compare(
    base: str,
    *trained: str,
    preset: str | None = None,
    progress: Progress = silent,
    **options: Unpack[CompareOptions],
) -> Judged:
    """Compare trained models with a base, generating what is missing.

    Parameters
    ----------
    base, *trained
        Names as the command takes them: an alias, a run, a folder, a .gguf file or ``org/name``
        on the Hub; ``trained`` where none is given. Several are judged together, with Holm over
        all of them; ``NAME@*`` stands for the training seeds of one recipe.
    preset
        ``tiny``, ``smol`` or ``tutorial``: settings of a known pair; options given here stay.
    progress
        Called after every batch; with the sum of runs that are answered at once.
    **options
        As `evalsuite.asking.spec.CompareSpec`, named as on the command line, with ``_`` for
        ``-``: ``task`` (a list of several, judged together), ``data``, ``subsets``,
        ``max_new_tokens``, ``stop_early``, ``noise_floor``, ``train_log`` and so on. ``margin`` is
        in points.

    Returns
    -------
    Comparison or Family or RecipeComparison or CurveComparison or SuiteComparison
        With verdict, checks and provenance. Of one pair, of several models, of training seeds, of
        one training's checkpoints, of one pair on several tasks.

    Raises
    ------
    EvalsuiteError
        For models or data that lead nowhere and runs that fail.

    Examples
    --------
    >>> import evalsuite
    >>> result = evalsuite.compare("base", "trained", subsets=5)  # doctest: +SKIP
    >>> result.verdict.headline  # doctest: +SKIP
    'Yes: trained scores 33.2 points higher than base (95% CI 30.2 to 36.3; 1,319 questions).'
    """
    names = (base, *(trained or ("trained",)))
    if preset is not None:
        options = preset_options(preset) | options
    plan = plan_comparison(preset_models(preset, names), spec_of(**options))
    return in_english(run_comparison(plan, reporter=lambda _: progress).judged)
