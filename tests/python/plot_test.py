# SPDX-License-Identifier: MIT
"""Every picture: titled, with units, as PDF and SVG. What they look like a person looks at."""

import matplotlib
import pandas
import pytest

import tandem
from support import PAIR, SCENARIOS

matplotlib.use("Agg")
import matplotlib.figure  # noqa: E402


def run(name, **more):
    return tandem.run(SCENARIOS / f"{name}.yaml", **more)


def swept():
    index = pandas.MultiIndex.from_product([[10, 20], [0.01, 0.1, 1], ["message"], [1, 2, 3]],
                                           names=["parameters.callers", "links.default.latency", "level", "seed"])
    return pandas.DataFrame({"refused": [float(i % 7) for i in range(len(index))]}, index=index)


def found():
    rows = {"holds": [False, True], "mean": [0.03, 0.005], "low": [0.02, 0.004], "high": [0.04, 0.006]}
    tried = pandas.DataFrame(rows, index=pandas.Index([4, 8], name="parameters.places"))
    tried.attrs = {"such_that": "desk.blocking <= 1%", "wanted": "smallest", "answer": 8, "certain": True}
    return tried


PICTURES = {
    "connections": lambda: tandem.plot.connections(run("global_limit"), "server"),
    "connections_none_refused": lambda: tandem.plot.connections(tandem.run(PAIR)),
    "dial_times": lambda: tandem.plot.dial_times(run("global_limit", level=["message", "stream"])),
    "attempts": lambda: tandem.plot.attempts(run("backoff")),
    "idle_closes": lambda: tandem.plot.idle_closes(run("idle_timeout")),
    "sweep": lambda: tandem.plot.sweep(swept(), "refused", x="links.default.latency", unit="connections", log=True),
    "find": lambda: tandem.plot.find(found()),
    "levels": lambda: tandem.plot.levels(*run("global_limit", level=["message", "stream"])),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_has_title_units_and_prints(name, tmp_path):
    figure = PICTURES[name]()
    assert any(ax.get_title(loc="left") for ax in figure.axes)
    assert figure.axes[-1].get_xlabel() and all(ax.get_ylabel() for ax in figure.axes)
    assert len({line.get_color() for line in figure.axes[0].lines}) == len(figure.axes[0].lines)
    for kind in ("pdf", "svg", "png"):
        figure.savefig(tmp_path / f"{name}.{kind}")
        assert (tmp_path / f"{name}.{kind}").stat().st_size > 2000


@pytest.mark.parametrize("draw, error, words", [
    (lambda: tandem.plot.connections(tandem.run(PAIR), "sever"), tandem.BadInput, "did you mean `server`"),
    (lambda: tandem.plot.dial_times([]), TypeError, "give a Result"),
    (lambda: tandem.plot.dial_times(tandem.run(PAIR, events_max=0)), tandem.BadInput, "no dial succeeded"),
    (lambda: tandem.plot.idle_closes(tandem.run(PAIR, set={"duration": "1s"})), tandem.BadInput, "ended as idle"),
    (lambda: tandem.plot.sweep(swept(), "refusd"), tandem.BadInput, "did you mean `refused`"),
    (lambda: tandem.plot.sweep(swept(), "refused", x="latency"), tandem.BadInput, "no axis is called"),
    (lambda: tandem.plot.levels(tandem.run(PAIR), tandem.run(PAIR), metric="x"), tandem.BadInput, "no metric is called"),
    (lambda: tandem.plot.idle_closes(tandem.run(PAIR), ax=3), TypeError, "ax is matplotlib Axes"),
])
def test_what_cannot_be_drawn_is_told(draw, error, words):
    with pytest.raises(error) as caught:
        draw()
    assert words in str(caught.value)


def test_values_that_are_text_are_drawn_in_the_order_of_the_sweep():
    index = pandas.MultiIndex.from_product([["2Mbit/s", "16Mbit/s", "4Mbit/s"], ["packet"], [1, 2]],
                                           names=["network.bottleneck.bandwidth", "level", "seed"])
    table = pandas.DataFrame({"drops": [9.0, 8.0, 1.0, 2.0, 5.0, 4.0]}, index=index)
    line = tandem.plot.sweep(table, "drops").axes[0].lines[0]
    assert list(line.get_xdata()) == ["2Mbit/s", "16Mbit/s", "4Mbit/s"] and list(line.get_ydata()) == [8.5, 1.5, 4.5]
