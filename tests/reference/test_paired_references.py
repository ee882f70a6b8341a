"""Numbers others published or computed, each with its source.

R transcripts: contingencytables (Fagerland, Lydersen & Laake's book; values from its own tests),
PropCIs, exact2x2, stats. Tables in R are first row = the first measurement; ``gains`` here are
questions only the second model has right.
"""

import pytest

from evalsuite.stats import (
    difference_interval,
    discordant_odds_ratio,
    equivalence,
    mcnemar,
    mcnemar_unconditional,
    paired_posterior,
    proportion_interval,
    relative_risk,
)

# cavo_2012: complete response before and after therapy, rows before: 59 6 / 16 80.
# R's difference is first minus second, ours trained (second) minus base (first).
CAVO = (59, 6, 16, 80)
# bentur_2009: airway hyper-responsiveness, 1 1 / 7 12.
BENTUR = (1, 1, 7, 12)


@pytest.mark.parametrize(
    ("method", "pvalue"),
    [("exact", 0.052479), ("mid-p", 0.034690), ("asymptotic", 0.033006), ("corrected", 0.055009)],
)
def test_mcnemar_against_contingencytables_cavo_2012(method: str, pvalue: float) -> None:
    """McNemar_exact_cond_test_paired_2x2(cavo_2012): P = 0.052479, and so on."""
    assert mcnemar(6, 16, method=method).pvalue == pytest.approx(pvalue, abs=5e-7)  # type: ignore[arg-type]


def test_unconditional_against_contingencytables_cavo_2012() -> None:
    """McNemar_exact_unconditional_test_paired_2x2(cavo_2012): P = 0.034053 (gamma = 0.0001)."""
    assert mcnemar_unconditional(6, 16, 161, gamma=0.0001).pvalue == pytest.approx(
        0.034053, abs=5e-7
    )


def test_unconditional_against_contingencytables_on_a_tenth_of_the_table() -> None:
    """The same function of floor(cavo_2012 / 10) = 5 0 / 1 8: P = 0.542071."""
    assert mcnemar_unconditional(0, 1, 14, gamma=0.0001).pvalue == pytest.approx(0.542071, abs=5e-6)


@pytest.mark.parametrize(
    ("table", "pvalue"),
    [((7, 1, 21), 0.03532), ((6, 16, 161), 0.03420), ((0, 1, 5), 0.566), ((1, 2, 5), 0.736)],
)
def test_unconditional_without_correction(table: tuple[int, int, int], pvalue: float) -> None:
    """Suissa & Shuster's test by an independent implementation, gamma = 0."""
    assert mcnemar_unconditional(*table).pvalue == pytest.approx(pvalue, abs=5e-4)


@pytest.mark.parametrize(
    ("method", "low", "high"),
    [
        ("tango", 0.0054, 0.1240),
        ("newcombe", 0.0046, 0.1186),
        ("bonett-price", 0.0032, 0.1195),
        ("wald", 0.0058, 0.1184),
    ],
)
def test_difference_against_contingencytables_cavo_2012(
    method: str, low: float, high: float
) -> None:
    """Tango_asymptotic_score_CI_paired_2x2(cavo_2012): -0.1240 to -0.0054, and so on."""
    result = difference_interval(*CAVO, method=method)  # type: ignore[arg-type]  # one of four

    assert (result.low, result.high) == pytest.approx((low, high), abs=5e-5)


def test_tango_against_ratesci_bentur_2009() -> None:
    """PropCIs scoreci.mp(7, 1, 21) and ratesci's example: -0.517 to -0.026."""
    result = difference_interval(*BENTUR)

    assert (result.low, result.high) == pytest.approx((0.026, 0.517), abs=5e-4)


def test_tango_against_propcis() -> None:
    """R: scoreci.mp(25, 28, 618, conf.level = 0.90) gives -0.0148 to 0.0247."""
    result = difference_interval(300, 25, 28, 265, confidence_level=0.9)

    assert (result.low, result.high) == pytest.approx((-0.0148, 0.0247), abs=5e-5)


def test_edwards_correction_against_r_approval_ratings() -> None:
    """R: mcnemar.test(matrix(c(794, 86, 150, 570), 2)) gives 16.82, uncorrected 17.36."""
    assert mcnemar(86, 150, method="asymptotic").statistic == pytest.approx(17.36, abs=5e-3)
    assert mcnemar(86, 150, method="corrected").statistic == pytest.approx(16.82, abs=5e-3)


@pytest.mark.parametrize(
    ("method", "low", "high"), [("tang", 0.7476, 0.9876), ("bonett-price", 0.7579, 0.9910)]
)
def test_relative_risk_against_contingencytables_cavo_2012(
    method: str, low: float, high: float
) -> None:
    """R's ratio is first over second, 65 / 75: the two models in exchanged roles."""
    result = relative_risk(59, 16, 6, 80, method=method)  # type: ignore[arg-type]  # one of two

    assert result.estimate == pytest.approx(0.8667, abs=5e-5)
    assert (result.low, result.high) == pytest.approx((low, high), abs=6e-5)


