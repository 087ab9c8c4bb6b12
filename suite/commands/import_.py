"""`goldgate import`: takes the answers of a batch into a recording that `--replay` judges.

It reads, writes and prints; what an answer becomes is `suite.batch_import`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from suite.batch_import import Import
    from suite.recording import RecordedModel
    from suite.run import ModelRecord

_MOST_NAMED = 5


def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Output and error files of the batch.")
    ],
    into: Annotated[
        Path, typer.Option(metavar="RECORDING", help="Where the answers go; added to, if there.")
    ],
    requests: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What was asked. Without it nothing is verified."),
    ] = None,
    left: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --requests: write those that lack an answer."),
    ] = None,
) -> None:
    """Take the answers of `vllm run-batch` or a batch API into a recording.

    Exit status 0: every request has its answer; 1: some have none, or there are answers to other
    requests (what came is recorded); 2: the command could not be carried out.
    """
    from suite.commands.refusal import refusing

    with refusing("import"):
        found = _import(files, into, requests, left)
    raise typer.Exit(0 if found.is_complete else 1)


def _import(files: list[Path], into: Path, requests: Path | None, left: Path | None) -> Import:
    from suite.batch_import import left_lines, read_answers, read_requests, take_in
    from suite.errors import InputError
    from suite.recording_files import header_path, read_header, write_recording
    from suite.whole_file import write_whole

    if left is not None and requests is None:
        raise InputError("--left goes with --requests: what is left of them")
    _check_places(files, into, requests, left)
    asked = read_requests(requests) if requests else None
    name, record = read_header(header_path(requests)) if requests else (None, None)
    before = _read_before(into, name, record)
    found = take_in(read_answers(files), asked, before)
    if not found.answered and not found.errors:
        raise InputError(f"{', '.join(map(str, files))}: no answer to these requests")
    write_recording(into, name, record, found.rows)
    if left is not None and requests is not None:
        write_whole(left, left_lines(requests, found))
        header = header_path(requests).read_text(encoding="utf-8")
        write_whole(header_path(left), header)
    _print(found, into, requests is not None)
    return found


def _check_places(files: list[Path], into: Path, requests: Path | None, left: Path | None) -> None:
    """Refuse to write over what is read, or two things to one place."""
    from suite.errors import InputError
    from suite.recording_files import header_path

    read = [(str(file), file) for file in files]
    if requests is not None:
        read += [("--requests", requests), ("the header of --requests", header_path(requests))]
    written = [("--into", into)]
    if left is not None:
        written += [("--left", left), ("the header of --left", header_path(left))]
    problems = [
        f"{name}: {path}: would write over {other}; name another file"
        for index, (name, path) in enumerate(written)
        for other, there in [*read, *written[:index]]
        if path.resolve() == there.resolve()
    ]
    if problems:
        raise InputError(problems)


def _read_before(into: Path, name: str | None, record: ModelRecord | None) -> RecordedModel | None:
    """Read the recording that is there already.

    Raises:
        InputError: It is of another model, or of the same under other conditions.
    """
    from suite.errors import InputError
    from suite.recording_files import read_recording
    from suite.run import differing

    if not into.exists():
        return None
    recording = read_recording(into)
    models = recording.models
    if recording.kind != "recording" or len(models) != 1:
        raise InputError(f"{into}: a {recording.kind}, not a recording; choose another file")
    ((there, model),) = models.items()
    if there != (name or "") or (model.record is None) != (record is None):
        raise InputError(f"{into}: holds answers of {there!r}, not of {name or ''!r}")
    if model.record is not None and record is not None:
        parts = ("subject", "conditions")
        moved = [
            f"{part}.{key}"
            for part in parts
            for key in differing(getattr(model.record, part), getattr(record, part))
        ]
        if moved:
            raise InputError(f"{into}: its answers were made with another {', '.join(moved)}")
    return model


def _print(found: Import, into: Path, verified: bool) -> None:
    from suite.sinks import log_safe, terminal_safe

    def say(line: str) -> None:
        typer.echo(log_safe(terminal_safe(line)))

    say(
        f"{len(found.answered)} answers taken in, {found.cut} of them cut at max_tokens, "
        f"{found.tokens} completion tokens; {into} now holds "
        f"{sum(row['generation'] is not None for row in found.rows.values())}"
    )
    if found.errors:
        say(f"{len(found.errors)} errors, recorded as cases without an answer:")
        for (_, case_id), message in sorted(found.errors.items())[:_MOST_NAMED]:
            say(f"  {case_id}: {message}")
    for count, what, names in (
        (len(found.missing), "requests without any line", [name for _, name in found.missing]),
        (len(found.unknown), "answers to other requests, left out", sorted(found.unknown)),
    ):
        if count:
            more = " …" if count > _MOST_NAMED else ""
            say(f"{count} {what}: {', '.join(names[:_MOST_NAMED])}{more}")
    if not verified:
        say("unverified: without --requests nothing says what model this is")
    say(f"Next: pytest -m format --replay {into}")
