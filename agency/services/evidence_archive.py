"""The evidence pack as an archive: every file's hash in a manifest, and the manifest signed by this installation.

    files -> manifest.json (SHA-256 of each, one over all) -> signature.json (Ed25519 over the manifest's bytes)

`agency/verify_pack.py` checks it on any machine; docs/adr/0039 says why the two share no code.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agency.services.sealing import Keyring

FORMAT = "shopfleet-evidence/1"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the archive's own dates say nothing; the manifest's does


@dataclass(frozen=True)
class About:
    """What a manifest says of its pack: the order, for which role it was made, when, and what was left out of it."""

    order: str
    made_for: str
    made_at: datetime  # machine time
    left_out: tuple[str, ...]


def seal_pack(keyring: Keyring, about: About, files: Mapping[str, Any]) -> bytes:
    """The archive. A file's content is text as it stands, or anything else as JSON."""
    contents = {name: as_bytes(content) for name, content in files.items()}
    listed = [
        {"name": name, "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
        for name, raw in contents.items()
    ]
    lines = "".join(f"{entry['sha256']}  {entry['name']}\n" for entry in listed)
    manifest = as_bytes(
        {
            "format": FORMAT,
            "order": about.order,
            "made_for": about.made_for,
            "made_at": about.made_at.isoformat(),
            "left_out": about.left_out,
            "files": listed,
            "all": hashlib.sha256(lines.encode()).hexdigest(),
        }
    )
    public, signed = keyring.sign_evidence(manifest)
    signature = {"algorithm": "Ed25519", "public_key": public.hex(), "signature": signed.hex()}
    return _zip(contents | {"manifest.json": manifest, "signature.json": as_bytes(signature)})


def as_bytes(content: Any) -> bytes:
    """Text as UTF-8; anything else as JSON that people can read."""
    if isinstance(content, str):
        return content.encode()
    return (json.dumps(content, indent=1, ensure_ascii=False, default=_text) + "\n").encode()


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _zip(contents: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, raw in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), raw, zipfile.ZIP_DEFLATED)
    return sink.getvalue()
