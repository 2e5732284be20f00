"""docs/security.md answers every item of OWASP ASVS 5.0.0 level 2, and each test that it names exists."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache

import pytest

from tests.house.source import ROOT

TEXT = (ROOT / "docs/security.md").read_text(encoding="utf-8")
CELLS = re.compile(r"(?<!\\)\|")
NAMED = re.compile(r"tests/[\w/]+\.py(?:::\w+)?")
ANSWERS = ("Met.", "Partly.", "Not met.", "Not applicable.")
# The items of levels 1 and 2 of each section, and three of level 3: 6.3.7, 6.3.8 and 8.3.2. Source: the table of
# requirements that belongs to the release, OWASP_Application_Security_Verification_Standard_5.0.0_en.csv.
ITEMS = {
    "1.1": "1-2", "1.2": "1-9", "1.3": "1-11", "1.4": "1-3", "1.5": "1-2",
    "2.1": "1-3", "2.2": "1-3", "2.3": "1-4", "2.4": "1",
    "3.2": "1-2", "3.3": "1-4", "3.4": "1-6", "3.5": "1-5", "3.7": "1-2",
    "4.1": "1-3", "4.2": "1", "4.3": "1-2", "4.4": "1-4",
    "5.1": "1", "5.2": "1-3", "5.3": "1-2", "5.4": "1-3",
    "6.1": "1-3", "6.2": "1-12", "6.3": "1-4,7-8", "6.4": "1-4", "6.5": "1-5", "6.6": "1-3", "6.8": "1-4",
    "7.1": "1-3", "7.2": "1-4", "7.3": "1-2", "7.4": "1-5", "7.5": "1-2", "7.6": "1-2",
    "8.1": "1-2", "8.2": "1-3", "8.3": "1-2", "8.4": "1",
    "9.1": "1-3", "9.2": "1-4",
    "10.1": "1-2", "10.2": "1-2", "10.3": "1-4", "10.4": "1-11", "10.5": "1-5", "10.6": "1-2", "10.7": "1-3",
    "11.1": "1-2", "11.2": "1-3", "11.3": "1-3", "11.4": "1-4", "11.5": "1", "11.6": "1",
    "12.1": "1-3", "12.2": "1-2", "12.3": "1-4",
    "13.1": "1", "13.2": "1-5", "13.3": "1-2", "13.4": "1-5",
    "14.1": "1-2", "14.2": "1-4", "14.3": "1-3",
    "15.1": "1-3", "15.2": "1-3", "15.3": "1-7",
    "16.1": "1", "16.2": "1-5", "16.3": "1-4", "16.4": "1-3", "16.5": "1-3",
    "17.1": "1", "17.2": "1-4", "17.3": "1-2",
}  # fmt: skip


def cells(line: str) -> list[str]:
    """The cells of a line of a table."""
    return [cell.strip() for cell in CELLS.split(line)[1:-1]]


ROWS = [cells(line) for line in TEXT.splitlines() if re.match(r"\| \d+\.\d+\.\d+ ", line)]


def wanted() -> list[str]:
    """Every item, in the order of the standard."""
    return [
        f"{section}.{number}"
        for section, spans in ITEMS.items()
        for span in spans.split(",")
        for number in range(int(span.split("-")[0]), int(span.split("-")[-1]) + 1)
    ]


@cache
def functions_of(path: str) -> frozenset[str]:
    """The names of the functions of a file of ours."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_item_has_its_row_in_order() -> None:
    assert [row[0] for row in ROWS] == wanted()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_leaves_no_cell_empty_and_gives_one_of_four_answers(row: list[str]) -> None:
    assert len(row) == 5
    assert all(row)
    assert row[1] in ("1", "2", "3")
    assert row[3].startswith(ANSWERS)
    assert len(row[3].split()) > 1, "an answer says how, or why not"
    assert ("Missing:" in row[3]) == row[3].startswith("Partly.")


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for name in sorted(set(NAMED.findall(TEXT))):
        path, _, function = name.partition("::")
        if not (ROOT / path).is_file() or (function and function not in functions_of(path)):
            missing.append(name)
    assert missing == []


def test_what_points_to_another_row_finds_a_proof_there() -> None:
    proofs = {row[0]: row[4] for row in ROWS}
    for item, proof in proofs.items():
        for other in re.findall(r"\bas (\d+\.\d+\.\d+)", proof):
            assert not proofs[other].startswith("as "), item


def test_the_summary_counts_what_the_tables_say() -> None:
    counts: dict[str, Counter[str]] = {}
    for row in ROWS:
        answer = next(answer for answer in ANSWERS if row[3].startswith(answer))
        for chapter in (row[0].split(".")[0], "All"):
            counts.setdefault(chapter, Counter())[answer] += 1
    said = {
        found[1]: [int(number) for number in cells(found[0])[1:]]
        for found in re.finditer(r"^\| (?:V(?=\d))?(\d+|All)\b.*(?: \| \d+){4} \|$", TEXT, re.MULTILINE)
    }
    assert said == {chapter: [count[answer] for answer in ANSWERS] for chapter, count in counts.items()}


def test_every_page_that_is_linked_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)", TEXT)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
