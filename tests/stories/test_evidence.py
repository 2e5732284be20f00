"""The evidence pack of a settled order: it verifies elsewhere, and each reader gets what they may see."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agency.domain.errors import Forbidden, NotFound
from agency.domain.scope import Scope
from agency.services.contacts_store import find_contact
from agency.services.evidence import make_client_pack
from agency.transaction import system_transaction
from tests.stories.journey import Journey
from tests.stories.packs import Bench, files_of, settle_order


@pytest.fixture(scope="module")
def bench(journey: Journey, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return settle_order(journey, tmp_path_factory.mktemp("elsewhere"))


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
    files = files_of(bench.pack())
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
    everything = b"\n".join(files_of(bench.pack(role)).values()).decode()
    for word in (*_buyer(bench), "fake-rest-key", "fake-webhook-secret", "fake-app-secret", "fake-cj-key"):
        assert word not in everything


def test_the_buyers_address_is_in_it_only_when_asked_for_and_is_written_down(bench: Bench) -> None:
    files = files_of(bench.pack("operator", with_contact=True))
    told = json.loads(files["buyer.json"])
    assert told["shown"] == "in clear"
    assert all(word in files["buyer.json"].decode() for word in _buyer(bench))
    kinds = [event["kind"] for event in json.loads(files["timeline.json"])]
    assert kinds[-1] == "contact_revealed"


def test_a_client_sees_neither_suppliers_nor_costs(bench: Bench) -> None:
    files = files_of(bench.pack("client_member"))
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


def test_the_installed_command_is_the_same_program(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(bench.pack())
    done = subprocess.run(
        [sys.executable, "-m", "agency.cli", "verify-pack", str(path), "--key", bench.key],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("WHOLE: nothing was changed.\n")
