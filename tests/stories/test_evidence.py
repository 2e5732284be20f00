"""The evidence pack of an order that went its whole way: it verifies elsewhere, and any change of it is noticed."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agency import verify_pack
from agency.domain.errors import Forbidden, NotFound
from agency.domain.scope import Scope
from agency.services.contacts_store import find_contact
from agency.services.evidence import make_client_pack, make_pack
from agency.services.order_notes import add_note
from agency.transaction import system_transaction
from tests.stories.cast import US, sku_id
from tests.stories.journey import Journey

CHECKER = Path(verify_pack.__file__)


@dataclass
class Bench:
    """A settled order of a shop, its packs for different readers, and another machine to check them on."""

    journey: Journey
    number: str
    elsewhere: Path
    key: str

    def scope(self, role: str) -> Scope:
        """A member of the team in that role, or of the client."""
        owner = self.journey.scope()
        if role == "client_member":
            client = self.journey.clients["Luma"]
            return Scope("portal", owner.agency_id, "user:9", role, client_id=client, read_only=True)
        return Scope("staff", owner.agency_id, owner.actor, role, user_id=owner.user_id)

    def pack(self, role: str = "owner", with_contact: bool = False) -> bytes:
        """What that reader gets."""
        scope, keyring, database = self.scope(role), self.journey.context.keyring, self.journey.database
        if role == "client_member":
            with database.session(scope) as session, system_transaction(database) as system:
                return make_client_pack(scope, session, system, keyring, self.number).body
        with self.journey.session() as session:
            return make_pack(scope, session, keyring, self.number, self.journey.now, with_contact).body

    def check(self, pack: bytes, *more: str) -> tuple[int, str]:
        """Exit code and words of the one file, run by a Python that knows nothing of ours, without any environment."""
        (self.elsewhere / "pack.zip").write_bytes(pack)
        done = subprocess.run(
            [sys.executable, "-I", "-S", "verify_pack.py", "pack.zip", *more],
            cwd=self.elsewhere, env={}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.stderr == ""
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def bench(journey: Journey, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(CHECKER, elsewhere / "verify_pack.py")
    number = journey.place(US, sku_id("MUG"), sku_id("LAMP"))
    with_note = "Checked the engraving: says \u201cÄnne & Zoë\u201d."
    journey.live_until(journey.is_at(number, "to_buy", "bought"), step_hours=0.5)
    with journey.session() as session:
        add_note(journey.scope(), session, number, with_note, journey.now)
    journey.live_until(journey.is_at(number, "settled"), step_hours=4)
    return Bench(journey, number, elsewhere, journey.context.keyring.evidence_keys[0].hex())


def _files(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _zip(files: list[tuple[str, bytes]]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, raw in files:
            archive.writestr(name, raw)
    return sink.getvalue()


@pytest.mark.parametrize("role", ["owner", "operator", "client_member"])
def test_a_pack_verifies_on_a_machine_that_has_nothing_of_ours(bench: Bench, role: str) -> None:
    code, words = bench.check(bench.pack(role), "--key", bench.key)
    assert code == 0, words
    assert words.endswith("WHOLE: nothing was changed.\n")
    assert "The signature is that of the key you gave." in words
    assert ("events is whole" in words) == (role != "client_member")
    assert ("entries of the audit log" in words) == (role == "owner")


def test_without_a_key_it_says_what_that_is_worth(bench: Bench) -> None:
    code, words = bench.check(bench.pack())
    assert code == 0
    assert "Anybody can make such a key" in words


def test_the_pack_tells_the_whole_story(bench: Bench) -> None:
    files = _files(bench.pack())
    order, money = (json.loads(files[name]) for name in ("order.json", "money.json"))
    bought = json.loads(files["purchases.json"])
    rules, parcels = json.loads(files["rules.json"]), json.loads(files["parcels.json"])
    assert order["stage"] == "settled"
    assert len(bought["purchases"]) == len(order["lines"]) == 2
    writes = bought["requests_and_answers"]
    assert {write["kind"] for write in writes} >= {"place", "ship"}
    assert all(
        write["state"] == "confirmed" and write["answer"] for write in writes if write["kind"] == "place"
    )
    assert [len(parcel["scans"]) > 0 for parcel in parcels] == [True] * len(parcels)
    assert [mapping["version"] for mapping in rules["mappings"]] == [1, 1]
    assert [policy["id"] for policy in rules["policies"]] == ["us-regular-2026-01"]
    assert sum(row["amount_minor"] for row in money["ledger"]) == order["money"]["settled"]["USD"]
    spent = -sum(row["amount_minor"] for row in money["ledger"] if row["kind"] == "supplier_goods")
    assert spent == order["money"]["spent"]["USD"] > 0
    assert "evidence.taken" in {entry["action"] for entry in json.loads(files["audit.json"])}


def _buyer(bench: Bench) -> list[str]:
    """The buyer's name, phone and street, as they were sealed at the import."""
    with bench.journey.session() as session:
        order = bench.journey.order(bench.number)
        contact = find_contact(session, bench.journey.context.keyring, order.id)
    assert contact is not None
    words = [contact.address.name, contact.address.phone, contact.address.line1]
    assert all(len(word) > 5 for word in words)
    return words


