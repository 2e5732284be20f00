"""`shopfleet recover`: what it is told must make one sense, before any database is touched."""

from __future__ import annotations

import pytest

from agency.cli import main


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--moved", "--since", "2026-11-26T02:00Z"), "--moved says that nothing ran"),
        (("--since", "2026-11-26T02:00Z", "--moved"), "give only one of them"),
        (("--since", "yesterday"), "yesterday is not a moment"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], words: str
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["recover", *options]) == 2
    assert words in capsys.readouterr().err
