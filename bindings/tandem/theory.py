# SPDX-License-Identifier: MIT
"""What theory says of limits, backoff and timeouts: closed forms to hold simulations to.

Loads are in Erlang (arrivals times mean holding time); times are in seconds, or timedelta and texts such
as "300ms" where they are given; probabilities from 0 to 1. A value out of range raises BadInput.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy
import pandas

from . import _arguments, _run, _tandem
from ._tandem import BadInput

Time: TypeAlias = Any  #: seconds, a timedelta, or a text such as "300ms"

__all__ = ["backoff_ceilings", "backoff_waits", "engset", "erlang_b", "erlang_b_places", "mg_infinity", "product_form",
           "syn_times", "time_to_return"]


def _seconds(name: str, value: Time) -> float:
    if not isinstance(value, (int, float, numpy.number)):
        text = _arguments.as_text(value)
        found = _tandem.number_of(text)
        if found is None:
            raise BadInput(f"{name}: `{text}` is no duration; write 30s, 300ms or a number of seconds")
        value = found
    return _at_least(name, float(value), 0)


def _at_least(name: str, value: float, least: float) -> float:
    if not (value >= least and math.isfinite(value)):
        raise BadInput(f"{name} must be a finite number of at least {least:g}, not {value}")
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
    for n in range(1, _arguments.whole("places", places, 10**9) + 1):
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
    sources = _arguments.whole("sources", sources, 10**9)
    places = _arguments.whole("places", places, 10**9)
    _at_least("load", load, 0)
    if places >= sources:
        return 0.0
    blocked = 1.0
    for n in range(1, places + 1):
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
    for load in loads:
        _at_least("load", load, 0)
    if any(not any(need) for need in needs):
        raise BadInput("needs: every class must hold something, or nothing limits it")
    total = 0.0
    refused = [0.0] * len(loads)

    def visit(of: int, weight: float, left: list[int]) -> None:
        nonlocal total
        if of == len(loads):
            total += weight
            for i, need in enumerate(needs):
                if any(n > room for n, room in zip(need, left)):
                    refused[i] += weight
            return
        calls = 0
        while min(left) >= 0:
            visit(of + 1, weight, left)
            calls += 1
            weight *= loads[of] / calls
            left = [room - n for room, n in zip(left, needs[of])]

    visit(0, 1.0, list(capacities))
    return [part / total for part in refused]


def syn_times(profile: str = "linux-legacy", within: Time | None = None) -> list[float]:
    """When a SYN that nobody answers is sent, in seconds from the attempt, until `within`.

    profile: a TCP profile as scenarios name it (scenarios/reference/tcp.md): its own table, as the levels use it.
    Source: RFC 6298, 2.1 and 5.5; Linux, tcp_syn_retries = 6; ns-3.37, ns3::TcpSocket::ConnTimeout.

    >>> syn_times(within="30s")
    [0.0, 1.0, 3.0, 7.0, 15.0]
    """
    known = _tandem.syn_profiles()
    times = known[_arguments.names("profile", "TCP profile", profile, known)[0]]
    end = math.inf if within is None else _seconds("within", within)
    return [time for time in times if time <= end]


def backoff_ceilings(failures: int, base: Time | None = None, multiplier: float | None = None,
                     cap: Time | None = None) -> list[float]:
    """Ceilings of the wait after failure 1, 2, ... `failures`, in seconds: min(cap, base multiplier^(n-1)).

    What is left out is the manager's default (options()).
    Source: Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015.

    >>> backoff_ceilings(4, base="500ms", multiplier=2, cap="3s")
    [0.5, 1.0, 2.0, 3.0]
    """
    default = _run.options().default
    first = _seconds("base", default["backoff_base"] if base is None else base)
    most = _seconds("cap", default["backoff_cap"] if cap is None else cap)
    factor = _at_least("multiplier", float(default["backoff_multiplier"] if multiplier is None else multiplier), 1)
    return [min(most, first * factor**n) for n in range(_arguments.whole("failures", failures, 1000))]


def backoff_waits(failures: int, strategy: str = "full", **ceilings: Any) -> pandas.DataFrame:
    """The wait after each failure: DataFrame indexed by failure with least, mean, most (s).

    strategy: the option backoff_strategy: "none", "exponential" (the ceiling itself), "full" (uniform in
              [0, ceiling]) or "equal" (uniform in [ceiling / 2, ceiling]). "decorrelated" depends on what was
              drawn before: time_to_return() draws it.
    ceilings: base, multiplier, cap, as backoff_ceilings() takes them.

    >>> backoff_waits(2, "full", base=1, multiplier=2, cap=60)["mean"].tolist()
    [0.5, 1.0]
    """
    shares = {"none": (0.0, 0.0), "exponential": (1.0, 1.0), "full": (0.0, 1.0), "equal": (0.5, 1.0)}
    low, high = shares[_arguments.names("strategy", "strategy", strategy, shares)[0]]
    most = numpy.array(backoff_ceilings(failures, **ceilings))
    return pandas.DataFrame({"least": low * most, "mean": (low + high) / 2 * most, "most": high * most},
                            index=pandas.RangeIndex(1, failures + 1, name="failure"))


def time_to_return(outage: Time, strategy: str = "full", attempt: Time = 0, samples: int = 10_000, seed: int = 1,
                   **ceilings: Any) -> numpy.ndarray[Any, numpy.dtype[numpy.float64]]:
    """Seconds from the end of an outage to the first attempt after it, drawn `samples` times; shape (samples,).

    The peer fails from time 0, when the first attempt begins, until `outage`; each failed attempt takes
    `attempt`. strategy, ceilings: as of backoff_waits(), "decorrelated" too. Backoff alone: the manager's
    circuit breaker comes on top. Drawn by renewal: there is no closed form for growing ceilings.

    >>> float(time_to_return("60s", "exponential", base=1, multiplier=2, cap=60)[0])
    3.0
    """
    end, each = _seconds("outage", outage), _seconds("attempt", attempt)
    most = backoff_ceilings(1000, **ceilings)
    chained = strategy == "decorrelated"
    waits = None if chained else backoff_waits(1000, strategy, **ceilings)
    if each == 0 and (strategy == "none" or most[-1] == 0):
        raise BadInput("attempts that take no time and wait for nothing never outlast the outage; give attempt")
    random = numpy.random.default_rng(seed)
    now = numpy.zeros(_arguments.whole("samples", samples, 10**9))
    last = numpy.full(now.size, most[0])
    failure = 0
    while (failing := now < end).any():
        at = min(failure, 999)
        low = most[0] if waits is None else waits["least"].iloc[at]
        high = 3 * last if waits is None else waits["most"].iloc[at]
        last = numpy.minimum(random.uniform(low, high, now.size), most[999])
        now = numpy.where(failing, now + each + last, now)
        failure += 1
    return now - end


def mg_infinity(load: float, most: int | None = None) -> pandas.Series[float]:
    """Probability of n connections at once when nothing limits them: Series indexed by n, 0 to `most`.

    Poisson with mean `load` Erlang, for holding times of any distribution; `most`: where less than 1e-9 is
    left, when not given.
    Source: M/G/infinity, Takacs 1962; Kleinrock, Queueing Systems I, 3.4.

    >>> round(float(mg_infinity(8).loc[10:].sum()), 4)
    0.2834
    """
    _at_least("load", load, 0)
    if most is None:
        most = math.ceil(load + 7 * math.sqrt(load) + 10)
    count = numpy.arange(_arguments.whole("most", most, 10**8) + 1)
    logs = count * math.log(load) - load if load > 0 else numpy.where(count == 0, 0.0, -numpy.inf)
    factorials = numpy.concatenate([[0.0], numpy.cumsum(numpy.log(count[1:]))])
    return pandas.Series(numpy.exp(logs - factorials), index=pandas.Index(count, name="connections"), name="probability")
