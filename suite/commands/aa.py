"""`goldgate aa`: how often the configured gates fail models that did not change, and that lost.

It reads options and prints tables; the measuring is `suite.simulation`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.commands.arguments import AllowCode, CodeDir
from suite.commands.refusal import refusing

if TYPE_CHECKING:
    from suite.gate_file import NoRegression
    from suite.simulation import Scenario, Tally


def aa(
    n: Annotated[
        list[int] | None, typer.Option(min=1, help="Cases; repeatable. Default: 100, 200, 1000.")
    ] = None,
    churn: Annotated[
        list[float] | None,
        typer.Option(
            min=0, max=1, help="Share of cases that flip by chance; repeatable. Default: 0 to 0.2."
        ),
    ] = None,
    drop: Annotated[
        list[float] | None,
        typer.Option(
            min=0,
            max=1,
            help="True loss of one metric, for the power; repeatable. Default: to 0.15.",
        ),
    ] = None,
    cluster_size: Annotated[
        int, typer.Option(min=1, help="Cases that flip together, for the clustered rows.")
    ] = 5,
    pairs: Annotated[int, typer.Option(min=1, help="Simulated pairs of runs per row.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Of the simulation.")] = 0,
    gates: Annotated[Path, typer.Option(metavar="FILE", help="The gate file.")] = Path(
        __file__
    ).parents[1]
    / "gates.yaml",
    task: Annotated[str, typer.Option(help="Whose no_regression is tested.")] = "format",
    model: Annotated[str, typer.Option(help="With its overrides in the gate file.")] = "",
    cases: CodeDir = None,
    allow_code: AllowCode = False,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the tables; needs matplotlib.")
    ] = None,
) -> None:
    """Measure false alarms and power of the paired gate on simulated models (A/A self-test).

    Every pair of runs is judged by the configured no_regression: its metrics, alphas and shared
    error budget. Beside it stand simpler rules on one rate.
    Exit status 0: false alarms stay within alpha + 3 standard errors; 1: they do not; 2: the
    command could not be carried out.
    """
    from suite.errors import InputError
    from suite.simulation import Scenario, simulate

    if svg is not None and importlib.util.find_spec("matplotlib") is None:
        typer.echo("goldgate aa: --svg needs matplotlib: pip install matplotlib", err=True)
        raise typer.Exit(2)
    sizes, churns = n or [100, 200, 1000], churn or [0.0, 0.01, 0.05, 0.2]
    drops = drop or [0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15]
    with refusing("aa", cases, allow_code):
        rule = _read_rule(gates, task, model)
        calm = [Scenario(size, share) for size in sizes for share in churns]
        clustered = [
            Scenario(size, share, cluster_size=cluster_size)
            for size in sizes
            for share in churns
            if cluster_size > 1
        ]
        lost = [Scenario(size, share, loss) for size in sizes for share in churns for loss in drops]
        if problems := sorted({p for each in [*calm, *clustered, *lost] if (p := each.problem())}):
            raise InputError(problems)

    def run(scenarios: Sequence[Scenario]) -> list[Tally]:
        return [simulate(scenario, rule, pairs, seed) for scenario in scenarios]

    tallies = run(calm), run(clustered), run(lost)
    _print_tables(rule, task, pairs, seed, *tallies)
    if svg is not None:
        _draw(svg, rule, tallies[0], tallies[2])
    raise typer.Exit(_decide(rule, [*tallies[0], *tallies[1]]))


def _read_rule(path: Path, task: str, model: str) -> NoRegression:
    from suite.errors import InputError, unknown
    from suite.gate_file import NO_REGRESSION, NoRegression, load_gates
    from suite.tasks import TASKS

    if task not in TASKS:
        raise InputError(f"--task: {unknown('task', task, TASKS)}")
    rules = load_gates(path).rules(model, task)
    rule = rules.get(NO_REGRESSION)
    if not isinstance(rule, NoRegression):
        known = ", ".join(rules) or "none"
        raise InputError(f"{path}: {task} has no gate {NO_REGRESSION}; its gates: {known}")
    return rule


def _print_tables(
    rule: NoRegression,
    task: str,
    pairs: int,
    seed: int,
    calm: Sequence[Tally],
    clustered: Sequence[Tally],
    lost: Sequence[Tally],
) -> None:
    warn = "" if rule.warn_alpha is None else f", warn_alpha {rule.warn_alpha:g}"
    typer.echo(
        f"no_regression of {task}: {len(rule.metrics)} metrics share alpha {rule.alpha:g}{warn}; "
        f"{pairs} simulated pairs of runs a row, seed {seed}\n"
    )
    names = "FAIL (count, 95% exact interval)", "exact", "WARN", "any drop", "drop > 2 points"
    typer.echo("Unchanged models: false alarms of the gate, and of simpler rules on one rate")
    typer.echo(_row("n", "churn", *names))
    for tally in calm:
        typer.echo(_row_of(tally, tally.any_drop, tally.fell_by_margin))
    if clustered:
        size = clustered[0].scenario.cluster_size
        typer.echo(f"\nUnchanged models whose cases flip together, {size} of one template")
        typer.echo(_row("n", "churn", *names[:4], "clusters ignored"))
        for tally in clustered:
            typer.echo(_row_of(tally, tally.any_drop, tally.unclustered))
    _print_power(lost)


def _print_power(lost: Sequence[Tally]) -> None:
    typer.echo(
        "\nModels that lost so much in one metric: power, the share of pairs that ended FAIL"
    )
    losses = sorted({tally.scenario.drop for tally in lost})
    typer.echo(f"{'n':>6} {'churn':>6}" + "".join(f"{loss:>8g}" for loss in losses))
    rows: dict[tuple[int, float], list[Tally]] = {}
    for tally in lost:
        rows.setdefault((tally.scenario.n, tally.scenario.churn), []).append(tally)
    for (n, churn), tallies in rows.items():
        ordered = sorted(tallies, key=lambda tally: tally.scenario.drop)
        cells = "".join(f"{tally.failed / tally.pairs:>8.3f}" for tally in ordered)
        typer.echo(f"{n:>6} {churn:>6g}{cells}")
    gap = max(abs(tally.failed / tally.pairs - tally.exact) for tally in lost)
    typer.echo(f"Simulated and exact power differ by at most {100 * gap:.1f} points")


def _row_of(tally: Tally, *others: int) -> str:
    from suite.stats import clopper_pearson

    scenario = tally.scenario
    start = str(scenario.n), f"{scenario.churn:g}"
    if not scenario.is_decidable:
        return _row(*start, f"INCONCLUSIVE: {scenario.units} clusters", "", "", "", "")
    ends = clopper_pearson(tally.failed, tally.pairs)
    failed = f"{tally.failed / tally.pairs:.4f} ({tally.failed}, {ends.low:.4f}-{ends.high:.4f})"
    rates = (f"{count / tally.pairs:.3f}" for count in (tally.warned, *others))
    return _row(*start, failed, f"{tally.exact:.4f}", *rates)


def _row(*cells: str) -> str:
    widths = 6, 6, 33, 7, 6, 9, 16
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _decide(rule: NoRegression, unchanged: Sequence[Tally]) -> int:
    from suite.simulation import false_alarm_limit

    worst = max(unchanged, key=lambda tally: tally.failed)
    limit = false_alarm_limit(rule.alpha, worst.pairs)
    rate = worst.failed / worst.pairs
    holds = rate <= limit
    typer.echo(
        f"\nA/A: {'PASS' if holds else 'FAIL'}: most false alarms {rate:.4f} "
        f"({worst.failed}/{worst.pairs}), {'at most' if holds else 'above'} alpha {rule.alpha:g} "
        f"+ 3 standard errors = {limit:.4f}"
    )
    return 0 if holds else 1


def _draw(path: Path, rule: NoRegression, calm: Sequence[Tally], lost: Sequence[Tally]) -> None:
    from suite.report.aa import draw_aa
    from suite.sinks import log_safe, terminal_safe

    try:
        with refusing("aa"):
            draw_aa(path, rule.alpha, calm, lost)
    except ModuleNotFoundError as error:
        typer.echo(f"goldgate aa: --svg wants {error.name}: pip install matplotlib", err=True)
        raise typer.Exit(2) from None
    typer.echo(log_safe(f"\ndrawn: {terminal_safe(str(path))}"))
