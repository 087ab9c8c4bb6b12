"""The table of rates in the terminal: what stands in the cell of a figure that is not there."""

from __future__ import annotations

from dataclasses import replace

from suite.measured import Measured
from suite.report.rates import render_rates
from suite.run import Measures
from tests.run_records import RECORD, make_result, make_run


def test_a_figure_that_only_one_of_two_models_has_is_not_measured_for_the_other() -> None:
    one = make_run(make_result("a"))
    (selection,) = one.selections
    two = replace(selection, model="other")
    empty = replace(selection, model="empty", selected=())
    latency = Measured("latency_p50_ms", 120.0, 1, unit="ms")
    run = replace(
        one,
        models={"toy": RECORD, "other": RECORD, "empty": RECORD},
        selections=(selection, two, empty),
        results=(*one.results, *(replace(each, model="other") for each in one.results)),
        measures=(Measures("toy", "format", (latency,)),),
    )
    lines = ["".join(span.text for span in line) for line in
             render_rates(run, "format", run.selections, 200)]  # fmt: skip
    (measured,) = (line for line in lines if "latency_p50_ms" in line)
    (rate,) = (line for line in lines if "format_success_rate" in line)
    assert " ".join(measured.split()[2:]) == "120 ms (n=1) not measured nothing selected"
    assert " ".join(rate.split()[-4:]) == "95% 0.207-1.000) nothing selected"
