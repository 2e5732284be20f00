"""An evidence pack that was tampered with: every way of doing it is noticed, and said in a plain sentence."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agency import verify_pack
from tests.stories.journey import Journey
from tests.stories.packs import Bench, files_of, settle_order, zip_of

Files = list[tuple[str, bytes]]
REFUSALS = (verify_pack.NotWhole, zipfile.BadZipFile, OSError)


@pytest.fixture(scope="module")
def bench(journey: Journey, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return settle_order(journey, tmp_path_factory.mktemp("elsewhere"))


def _changed(files: Files, name: str, change: Callable[[bytes], bytes]) -> Files:
    return [(each, change(raw) if each == name else raw) for each, raw in files]


def _one_cent_more(files: Files) -> Files:
    return _changed(
        files, "money.json", lambda raw: raw.replace(b'"amount_minor": ', b'"amount_minor": 1', 1)
    )


def _without(files: Files, name: str) -> Files:
    return [(each, raw) for each, raw in files if each != name]


def _hashed_anew(files: Files) -> Files:
    """What somebody does who knows how manifests work, but has no key."""
    manifest = json.loads(dict(files)["manifest.json"])
    for entry in manifest["files"]:
        entry["sha256"] = hashlib.sha256(dict(files)[entry["name"]]).hexdigest()
    manifest["all"] = verify_pack.hash_of_all(manifest["files"])
    return _changed(files, "manifest.json", lambda _raw: json.dumps(manifest, indent=1).encode())


def _swapped(files: Files) -> Files:
    return [files[1], files[0], *files[2:]]


TAMPERED: dict[str, tuple[Callable[[Files], Files], str]] = {
    "a byte was changed": (_one_cent_more, "money.json was changed"),
    "a file was taken out": (
        lambda files: _without(files, "parcels.json"),
        "parcels.json is in the manifest and miss",
    ),
    "a file was put in": (
        lambda files: [("extra.json", b"{}"), *files],
        "extra.json is in the archive and not",
    ),
    "a file stands twice": (lambda files: [files[0], *files], "README.txt is in the archive twice"),
    "files were put in another order": (_swapped, "stand in another order"),
    "the manifest was taken out": (
        lambda files: _without(files, "manifest.json"),
        "manifest.json is missing",
    ),
    "the signature was taken out": (
        lambda files: _without(files, "signature.json"),
        "signature.json is missing",
    ),
    "manifest and files were changed": (
        lambda files: _hashed_anew(_one_cent_more(files)),
        "after it was signed",
    ),
    "the reader was changed": (
        lambda files: _changed(files, "manifest.json", lambda raw: raw.replace(b"owner", b"buyer", 1)),
        "manifest.json was changed after it was signed",
    ),
    "the manifest is no JSON": (
        lambda files: _changed(files, "manifest.json", lambda _raw: b"{"),
        "is not JSON",
    ),
}


@pytest.mark.parametrize("how", list(TAMPERED))
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_pack_that_was_tampered_with_is_refused_in_a_plain_sentence(bench: Bench, how: str) -> None:
    tamper, word = TAMPERED[how]
    files = list(files_of(bench.pack()).items())
    assert bench.check(zip_of(files), "--key", bench.key)[0] == 0, "packing again alone changes nothing"
    code, words = bench.check(zip_of(tamper(files)), "--key", bench.key)
    assert code == 1
    assert words.startswith("NOT WHOLE: ")
    assert word in words


def _resign(files: Files, keyring: Any) -> Files:
    """Signs again with the right key, so that only the chains can tell."""
    files = _hashed_anew(files)
    public, signed = keyring.sign_evidence(dict(files)["manifest.json"])
    signature = {"algorithm": "Ed25519", "public_key": public.hex(), "signature": signed.hex()}
    return _changed(files, "signature.json", lambda _raw: json.dumps(signature).encode())


def _json_change(files: Files, name: str, change: Callable[[Any], object]) -> Files:
    def rewritten(raw: bytes) -> bytes:
        content = json.loads(raw)
        change(content)
        return json.dumps(content).encode()

    return _changed(files, name, rewritten)


@pytest.mark.parametrize(
    ("name", "change", "word"),
    [
        ("timeline.json", lambda rows: rows.pop(2), "does not follow"),
        ("timeline.json", lambda rows: rows[3]["data"].update(said="no"), "was altered"),
        ("timeline.json", lambda rows: rows.insert(0, rows.pop()), "does not follow"),
        ("changes.json", lambda rows: rows.pop(1), "is missing or stands elsewhere"),
        (
            "changes.json",
            lambda rows: rows[0].update(body=rows[0]["body"].replace("1", "2", 1)),
            "was altered",
        ),
        ("audit.json", lambda rows: rows[0].update(actor="user:7"), "was altered"),
    ],
)
def test_even_the_holder_of_the_key_cannot_bend_the_chains(
    bench: Bench, name: str, change: Callable[[Any], object], word: str
) -> None:
    files = list(files_of(bench.pack()).items())
    bent = _resign(_json_change(files, name, change), bench.journey.context.keyring)
    code, words = bench.check(zip_of(bent), "--key", bench.key)
    assert (code, word in words) == (1, True), words


def test_another_key_is_noticed_when_the_right_one_is_given(bench: Bench) -> None:
    code, words = bench.check(bench.pack(), "--key", "00" * 32)
    assert (code, "another key" in words) == (1, True)


def test_no_flipped_byte_of_the_archive_passes_with_other_contents(bench: Bench, tmp_path: Path) -> None:
    """Where a flip is not noticed it hit what says nothing: the archive's own dates and remarks."""
    pack, dice, path = bench.pack(), Random(5), tmp_path / "flipped.zip"
    right, refused = files_of(pack), 0
    for _ in range(400):
        place = dice.randrange(len(pack))
        flipped = bytearray(pack)
        flipped[place] ^= 1 << dice.randrange(8)
        path.write_bytes(flipped)
        try:
            verify_pack.verify(str(path), bench.key)
        except REFUSALS:
            refused += 1
        else:
            assert files_of(bytes(flipped)) == right
    assert refused > 300


