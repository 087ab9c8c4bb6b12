"""Lists how the rules of one gate file differ from those of another, and joins the stricter ones.

Reading gate files is `suite.gate_file`; deciding gates is `suite.gates`.
"""

from __future__ import annotations

from collections.abc import Iterator

from suite.gate_file import Gates, NoRegression, Rule, Threshold, metric_of
from suite.run import BarChange

_Rules = dict[str, Rule]


def diff_gates(then: Gates, now: Gates, place: str) -> list[BarChange]:
    """List every rule that differs in more than its reason.

    Args:
        then: What decides.
        now: Of the working tree.
        place: What messages call the file.
    """
    found: list[BarChange] = []
    for task in sorted(then.tasks.keys() | now.tasks.keys()):
        one, two = then.tasks.get(task, {}), now.tasks.get(task, {})
        found += _diff_rules(one, two, f"{place}: {task}")
    for model in sorted(then.models.keys() | now.models.keys()):
        before, after = then.models.get(model, {}), now.models.get(model, {})
        for task in sorted(before.keys() | after.keys()):
            own, ours = before.get(task, {}), after.get(task, {})
            names = own.keys() | ours.keys()
            one = {name: r for name, r in then.rules(model, task).items() if name in names}
            two = {name: r for name, r in now.rules(model, task).items() if name in names}
            for change in _diff_rules(one, two, f"{place}: models.{model}.{task}"):
                gate = change.place.rpartition(".")[2]
                how = "" if gate in ours else "override removed: "
                how = how if gate in own else "new override: "
                found.append(BarChange(change.kind, change.place, how + change.sentence))
    return found


def strictest(then: Gates, now: Gates) -> Gates:
    """Return the rules of `then`, and of `now` where it is stricter or has a gate of its own.

    A paired rule of `then` stays as it is: another metric in it would share its error budget, and
    so weaken the others.
    """
    models = {
        model: {
            task: _join(then.rules(model, task), now.rules(model, task))
            for task in then.tasks.keys()
            | now.tasks.keys()
            | then.models.get(model, {}).keys()
            | now.models.get(model, {}).keys()
        }
        for model in then.models.keys() | now.models.keys()
    }
    tasks = {
        task: _join(then.tasks.get(task, {}), now.tasks.get(task, {}))
        for task in then.tasks.keys() | now.tasks.keys()
    }
    return Gates(then.path, tasks, models)


def _join(then: _Rules, now: _Rules) -> _Rules:
    joined = dict(then)
    for name, rule in now.items():
        old = then.get(name)
        if old is None or (isinstance(rule, Threshold) and not _is_looser(name, old, rule)):
            joined[name] = rule
    return joined


def _diff_rules(then: _Rules, now: _Rules, place: str) -> Iterator[BarChange]:
    for name in dict.fromkeys([*then, *now]):
        old, new = then.get(name), now.get(name)
        where = f"{place}.{name}"
        if new is None:
            assert old is not None, where
            yield BarChange("looser", where, f"removed; was {_describe(old)}")
        elif old is None:
            yield BarChange("new", where, f"{_describe(new)}")
        elif sentence := ", ".join(_say_differences(old, new)):
            yield BarChange("looser" if _is_looser(name, old, new) else "stricter", where, sentence)


def _is_looser(name: str, then: Rule, now: Rule) -> bool:
    """Tell whether some run passes or warns less under `now` than under `then`."""
    if isinstance(then, Threshold) and isinstance(now, Threshold):
        split = metric_of(name)
        lower = now.value < then.value if split and split[1] == "min" else now.value > then.value
        return lower or (then.rule, now.rule) == ("bound", "point")
    assert isinstance(then, NoRegression), name
    assert isinstance(now, NoRegression), name
    return (
        now.alpha < then.alpha  # less of a regression is significant
        or (then.warn_alpha or 0) > (now.warn_alpha or 0)
        # one more shares the error budget, so that each needs more to fail
        or set(then.metrics) != set(now.metrics)
    )


def _say_differences(then: Rule, now: Rule) -> Iterator[str]:
    if isinstance(then, Threshold) and isinstance(now, Threshold):
        if then.value != now.value:
            yield f"{then.value:g} → {now.value:g}"
        if then.rule != now.rule:
            yield f"rule {then.rule} → {now.rule}"
    if isinstance(then, NoRegression) and isinstance(now, NoRegression):
        if then.alpha != now.alpha:
            yield f"alpha {then.alpha:g} → {now.alpha:g}"
        if then.warn_alpha != now.warn_alpha:
            yield f"warn_alpha {_say(then.warn_alpha)} → {_say(now.warn_alpha)}"
        for metric in dict.fromkeys([*then.metrics, *now.metrics]):
            if metric not in now.metrics:
                yield f"no longer of {metric}"
            elif metric not in then.metrics:
                yield f"also of {metric}, which shares the error budget"


def _describe(rule: Rule) -> str:
    if isinstance(rule, Threshold):
        return f"{rule.value:g}" + (", rule bound" if rule.rule == "bound" else "")
    warn = "" if rule.warn_alpha is None else f", warn_alpha {rule.warn_alpha:g}"
    return f"alpha {rule.alpha:g}{warn}, of {', '.join(rule.metrics)}"


def _say(alpha: float | None) -> str:
    return "none" if alpha is None else f"{alpha:g}"
