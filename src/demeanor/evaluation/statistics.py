"""How sure a number is: intervals for rates, differences between two arms, scenarios a claim needs.

The scenario is the unit. Repeated trials of one scenario are clustered under it and count for less than as
many new scenarios. Nothing collapses at the edges: 20 of 20 has an interval, and so has a difference between
two arms that both did everything. What cannot be estimated is `None` (ungraded), never 0 or 1. Nonsense
raises `ValueError`.

Plain `math`, `statistics` and `random`; every random step takes a seed. The tests compare with scipy and with
published examples.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist, stdev
from typing import Any, NamedTuple

RESAMPLES = 4000
"""Sign-flip draws: the Monte Carlo error of a p of 2.5% is then about 0.25 points."""


class Interval(NamedTuple):
    """A confidence interval, both ends included."""

    low: float
    high: float


class Rate(NamedTuple):
    """k of n, with its interval. `point`, `low` and `high` are None when n is 0: ungraded."""

    k: int
    n: int
    clusters: int
    point: float | None
    low: float | None
    high: float | None


class Difference(NamedTuple):
    """mean(a) - mean(b) over n scenarios. A part that cannot be estimated from these scenarios is None."""

    delta: float | None
    low: float | None
    high: float | None
    p: float | None
    n: int


# -- rates -------------------------------------------------------------------------------------------------


def rate_interval(k: int, n: int, confidence: float = 0.95) -> Interval | None:
    """The interval for k successes of n: Agresti and Coull's, with Student's t; None when n is 0.

    Wilson's interval has the same centre and is a little narrower: at n = 20 to 100 it holds the truth in as few as 90%
    of cases at some rates near 0 and 1, this one in 94% or more everywhere (design/0013). Source: A. Agresti and B. A.
    Coull (1998), The American Statistician 52:119-126; t with scenarios - 1 degrees of freedom, as for cluster samples,
    after E. L. Korn and B. I. Graubard (1998), Survey Methodology 24:193-201.
    """
    _counts(k, n)
    _z(confidence)
    return _adjusted(k / n, n, _t(n - 1, confidence)) if n else None


def clustered_rate(outcomes: Mapping[Any, Sequence[bool]], confidence: float = 0.95) -> Rate:
    """The rate over all trials, with `rate_interval` on the effective number of trials.

    `outcomes` maps a scenario to its trials' outcomes; a scenario without graded trials counts for nothing.
    The effective n is n / deff with Kish's design effect deff = 1 + (m - 1) * icc, m the size-weighted mean
    number of trials per scenario, never below 1. So one trial each gives the plain interval; a thousand trials of
    one scenario, n = 1. The degrees of freedom are those of the scenarios.

    Source: L. Kish (1965), Survey Sampling, 5.4 and 8.2; intervals on the effective n compared by Franco, Little,
    Louis and Slud (2019), Journal of Survey Statistics and Methodology 7:334-364.
    """
    _z(confidence)
    groups = [[_bit(o) for o in trials] for trials in outcomes.values() if len(trials)]
    n, k = sum(map(len, groups)), sum(map(sum, groups))
    if n == 0:
        return Rate(0, 0, 0, None, None, None)
    mean_size = sum(len(g) ** 2 for g in groups) / n
    effective = n / (1 + (mean_size - 1) * _icc(groups))
    low, high = _adjusted(k / n, effective, _t(len(groups) - 1, confidence))
    return Rate(k, n, len(groups), k / n, low, high)


def _icc(groups: Sequence[Sequence[int]]) -> float:
    """How alike trials of one scenario are, 0 to 1: the one-way analysis-of-variance estimator, on these scenarios and
    two pretended ones of one trial each, a pass and a fail.

    Without these, where a rate is near 0 or 1 the few scenarios that differ decide alone, and too often the likeness
    comes out too low (design/0013). Where it cannot be estimated (one scenario, or all outcomes equal) it is 1: trials
    then count as one per scenario, the cautious reading. Source: M. S. Ridout, C. G. B. Demetrio and D. Firth (1999),
    Biometrics 55:137-148.
    """
    n, m = sum(map(len, groups)), len(groups)
    p = sum(map(sum, groups)) / n
    if n == m:
        return 0.0
    if m == 1 or p in (0.0, 1.0):
        return 1.0
    groups = [*groups, [1], [0]]
    n, m = n + 2, m + 2
    p = sum(map(sum, groups)) / n
    means = [sum(g) / len(g) for g in groups]
    between = sum(len(g) * (mean - p) ** 2 for g, mean in zip(groups, means, strict=True)) / (m - 1)
    within = sum(len(g) * mean * (1 - mean) for g, mean in zip(groups, means, strict=True)) / (n - m)
    size = (n - sum(len(g) ** 2 for g in groups) / n) / (m - 1)
    return min(1.0, max(0.0, (between - within) / (between + (size - 1) * within)))


def pass_hat_k(c: int, n: int, k: int) -> float | None:
    """The chance that k trials of a scenario all pass, from c passes in n trials; None when n < k.

    C(c, k) / C(n, k), without bias. Average it over scenarios. Source: S. Yao et al. (2024), tau-bench,
    arXiv:2406.12045, section 3 (pass^k).
    """
    _counts(c, n)
    if k < 1:
        raise ValueError(f"k must be at least 1, found {k}")
    return math.comb(c, k) / math.comb(n, k) if n >= k else None


def scenarios_needed(p: float, margin: float, confidence: float = 0.95) -> int:
    """The smallest number of scenarios at which a rate near `p` is known to within +-`margin`.

    The half width of `rate_interval`, which shrinks steadily with n, is searched by bisection. For the hardest case
    take p = 0.5. Source: W. W. Piegorsch (2004), Computational Statistics & Data Analysis 46:309-316.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p must lie in [0, 1], found {p}")
    if not 0 < margin < 1:
        raise ValueError(f"margin must lie strictly between 0 and 1, found {margin}")
    _z(confidence)
    low, high = 0, 1
    while _half_width(p, high, confidence) > margin:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _half_width(p, middle, confidence) > margin else (low, middle)
    return high


