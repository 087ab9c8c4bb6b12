"""`--replay`: recorded answers through the same session, outcomes, gates and goldens, no model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.toy_project import BAD, GOOD, IDS, ToyProject, outcomes

HEAVY = ("torch", "transformers", "numpy", "peft", "scipy")


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ToyProject:
    return ToyProject(pytester, monkeypatch)


def record(toy: ToyProject, *arguments: str) -> Path:
    """Run the scripted model and return its run folder; then the model is gone."""
    toy.run("--output=recorded", *arguments)
    (toy.path / "toy.yaml").unlink()
    return toy.path / "recorded"


def replay(toy: ToyProject, *arguments: str) -> tuple[dict[str, str], pytest.RunResult]:
    """Replay and return the outcomes."""
    result = toy.run("--junitxml=junit.xml", "--output=replayed", *arguments)
    return outcomes(toy.path / "junit.xml"), result


def run_data(toy: ToyProject, name: str = "replayed") -> dict[str, Any]:
    data: dict[str, Any] = json.loads((toy.path / name / "run.json").read_text())
    return data


def samples(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]


def write_lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def assert_refused(result: pytest.RunResult, *parts: str) -> None:
    """It ended before any test, naming each part."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = result.stderr.str()
    assert [part for part in parts if part not in said] == [], said
    assert "passed" not in result.stdout.str()


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_replayed_run_has_the_results_and_gates_of_the_run_itself(
    toy: ToyProject, workers: tuple[str, ...]
) -> None:
    toy.answer("c03", c04='{"n": "\x1b[31m"}')
    toy.run("--snapshot-update")
    recorded = record(toy)
    found, result = replay(toy, "--replay=recorded", *workers)
    assert result.ret == 0
    assert found["c03"] == "skipped"  # a known failure
    assert found["format_success_rate_min[toy]"] == "passed"
    assert samples(toy.path / "replayed") == samples(recorded)
    before, after = run_data(toy, "recorded"), run_data(toy)
    assert after["summary"] == before["summary"]
    assert after["gates"] == before["gates"]
    for part in ("subject", "conditions", "environment", "reference_mode"):
        assert after["models"]["toy"][part] == before["models"]["toy"][part], part
    assert any("replayed from" in note for note in after["models"]["toy"]["notes"])


def test_a_replay_imports_no_part_of_the_torch_stack(toy: ToyProject) -> None:
    record(toy)
    toy.pytester.makeconftest(
        f"""
        import sys
        def pytest_unconfigure(config):
            print("loaded:", [name for name in {HEAVY} if name in sys.modules])
        """
    )
    result = toy.pytester.runpytest_subprocess(
        "-p", "fixtures.plugin", "-s", "--models=models.yaml", "--cases=cases",
        "--gates=gates.yaml", "--goldens=goldens", "--replay=recorded",
    )  # fmt: skip
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*loaded: []*"])


def test_a_changed_answer_under_the_same_weights_is_a_flip_without_a_cause(toy: ToyProject) -> None:
    toy.run("--snapshot-update")
    recorded = record(toy)
    rows = samples(recorded)
    rows[2]["generation"]["text"] = BAD
    write_lines(recorded / "samples.jsonl", *rows)
    found, result = replay(toy, "--replay=recorded")
    assert (found["c02"], result.ret) == ("failed", 1)


def test_goldens_are_made_of_a_replay_as_of_the_run_itself(toy: ToyProject) -> None:
    toy.answer("c01")
    record(toy, "--snapshot-update")
    before = toy.golden_file().read_bytes()
    toy.golden_file().unlink()
    _, result = replay(toy, "--replay=recorded", "--snapshot-update")
    assert result.ret == 0
    assert toy.golden_file().read_bytes() == before


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_case_that_changed_since_is_named_before_any_test(
    toy: ToyProject, workers: tuple[str, ...]
) -> None:
    record(toy)
    toy.write_cases(IDS, expected={"n": 1})
    result = toy.run("--replay=recorded", *workers)
    assert_refused(
        result,
        "10 of 10 selected cases cannot be replayed",
        "format/c00: the case has changed since it was recorded (line 1): expected: ",
    )


def test_a_case_that_was_not_recorded_is_named_unless_it_is_deselected(toy: ToyProject) -> None:
    record(toy)
    toy.write_cases([*IDS, "c10"])
    result = toy.run("--replay=recorded")
    assert_refused(result, "1 of 11 selected", "format/c10: not in the recording")
    assert toy.run("--replay=recorded", "-k", "not c10").ret == 0


def test_a_case_recorded_without_an_answer_is_an_error_with_the_reason_then(
    toy: ToyProject,
) -> None:
    recorded = record(toy)
    rows = samples(recorded)
    rows[5] |= {"generation": None, "score": None, "message": "the server answered 500"}
    write_lines(recorded / "samples.jsonl", *rows)
    found, result = replay(toy, "--replay=recorded")
    assert (found["c05"], result.ret) == ("error", 1)
    assert "the server answered 500" in result.stdout.str()
    rates = run_data(toy)["summary"][0]["rates"]["format_success_rate"]
    assert (rates["count"], rates["n"], rates["missing"]) == (9, 10, 1)


