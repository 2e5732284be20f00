#!/usr/bin/env python3
"""Checks the evidence pack of an order: `python verify_pack.py FILE [--key KEY]`. Needs Python 3.9 and nothing else.

It reads the archive, compares every file with the manifest and the manifest with its signature, and follows the chains
of what happened. KEY is the public key of the installation that made the pack, as it is published there under
/evidence/keys.json; without it the pack is only checked against the key that it carries itself, and that is said.

Exit code 0: whole. 1: not what was made. 2: cannot be read at all.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import zipfile
from typing import Any

FORMAT = "shopfleet-evidence/1"
LAST = ("manifest.json", "signature.json")
MOST_BYTES = 64 * 1024 * 1024  # of one file, unpacked; a pack has a few hundred kilobytes


class NotWhole(Exception):
    """The pack is not what was made; the text is a sentence for its reader."""


def verify(path: str, key: str = "") -> list[str]:
    """What was found right, one sentence each. Raises NotWhole, OSError, or BadZipFile for what is no archive."""
    with _open(path) as archive:
        files = _read_all(archive)
    try:
        return _check(files, key)
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise NotWhole(f"It is not built like a pack ({problem!r}).") from problem


def _open(path: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except OSError:
        raise
    except Exception as error:  # a damaged table of contents makes zipfile raise many things
        raise zipfile.BadZipFile(str(error)) from error


def _check(files: dict[str, bytes], key: str) -> list[str]:
    manifest = _json("manifest.json", files["manifest.json"])
    if manifest.get("format") != FORMAT:
        raise NotWhole(f"This program reads {FORMAT}; the pack says {manifest.get('format')!r}.")
    said = [_check_signature(files, key), _check_files(manifest, files)]
    said += _check_timeline(_optional(files, "timeline.json"))
    said += _check_changes(_optional(files, "changes.json"))
    said += _check_audit(_optional(files, "audit.json"))
    about = f"Order {manifest['order']}, made for {manifest['made_for']} at {manifest['made_at']}."
    return [about, *said]


def _read_all(archive: zipfile.ZipFile) -> dict[str, bytes]:
    names = archive.namelist()
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise NotWhole(f"{sorted(twice)[0]} is in the archive twice.")
    for name in LAST:
        if name not in names:
            raise NotWhole(f"{name} is missing from the archive.")
    files = {}
    for info in archive.infolist():
        if info.file_size > MOST_BYTES:
            raise NotWhole(f"{info.filename} is too large for an evidence pack.")
        try:
            files[info.filename] = archive.read(info)
        except Exception as error:  # whatever a damaged archive makes of zipfile, it is damaged
            raise NotWhole(f"{info.filename} cannot be unpacked: {error}.") from error
    return files


def _check_files(manifest: dict[str, Any], files: dict[str, bytes]) -> str:
    listed = [entry["name"] for entry in manifest["files"]]
    there = [name for name in files if name not in LAST]
    for name in listed:
        if name not in files:
            raise NotWhole(f"{name} is in the manifest and missing from the archive.")
    for name in there:
        if name not in listed:
            raise NotWhole(f"{name} is in the archive and not in the manifest.")
    if [*listed, *LAST] != list(files):
        raise NotWhole("The files of the archive stand in another order than in the manifest.")
    for entry in manifest["files"]:
        if hashlib.sha256(files[entry["name"]]).hexdigest() != entry["sha256"]:
            raise NotWhole(f"{entry['name']} was changed after the pack was made.")
    if manifest["all"] != hash_of_all(manifest["files"]):
        raise NotWhole("The hash over all files is not that of the files.")
    return f"All {len(listed)} files are as they were when the pack was made."


def hash_of_all(entries: list[dict[str, Any]]) -> str:
    """SHA-256 over "<sha256>  <name>" of every file, a line each, in their order: what `sha256sum` prints."""
    lines = "".join(f"{entry['sha256']}  {entry['name']}\n" for entry in entries)
    return hashlib.sha256(lines.encode()).hexdigest()


def _check_signature(files: dict[str, bytes], key: str) -> str:
    signature = _json("signature.json", files["signature.json"])
    try:
        public, signed = bytes.fromhex(signature["public_key"]), bytes.fromhex(signature["signature"])
    except (KeyError, TypeError, ValueError):
        raise NotWhole("signature.json holds no signature.") from None
    wanted = key.strip().lower()
    if wanted and wanted != public.hex():
        raise NotWhole("The pack was signed with another key than the one you gave.")
    if not is_signed(public, signed, files["manifest.json"]):
        raise NotWhole("manifest.json was changed after it was signed.")
    if wanted:
        return "The signature is that of the key you gave."
    return (
        f"The signature fits the key {public.hex()} that the pack carries. Anybody can make such a key: compare it "
        "with the one that the sender publishes under /evidence/keys.json, or give it with --key."
    )


def _check_timeline(events: Any) -> list[str]:
    previous = b""
    for place, event in enumerate(events or [], 1):
        fields = [event["seq"], event["kind"], event["actor"], event["at"], event["data"]]
        body = json.dumps(fields, sort_keys=True, separators=(",", ":"))
        if event["seq"] != place or event["previous_hash"] != previous.hex():
            raise NotWhole(f"Event {place} of the timeline does not follow the event before it.")
        previous = hashlib.sha256(previous + body.encode()).digest()
        if event["hash"] != previous.hex():
            raise NotWhole(f"Event {place} of the timeline was altered after it was written.")
    return [f"The chain of {len(events)} events is whole."] if events else []


def _check_changes(changes: Any) -> list[str]:
    last: dict[tuple[str, int], tuple[int, str]] = {}
    for change in changes or []:
        row = (change["part"], change["row"])
        number, previous = last.get(row, (0, ""))
        if change["number"] != number + 1 or change["previous_hash"] != previous:
            raise NotWhole(f"Change {number + 1} of {row[0]} {row[1]} is missing or stands elsewhere.")
        parts = (change["part"], str(change["row"]), str(change["number"]), change["at"], change["body"])
        found = hashlib.sha256(bytes.fromhex(previous) + "|".join(parts).encode()).hexdigest()
        if found != change["hash"]:
            raise NotWhole(f"Change {number + 1} of {row[0]} {row[1]} was altered after it was written.")
        last[row] = (change["number"], found)
    return [f"The {len(last)} chains of {len(changes)} changes are whole."] if changes else []


def _check_audit(entries: Any) -> list[str]:
    names = ("number", "at", "actor", "action", "client_id", "object_kind", "object_id", "details", "address")
    last: dict[str, Any] = {}
    for entry in entries or []:
        body = json.dumps({name: entry[name] for name in names}, sort_keys=True, separators=(",", ":"))
        found = hashlib.sha256(bytes.fromhex(entry["previous_hash"]) + body.encode()).hexdigest()
        if found != entry["hash"]:
            raise NotWhole(f"Entry {entry['number']} of the audit log was altered after it was written.")
        if last and entry["number"] == last["number"] + 1 and entry["previous_hash"] != last["hash"]:
            raise NotWhole(f"Entry {entry['number']} of the audit log does not follow the one before it.")
        last = entry
    return (
        [f"Each of {len(entries)} entries of the audit log has the hash of its content."] if entries else []
    )


def _optional(files: dict[str, bytes], name: str) -> Any:
    return _json(name, files[name]) if name in files else None


def _json(name: str, raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NotWhole(f"{name} is not JSON.") from error


# Ed25519 (RFC 8032, section 5.1.7): a point as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_HALF_TURN = pow(2, (_P - 1) // 4, _P)  # a square root of -1


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the Ed25519 signature is of this message by this public key."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, start = _point(public), _point(signature[:32])
    times = int.from_bytes(signature[32:], "little")
    if key is None or start is None or times >= _ORDER:
        return False
    asked = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    left, right = _multiply(times, _BASE), _add(start, _multiply(asked, key))
    return all((left[i] * right[2] - right[i] * left[2]) % _P == 0 for i in (0, 1))


def _point(raw: bytes) -> Any:
    number = int.from_bytes(raw, "little")
    odd, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _HALF_TURN % _P
    if (x * x - square) % _P or (x == 0 and odd):
        return None
    x = _P - x if x & 1 != odd else x
    return (x, y, 1, x * y % _P)


def _add(one: Any, other: Any) -> Any:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * _D * one[3] * other[3] % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _multiply(times: int, point: Any) -> Any:
    total = (0, 1, 1, 0)
    while times:
        if times & 1:
            total = _add(total, point)
        point = _add(point, point)
        times >>= 1
    return total


_BASE = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))


def main(arguments: list[str] | None = None) -> int:
    """Prints what was found; see the top of this file for the exit codes."""
    parser = argparse.ArgumentParser(prog="verify-pack", description="Check the evidence pack of an order.")
    parser.add_argument("file")
    parser.add_argument("--key", default="", help="the public key that the sender publishes, in hexadecimal")
    return tell(*vars(parser.parse_args(arguments)).values())


def tell(path: str, key: str) -> int:
    """Checks one pack and prints what was found."""
    try:
        found = verify(path, key)
    except NotWhole as problem:
        sys.stdout.write(f"NOT WHOLE: {problem}\n")
        return 1
    except (OSError, zipfile.BadZipFile) as problem:
        sys.stdout.write(f"NOT READ: {path} is no archive that can be read: {problem}.\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in found) + "WHOLE: nothing was changed.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
