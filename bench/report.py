"""What a measurement prints: one table per section, ratios first."""

from __future__ import annotations

from dataclasses import dataclass

from bench.rounds import Laps, figures, growths


@dataclass(frozen=True)
class Section:
    """One comparison. `reference` names the variant that the others are divided by."""

    title: str
    unit: str
    reference: str
    laps: Laps
    note: str = ""


def show(section: Section) -> str:
    """A Markdown table; 1.00 is as good as the reference, more is better."""
    rows = [
        f"## {section.title}",
        "",
        *([section.note, ""] if section.note else []),
        "| variant | rate ratio (low - high) | CPU ratio | CPU ms ours + PostgreSQL | per second |",
        "|---|---|---|---|---|",
    ]
    for figure in figures(section.laps, section.reference):
        middle, low, high = figure.rate
        cpu = "" if figure.cpu is None else f"{figure.cpu:.2f}"
        parts = f"{figure.ours_ms:.2f} + {figure.postgres_ms:.2f}"
        ratio = (
            "1 (reference)" if figure.name == section.reference else f"{middle:.2f} ({low:.2f} - {high:.2f})"
        )
        rows.append(f"| {figure.name} | {ratio} | {cpu} | {parts} | {figure.per_second:,.0f} |")
    return "\n".join([*rows, "", *_growth_rows(section)])


def _growth_rows(section: Section) -> list[str]:
    found = growths(section.laps)
    if not found:
        return []
    head = ["| large against small | time | CPU | PostgreSQL ms, small to large |", "|---|---|---|---|"]
    rows = [
        f"| {one.name} | {one.wall:.2f}x | {one.cpu:.2f}x | {one.postgres_ms[0]:.2f} to {one.postgres_ms[1]:.2f} |"
        for one in found
    ]
    return [*head, *rows, ""]
