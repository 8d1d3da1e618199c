"""What the lab's commands found, for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from boltzmann.runs.estimate_words import duration

WIDTH = 140


def show_study(facts: dict[str, Any]) -> None:
    """Print a row for each arm of each panel, and what they come to.

    Args:
        facts: ``panels`` of :func:`boltzmann.runs.study_results.table`, each row with its ``reference``; ``study``,
            ``verdicts`` by panel; ``study``, ``state``, ``figure`` and ``seeds``; ``decay``, or None.
    """
    heads = ("panel", "arm", facts["figure"].replace("_", " "), "reference", "ratio", "updates", "samples", "calls")
    table = Table(*heads, "time", "seeds")
    for panel, rows in facts["panels"].items():
        for row in rows:
            failed = f", {row['failed']} failed" if row["failed"] else ""
            table.add_row(
                escape(panel),
                escape(row["arm"]),
                _spread(row),
                _spread(row["reference"]),
                "–" if row["ratio"] is None else f"{row['ratio']:.2f}",
                *("–" if row[cost] is None else f"{row[cost]:,.0f}" for cost in ("updates", "samples", "calls")),
                "–" if row["seconds"] is None else duration(row["seconds"]),
                f"{row['finished']} of {facts['seeds']}{failed}",
            )
        table.add_section()
    console = Console(width=WIDTH)
    console.print(table)
    for panel, words in facts["verdicts"].items():
        console.print(f"{escape(panel)}: {escape(words)}")
    if facts["decay"]:
        _show_decay(facts["decay"], console)
    console.print(f"study {facts['study']}: {facts['state']}")


def _show_decay(found: dict[str, Any], console: Console) -> None:
    """What the errors of each arm tend to, K exp(-alpha i) + c, as :func:`boltzmann.runs.study_decay.analyse` has it."""
    heads = (
        "panel",
        "arm",
        "c",
        "95%, posterior",
        "95%, over runs",
        "quote",
        "final error",
        "final log-likelihood",
        "R-hat",
        "samples",
    )
    title = f"Decay of the error, fitted on {found['made'][:10]} to {found['ended']:,} of {found['runs']:,} runs"
    table, panel = Table(*heads, title=title), None
    for group in found["groups"]:
        if panel not in (None, group["panel"]):
            table.add_section()
        panel, quoted = group["panel"], group["verdict"] == "quoted"
        r_hat, samples = _worst(group.get("rhat"), max), _worst(group.get("effective"), min)
        table.add_row(
            escape(panel),
            escape(group["arm"]),
            f"{group['quoted']['value']:.4g}" if quoted else "refused",
            _interval(group["interval"]["c"]) if quoted else "–",
            _interval(group["over_runs"].get("c")) if quoted else "–",
            group["quoted"]["by"] if quoted else "–",
            _spread(group["final"].get("sum_squares")),
            _spread(group["final"].get("test_log_likelihood")),
            "–" if r_hat is None else f"{r_hat:.3f}",
            "–" if samples is None else f"{samples:,.0f}",
        )
    console.print(table)
    for group in found["groups"]:
        refused = ["refused.", *group["reasons"]] if group["verdict"] == "refused" else []
        if refused or group["notes"]:
            console.print(escape(f"{group['panel']}, {group['arm']}: {' '.join([*refused, *group['notes']])}"))
    _show_ratios(found, console)
    _show_final_ratios(found, console)
    for words in found["words"]:
        console.print(escape(words))


def _show_ratios(found: dict[str, Any], console: Console) -> None:
    """The ratios of c of all pairs of arms: over the pauses where there are several, else of each panel."""
    joined = {panel for ratio in found["ratios"] if ratio["panel"] is None for panel in ratio["panels"]}
    told = [ratio for ratio in found["ratios"] if ratio["panel"] not in joined]
    known = [ratio for ratio in told if ratio["median"] is not None]
    table, before = Table("panels", "c of", "over c of", "ratio", "95%, posterior", "95%, over runs", "quote"), None
    table.title = "Ratios of c, over several pauses their geometric mean"
    for ratio in known:
        if before not in (None, ratio["panels"]):
            table.add_section()
        where = "" if ratio["panels"] == before else "\n".join(ratio["panels"])
        before = ratio["panels"]
        table.add_row(
            escape(where),
            escape(ratio["of"]),
            escape(ratio["arm"]),
            f"{ratio['median']:.3g}",
            _interval(ratio["interval"]),
            _interval(ratio["over_runs"]),
            ratio["by"],
        )
    if known:
        console.print(table)
    for why, pairs in _reasons(told).items():
        console.print(escape(f"No ratio of c: {why} ({pairs} of {len(told)} pairs)"))


def _show_final_ratios(found: dict[str, Any], console: Console) -> None:
    """The ratios of the final errors, paired by seed, of all pairs of arms: over the pauses where there are several."""
    joined = {panel for item in found["final_ratios"] if item["panel"] is None for panel in item["panels"]}
    table, seen, before = Table("panels", "final error of", "over that of", "ratio", "95%", "seeds"), set(), None
    table.title = "Ratios of the final error, paired by seed: the same data, first weights and batches"
    for item in found["final_ratios"]:
        panels = tuple(item["panels"])
        if item["ratio"] is None or item["panel"] in joined or (panels, item["over"], item["arm"]) in seen:
            continue
        seen.add((panels, item["arm"], item["over"]))
        if before not in (None, panels):
            table.add_section()
        where, before = "" if panels == before else "\n".join(panels), panels
        ends = (_interval(item["interval"]), str(item["seeds"]))
        table.add_row(escape(where), escape(item["arm"]), escape(item["over"]), f"{item['ratio']:.4g}", *ends)
    if seen:
        console.print(table)


def _reasons(ratios: list[dict[str, Any]]) -> Counter[str]:
    """Why there are none, each reason with the pairs that it holds for."""
    return Counter(
        f"{'' if ratio['panel'] is None else ratio['panel'] + ': '}{ratio['reason']}"
        for ratio in ratios
        if ratio["median"] is None
    )


def show_evaluation(report: dict[str, Any]) -> None:
    """Print each figure of :func:`boltzmann.evaluation.rbm.evaluate` with its name; tables, such as the confusion matrix, are
    in the JSON only."""
    table = Table("figure", "value")
    for name, value in _flat(report):
        table.add_row(name.replace("_", " "), escape(f"{value:,.5g}" if isinstance(value, float) else str(value)))
    Console(width=WIDTH).print(table)


def _flat(values: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        path = f"{above}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{path}, ")
        elif value is not None and not isinstance(value, list):
            yield path, value


def _worst(values: dict[str, float | None] | None, pick: Callable[[list[float]], float]) -> float | None:
    known = [value for value in (values or {}).values() if value is not None]
    return pick(known) if known else None


def _interval(ends: Sequence[float] | None) -> str:
    return "–" if ends is None else escape(f"[{ends[0]:.4g}, {ends[1]:.4g}]")


def _spread(figures: dict[str, Any] | None) -> str:
    if not figures or figures["median"] is None:
        return "–"
    known = figures["low"] is not None and figures["high"] is not None
    return f"{figures['median']:.4g}" + (escape(f" [{figures['low']:.3g}, {figures['high']:.3g}]") if known else "")
