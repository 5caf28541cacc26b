"""Intervals, significance and forecasts of shares, on simulated processes with fresh seeds."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.seeds import new_seed
from zeitgraph.extraction.trends.bursts import RelativeHeat, bursting
from zeitgraph.extraction.trends.fdr import Change, significant
from zeitgraph.extraction.trends.forecast import Past, forecasts
from zeitgraph.extraction.trends.history import History
from zeitgraph.extraction.trends.overdispersion import overdispersions
from zeitgraph.extraction.trends.season import season_p
from zeitgraph.extraction.trends.shares import BetaBinomial, Floats, SharePosterior, interval

SEED = new_seed()
"""A new seed in each run; a failed assertion shows it."""


def _history(counts: Floats, totals: Floats) -> History:
    """The history of consecutive weeks, up to the one before; `counts` is (clusters, weeks)."""
    weeks = counts.shape[1]
    return History(
        weeks=tuple(f"w{week:03d}" for week in range(weeks)),
        numbers=np.arange(weeks) - weeks,
        totals=totals,
        counts={str(row): own for row, own in enumerate(counts)},
        first_index={str(row): 0 for row in range(len(counts))},
    )


def _shares(dice: np.random.Generator, level: Floats, rho: float, weeks: int) -> Floats:
    """Random shares of clusters, (clusters, weeks); with the rest they add up to 1."""
    if rho == 0:
        return np.repeat(level[:, None], weeks, axis=1)
    rest = np.append(level, 1 - level.sum())
    return np.asarray(dice.dirichlet(rest * (1 / rho - 1), weeks).T[:-1])


def _counts(dice: np.random.Generator, shares: Floats, totals: Floats) -> Floats:
    whole = np.vstack([shares, np.maximum(1 - shares.sum(axis=0), 0)])
    drawn = [dice.multinomial(int(n), p) for n, p in zip(totals, whole.T, strict=True)]
    return np.array(drawn, np.float64).T[:-1]


def _levels(dice: np.random.Generator, clusters: int) -> Floats:
    return np.asarray(dice.dirichlet(np.full(clusters + 1, 2.0))[:-1])


# -- intervals -------------------------------------------------------------------------------------


def test_the_interval_is_that_of_jeffreys() -> None:
    # Brown, Cai & DasGupta 2001, and any table of Beta(1.5, 9.5): 1 of 10
    around = interval(1, 10)
    assert (round(around.low, 4), round(around.high, 4)) == (0.0110, 0.3813)
    assert interval(0, 10).low == 0
    assert interval(10, 10).high == 1


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 0.3))
@example(total=8193, part=1 / 8193, rho=0.25)  # the half post outweighs the rest of the one
def test_an_interval_contains_its_share_and_widens_with_overdispersion(
    total: int, part: float, rho: float
) -> None:
    count = round(total * part)
    around, wider = interval(count, total), interval(count, total, rho)
    assert 0 <= around.low <= count / total <= around.high <= 1
    assert wider.low <= around.low + 1e-12
    assert wider.high >= around.high - 1e-12
    narrower = interval(count * 100, total * 100)
    assert narrower.high - narrower.low <= around.high - around.low


@pytest.mark.parametrize("rho", [0.0, 0.003, 0.02])
@pytest.mark.parametrize("total", [60, 2000])
def test_the_interval_contains_the_level_of_an_overdispersed_share(rho: float, total: int) -> None:
    dice = np.random.default_rng(SEED)
    hits, plain, count = 0, 0, 0
    for _ in range(12):
        level = _levels(dice, 20)
        totals = np.full(27, float(total))
        counts = _counts(dice, _shares(dice, level, rho, 27), totals)
        estimates = overdispersions(_history(counts[:, :-1], totals[:-1]))
        for row, share in enumerate(level):
            around = interval(counts[row, -1], total, estimates[str(row)].expected(total))
            hits += around.low <= share <= around.high
            around = interval(counts[row, -1], total)
            plain += around.low <= share <= around.high
            count += 1
    assert hits / count > 0.91, SEED
    if rho * total >= 6:
        assert plain / count < 0.85, SEED  # without ρ the interval is too narrow


def test_overdispersion_is_estimated_and_a_slow_rise_is_none() -> None:
    dice = np.random.default_rng(SEED)
    totals = dice.integers(150, 600, 40).astype(float)
    found = {}
    for rho in (0.0, 0.01, 0.05):
        counts = _counts(dice, _shares(dice, _levels(dice, 25), rho, 40), totals)
        estimates = overdispersions(_history(counts, totals)).values()
        found[rho] = float(np.mean([estimate.rho for estimate in estimates]))
    assert found[0.0] < 0.002, SEED
    assert found[0.01] == pytest.approx(0.01, rel=0.5), SEED
    assert found[0.05] == pytest.approx(0.05, rel=0.5), SEED
    rise = np.vstack([np.linspace(0.02, 0.3, 40), np.full(40, 0.3)])
    estimates = overdispersions(_history(_counts(dice, rise, totals), totals)).values()
    assert max(estimate.rho for estimate in estimates) < 0.01, SEED


def test_a_cluster_that_varies_more_than_others_has_the_largest_overdispersion() -> None:
    dice = np.random.default_rng(SEED)
    totals = np.full(30, 300.0)
    counts = _counts(dice, np.full((12, 30), 0.05), totals)
    counts[0] = dice.binomial(300, dice.beta(2, 38, 30))
    found = overdispersions(_history(counts, totals))
    assert max(found, key=lambda name: found[name].rho) == "0", SEED


# -- predictions -----------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(1, 300), st.floats(0.05, 50), st.floats(0.05, 50))
def test_probabilities_are_beta_binomial(total: int, alpha: float, beta: float) -> None:
    from scipy.stats import betabinom

    ours, scipys = BetaBinomial(total, alpha, beta), betabinom(total, alpha, beta)
    assert ours.probabilities == pytest.approx(scipys.pmf(np.arange(total + 1)), abs=1e-9)
    assert ours.at_least(total // 2) == pytest.approx(1 - scipys.cdf(total // 2 - 1), abs=1e-9)
    assert ours.at_most(total // 2) == pytest.approx(scipys.cdf(total // 2), abs=1e-9)


# -- significance ----------------------------------------------------------------------------------


def test_significant_p_values_are_those_of_benjamini_and_hochberg() -> None:
    # Benjamini & Hochberg 1995, section 3.2: four of the fifteen at 0.05
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    p += [0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert [i for i, found in enumerate(significant(p, 0.05)) if found] == [0, 1, 2, 3]
    assert significant([], 0.05) == []


@given(st.lists(st.floats(0, 1), max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_p_values_changes_nothing(p: list[float], dice: object) -> None:
    order = list(range(len(p)))
    dice.shuffle(order)  # type: ignore[attr-defined]
    found = significant(p, 0.1)
    assert significant([p[i] for i in order], 0.1) == [found[i] for i in order]
    assert sum(found) >= sum(significant(p, 0.05))


def _calls(counts: Floats, totals: Floats, max_rate: float) -> list[int]:
    """For each cluster 1 (rises), −1 (falls) or 0: the last week against the four before."""
    history = _history(counts[:, :-1], totals[:-1])
    estimates = overdispersions(history)
    changes = []
    for row in range(len(counts)):
        total = int(totals[-1])
        expected = [
            SharePosterior.of(counts[row, -5:-1], totals[-5:-1], rho).predict(total, rho)
            for rho in estimates[str(row)].likely(total)
        ]
        changes.append(Change.of(int(counts[row, -1]), expected))
    found = significant([change.p for change in changes], max_rate)
    return [
        (1 if change.is_rise else -1) * is_found
        for change, is_found in zip(changes, found, strict=True)
    ]


@pytest.mark.parametrize("rho", [0.0, 0.004, 0.02])
@pytest.mark.parametrize("weeks", [6, 20])
def test_without_changes_false_discoveries_stay_below_their_rate(rho: float, weeks: int) -> None:
    """Under the null hypothesis every discovery is false: a tenth of the weeks may have one."""
    dice = np.random.default_rng(SEED)
    worlds = 60
    alarms = 0
    for _ in range(worlds):
        totals = dice.integers(100, 800, weeks).astype(float)
        counts = _counts(dice, _shares(dice, _levels(dice, 20), rho, weeks), totals)
        alarms += any(_calls(counts, totals, 0.1))
    assert alarms <= 0.1 * worlds + 3 * (0.1 * 0.9 * worlds) ** 0.5, SEED


def test_with_many_changes_few_discoveries_are_false_and_most_changes_are_found() -> None:
    dice = np.random.default_rng(SEED)
    calls_made, right, planted = 0, 0, 0
    for _ in range(40):
        totals = np.full(16, 500.0)
        shares = _shares(dice, np.full(16, 0.05), 0.002, 16)
        truth = np.zeros(16)
        truth[:3], truth[3:5] = 1, -1
        shares[truth > 0, -1] *= 2
        shares[truth < 0, -1] *= 0.3
        calls = np.array(_calls(_counts(dice, shares, totals), totals, 0.1))
        calls_made += int(np.count_nonzero(calls))
        right += int(np.count_nonzero(calls * truth > 0))
        planted += int(np.count_nonzero(truth))
    assert (calls_made - right) / calls_made < 0.16, SEED  # 0.1, and three standard errors
    assert right / planted > 0.5, SEED


# -- forecasts -------------------------------------------------------------------------------------


def _past(counts: Floats, totals: Floats) -> Past:
    estimates = overdispersions(_history(counts, totals))
    return Past(
        counts,
        totals,
        np.arange(len(totals), dtype=np.float64),
        [0] * len(counts),
        np.array([estimates[str(row)].rho for row in range(len(counts))]),
    )


@pytest.mark.parametrize("rho", [0.0, 0.01])
@pytest.mark.parametrize("step", [0.0, 0.25])
def test_the_share_of_next_week_lies_in_its_interval(rho: float, step: float) -> None:
    """The levels are constant, or a random walk with a factor of about 1 ± `step` each week."""
    dice = np.random.default_rng(SEED)
    hits, width, error, count = 0, 0.0, 0.0, 0
    for _ in range(8):
        walk = np.cumsum(dice.normal(0, step, (15, 21)), axis=1)
        levels = 0.04 * np.exp(walk - 0.5 * step**2)
        levels /= np.maximum(levels.sum(axis=0), 0.9) / 0.9
        shares = np.stack([_shares(dice, levels[:, w], rho, 1)[:, 0] for w in range(21)], axis=1)
        totals = np.full(21, 300.0)
        counts = _counts(dice, shares, totals)
        predicted = forecasts(_past(counts[:, :-1], totals[:-1]), range(15), 300)
        for forecast, share in zip(predicted, counts[:, -1] / 300, strict=True):
            hits += forecast.interval.low <= share <= forecast.interval.high
            width += forecast.interval.high - forecast.interval.low
            error += abs(forecast.share - share)
            count += 1
    assert hits / count > 0.88, SEED
    assert width / count < 9 * error / count, SEED  # an interval from 0 to 1 contains every share


def test_a_forecast_follows_a_jump_more_where_jumps_last() -> None:
    dice = np.random.default_rng(SEED)
    totals = np.full(30, 400.0)
    still = _counts(dice, np.full((10, 30), 0.05), totals)
    still[0, -1] = 60  # a jump where all levels are constant counts for less ...
    jumpy = still.copy()
    for row in range(1, 10):  # ... than where levels jump now and then and stay there
        levels = np.repeat(dice.choice([0.01, 0.05, 0.15], 6), 5)
        jumpy[row] = dice.binomial(400, levels)
    calm, wild = (forecasts(_past(world, totals), [0], 400)[0] for world in (still, jumpy))
    assert 0.05 < calm.share < wild.share <= 0.15, SEED


def test_the_forecast_after_a_single_week_has_a_wide_interval() -> None:
    (forecast,) = forecasts(_past(np.array([[10.0]]), np.array([100.0])), [0], 100)
    assert forecast.interval.low < 0.1 < forecast.interval.high
    assert forecast.interval.high - forecast.interval.low > 0.08


# -- seasons ---------------------------------------------------------------------------------------


def _season(shares: Floats, now: float, weeks: int) -> float:
    history = _history(np.round(250 * shares)[None], np.full(weeks, 250.0))
    return season_p(history, history.counts["0"], (round(250 * now), 250), 0.001)


def test_a_season_is_high_in_the_same_weeks_of_two_years() -> None:
    year = np.full(52, 0.02)
    high = year.copy()
    high[36:45] = 0.08
    assert _season(np.concatenate([high, high])[:92], 0.08, 92) < 0.001  # week 40, again
    assert _season(np.concatenate([year, high])[:92], 0.08, 92) > 0.2  # the first time
    assert _season(high[:40], 0.08, 40) == 1.0  # one year of history
    assert _season(np.concatenate([high, high])[:72], 0.02, 72) > 0.2  # out of season
    step = np.concatenate([year[:40], np.full(52, 0.08)])
    assert _season(step, 0.08, 92) > 0.2  # rose a year ago and stayed


# -- bursts ----------------------------------------------------------------------------------------


def _burst(
    dice: np.random.Generator, rises: Sequence[float], between_weeks: float = 0.0
) -> tuple[set[str], int]:
    """Clusters of 12 posts a week; `rises` are the natural logs of the factors of the last week."""
    usual = dice.normal(0, 0.4, len(rises))
    past = {
        str(row): [
            RelativeHeat(
                12,
                usual[row]
                + float(np.mean(dice.normal(0, 1.4, 12)))
                + dice.normal(0, between_weeks),
            )
            for _ in range(4)
        ]
        for row in range(len(rises))
    }
    heats = {
        str(row): 5 + usual[row] + rise + dice.normal(0, 1.4, 12) + dice.normal(0, between_weeks)
        for row, rise in enumerate(rises)
    }
    return bursting(heats, np.concatenate(list(heats.values())), past, 0.1), len(rises)


@pytest.mark.parametrize("between_weeks", [0.0, 0.5])
def test_bursts_are_found_and_random_variation_is_not(between_weeks: float) -> None:
    dice = np.random.default_rng(SEED)
    alarms = sum(bool(_burst(dice, [0.0] * 15, between_weeks)[0]) for _ in range(60))
    assert alarms <= 6 + 3 * 5.4**0.5, SEED
    if not between_weeks:
        found = sum("0" in _burst(dice, [float(np.log(7)), *[0.0] * 14])[0] for _ in range(40))
        assert found >= 30, SEED


def test_a_significant_but_small_rise_of_heat_is_no_burst() -> None:
    dice = np.random.default_rng(SEED)
    past = {"0": [RelativeHeat(5000, 0.0)] * 4}
    heats = {"0": dice.normal(5.4, 1, 5000)}
    all_heats = np.concatenate([heats["0"], dice.normal(5, 1, 50_000)])
    assert bursting(heats, all_heats, past, 0.1) == set()
    assert bursting({"0": heats["0"] + 1}, all_heats, past, 0.1) == {"0"}
