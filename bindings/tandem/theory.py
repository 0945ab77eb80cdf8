# SPDX-License-Identifier: MIT
"""What theory says of limits, backoff and timeouts: closed forms to hold simulations to.

Loads are in Erlang (arrivals times mean holding time); times are in seconds, or timedelta and texts such as "300ms"
where they are given; probabilities from 0 to 1. A value out of range raises BadInput."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy
import pandas

from . import _run, _tandem
from ._arguments import Duration, name, seconds, whole
from ._tandem import BadInput

__all__ = ["backoff_ceilings", "backoff_waits", "engset", "erlang_b", "erlang_b_places", "mg_infinity", "product_form",
           "syn_times", "time_to_return"]


def _at_least(what: str, value: float, least: float) -> float:
    if not (value >= least and math.isfinite(value)):
        raise BadInput(f"{what} must be a finite number of at least {least:g}, not {value}")
    return value


def erlang_b(load: float, places: int) -> float:
    """Share of arrivals that `places` refuse when `load` Erlang are offered by very many.

    Poisson arrivals; holding times of any distribution (the formula knows their mean alone).
    Source: A. K. Erlang, 1917; the recursion B(n) = a B(n-1) / (n + a B(n-1)), Jagerman 1974.

    >>> round(erlang_b(8, 10), 4)
    0.1217
    """
    _at_least("load", load, 0)
    blocked = 1.0
    for n in range(1, whole("places", places, 10**9) + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_b_places(load: float, blocked: float) -> int:
    """The fewest places that refuse at most a share `blocked` of `load` Erlang: erlang_b's inverse.

    >>> erlang_b_places(8, 0.01)
    15
    """
    _at_least("load", load, 0)
    if not 0 < blocked <= 1:
        raise BadInput(f"blocked must be above 0 and at most 1, not {blocked}")
    places, now = 0, 1.0
    while now > blocked:
        places += 1
        now = load * now / (places + load * now)
    return places


def engset(sources: int, load: float, places: int) -> float:
    """Share of calls refused when `sources` peers, each idle one offering `load` Erlang, want `places`.

    Call congestion: what an arriving call meets. `load` is the call rate of an idle source times the mean
    holding time. Few sources are refused less than erlang_b says.
    Source: T. Engset, 1918; Iversen, Teletraffic Engineering Handbook (2010), eq. 5.42.

    >>> round(engset(10, 0.5, 4), 4)
    0.2395
    """
    sources, places = whole("sources", sources, 10**9), whole("places", places, 10**9)
    _at_least("load", load, 0)
    blocked = 1.0
    for n in range(1, min(places, sources) + 1):  # the last source meets no other: 0
        offered = (sources - n) * load * blocked
        blocked = offered / (n + offered)
    return blocked


def product_form(loads: Sequence[float], needs: Sequence[Sequence[int]], capacities: Sequence[int]) -> list[float]:
    """Share refused of each class of calls that hold several limited things at once.

    loads:      Erlang offered by each class; shape (classes,).
    needs:      how much of each limit one call of a class holds; shape (classes, limits).
    capacities: of the limits; shape (limits,).

    Source: Kelly, Loss networks, Ann. Appl. Probab. 1 (1991), eq. 2.2. All states are summed: for small systems.

    >>> [round(b, 4) for b in product_form([3, 3], [[1, 1, 0], [1, 0, 1]], [4, 3, 3])]
    [0.4781, 0.4781]
    """
    if len(needs) != len(loads) or any(len(need) != len(capacities) for need in needs):
        raise BadInput("needs must have a row for each load and a column for each capacity")
    for one in loads:
        _at_least("load", one, 0)
    if any(not any(need) for need in needs):
        raise BadInput("needs: every class must hold something, or nothing limits it")
    load, need, room = (numpy.array(given) for given in (loads, needs, capacities))
    most = [min(r // n for n, r in zip(one, room) if n) for one in need]
    states = numpy.array(list(itertools.product(*(range(n + 1) for n in most))))
    left = room - states @ need
    states, left = states[(left >= 0).all(axis=1)], left[(left >= 0).all(axis=1)]
    factorials = numpy.array([math.factorial(n) for n in range(max(most) + 1)], dtype=float)
    weights = (load ** states / factorials[states]).prod(axis=1)
    return [float(weights[(left < one).any(axis=1)].sum() / weights.sum()) for one in need]


def syn_times(profile: str = "linux-legacy", within: Duration | None = None) -> list[float]:
    """When a SYN that nobody answers is sent, in seconds from the attempt, until `within`.

    profile: a TCP profile as scenarios name it (scenarios/reference/tcp.md): its own table, as the levels use it.
    Source: RFC 6298, 2.1 and 5.5; Linux, tcp_syn_retries = 6; ns-3.37, ns3::TcpSocket::ConnTimeout.

    >>> syn_times(within="30s")
    [0.0, 1.0, 3.0, 7.0, 15.0]
    """
    known = _tandem.syn_profiles()
    end = math.inf if within is None else seconds(within, "within")
    return [time for time in known[name("profile", "TCP profile", profile, known)] if time <= end]


def backoff_ceilings(failures: int, base: Duration | None = None, multiplier: float | None = None,
                     cap: Duration | None = None) -> list[float]:
    """Ceilings of the wait after failure 1, 2, ... `failures`, in seconds: min(cap, base multiplier^(n-1)).

    What is left out is the manager's default (options()).
    Source: Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015.

    >>> backoff_ceilings(4, base="500ms", multiplier=2, cap="3s")
    [0.5, 1.0, 2.0, 3.0]
    """
    default = _run.options().default
    first = seconds(default["backoff_base"] if base is None else base, "base")
    most = seconds(default["backoff_cap"] if cap is None else cap, "cap")
    factor = _at_least("multiplier", float(default["backoff_multiplier"] if multiplier is None else multiplier), 1)
    return [min(most, first * factor**n) for n in range(whole("failures", failures, 1000))]


def backoff_waits(failures: int, strategy: str = "full", **ceilings: Any) -> pandas.DataFrame:
    """The wait after each failure: DataFrame indexed by failure with least, mean, most (s).

    strategy: the option backoff_strategy: "none", "exponential" (the ceiling itself), "full" (uniform in [0, ceiling])
              or "equal" (uniform in [ceiling / 2, ceiling]). "decorrelated" depends on what was drawn before:
              time_to_return() draws it.
    ceilings: base, multiplier, cap, as backoff_ceilings() takes them.

    >>> backoff_waits(2, "full", base=1, multiplier=2, cap=60)["mean"].tolist()
    [0.5, 1.0]
    """
    shares = {"none": (0.0, 0.0), "exponential": (1.0, 1.0), "full": (0.0, 1.0), "equal": (0.5, 1.0)}
    low, high = shares[name("strategy", "strategy", strategy, shares)]
    most = numpy.array(backoff_ceilings(failures, **ceilings))
    return pandas.DataFrame({"least": low * most, "mean": (low + high) / 2 * most, "most": high * most},
                            index=pandas.RangeIndex(1, failures + 1, name="failure"))


def time_to_return(outage: Duration, strategy: str = "full", attempt: Duration = 0, samples: int = 10_000, seed: int = 1,
                   **ceilings: Any) -> numpy.ndarray[Any, numpy.dtype[numpy.float64]]:
    """Seconds from the end of an outage to the first attempt after it, drawn `samples` times; shape (samples,).

    The peer fails from time 0, when the first attempt begins, until `outage`; each failed attempt takes `attempt`.
    strategy, ceilings: as of backoff_waits(), "decorrelated" too. Backoff alone: the manager's circuit breaker comes
    on top. Drawn by renewal: there is no closed form for growing ceilings.

    >>> float(time_to_return("60s", "exponential", base=1, multiplier=2, cap=60)[0])
    3.0
    """
    end, each = seconds(outage, "outage"), seconds(attempt, "attempt")
    most = backoff_ceilings(1000, **ceilings)
    waits = None if strategy == "decorrelated" else backoff_waits(1000, strategy, **ceilings)
    if each == 0 and (strategy == "none" or most[-1] == 0):
        raise BadInput("attempts that take no time and wait for nothing never outlast the outage; give attempt")
    random = numpy.random.default_rng(seed)
    now = numpy.zeros(whole("samples", samples, 10**9))
    last = numpy.full(now.size, most[0])
    failure = 0
    while (failing := now < end).any():
        low, _, high = (most[0], 0, 3 * last) if waits is None else waits.iloc[min(failure, 999)]
        last = numpy.minimum(random.uniform(low, high, now.size), most[-1])
        now = numpy.where(failing, now + each + last, now)
        failure += 1
    return now - end


def mg_infinity(load: float, most: int | None = None) -> pandas.Series[float]:
    """Probability of n connections at once when nothing limits them: Series indexed by n, 0 to `most`.

    Poisson with mean `load` Erlang, for holding times of any distribution; `most`: where less than 1e-9 is left, when
    not given.
    Source: M/G/infinity, Takacs 1962; Kleinrock, Queueing Systems I, 3.4.

    >>> round(float(mg_infinity(8).loc[10:].sum()), 4)
    0.2834
    """
    _at_least("load", load, 0)
    count = numpy.arange(whole("most", math.ceil(load + 7 * load**0.5 + 10) if most is None else most, 10**8) + 1)
    logs = count * math.log(load) - load if load > 0 else numpy.where(count == 0, 0.0, -numpy.inf)
    chances = numpy.exp(logs - numpy.cumsum(numpy.log(numpy.maximum(count, 1))))
    return pandas.Series(chances, index=pandas.Index(count, name="connections"), name="probability")