def test_duplicate_cases_of_a_recording_are_named_with_their_lines(toy: ToyProject) -> None:
    recorded = record(toy)
    rows = samples(recorded)
    write_lines(recorded / "samples.jsonl", *rows, rows[4])
    result = toy.run("--replay=recorded")
    assert_refused(result, "id 'c04' of line 11 is also in line 5")


def test_of_several_recorded_models_one_has_to_be_picked(toy: ToyProject) -> None:
    toy.write_models("toy", "other")
    toy.answer("c00", model="other")
    record(toy, "--model=toy", "--model=other")
    assert_refused(toy.run("--replay=recorded"), "holds answers of 2 models", "other, toy")
    assert_refused(
        toy.run("--replay=recorded", "--model=othr"), "unknown model 'othr'", "Did you mean 'other'"
    )
    found, _ = replay(toy, "--replay=recorded", "--model=other")
    assert found["format_success_rate_min[other]"] == "passed"
    assert "format_success_rate_min[toy]" not in found
    replay(toy, "--replay=recorded", "--model=toy", "--model=other")
    assert set(run_data(toy)["models"]) == {"toy", "other"}


def test_a_run_is_found_by_its_id_and_as_the_last(toy: ToyProject) -> None:
    toy.run("--cache-dir=.suite")
    (folder,) = (toy.path / ".suite" / "runs").iterdir()
    assert toy.run(f"--replay={folder.name[:-2]}").ret == 0
    assert toy.run("--replay=last").ret == 0
    assert_refused(toy.run("--replay=nothing"), "'nothing'", folder.name)


def test_options_that_say_how_to_generate_are_refused(toy: ToyProject) -> None:
    record(toy)
    result = toy.run("--replay=recorded", "--max-new-tokens=4", "--batch-size=2")
    assert_refused(result, "--max-new-tokens, --batch-size cannot be followed")


@pytest.mark.parametrize("field", ["text", "output"])
def test_plain_jsonl_is_judged_as_unverified_and_never_becomes_goldens(
    toy: ToyProject, field: str
) -> None:
    toy.run("--snapshot-update")
    before = toy.golden_file("mine")
    path = write_lines(toy.path / "mine.jsonl", *({"id": each, field: GOOD} for each in IDS))
    found, result = replay(toy, f"--replay={path.name}")
    assert result.ret == 0
    assert found["format_success_rate_min[mine]"] == "passed"
    assert "unverified: no header says what made the answers" in " ".join(result.outlines)
    record_ = run_data(toy)["models"]["mine"]
    assert record_["conditions"]["verified"] is False
    assert record_["golden_refusal"].startswith("unverified")
    _, result = replay(toy, f"--replay={path.name}", "--snapshot-update")
    assert not before.exists()
    assert "unverified" in result.stdout.str()
    # and the run of a replay is no recording that may: what it replayed stays unverified
    shutil.move(toy.path / "replayed", toy.path / "laundered")
    replay(toy, "--replay=laundered", "--snapshot-update")
    assert not before.exists()


def test_unverified_answers_are_compared_with_a_baseline_inconclusively(toy: ToyProject) -> None:
    toy.write_gates(
        {
            "no_regression": {
                "metrics": ["format_success_rate"],
                "alpha": 0.01,
                "reason": "nothing may break",
            }
        }
    )
    toy.run("--snapshot-update")
    write_lines(toy.path / "mine.jsonl", *({"id": each, "text": BAD} for each in IDS))
    replay(toy, "--replay=mine.jsonl", "--as=toy")
    (gate,) = run_data(toy)["gates"]
    assert gate["status"] == "INCONCLUSIVE"
    assert "verified" in gate["sentence"]


def test_the_fields_of_other_programs_can_be_named(toy: ToyProject) -> None:
    rows = ({"case": each.upper(), "completion": GOOD} for each in IDS)
    write_lines(toy.path / "mine.jsonl", *rows)
    arguments = ("--replay=mine.jsonl", "--id-field=case", "--text-field=completion")
    assert toy.run(*arguments).ret == 0
    refused = toy.run("--replay=mine.jsonl")
    assert_refused(refused, "mine.jsonl: line 1: no field 'id'; it has: case, completion")


def lm_eval_row(number: int, case_id: str, answers: list[str], **more: Any) -> dict[str, Any]:
    return {
        "doc_id": number,
        "doc": {"id": case_id, "question": "?"},
        "target": "",
        "arguments": {"gen_args_0": {"arg_0": "?"}},
        "resps": [answers],
        "filtered_resps": ["what a filter made of it"],
        "filter": "none",
        "metrics": ["exact_match"],
        "exact_match": 1.0,
    } | more


