"""How labels are asked for is part of what a served model is, where an answer is a label."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.cache import Cache
from fixtures.file_hash import hash_file
from fixtures.identity import Identity, cache_key, identify
from fixtures.model import Endpoint, Model, Prompt
from fixtures.model_record import record_model
from fixtures.plan import Planner
from suite.baseline import conditions_of
from tests.fault_server import FaultServer, serving

LABELLED = Prompt("c00", (("user", "Say c00."),), labels=("0", "1"))
GENERATED = Prompt("c00", (("user", "Say c00."),))


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with serving() as found:
        yield found


def served(url: str, *, silent: bool) -> tuple[Model, Identity]:
    endpoint = Endpoint(model="m", base_url=url, omit=("logprobs",) if silent else ())
    model = Model(name="m", type="api", endpoint=endpoint)
    return model, identify(model, hash_file)


def test_a_label_is_asked_anew_once_the_entry_omits_log_probabilities(
    server: FaultServer, tmp_path: Path
) -> None:
    cache = Cache(tmp_path / "cache.sqlite")
    for silent in (False, True, False):
        model, identity = served(server.url, silent=silent)
        prompts = {cache_key(identity, each): each for each in (LABELLED, GENERATED)}
        Planner(cache, tmp_path, "run", "gw0", lambda: None).generate_missing(
            model, identity, prompts
        )
    cache.close()
    # the text that both entries ask for in the same way is asked once
    assert sorted(body.get("top_logprobs", 0) for body in server.seen.bodies) == [0, 0, 20]


def test_how_labels_are_read_is_a_condition_of_tasks_with_labels_alone() -> None:
    told, silent = (
        record_model(*served("http://localhost:1/v1", silent=silent)) for silent in (False, True)
    )
    assert conditions_of(told, "verifier")["labels"] == (
        "logprobs of the server, else the generated label"
    )
    assert conditions_of(silent, "verifier")["labels"] == "the generated label"
    assert conditions_of(told, "format") == conditions_of(silent, "format")