@pytest.mark.parametrize("role", ["owner", "operator", "client_member"])
def test_the_buyer_and_all_keys_stay_out(bench: Bench, role: str) -> None:
    everything = b"\n".join(_files(bench.pack(role)).values()).decode()
    for word in (*_buyer(bench), "fake-rest-key", "fake-webhook-secret", "fake-app-secret", "fake-cj-key"):
        assert word not in everything


def test_the_buyers_address_is_in_it_only_when_asked_for_and_is_written_down(bench: Bench) -> None:
    files = _files(bench.pack("operator", with_contact=True))
    told = json.loads(files["buyer.json"])
    assert told["shown"] == "in clear"
    assert all(word in files["buyer.json"].decode() for word in _buyer(bench))
    kinds = [event["kind"] for event in json.loads(files["timeline.json"])]
    assert kinds[-1] == "contact_revealed"


def test_a_client_sees_neither_suppliers_nor_costs(bench: Bench) -> None:
    files = _files(bench.pack("client_member"))
    everything = b"\n".join(files.values()).decode()
    assert set(files) == {
        "README.txt", "order.json", "parcels.json", "rules.json", "money.json", "manifest.json", "signature.json",
    }  # fmt: skip
    for purchase in bench.journey.purchases(bench.number):
        for word in (purchase.reference, purchase.supplier_order_id, f"-{purchase.actual_minor}"):
            assert word not in everything
    for word in ("East", "supplier_goods", "max_minor", "profit"):
        assert word not in everything


def test_viewers_take_none_and_strangers_find_nothing(bench: Bench) -> None:
    with pytest.raises(Forbidden):
        bench.pack("viewer")
    keyring, scope = bench.journey.context.keyring, bench.scope("client_member")
    stranger = Scope("portal", scope.agency_id, "user:9", scope.role, client_id=bench.journey.clients["Kite"])
    database = bench.journey.database
    with (
        database.session(stranger) as session,
        system_transaction(database) as system,
        pytest.raises(NotFound),
    ):
        make_client_pack(stranger, session, system, keyring, bench.number)


# --- tampering ------------------------------------------------------------------------------------------------------

Files = list[tuple[str, bytes]]


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
        entry["sha256"] = verify_pack.hashlib.sha256(dict(files)[entry["name"]]).hexdigest()
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
    files = list(_files(bench.pack()).items())
    assert bench.check(_zip(files), "--key", bench.key)[0] == 0, "packing again alone changes nothing"
    code, words = bench.check(_zip(tamper(files)), "--key", bench.key)
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
    files = list(_files(bench.pack()).items())
    bent = _resign(_json_change(files, name, change), bench.journey.context.keyring)
    code, words = bench.check(_zip(bent), "--key", bench.key)
    assert (code, word in words) == (1, True), words


def test_another_key_is_noticed_when_the_right_one_is_given(bench: Bench) -> None:
    code, words = bench.check(bench.pack(), "--key", "00" * 32)
    assert (code, "another key" in words) == (1, True)


def test_no_flipped_byte_of_the_archive_passes_with_other_contents(bench: Bench, tmp_path: Path) -> None:
    """Where a flip is not noticed it hit what says nothing: the archive's own dates and remarks."""
    pack, dice, path = bench.pack(), Random(5), tmp_path / "flipped.zip"
    right, refused = _files(pack), 0
    for _ in range(400):
        place = dice.randrange(len(pack))
        flipped = bytearray(pack)
        flipped[place] ^= 1 << dice.randrange(8)
        path.write_bytes(flipped)
        try:
            verify_pack.verify(str(path), bench.key)
        except (verify_pack.NotWhole, zipfile.BadZipFile, OSError, ValueError):
            refused += 1
        else:
            assert _files(bytes(flipped)) == right
    assert refused > 300


def test_what_is_no_archive_is_said_to_be_none(bench: Bench) -> None:
    code, words = bench.check(b"no archive at all")
    assert (code, words.startswith("NOT READ: ")) == (2, True)


def test_the_installed_command_is_the_same_program(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(bench.pack())
    done = subprocess.run(
        [sys.executable, "-m", "agency.cli", "verify-pack", str(path), "--key", bench.key],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("WHOLE: nothing was changed.\n")
