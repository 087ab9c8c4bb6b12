"""Reads `gates.yaml`: thresholds and rules with their reasons, per task, with overrides per model.

Deciding them is `suite.gates`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from suite.errors import InputError, describe_problems, unknown
from suite.measures import measure_directions
from suite.tasks import TASKS, paired_metrics
from suite.yaml_file import load_yaml, parse_yaml

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Probability = Annotated[float, Field(gt=0, lt=1)]

NO_REGRESSION = "no_regression"
_MODELS = "models"


class Threshold(BaseModel):
    """A bound on a rate or on another measure of a run: `<metric>_min` or `<metric>_max`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """Of a rate at most 1; of another measure in its own unit."""
    rule: Literal["point", "bound"] = "point"
    """What must clear the value: the figure itself (the suite is all there is), or the near end of
    its 95 % interval (the suite is a sample of what will be asked): Wilson's or the clustered one
    of a rate, of other measures the one that they come with, by bootstrap or by ranks. A figure
    without an interval clears no bound."""
    reason: Reason


class NoRegression(BaseModel):
    """An exact one-sided paired test per metric, on the flips against the baseline.

    All tests of one model and task share one error budget.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metrics: Annotated[tuple[str, ...], Field(min_length=1)]
    alpha: Probability
    """The gate fails at an adjusted p-value of at most this."""
    warn_alpha: Probability | None = None
    """The gate warns at an adjusted p-value of at most this; not below alpha."""
    reason: Reason


Rule = Threshold | NoRegression


@dataclass(frozen=True, slots=True)
class Gates:
    """The rules of a gate file."""

    path: Path
    tasks: dict[str, dict[str, Rule]]
    models: dict[str, dict[str, dict[str, Rule]]]
    """Overrides by model, then task, then gate: each replaces the gate of that name, or adds it."""

    def rules(self, model: str, task: str) -> dict[str, Rule]:
        """Return the gates of a model and task by name, in the order of the file."""
        return {**self.tasks.get(task, {}), **self.models.get(model, {}).get(task, {})}


def load_gates(path: Path, models: Collection[str] | None = None, text: str | None = None) -> Gates:
    """Read a gate file.

    Args:
        path: YAML.
        models: Names that overrides may use; None: any.
        text: Its content where that was read already, from git; `path` is then what it is called.

    Raises:
        InputError: With all problems of the file, a line each.
    """
    data = load_yaml(path) if text is None else parse_yaml(text, path)
    problems: list[str] = []
    if not isinstance(data, dict):
        raise InputError(f"{path}: wants tasks with their gates, got {type(data).__name__}")
    overrides = data.pop(_MODELS, None) or {}
    tasks = _read_tasks(data, f"{path}: ", problems)
    by_model: dict[str, dict[str, dict[str, Rule]]] = {}
    if not isinstance(overrides, dict):
        problems.append(f"{path}: {_MODELS}: wants models with their gates, got {overrides!r}")
        overrides = {}
    for model, inner in overrides.items():
        place = f"{path}: {_MODELS}.{model}"
        if models is not None and model not in models:
            problems.append(f"{place}: {unknown('model', str(model), models)}")
        by_model[str(model)] = _read_tasks(inner, f"{place}.", problems)
    if problems:
        raise InputError(problems)
    return Gates(path, tasks, by_model)


def metric_of(gate: str) -> tuple[str, str] | None:
    """Split the name of a threshold into its metric and `min` or `max`; None: not a threshold."""
    metric, _, bound = gate.rpartition("_")
    return (metric, bound) if metric and bound in ("min", "max") else None


def _read_tasks(data: Any, place: str, problems: list[str]) -> dict[str, dict[str, Rule]]:
    if not isinstance(data, dict):
        problems.append(f"{place.rstrip('.')}: wants tasks with their gates, got {data!r}")
        return {}
    found: dict[str, dict[str, Rule]] = {}
    for task, gates in data.items():
        if task not in TASKS:
            problems.append(f"{place}{task}: {unknown('task', str(task), TASKS)}")
        elif not isinstance(gates, dict):
            problems.append(f"{place}{task}: wants gates by name, got {gates!r}")
        else:
            found[task] = _read_gates(gates, task, f"{place}{task}", problems)
    return found


def _read_gates(
    gates: Mapping[Any, Any], task: str, place: str, problems: list[str]
) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for name, data in gates.items():
        where = f"{place}.{name}"
        metric = metric_of(str(name))
        kind: type[Threshold] | type[NoRegression]
        if name == NO_REGRESSION:
            kind = NoRegression
        elif metric and metric[0] in {*TASKS[task].metrics, *measure_directions(task)}:
            kind = Threshold
        else:
            problems.append(f"{where}: {unknown('gate', str(name), _known_gates(task))}")
            continue
        try:
            rule = kind.model_validate(data)
        except ValidationError as error:
            problems += describe_problems(error, kind, where)
            continue
        if isinstance(rule, NoRegression):
            problems += _check_regression(rule, task, where)
        elif metric and metric[0] in TASKS[task].metrics and rule.value > 1:
            problems.append(f"{where}.value: a rate is at most 1, got {rule.value:g}")
        found[str(name)] = rule
    return found


def _check_regression(rule: NoRegression, task: str, where: str) -> list[str]:
    paired = [metric for metric, way in paired_metrics(task).items() if way != "neither"]
    counted = TASKS[task].counted
    problems = [
        f"{where}.metrics: {metric!r} counts {counted[metric]}, and the paired test wants a metric "
        f"that is right or wrong per case: {', '.join(paired)}"
        if metric in counted
        else f"{where}.metrics: {unknown('metric', metric, paired)}"
        for metric in rule.metrics
        if metric not in paired
    ]
    if rule.warn_alpha is not None and rule.warn_alpha < rule.alpha:
        problems.append(
            f"{where}.warn_alpha: wants at least alpha ({rule.alpha}), got {rule.warn_alpha}"
        )
    return problems


def _known_gates(task: str) -> list[str]:
    metrics = [*TASKS[task].metrics, *measure_directions(task)]
    return [f"{metric}_{bound}" for metric in metrics for bound in ("min", "max")] + [NO_REGRESSION]
