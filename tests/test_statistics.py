"""Intervals and tests against scipy, against published examples, and by simulated coverage."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from demeanor.evaluation.statistics import (
    _share_interval,
    _t,
    clustered_rate,
    margin,
    mcnemar_exact,
    paired_difference,
    pass_hat_k,
    rate_interval,
    scenarios_needed,
)

COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def pairs(both: int, only_a: int, only_b: int, neither: int) -> tuple[list[int], list[int]]:
    """Two arms' outcomes from the four cells of a paired table."""
    return [1] * (both + only_a) + [0] * (only_b + neither), ([1] * both + [0] * only_a + [1] * only_b + [0] * neither)


# -- rates


@given(COUNTS, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_interval_is_agresti_and_coulls_with_t(counts: tuple[int, int], confidence: float) -> None:
    """Two sums: successes and trials, each with pretended ones added, as the paper has it."""
    k, n = counts
    found = rate_interval(k, n, confidence)
    assert found is not None
    if n == 1:
        assert found == (0, 1)
        return
    t = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    trials = n + t**2
    share = (k + t**2 / 2) / trials
    half = t * math.sqrt(share * (1 - share) / trials)
    assert found == pytest.approx((max(0, share - half), min(1, share + half)), abs=0.005 if n < 11 else 1e-4)


@given(st.integers(1, 3000), st.sampled_from([0.8, 0.9, 0.95]))
def test_students_t_is_scipys(freedom: int, confidence: float) -> None:
    expected = float(stats.t.ppf((1 + confidence) / 2, freedom))
    assert _t(freedom, confidence) == pytest.approx(expected, rel=0.005 if freedom < 10 else 1e-4)


@given(COUNTS.filter(lambda c: c[1] > 1))
def test_the_interval_holds_wilsons(counts: tuple[int, int]) -> None:
    wilson = stats.binomtest(*counts).proportion_ci(0.95, method="wilson")
    found = rate_interval(*counts)
    assert found is not None
    assert found.low <= wilson.low + 1e-9
    assert found.high >= wilson.high - 1e-9


def test_nothing_collapses_at_the_edges() -> None:
    every, none = rate_interval(20, 20), rate_interval(0, 20)
    assert every is not None
    assert none is not None
    assert every.high == 1.0
    assert 0.75 < every.low < 0.9
    assert none == pytest.approx((0.0, 1 - every.low))


@pytest.mark.parametrize("n", [20, 27, 40, 75, 137, 200])
def test_the_interval_covers_at_every_rate(n: int) -> None:
    """Exactly, by the binomial distribution; Wilson's falls to 0.90 at n = 20."""
    intervals = [rate_interval(k, n) for k in range(n + 1)]
    rates = [i / 500 for i in range(10, 491)]
    chances = stats.binom.pmf(range(n + 1), n, [[p] for p in rates])
    for p, row in zip(rates, chances, strict=True):
        held = sum(q for q, found in zip(row, intervals, strict=True) if found and found.low <= p <= found.high)
        assert held >= 0.94, p


@pytest.mark.parametrize(("k", "n"), [(-1, 3), (4, 3), (0, -1)])
def test_impossible_counts(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="successes"):
        rate_interval(k, n)
    with pytest.raises(ValueError, match="successes"):
        pass_hat_k(k, n, 1)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.1, math.nan])
def test_impossible_confidence(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        rate_interval(1, 2, confidence)
    with pytest.raises(ValueError, match="confidence"):
        clustered_rate({}, confidence)
    with pytest.raises(ValueError, match="confidence"):
        paired_difference([], [], 0, confidence)


def test_nothing_observed_is_ungraded_and_not_zero() -> None:
    assert rate_interval(0, 0) is None
    assert clustered_rate({})[3:] == (None, None, None)
    assert clustered_rate({"a": []})[:4] == (0, 0, 0, None)
    assert pass_hat_k(0, 0, 1) is None
    assert paired_difference([], [], 0) == (None, None, None, None, 0)


@given(st.lists(st.booleans(), min_size=1, max_size=80))
def test_one_trial_each_is_the_plain_interval(outcomes: list[bool]) -> None:
    rate = clustered_rate({i: [o] for i, o in enumerate(outcomes)})
    assert (rate.low, rate.high) == pytest.approx(rate_interval(sum(outcomes), len(outcomes)))
    assert (rate.k, rate.n, rate.clusters) == (sum(outcomes), len(outcomes), len(outcomes))


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(2, 6))
def test_repeating_a_deterministic_trial_adds_nothing(outcomes: list[bool], times: int) -> None:
    rate = clustered_rate({i: [o] * times for i, o in enumerate(outcomes)})
    assert (rate.low, rate.high) == pytest.approx(rate_interval(sum(outcomes), len(outcomes)))


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=8), min_size=1, max_size=30))
def test_clusters_never_sharpen_the_interval(groups: list[list[bool]]) -> None:
    rate = clustered_rate(dict(enumerate(groups)))
    plain = rate_interval(rate.k, rate.n)
    assert plain is not None
    assert rate.point is not None
    assert rate.low is not None
    assert rate.high is not None
    assert 0 <= rate.low <= rate.point <= rate.high <= 1
    assert rate.high - rate.low >= plain.high - plain.low - 1e-12