def margin(n: int, p: float = 0.5, confidence: float = 0.95) -> float:
    """To within what a rate near `p` is known from n scenarios: the inverse of `scenarios_needed`."""
    if n < 1:
        raise ValueError(f"n must be at least 1, found {n}")
    _z(confidence)
    return _half_width(p, n, confidence)


# -- two arms on the same scenarios ------------------------------------------------------------------------


def mcnemar_exact(b: int, c: int) -> float:
    """The two-sided exact p that two arms are alike: b scenarios only one arm passed, c only the other.

    Given b + c, b is Binomial(b + c, 1/2) when they are alike. No discordant scenario gives 1: nothing speaks
    against it. Source: Q. McNemar (1947), Psychometrika 12:153-157; the exact conditional form, e.g. Agresti
    (2013), Categorical Data Analysis, 11.1.
    """
    if b < 0 or c < 0:
        raise ValueError(f"counts must not be negative, found {b} and {c}")
    tail = sum(math.comb(b + c, i) for i in range(min(b, c) + 1))
    return 1.0 if b == c else 2 * tail / (1 << (b + c))


def paired_difference(
    a: Sequence[float], b: Sequence[float], seed: int, confidence: float = 0.95, *, test: bool = True
) -> Difference:
    """mean(a) - mean(b), where a[i] and b[i] are two arms' values on the same scenario (trials averaged
    beforehand).

    Pass and fail (all values 0 or 1): Tango's score interval and McNemar's exact p. A bootstrap of 0/1
    differences collapses to a point when no scenario differs and is too narrow when few do, which is where
    gates live; Tango's interval keeps its coverage there and stays within [-1, 1]. Newcombe's is close to it,
    but is not the inversion of a test. The p is exact and a little more cautious than the interval: claim a
    difference only when both agree.

    Shares from 0 to 1: Student's t for the mean difference with two pretended scenarios more, one better and one worse
    by a half. Most scenarios of two agents do not differ at all; a bootstrap or t alone then holds the truth in as few
    as 64% of cases, this in 94% (design/0013). Other values: Student's t, and None where all differences are equal,
    which leaves no spread to learn from. The p of both: a sign-flip permutation test, which takes a while; without
    `test` it is None.

    Source for pass and fail: T. Tango (1998), Statistics in Medicine 17:891-908; compared with others by
    Fagerland, Lydersen and Laake (2014), Statistics in Medicine 33:2850-2875.
    """
    z = _z(confidence)
    if len(a) != len(b):
        raise ValueError(f"the arms must have the same scenarios, found {len(a)} and {len(b)} values")
    if not all(math.isfinite(value) for value in itertools.chain(a, b)):
        raise ValueError("values must be finite; leave ungraded scenarios out of both arms")
    n = len(a)
    if n == 0:
        return Difference(None, None, None, None, 0)
    if all(value in (0, 1) for value in itertools.chain(a, b)):
        only_a = sum(x > y for x, y in zip(a, b, strict=True))
        only_b = sum(x < y for x, y in zip(a, b, strict=True))
        low, high = _tango(only_a, only_b, n, z)
        return Difference((only_a - only_b) / n, low, high, mcnemar_exact(only_a, only_b), n)
    differences = [float(x) - float(y) for x, y in zip(a, b, strict=True)]
    shares = all(0 <= value <= 1 for value in itertools.chain(a, b))
    interval = _share_interval(differences, confidence) if shares else _mean_interval(differences, confidence)
    ends = interval if interval else (None, None)
    return Difference(math.fsum(differences) / n, ends[0], ends[1], _sign_flip(differences, seed) if test else None, n)


