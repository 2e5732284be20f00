"""The README of an evidence pack: what each file is, what was left out and why, and how the pack is checked."""

from __future__ import annotations

from collections.abc import Iterable

from agency.services.evidence_archive import About


def readme(about: About, files: Iterable[str]) -> str:
    """For whoever opens the archive, in plain words."""
    return _README.format(
        number=about.order,
        role=about.made_for.replace("_", " "),
        at=f"{about.made_at:%Y-%m-%d %H:%M}",
        files="\n".join(f"{name}: {_WHAT[name]}" for name in files),
        left_out="\n".join(f"- {sentence}" for sentence in about.left_out),
    )


_WHAT = {
    "order.json": "the order with its lines, moments, deadlines and money",
    "timeline.json": "what happened, who or which rule did it, when; each event hashed with the one before it",
    "changes.json": "every change of its state, deadlines and money as the database wrote it down, chained per row",
    "purchases.json": "what was bought at which supplier, and each request to the outside with its answer",
    "parcels.json": "parcels with the carriers' scans",
    "rules.json": "the dated rules that its deadlines follow, and the versions of the mappings that chose suppliers",
    "money.json": "every ledger entry and the statements that they are from",
    "decisions.json": "what was put in front of a person",
    "buyer.json": "the buyer's contact as far as this reader may have it",
    "audit.json": "what people did with this order, from the agency's audit log",
}
_README = """Evidence of order {number}
Made for: {role}, at {at} UTC.

{files}
manifest.json: the SHA-256 of each file, and one over all
signature.json: the signature of manifest.json by the installation that made this pack

Not in it:
{left_out}

To check it on any machine with Python 3.9 or later, take verify_pack.py and the public key from the sender's own
address (/evidence/verify_pack.py and /evidence/keys.json), not from whoever gave you this file:

  python verify_pack.py FILE --key KEY

Amounts are in minor units (cents) of the currency beside them. Times of the order are the marketplace's; times of
changes, requests and this pack are those of the machine, in UTC.
"""