def test_one_scenario_many_times_is_one_observation() -> None:
    rate = clustered_rate({"only": [True, False] * 50})
    assert rate.point == 0.5
    assert rate.high is not None
    assert rate.low is not None
    assert rate.high - rate.low > 0.8


def test_independent_trials_count_almost_in_full() -> None:
    rng = random.Random(1)
    rate = clustered_rate({i: [rng.random() < 0.7 for _ in range(5)] for i in range(200)})
    plain = rate_interval(rate.k, rate.n)
    assert plain is not None
    assert rate.high is not None
    assert rate.low is not None
    assert rate.high - rate.low < 1.15 * (plain.high - plain.low)


def test_an_outcome_is_true_or_false() -> None:
    with pytest.raises(ValueError, match="true or false"):
        clustered_rate({"a": [None]})  # type: ignore[list-item]
    with pytest.raises(ValueError, match="true or false"):
        clustered_rate({"a": [0.5]})  # type: ignore[list-item]


@given(st.integers(1, 7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(1, n))))
def test_pass_hat_k_counts_the_subsets(case: tuple[int, int, int]) -> None:
    c, n, k = case
    draws = list(itertools.combinations([1] * c + [0] * (n - c), k))
    assert pass_hat_k(c, n, k) == pytest.approx(sum(map(min, draws)) / len(draws))


def test_pass_hat_k_needs_k_trials() -> None:
    assert pass_hat_k(3, 3, 4) is None
    with pytest.raises(ValueError, match="at least 1"):
        pass_hat_k(1, 3, 0)


@given(st.floats(0, 1), st.floats(0.01, 0.5))
def test_scenarios_needed_is_the_smallest_that_holds(p: float, wanted: float) -> None:
    n = scenarios_needed(p, wanted)
    assert margin(n, p) <= wanted
    assert n == 1 or margin(n - 1, p) > wanted


@given(st.integers(1, 2000), st.floats(0, 1))
def test_margin_is_the_inverse_of_scenarios_needed(n: int, p: float) -> None:
    assert scenarios_needed(p, min(0.999, margin(n, p) + 1e-9)) <= n
    with pytest.raises(ValueError, match="at least 1"):
        margin(0)


def test_scenarios_needed_for_common_cases() -> None:
    assert scenarios_needed(0.5, 0.05) == 383  # 385 by the simple formula
    assert scenarios_needed(0.5, 0.1) == 95
    with pytest.raises(ValueError, match="margin"):
        scenarios_needed(0.5, 0)
    with pytest.raises(ValueError, match="p must"):
        scenarios_needed(1.5, 0.1)


# -- two arms


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_is_scipys_binomial_test(b: int, c: int) -> None:
    expected = stats.binomtest(b, b + c, 0.5).pvalue if b + c else 1.0
    assert mcnemar_exact(b, c) == pytest.approx(expected)


def test_mcnemar_takes_no_negative_counts() -> None:
    with pytest.raises(ValueError, match="negative"):
        mcnemar_exact(-1, 2)


def test_tango_as_published() -> None:
    """Bentur et al. (2009) as worked in Fagerland, Lydersen and Laake (2014): 1, 1, 7 and 12 children."""
    found = paired_difference(*pairs(1, 1, 7, 12), seed=0)
    assert found.delta == pytest.approx(-6 / 21)
    assert (found.low, found.high) == pytest.approx((-0.517, -0.026), abs=5e-4)
    assert found.p == pytest.approx(0.0703125)


def test_tango_has_closed_forms_at_the_edges() -> None:
    z2 = float(stats.norm.ppf(0.975)) ** 2
    same = paired_difference(*pairs(20, 0, 0, 0), seed=0)
    assert (same.delta, same.p) == (0, 1)
    assert (same.low, same.high) == pytest.approx((-z2 / (20 + z2), z2 / (20 + z2)))
    every = paired_difference(*pairs(0, 20, 0, 0), seed=0)
    assert (every.low, every.high) == pytest.approx(((20 - z2) / (20 + z2), 1.0))


CELLS = st.tuples(*[st.integers(0, 30)] * 4).filter(lambda cells: sum(cells) > 0)


@given(CELLS)
def test_tango_inverts_the_mcnemar_score_test(cells: tuple[int, int, int, int]) -> None:
    _, only_a, only_b, _ = cells
    found = paired_difference(*pairs(*cells), seed=0)
    assert found.delta is not None
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= found.delta <= found.high <= 1
    score = abs(only_a - only_b) / math.sqrt(only_a + only_b) if only_a + only_b else 0.0
    assert (found.low > 1e-9 or found.high < -1e-9) == (score > float(stats.norm.ppf(0.975)))


@given(CELLS)
def test_swapping_the_arms_mirrors_the_answer(cells: tuple[int, int, int, int]) -> None:
    a, b = pairs(*cells)
    one, other = paired_difference(a, b, 0), paired_difference(b, a, 0)
    assert one.low is not None
    assert one.high is not None
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low), abs=1e-9)
    assert one.p == other.p