def pairs_needed(discordant: float, effect: float, power: float = 0.8, confidence: float = 0.95) -> int:
    """How many pairs McNemar's test takes to see a difference of `effect` with this power, where a share `discordant`
    of the pairs differ.

    Source: R. J. Connor (1987), Biometrics 43:207-211.
    """
    if not 0 < effect <= discordant <= 1:
        raise ValueError(f"need 0 < effect <= discordant <= 1, found {effect} and {discordant}")
    z, beta = _z(confidence), NormalDist().inv_cdf(power)
    wide, narrow = math.sqrt(discordant), math.sqrt(max(0.0, discordant - effect * effect))
    return math.ceil(((z * wide + beta * narrow) / effect) ** 2)


def pairs_for_margin(variance: float, margin: float, power: float = 0.8, confidence: float = 0.95) -> int:
    """How many pairs it takes to show, with this power, that two arms that are alike differ by less than `margin`.

    `variance`: of the differences; for pass and fail the share of pairs that differ. By the normal
    approximation: the lower end of the interval has to lie above -margin.
    """
    if margin <= 0 or variance < 0:
        raise ValueError(f"need a margin above 0 and a variance of at least 0, found {margin} and {variance}")
    z = _z(confidence) + NormalDist().inv_cdf(power)
    return math.ceil(z * z * variance / (margin * margin))


def _tango(b: int, c: int, n: int, z: float) -> Interval:
    """The differences that the score test does not reject, by bisection on each side of the estimate."""

    def score(delta: float) -> float:
        """Tango's statistic for the null difference `delta`; falls as delta grows."""
        linear = -b - c + (2 * n - b + c) * delta
        root = math.sqrt(max(0.0, linear**2 + 8 * n * c * delta * (1 - delta)))
        only_b = (root - linear) / (4 * n)
        variance = n * (2 * only_b + delta * (1 - delta))
        gap = b - c - n * delta
        return gap / math.sqrt(variance) if variance > 1e-15 else math.copysign(math.inf, gap)

    estimate = (b - c) / n
    low = -1.0 if c == n else _bisect(lambda d: score(d) <= z, -1.0, estimate)
    high = 1.0 if b == n else _bisect(lambda d: score(d) <= -z, estimate, 1.0)
    return Interval(low, high)