def test_tang_against_ratesci_bentur_2009() -> None:
    """Ratio 0.25 with 0.065 to 0.907."""
    result = relative_risk(1, 7, 1, 12)

    assert (result.low, result.high) == pytest.approx((0.065, 0.907), abs=5e-4)


@pytest.mark.parametrize(
    ("method", "low", "high"),
    [("clopper-pearson", 3.1169, 108.8892), ("mid-p", 3.4681, 78.2972)],
)
def test_odds_ratio_against_contingencytables_ezra_2010(
    method: str, low: float, high: float
) -> None:
    """Transformed_Clopper_Pearson_exact_CI_paired_2x2(ezra_2010): 25 / 2 = 12.5."""
    result = discordant_odds_ratio(2, 25, method=method)  # type: ignore[arg-type]  # one of two

    assert result.estimate == 12.5
    assert (result.low, result.high) == pytest.approx((low, high), abs=5e-5)


def test_clopper_pearson_against_contingencytables_ligarden_2010() -> None:
    """ClopperPearson_exact_CI_1x2_beta_version(13, 16): 0.5435 to 0.9595."""
    result = proportion_interval(13, 16, method="clopper-pearson")

    assert (result.low, result.high) == pytest.approx((0.5435, 0.9595), abs=5e-5)


def test_clopper_pearson_ends_against_contingencytables() -> None:
    """10 of 10: 0.6915 to 1; 0 of 10: 0 to 0.3085."""
    all_right = proportion_interval(10, 10, method="clopper-pearson")
    none_right = proportion_interval(0, 10, method="clopper-pearson")

    assert (all_right.low, all_right.high) == pytest.approx((0.6915, 1), abs=5e-5)
    assert (none_right.low, none_right.high) == pytest.approx((0, 0.3085), abs=5e-5)


def test_equivalence_against_tango_1998_section_4() -> None:
    """43, 0, 1, 0 at a margin of .10: z = 1.709, p = .0438, 90% interval -.0957 to .0365."""
    result = equivalence(43, 1, 0, 0, margin=0.1)

    assert result.statistic_low == pytest.approx(1.709, abs=5e-4)
    assert result.pvalue == pytest.approx(0.0438, abs=5e-5)
    assert (result.low, result.high) == pytest.approx((-0.0957, 0.0365), abs=5e-5)
    assert result.is_equivalent


def test_newcombe_1998_table_two_hundred_percent_agreement_keeps_its_width() -> None:
    """(27, 0, 0, 27): with the n/2 correction the interval is not [0, 0]."""
    result = difference_interval(27, 0, 0, 27, method="newcombe")

    assert result.low < -0.03 < 0.03 < result.high


@pytest.mark.parametrize(("n", "end"), [(5, 0.434), (20, 0.161)])
def test_tango_ends_without_discordance(n: int, end: float) -> None:
    assert difference_interval(n, 0, 0, 0).high == pytest.approx(end, abs=5e-4)


def test_fay_lumbard_end_without_discordance() -> None:
    """exact2x2 mcnemarExactDP(x = 0, m = 0, n = 5): qbeta(.975, 1, 5) = .522."""
    assert difference_interval(5, 0, 0, 0, method="fay-lumbard").high == pytest.approx(
        0.522, abs=5e-4
    )


def test_bootstrap_of_one_gain_in_five_is_the_published_misuse() -> None:
    """[0.0, 0.6] for 1/5 -> 2/5 without losses: an interval that never hears of a loss."""
    result = difference_interval(1, 0, 1, 3, method="bootstrap")

    assert (result.low, result.high) == pytest.approx((0.0, 0.6))


def test_real_pair_of_gsm8k_solutions() -> None:
    """OpenAI's published solutions, 6b_finetuning against 6b_verification, n = 1,319."""
    result = difference_interval(222, 64, 293, 740)

    assert result.estimate == pytest.approx(0.174, abs=5e-4)
    assert (result.low, result.high) == pytest.approx((0.147, 0.200), abs=5e-4)
    assert mcnemar(64, 293).pvalue == pytest.approx(4e-36, rel=0.15)
    assert mcnemar(209, 152).pvalue == pytest.approx(0.003, abs=5e-4)


@pytest.mark.parametrize(
    ("losses", "gains", "pvalue"),
    [(24, 319, 6e-67), (97, 197, 6e-9), (132, 171, 0.029)],
)
def test_real_pair_before_and_after_grpo(losses: int, gains: int, pvalue: float) -> None:
    """Qwen2.5-Coder-0.5B-Instruct around 35 GRPO steps at 200, 300 and 512 tokens."""
    assert mcnemar(losses, gains).pvalue == pytest.approx(pvalue, rel=0.1)


def test_dirichlet_probability_of_the_tutorial_pairings() -> None:
    assert paired_posterior(1, 0, 1, 3).probability_of_gain == pytest.approx(0.75)
    assert paired_posterior(0, 1, 2, 2).probability_of_gain == pytest.approx(0.6875)
