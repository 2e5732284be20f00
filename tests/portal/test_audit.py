"""The audit log as a page and as files, in the hands of owners and of nobody else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from agency.cli import main
from agency.domain.audit_chain import check_chain
from agency.services.audit import Act, record_act
from agency.services.audit_export import read_json_lines
from tests.desk import Desk, open_desk
from tests.portal.browsing import Visitor, visit

PAGE = "/settings/audit"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        with opened.session() as session:
            for number in range(55):
                act = Act("order.held", "order", f"577{number:02}", opened.ours.clients["Luma"])
                record_act(opened.ours.scope(address="192.0.2.9"), session, act)
            record_act(opened.ours.scope(), session, Act("supplier.added", "supplier", "=1+1"))
        with opened.session(opened.theirs.scope()) as session:
            record_act(opened.theirs.scope(), session, Act("order.held", "order", "rival-canary"))
        yield opened


def test_what_a_person_did_stands_on_the_page_with_name_time_and_address(owner: Visitor) -> None:
    page = owner.page(PAGE)
    assert "<b>Owner</b>&nbsp;signed in" in page
    assert "127.0.0.1" in page
    assert "rival-canary" not in page
    assert 'href="/settings/audit"' in owner.page("/settings/tokens")


def test_filters_live_in_the_address_and_go_with_the_pages(owner: Visitor) -> None:
    page = owner.page(f"{PAGE}?action=order.")
    assert "held order 57754" in page
    assert "signed in" not in page
    more = page.partition('class="pager"')[2].partition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "action=order." in more
    assert "held order 57700" in owner.page(more)
    assert "held order 57712" in owner.page(f"{PAGE}?object=57712")
    assert "Nothing matches" in owner.page(f"{PAGE}?object=rival-canary")


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=2026-99-01", "client=nonsense", "after=nonsense"]
)
def test_a_filter_that_cannot_be_read_says_so_and_shows_no_rows(owner: Visitor, query: str) -> None:
    page = owner.page(f"{PAGE}?{query}")
    assert 'role="alert"' in page
    assert "held order" not in page


def test_the_page_says_the_last_number_and_hash_to_note(owner: Visitor, desk: Desk) -> None:
    page = owner.page(PAGE)
    with desk.owner() as connection:
        row = connection.execute(
            "select encode(hash, 'hex') from audit_entries where agency_id = %s order by number desc limit 1",
            (desk.ours.agency_id,),
        ).fetchone()
    assert row is not None
    assert row[0] in page


@pytest.mark.parametrize("person", ["operator", "viewer", "member"])
@pytest.mark.parametrize("path", [PAGE, f"{PAGE}.csv", f"{PAGE}.jsonl"])
def test_nobody_but_owners_sees_any_of_it(desk: Desk, person: str, path: str) -> None:
    assert visit(desk, person).get(path).status_code == 403


def test_the_json_lines_can_be_checked_by_anybody(owner: Visitor, desk: Desk, tmp_path: Path) -> None:
    answer = owner.get(f"{PAGE}.jsonl")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "rival-canary" not in answer.text
    check = check_chain(read_json_lines(answer.text.splitlines()))
    assert check.broken is None
    assert check.number >= 56
    file = tmp_path / "log.jsonl"
    file.write_text(answer.text)
    assert main(["audit", "verify", "--file", str(file)]) == 0


def test_the_csv_holds_every_entry_and_no_formula(owner: Visitor) -> None:
    rows = list(csv.DictReader(io.StringIO(owner.get(f"{PAGE}.csv").text)))
    assert [int(row["number"]) for row in rows] == list(range(1, len(rows) + 1))
    assert {row["object_id"] for row in rows} >= {"57700", "57754", "'=1+1"}
    assert rows[0]["who"] == "Owner"


def test_there_is_no_other_kind_of_file(owner: Visitor) -> None:
    assert owner.get(f"{PAGE}.xml").status_code == 404