def test_lm_eval_samples_are_judged_by_what_the_model_said_before_any_filter(
    toy: ToyProject,
) -> None:
    rows = [lm_eval_row(number, case_id, [GOOD]) for number, case_id in enumerate(IDS)]
    # a line for each filter
    rows += [row | {"filter": "strict-match", "filtered_resps": ["[invalid]"]} for row in rows]
    write_lines(toy.path / "samples_format_2026-01-01.jsonl", *rows)
    found, result = replay(toy, "--replay=samples_format_2026-01-01.jsonl")
    assert result.ret == 0
    assert [found[name] for name in IDS] == ["passed"] * 10
    assert "lm-eval samples" in " ".join(result.outlines)
    assert run_data(toy)["models"]["samples_format_2026-01-01"]["golden_refusal"]


def test_of_repeated_lm_eval_answers_the_first_counts_and_the_run_says_so(toy: ToyProject) -> None:
    rows = [lm_eval_row(number, case_id, [GOOD, BAD]) for number, case_id in enumerate(IDS)]
    write_lines(toy.path / "samples.jsonl", *rows)
    _, result = replay(toy, "--replay=samples.jsonl")
    assert result.ret == 0
    notes = " ".join(run_data(toy)["models"]["samples"]["notes"])
    assert "10 documents have several completions" in notes


def test_loglikelihoods_of_lm_eval_are_no_answers(toy: ToyProject) -> None:
    rows = [lm_eval_row(0, IDS[0], []) | {"resps": [[[-1.5, False]]]}]
    write_lines(toy.path / "samples_mc.jsonl", *rows)
    assert_refused(toy.run("--replay=samples_mc.jsonl"), "line 1: resps[0][0]: expected a text")


def test_a_run_folder_without_its_run_file_is_unverified(toy: ToyProject) -> None:
    recorded = record(toy)
    (recorded / "run.json").unlink()
    _, result = replay(toy, "--replay=recorded")
    assert result.ret == 0
    assert run_data(toy)["models"]["toy"]["golden_refusal"].startswith("unverified: no header")


def test_answers_without_hashes_are_unverified_though_there_is_a_header(toy: ToyProject) -> None:
    recorded = record(toy)
    rows = samples(recorded)
    rows[0]["case_hash"] = None
    write_lines(recorded / "samples.jsonl", *rows)
    replay(toy, "--replay=recorded")
    assert "1 of 10 answers have no case hash" in run_data(toy)["models"]["toy"]["golden_refusal"]


def test_rows_of_other_people_are_replayed_too(toy: ToyProject) -> None:
    cases = [{"id": f"Row-{n}", "prompt": "?", "schema": True} for n in range(3)]
    write_lines(toy.path / "rows.jsonl", *cases)
    write_lines(toy.path / "mine.jsonl", *({"id": f"Row-{n}", "text": GOOD} for n in range(3)))
    result = toy.pytester.runpytest(
        "-p", "fixtures.plugin", "--models=models.yaml", "--gates=gates.yaml",
        "--cases-file=rows.jsonl", "--replay=mine.jsonl",
    )  # fmt: skip
    assert result.ret == 0
    result.assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("", "holds no rows"),
        ("[]\n", "line 1: expected an object, got list"),
        ('{"id": "c00", "text": \n', "line 1: not a JSON row"),
        ('{"id": "c00", "text": 7}\n', "line 1: text: expected a text, got 7"),
        ('{"id": null, "text": "x"}\n', "line 1: id: expected a string"),
        ('{"id": "C-0", "text": "x"}\n{"id": "c_0", "text": "y"}\n', "id 'c_0' of line 2"),
        ('{"goldgate_recording": 2}\n', "this version reads 1"),
        ('{"goldgate_recording": 1, "model": "x"}\n', "missing: conditions, subject"),
    ],
)
def test_a_broken_recording_is_refused_with_its_place(
    toy: ToyProject, content: str, part: str
) -> None:
    (toy.path / "mine.jsonl").write_text(content)
    assert_refused(toy.run("--replay=mine.jsonl"), "mine.jsonl", part)


def test_a_lone_surrogate_goes_through_workers_as_it_was_recorded(toy: ToyProject) -> None:
    odd = '{"n": "\ud800"}'
    write_lines(toy.path / "mine.jsonl", *({"id": each, "text": odd} for each in IDS))
    _, result = replay(toy, "--replay=mine.jsonl", "-n2")
    assert result.ret in (0, 1)
    assert {row["generation"]["text"] for row in samples(toy.path / "replayed")} == {odd}


def test_what_a_recording_holds_does_not_reach_the_terminal_raw(toy: ToyProject) -> None:
    write_lines(toy.path / "mine.jsonl", {"\x1b]52;c;x\x07": 1, "text": "x"})
    result = toy.run("--replay=mine.jsonl")
    assert_refused(result, r"\e]52")
    assert "\x1b]52" not in result.stderr.str()