def _bisect(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where `holds` turns from false to true between low and high."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return (low + high) / 2


def _share_interval(values: Sequence[float], confidence: float) -> Interval:
    """For differences of shares: Student's t with a pretended scenario at +1/2 and one at -1/2."""
    found = _t_interval([*values, 0.5, -0.5], len(values) - 1, confidence)
    return Interval(max(-1.0, found.low), min(1.0, found.high))


def _mean_interval(values: Sequence[float], confidence: float) -> Interval | None:
    """Student's t for a mean; None when all values are equal."""
    if max(values) - min(values) < 1e-12:
        return None
    return _t_interval(values, len(values) - 1, confidence)


def _t_interval(values: Sequence[float], freedom: int, confidence: float) -> Interval:
    mean = math.fsum(values) / len(values)
    half = _t(freedom, confidence) * stdev(values) / math.sqrt(len(values))
    return Interval(mean - half, mean + half)


def _sign_flip(values: Sequence[float], seed: int) -> float:
    """Two-sided p that the values are symmetric around 0: exact for few, drawn for many.

    Source: R. A. Fisher (1935), The Design of Experiments, 21; the +1 of drawn flips after B. Phipson and
    G. K. Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9:39.
    """
    sizes = [abs(value) for value in values if value]
    observed = abs(math.fsum(values)) - 1e-12
    if 2 ** len(sizes) <= RESAMPLES:
        every = itertools.product(*((size, -size) for size in sizes))
        return sum(abs(math.fsum(flipped)) >= observed for flipped in every) / 2.0 ** len(sizes)
    rng = random.Random(seed)
    drawn = ([s if rng.random() < 0.5 else -s for s in sizes] for _ in range(RESAMPLES))
    return (1 + sum(abs(math.fsum(flipped)) >= observed for flipped in drawn)) / (1 + RESAMPLES)


# -- shared ------------------------------------------------------------------------------------------------


def _adjusted(p: float, n: float, t: float) -> Interval:
    """Agresti and Coull's interval for a proportion p of a possibly fractional n."""
    if math.isinf(t):
        return Interval(0.0, 1.0)
    centre = (p * n + t * t / 2) / (n + t * t)
    half = t * math.sqrt(centre * (1 - centre) / (n + t * t))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def _half_width(p: float, n: int, confidence: float) -> float:
    """Half of `_adjusted` before it is cut off at 0 and 1."""
    t = _t(n - 1, confidence)
    if math.isinf(t):
        return 0.5
    centre = (p * n + t * t / 2) / (n + t * t)
    return t * math.sqrt(centre * (1 - centre) / (n + t * t))


def _t(freedom: int, confidence: float) -> float:
    """The two-sided quantile of Student's t: closed forms for 1 and 2 degrees of freedom, Cornish and Fisher's series
    beyond (M. Abramowitz and I. Stegun (1964), 26.7.5; within 0.5% from 3 on, 0.01% from 10 on, at 95%).
    """
    if freedom < 1:
        return math.inf
    if freedom == 1:
        return math.tan(math.pi * confidence / 2)
    if freedom == 2:
        return confidence * math.sqrt(2 / (1 - confidence * confidence))
    z, v = _z(confidence), freedom
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(z + sum(term / v ** (k + 1) for k, term in enumerate(terms)))


def _z(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie strictly between 0 and 1, found {confidence}")
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _counts(k: int, n: int) -> None:
    if n < 0 or not 0 <= k <= n:
        raise ValueError(f"need 0 <= successes <= trials, found {k} of {n}")


def _bit(outcome: bool) -> int:
    if outcome not in (0, 1):
        raise ValueError(f"an outcome must be true or false, found {outcome!r}; leave ungraded trials out")
    return int(outcome)
