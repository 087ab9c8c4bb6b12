"""Repeats, latency and cost of a model that a server answers for."""

from __future__ import annotations

import json

import pytest

from tests.fault_server import CASE, answer, serving, status
from tests.served_project import ServedProject
from tests.toy_project import BAD

pytest_plugins = ["pytester"]


def test_each_repeat_is_a_request_with_a_seed_of_its_own(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving({"c01": [answer(), answer(BAD), answer()]}) as server:
        decoding = {"temperature": 0.7, "seed": 4}
        prices = {"cost_per_1k_prompt": 0.01, "cost_per_1k_completion": 0.02}
        toy = ServedProject(pytester, monkeypatch, server, decoding=decoding, **prices)
        toy.write_gates(
            {
                "self_flip_rate_max": {"value": 0.1, "reason": "r"},
                "latency_p95_ms_max": {"value": 60_000, "reason": "r"},
                # 20 tokens of prompt and 5 of completion: $0.0003 a request
                "cost_per_1k_requests_max": {"value": 0.3001, "reason": "r"},
            }
        )
        done = toy.run("--repeat", "3", "--snapshot-update", "--output", "run")
        seeds: dict[str, list[int]] = {}
        for body in server.seen.bodies:
            found = CASE.search(body["messages"][-1]["content"])
            assert found is not None
            seeds.setdefault(found[0], []).append(body["seed"])
        assert {tuple(sorted(each)) for each in seeds.values()} == {(4, 5, 6)}
        assert toy.run("--repeat", "3").ret == 0
        assert len(server.seen.bodies) == 30  # the second run asked for nothing
    assert done.ret == 0
    done.stdout.fnmatch_lines(
        ["*self_flip_rate *0.100 (1/10*", "*PASS  latency_p95_ms_max", "*PASS  cost_per_1k_*"]
    )
    (summary,) = json.loads((toy.path / "run" / "run.json").read_text())["summary"]
    measures = summary["measures"]
    assert measures["cost_per_1k_requests"]["value"] == pytest.approx(0.3)
    assert measures["cost_per_case"]["value"] == pytest.approx(0.0009)
    assert measures["latency_p50_ms"]["n"] == 30


def test_requests_that_fail_do_not_make_a_model_fast(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving({"c03": [status(400)]}) as server:
        toy = ServedProject(pytester, monkeypatch, server)
        toy.write_gates({"latency_p95_ms_max": {"value": 60_000, "reason": "r"}})
        done = toy.run()
    assert done.ret == 1
    done.stdout.fnmatch_lines(
        ["*latency_p50_ms *", "*measures latency_p95_ms: *without an answer*"]
    )
