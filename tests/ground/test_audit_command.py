"""`shopfleet audit verify`: exit codes and what it prints, for the database and for a file without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agency.cli import main
from agency.services.audit import Act, record_act
from agency.services.audit_export import json_lines
from agency.services.audit_reading import iterate_acts
from tests.databases import MASTER_KEY
from tests.desk import Desk, open_desk
from tests.servers import redis_url


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        for side in (made.ours, made.theirs):
            with made.session(side.scope()) as session:
                for number in range(5):
                    act = Act("order.held", "order", str(number), details={"fields": ["a"]})
                    record_act(side.scope(address="192.0.2.1"), session, act)
        yield made


@pytest.fixture
def export(desk: Desk, tmp_path: Path) -> Path:
    """Our log as a file."""
    path = tmp_path / "log.jsonl"
    with desk.session() as session:
        path.write_text("".join(json_lines(iterate_acts(desk.ours.scope(), session, {}))))
    return path


def _say(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(["audit", "verify", "--file", str(path)])
    spoken = capsys.readouterr()
    return code, spoken.out + spoken.err


def test_a_whole_file_is_followed_without_a_database(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = json.loads(export.read_text().splitlines()[-1])
    code, said = _say(export, capsys)
    assert code == 0
    assert f"whole up to number 5, hash {last['hash']}" in said
    assert "cut off" in said


def test_a_changed_file_is_broken_at_a_number(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export.write_text(export.read_text().replace('"object_id":"2"', '"object_id":"9"'))
    assert _say(export, capsys) == (
        1,
        "log.jsonl: broken at number 3: entry 3 was changed after it was written.\n",
    )


def test_a_file_with_a_line_less_is_broken_there(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = export.read_text().splitlines(keepends=True)
    export.write_text("".join(lines[:1] + lines[2:]))
    code, said = _say(export, capsys)
    assert (code, "broken at number 2" in said) == (1, True)


@pytest.mark.parametrize("content", ["nonsense\n", "{}\n", '{"number": 1}\n', "[]\n", '{"hash": "zz"}\n'])
def test_a_file_that_is_no_export_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (tmp_path / "log.jsonl").write_text(content)
    code, said = _say(tmp_path / "log.jsonl", capsys)
    assert code == 2
    assert "Line 1 is not an entry" in said
    assert _say(tmp_path / "absent", capsys)[0] == 2


@pytest.fixture
def booted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The environment of a process on the desk's database."""
    monkeypatch.setenv("DATABASE_URL", desk.owner_url)
    monkeypatch.setenv("REDIS_URL", redis_url())
    monkeypatch.setenv("SHOPFLEET_KEY", MASTER_KEY)
    return desk


def test_every_agency_is_followed_and_a_broken_one_is_named(
    booted: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "verify"]) == 0
    said = capsys.readouterr().out
    assert "Harbor" in said
    assert "Rival" in said
    with booted.owner() as connection:
        connection.execute(
            "update audit_entries set details = '{}' where number = 4 and agency_id = %s",
            (booted.theirs.agency_id,),
        )
        row = connection.execute("select public_id from agencies where name = 'Harbor'").fetchone()
    assert row is not None
    assert main(["audit", "verify"]) == 1
    assert "broken at number 4" in capsys.readouterr().out
    assert main(["audit", "verify", "--agency", str(row[0])]) == 0
    said = capsys.readouterr().out
    assert "Harbor" in said
    assert "Rival" not in said
    assert main(["audit", "verify", "--agency", "nonsense"]) == 2
