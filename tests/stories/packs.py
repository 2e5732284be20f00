"""Evidence packs in stories: a settled order, what each reader gets of it, and another machine to check it on."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from agency import verify_pack
from agency.domain.scope import Scope
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


def settle_order(journey: Journey, elsewhere: Path) -> Bench:
    """One order at two suppliers, with a note, until TikTok has paid it out."""
    shutil.copy(CHECKER, elsewhere / "verify_pack.py")
    number = journey.place(US, sku_id("MUG"), sku_id("LAMP"))
    with_note = "Checked the engraving: says \u201cÄnne & Zoë\u201d."
    journey.live_until(journey.is_at(number, "to_buy", "bought"), step_hours=0.5)
    with journey.session() as session:
        add_note(journey.scope(), session, number, with_note, journey.now)
    journey.live_until(journey.is_at(number, "settled"), step_hours=4)
    return Bench(journey, number, elsewhere, journey.context.keyring.evidence_keys[0].hex())


def files_of(pack: bytes) -> dict[str, bytes]:
    """What is in the archive, in its order."""
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def zip_of(files: list[tuple[str, bytes]]) -> bytes:
    """An archive of these, packed by somebody else."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, raw in files:
            archive.writestr(name, raw)
    return sink.getvalue()