def test_values_that_are_no_shares_have_students_t() -> None:
    rng = random.Random(3)
    a = [rng.gauss(20, 6) for _ in range(80)]
    b = [x + rng.gauss(-0.5, 4) for x in a]
    found = paired_difference(a, b, seed=7)
    interval = stats.ttest_rel(a, b).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-3)
    assert found.p == pytest.approx(stats.ttest_rel(a, b).pvalue, abs=0.03)
    assert found == paired_difference(a, b, seed=7)
    assert found.p != paired_difference(a, b, seed=8).p


def test_shares_have_two_pretended_scenarios() -> None:
    a, b = [1.0, 0.5, 0.75, 0.8, 1.0], [0.5, 0.5, 0.5, 0.9, 1.0]
    found = paired_difference(a, b, seed=0)
    differences = [x - y for x, y in zip(a, b, strict=True)]
    more = [*differences, 0.5, -0.5]
    half = stats.t.ppf(0.975, 4) * stats.sem(more)
    mean = sum(more) / 7
    assert (found.low, found.high) == pytest.approx((mean - half, mean + half), abs=5e-3)
    assert found.delta == pytest.approx(sum(differences) / 5)


def test_sign_flip_is_exact_for_few() -> None:
    a, b = [1.5, 2.5, 3.5, 4.5, 0.5], [0.0] * 5
    expected = stats.permutation_test(
        (a, b), lambda x, y: sum(x) - sum(y), permutation_type="samples", n_resamples=math.inf
    )
    assert paired_difference(a, b, 0).p == pytest.approx(expected.pvalue)


def test_no_spread_is_no_certainty() -> None:
    same = paired_difference([0.4] * 30, [0.4] * 30, 0)
    assert same.low is not None
    assert same.high is not None
    assert -0.1 < same.low < 0 < same.high < 0.1
    assert paired_difference([0.4], [0.4], 0) == (0, -1, 1, 1, 1)
    assert paired_difference([5.5, 5.75], [5.25, 5.5], 0)[:3] == (0.25, None, None)  # no shares: no scale to pretend on


def test_arms_must_match() -> None:
    with pytest.raises(ValueError, match="same scenarios"):
        paired_difference([1], [1, 0], 0)
    with pytest.raises(ValueError, match="finite"):
        paired_difference([math.nan], [1], 0)


# -- coverage


@pytest.mark.parametrize("likeness", [0.0, 0.3, 0.8])
def test_the_clustered_interval_covers(likeness: float) -> None:
    """A beta-binomial with the given intra-class correlation: 40 scenarios of 1 to 6 trials around 0.8."""
    rng, truth, hits, rounds = random.Random(5), 0.8, 0, 1500
    for _ in range(rounds):
        trials = {}
        for scenario in range(40):
            concentration = (1 - likeness) / likeness if likeness else math.inf
            own = rng.betavariate(truth * concentration, (1 - truth) * concentration) if likeness else truth
            trials[scenario] = [rng.random() < own for _ in range(rng.randint(1, 6))]
        rate = clustered_rate(trials)
        assert rate.low is not None
        assert rate.high is not None
        hits += rate.low <= truth <= rate.high
    assert 0.92 < hits / rounds < 0.98


@pytest.mark.parametrize(("only_a", "only_b"), [(0.02, 0.02), (0.3, 0.05), (0.85, 0.01)])
def test_the_paired_interval_covers(only_a: float, only_b: float) -> None:
    """Down to two discordant scenarios in a hundred, where an interval from the spread alone would collapse."""
    rng, hits, rounds = random.Random(6), 0, 1500
    for _ in range(rounds):
        draws = [rng.random() for _ in range(60)]
        a = [int(d < only_a) for d in draws]
        b = [int(only_a <= d < only_a + only_b) for d in draws]
        found = paired_difference(a, b, 0)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= only_a - only_b <= found.high
    assert 0.92 < hits / rounds <= 1


@pytest.mark.parametrize(("n", "changed", "mean"), [(20, 0.1, 0.3), (20, 0.3, 0.1), (60, 0.1, 0.0), (137, 0.05, 0.5)])
def test_the_interval_of_shares_covers(n: int, changed: float, mean: float) -> None:
    """Most scenarios do not differ; those that do, by about `mean`."""
    rng, hits, rounds = random.Random(7), 0, 1200
    for _ in range(rounds):
        better = [rng.gauss(mean, 0.1) if rng.random() < changed else 0.0 for _ in range(n)]
        a, b = [max(0.0, d) for d in better], [max(0.0, -d) for d in better]
        found = paired_difference_interval(a, b)
        hits += found[0] <= changed * mean <= found[1]
    assert hits / rounds > 0.93


def paired_difference_interval(a: list[float], b: list[float]) -> tuple[float, float]:
    """Without the permutation test, which takes most of the time."""
    found = _share_interval([x - y for x, y in zip(a, b, strict=True)], 0.95)
    return found.low, found.high
