"""The figures of a run: every proof adds to them, and the run prints them at its end."""

from __future__ import annotations

from collections import Counter

COUNTS: Counter[str] = Counter()
# What is printed: the sentence, the figure and, for "n of n", the figure that it must equal.
_LINES = (
    ("tables under row-level security", "tables_secured", "tables"),
    ("findings of the catalogue lint", "lint_findings", ""),
    ("cells of table x login x operation", "table_cells", ""),
    ("routes that the registry can fill", "routes_filled", "routes"),
    ("cells of route x caller x id", "route_cells", ""),
    ("answers to foreign ids identical to unknown ones", "identical", "compared"),
    ("writes of rightful callers that got through", "writes_through", ""),
    ("refused writes with an effect", "refused_with_effect", ""),
    ("answers that changed when others' rows went away", "disturbed", ""),
    ("bytes of answers searched for canaries", "bytes_searched", ""),
    ("canaries of another tenant found", "canaries_found", ""),
    ("forged bells that did nothing", "bells_harmless", "bells_forged"),
    ("faults planted in the database caught", "mutants_caught", "mutants"),
    ("faults planted at every table caught", "table_mutants_caught", "table_mutants"),
    ("faults planted in the code caught", "code_mutants_caught", "code_mutants"),
    ("transactions on shared connections", "transactions", ""),
    ("wrong rows in them", "wrong_rows", ""),
)


def add(figure: str, amount: int = 1) -> None:
    """Adds to a figure."""
    COUNTS[figure] += amount


def lines() -> list[str]:
    """The figures of this run as lines; what was not asked is left out."""
    shown = []
    for sentence, figure, whole in _LINES:
        if figure not in COUNTS and whole not in COUNTS:
            continue
        value = f"{COUNTS[figure]:,}" + (f" of {COUNTS[whole]:,}" if whole else "")
        shown.append(f"{value:>16}  {sentence}")
    return shown
