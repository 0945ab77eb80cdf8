# SPDX-License-Identifier: MIT
"""The formulas against published tables, and against what runs."""

import datetime
import math

import numpy
import pytest

import tandem
from support import SCENARIOS
from tandem import theory


@pytest.mark.parametrize("places, blocked, load", [
    # Erlang B tables, offered load in Erlang at a grade of service (ITU-T Handbook Teletraffic Engineering, table 7).
    (1, 0.01, 0.0101), (5, 0.01, 1.361), (10, 0.01, 4.461), (20, 0.01, 12.03), (50, 0.01, 37.90), (100, 0.01, 84.06),
    (10, 0.001, 3.092), (10, 0.05, 6.216), (30, 0.02, 21.93),
])
def test_erlang_b_is_that_of_the_tables(places, blocked, load):
    assert theory.erlang_b(load, places) == pytest.approx(blocked, rel=4e-3)
    assert theory.erlang_b_places(load * 0.999, blocked) == places


def test_erlang_b_at_its_ends():
    assert theory.erlang_b(0, 0) == 1 and theory.erlang_b(0, 3) == 0 and theory.erlang_b(5, 0) == 1
    assert theory.erlang_b_places(0, 0.5) == 1 and theory.erlang_b_places(7, 1) == 0


@pytest.mark.parametrize("sources, load, places", [(10, 0.5, 4), (5, 1, 5), (5, 1, 2), (30, 0.1, 6)])
def test_engset_is_its_definition(sources, load, places):
    weights = [math.comb(sources - 1, n) * load**n for n in range(places + 1)]
    expected = weights[places] / sum(weights) if places < sources else 0
    assert theory.engset(sources, load, places) == pytest.approx(expected)


def test_engset_of_very_many_sources_is_erlang_b():
    assert theory.engset(10**6, 8e-6, 10) == pytest.approx(theory.erlang_b(8, 10), rel=1e-4)


def test_product_form_of_one_limit_is_erlang_b():
    assert theory.product_form([5], [[1]], [7])[0] == pytest.approx(theory.erlang_b(5, 7))
    assert theory.product_form([2, 3], [[1], [1]], [7]) == pytest.approx([theory.erlang_b(5, 7)] * 2)


def test_product_form_of_limits_of_their_own_is_a_product():
    apart = theory.product_form([5, 2], [[1, 0], [0, 1]], [7, 3])
    assert apart == pytest.approx([theory.erlang_b(5, 7), theory.erlang_b(2, 3)])


def test_a_class_that_holds_two_is_refused_more():
    # Kaufman 1981 by hand: loads 1 and 1, needs 1 and 2, capacity 2: states (0,0) (1,0) (2,0) (0,1).
    total = 1 + 1 + 0.5 + 1
    assert theory.product_form([1, 1], [[1], [2]], [2]) == pytest.approx([1.5 / total, 2.5 / total])


def test_syn_times_are_those_that_a_run_sends():
    assert theory.syn_times() == [0, 1, 3, 7, 15, 31, 63]
    assert theory.syn_times("ns3-default") == [0, 3, 9, 21, 45, 93]
    assert theory.syn_times(within=datetime.timedelta(seconds=7)) == [0, 1, 3, 7]


def test_ceilings_are_those_of_the_manager():
    result = tandem.run(SCENARIOS / "backoff.yaml")
    waits = result.events[result.events.event == "backoff_started"]
    assert set(waits.ceiling) <= set(theory.backoff_ceilings(int(waits.failures.max())))
    table = theory.backoff_waits(int(waits.failures.max()))
    for row in waits.itertuples():
        assert table["least"][row.failures] <= row.until - row.time + 1e-9
        assert row.ceiling == table["most"][row.failures]


@pytest.mark.parametrize("strategy, mean", [("none", 0), ("exponential", 4), ("full", 2), ("equal", 3)])
def test_waits_of_each_strategy(strategy, mean):
    assert theory.backoff_waits(3, strategy, base="1s", multiplier=2, cap="60s")["mean"][3] == mean


def test_time_to_return_of_a_uniform_wait():
    # One failure at 0, then U(0, 10): the return after an outage of 4 s given that it is past is U(0, 6) or a redraw.
    drawn = theory.time_to_return(4, "full", base=10, multiplier=1, cap=10, samples=200_000)
    # Renewal theory: H(t) = e^(t/10) - 1 renewals until t < 10; E[overshoot] = mean * (1 + H(4)) - 4.
    assert drawn.min() >= 0 and drawn.mean() == pytest.approx(5 * math.exp(0.4) - 4, abs=0.02)
    assert (theory.time_to_return(4, "decorrelated", base=1, cap=10, samples=1000) >= 0).all()


def test_mg_infinity_is_poisson():
    chances = theory.mg_infinity(8)
    assert chances.sum() == pytest.approx(1, abs=1e-8)
    assert (chances * chances.index).sum() == pytest.approx(8, rel=1e-6)
    assert chances[8] == pytest.approx(8**8 * math.exp(-8) / math.factorial(8))
    assert theory.mg_infinity(0, 2).tolist() == [1, 0, 0]


@pytest.mark.parametrize("call, words", [
    (lambda: theory.erlang_b(-1, 3), "load must be a finite number of at least 0, not -1"),
    (lambda: theory.erlang_b(numpy.nan, 3), "load must be"),
    (lambda: theory.erlang_b(1, -3), "places must be from 0"),
    (lambda: theory.erlang_b_places(1, 0), "blocked must be above 0"),
    (lambda: theory.product_form([1], [[1, 2]], [3]), "a column for each capacity"),
    (lambda: theory.product_form([1], [[0]], [3]), "every class must hold something"),
    (lambda: theory.syn_times("linux"), "no TCP profile is called `linux`"),
    (lambda: theory.syn_times(within="soon"), "within must be a time of 0 s or more"),
    (lambda: theory.backoff_waits(3, "ful"), "did you mean `full`"),
    (lambda: theory.backoff_ceilings(3, base="x"), "base must be a time of 0 s or more"),
    (lambda: theory.backoff_ceilings(3, multiplier=0.5), "multiplier must be"),
    (lambda: theory.time_to_return(4, "none"), "never outlast the outage"),
])
def test_what_is_out_of_range_is_told(call, words):
    with pytest.raises(tandem.BadInput) as caught:
        call()
    assert words in str(caught.value)