def test_every_damage_to_the_table_of_contents_is_told_in_words(bench: Bench, tmp_path: Path) -> None:
    """The end of the archive says what is where; each of its bytes is made 0, 255, and wrong in one bit each."""
    whole, path = bench.pack(), tmp_path / "damaged.zip"
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        start = archive.start_dir
    for place in range(start, len(whole)):
        for wrong in {0, 255, whole[place] ^ 1, whole[place] ^ 128} - {whole[place]}:
            path.write_bytes(whole[:place] + bytes([wrong]) + whole[place + 1 :])
            with contextlib.suppress(*REFUSALS):
                verify_pack.verify(str(path), bench.key)


def test_an_archive_of_an_unknown_kind_is_said_to_be_unreadable(bench: Bench) -> None:
    pack = bytearray(bench.pack())
    pack[pack.index(b"PK\1\2") + 6] = 148  # the version of the format that a reader needs
    code, words = bench.check(bytes(pack))
    assert (code, words.startswith("NOT READ: ")) == (2, True), words
    assert "version 14.8" in words


def test_a_file_nested_beyond_reading_is_said_to_be_none(bench: Bench) -> None:
    files = _changed(list(files_of(bench.pack()).items()), "manifest.json", lambda _raw: b"[" * 100_000)
    code, words = bench.check(zip_of(files))
    assert (code, "manifest.json is not JSON" in words) == (1, True), words


def test_what_is_no_archive_is_said_to_be_none(bench: Bench) -> None:
    code, words = bench.check(b"no archive at all")
    assert (code, words.startswith("NOT READ: ")) == (2, True)
