"""The tracking firewall: nothing goes to TikTok that TikTok would refuse or punish.

TikTok allows one correction within 72 hours (US, 2025), so a number is checked before its first push:

    number: format, placeholder, check digit --> carrier: known, in TikTok's list, agrees with the number, allowed here
    --> order: number not used elsewhere, same postcode, not scanned before the order
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from agency.domain.addresses import postcode_key
from agency.domain.carriers import ProviderMatch, carrier_name, match_provider, normalise_carrier
from agency.domain.firewall_policies import CarrierPolicy, find_carrier_policy
from agency.domain.said import said
from agency.domain.tracking_numbers import (
    Candidate,
    broken_check_digit,
    detect,
    format_problem,
    looks_like_placeholder,
    normalise,
)

Severity = Literal["block", "warn", "ok"]

# TikTok flags scans dated more than 24 hours before the order (university knowledge_id 5941246230103850).
EARLIEST_SCAN = timedelta(hours=24)
# One number may serve up to 20 orders of one recipient (university knowledge_id 10018888).
COMBINED_ORDERS = 20


@dataclass(frozen=True)
class NumberUse:
    """Where the same number has been used before, and for whom (see `fingerprint`).

    A number serves one shop only, so leave `recipient` empty for an order of another shop: it then never matches.
    """

    order_id: str
    recipient: str


@dataclass(frozen=True)
class ParcelClaim:
    """What a supplier says it shipped, in the supplier's own words; `shipped_at` is aware UTC shop time."""

    tracking_number: str
    carrier_text: str
    postal_code: str = field(default="", repr=False)
    shipped_at: datetime | None = None
    first_scan_at: datetime | None = None


@dataclass(frozen=True)
class ParcelContext:
    """What the parcel is checked against; moments are aware UTC shop time.

    `providers` is TikTok's list (id, name) for the order's delivery option; `provider_override` an id from that list
    that a person set for this supplier's carrier text. `usps_allowed` and `cross_border_allowed` are the shop's own
    exceptions to the dated rules.
    """

    region: str
    order_id: str
    ordered_at: datetime
    recipient: str
    postal_code: str = field(repr=False)
    providers: Sequence[tuple[str, str]]
    now: datetime
    uses: Sequence[NumberUse] = ()
    provider_override: str = ""
    usps_allowed: bool = False
    cross_border_allowed: bool = False


@dataclass(frozen=True)
class FirewallFinding:
    """One check's outcome: "block" stops the push, "warn" is shown, "ok" says what was checked."""

    code: str
    severity: Severity
    sentence: str


def may_push(findings: Sequence[FirewallFinding]) -> bool:
    """True when no finding blocks."""
    return all(finding.severity != "block" for finding in findings)


def carrier_of(claim: ParcelClaim) -> str | None:
    """The carrier to go by: the one that the supplier states; without a statement the only sure one of the number."""
    stated = normalise_carrier(claim.carrier_text)
    if stated or claim.carrier_text.strip():
        return stated
    sure = [
        candidate.carrier for candidate in detect(claim.tracking_number) if candidate.strength == "strong"
    ]
    return sure[0] if len(sure) == 1 else None


def provider_for(claim: ParcelClaim, context: ParcelContext) -> ProviderMatch:
    """The provider to send: the person's override when it is in TikTok's list, else the match by carrier."""
    for provider_id, name in context.providers:
        if context.provider_override and provider_id == context.provider_override:
            return ProviderMatch("exact", provider_id, name)
    carrier = carrier_of(claim)
    return match_provider(carrier, context.providers) if carrier else ProviderMatch("none")


def check_parcel(claim: ParcelClaim, context: ParcelContext) -> list[FirewallFinding]:
    """Every finding at once, blocks first; `may_push` tells whether the number may go to TikTok."""
    number = normalise(claim.tracking_number)
    findings = [
        _number(number),
        _provider(claim, context),
        _agreement(number, claim, context),
        *_policies(number, claim, context),
        _reuse(number, context),
        _postcode(claim, context),
        _age(claim, context),
    ]
    rank: dict[Severity, int] = {"block": 0, "warn": 1, "ok": 2}
    return sorted(findings, key=lambda finding: rank[finding.severity])


def _ok(code: str, sentence: str) -> FirewallFinding:
    return FirewallFinding(code, "ok", sentence)


def _block(code: str, sentence: str) -> FirewallFinding:
    return FirewallFinding(code, "block", sentence)


def _number(number: str) -> FirewallFinding:
    problem = format_problem(number)
    if problem:
        return _block("format", problem)
    if looks_like_placeholder(number):
        sentence = said("{number} stands in for a number. Ask the supplier for the real one.", number=number)
        return _block("placeholder", sentence)
    broken = broken_check_digit(number)
    if broken:
        sentence = said(
            "{number} looks like {name}, but its check digit is wrong. Ask the supplier again.",
            number=number, name=carrier_name(broken),
        )  # fmt: skip
        return _block("check_digit", sentence)
    return _ok("format", said("The number has a form that TikTok takes."))


def _provider(claim: ParcelClaim, context: ParcelContext) -> FirewallFinding:
    match = provider_for(claim, context)
    if match.found:
        return _ok("carrier", said("TikTok lists the carrier as {carrier}.", carrier=match.name))
    if match.outcome == "ambiguous":
        sentence = said(
            "TikTok lists several carriers under that name: {carriers}. Choose one by hand.",
            carriers=", ".join(match.rivals),
        )
        return _block("carrier_ambiguous", sentence)
    carrier = carrier_of(claim)
    if carrier is None:
        words = claim.carrier_text.strip()[:40] or "nothing"
        sentence = said(
            "The supplier's carrier text {words} is not a known carrier. Map it to one of TikTok's.",
            words=repr(words),
        )
        return _block("carrier_unknown", sentence)
    sentence = said(
        "TikTok does not list {carrier} for this delivery option. Ask for another carrier.",
        carrier=carrier_name(carrier),
    )
    return _block("carrier_not_listed", sentence)


def _agreement(number: str, claim: ParcelClaim, context: ParcelContext) -> FirewallFinding:
    """A number with another carrier's own prefix contradicts the statement; anything weaker only casts doubt."""
    candidates = detect(number)
    carrier = carrier_of(claim) or normalise_carrier(provider_for(claim, context).name)
    if carrier is None or _supports(carrier, candidates):
        return _ok("agreement", said("Nothing in the number speaks against the carrier."))
    name = carrier_name(carrier)
    if not candidates:
        sentence = said("{number} has no form we know of {name}. Check it there.", number=number, name=name)
        return FirewallFinding("agreement_unknown", "warn", sentence)
    others = " or ".join(carrier_name(candidate.carrier) for candidate in candidates)
    facts = {"number": number, "others": others, "name": name}
    if candidates[0].strength == "strong":
        sentence = said(
            "{number} is a number of {others}, not of {name}. Correct the carrier or ask the supplier.",
            **facts,
        )
        return _block("carrier_contradicts", sentence)
    sentence = said("{number} looks more like {others} than {name}. Check it.", **facts)
    return FirewallFinding("carrier_doubtful", "warn", sentence)


# OnTrac bought LaserShip; one company's numbers travel under both names.
_SAME_COMPANY = ({"ontrac", "lasership"},)
# Carriers whose numbers have no form of their own in our table.
_FORMLESS = frozenset({"parcelforce"})


def _supports(carrier: str, candidates: Sequence[Candidate]) -> bool:
    names = {candidate.carrier for candidate in candidates}
    family = {carrier}.union(*(group for group in _SAME_COMPANY if carrier in group))
    if carrier in _FORMLESS and not any(candidate.strength == "strong" for candidate in candidates):
        return True
    # Parcelforce is Royal Mail's parcel arm and prints the same postal numbers.
    return bool(names & family) or (carrier == "parcelforce" and "royal_mail" in names)


def _policies(number: str, claim: ParcelClaim, context: ParcelContext) -> list[FirewallFinding]:
    """Rules against a carrier apply to the stated one and to the one whose prefix the number carries."""
    sure = {candidate.carrier for candidate in detect(number) if candidate.strength == "strong"}
    stated = carrier_of(claim)
    findings: dict[str, FirewallFinding] = {}
    for carrier in sorted(sure | ({stated} if stated else set())):
        row = find_carrier_policy(context.region, carrier, context.now.date())
        if row and not _excepted(row, context):
            handed_over = carrier != stated and _supports(stated or "", detect(number))
            findings.setdefault(row.row_id, _policy_finding(row, carrier, handed_over))
    return list(findings.values()) or [
        _ok("policy", said("No rule of the region speaks against this carrier."))
    ]


def _excepted(row: CarrierPolicy, context: ParcelContext) -> bool:
    return context.usps_allowed if row.group == "usps" else context.cross_border_allowed


def _policy_finding(row: CarrierPolicy, carrier: str, handed_over: bool) -> FirewallFinding:
    code, facts = f"policy_{row.group}", {"name": carrier_name(carrier), "source": row.source}
    if handed_over:
        # Whether TikTok takes numbers of services that end with USPS is not documented; a person watches the answer.
        why = said("The last mile is {name}: TikTok may refuse it. Rule: {source}.", **facts)
        return FirewallFinding(code, "warn", why)
    remedy = said("Ask the supplier for a domestic carrier such as UPS or FedEx")
    why = said("{name} is not taken here. {remedy}. Rule: {source}.", remedy=remedy, **facts)
    return FirewallFinding(code, row.severity, why)


def _reuse(number: str, context: ParcelContext) -> FirewallFinding:
    elsewhere = {use.order_id: use.recipient for use in context.uses if use.order_id != context.order_id}
    if not elsewhere:
        return _ok("reuse", said("The number has not been used before."))
    if any(recipient != context.recipient for recipient in elsewhere.values()):
        sentence = said(
            "{number} was used on an order of another recipient. Ask the supplier for the right one.",
            number=number,
        )
        return _block("reuse", sentence)
    if len(elsewhere) >= COMBINED_ORDERS:
        sentence = said(
            "{number} already serves {count} orders, TikTok allows {most}. Split it.",
            number=number, count=len(elsewhere), most=COMBINED_ORDERS,
        )  # fmt: skip
        return _block("reuse_limit", sentence)
    count = len(elsewhere)
    return _ok("reuse", said("One parcel with {count} more of the same recipient's orders.", count=count))


def _postcode(claim: ParcelClaim, context: ParcelContext) -> FirewallFinding:
    theirs, ours = (
        postcode_key(claim.postal_code, context.region),
        postcode_key(context.postal_code, context.region),
    )
    if not theirs or not ours:
        return _ok("postcode", said("The supplier names no postcode to compare."))
    if theirs != ours:
        sentence = said(
            "The parcel goes to another postcode than the buyer's. Ask the supplier where it went."
        )
        return _block("postcode_differs", sentence)
    return _ok("postcode", said("The parcel's postcode is the buyer's."))


def _age(claim: ParcelClaim, context: ParcelContext) -> FirewallFinding:
    moments = [moment for moment in (claim.first_scan_at, claim.shipped_at) if moment]
    if moments and min(moments) < context.ordered_at - EARLIEST_SCAN:
        sentence = said(
            "The parcel moved on {moment} UTC, more than 24 hours before the order. It is another "
            "parcel: ask the supplier for the right number.",
            moment=f"{min(moments):%Y-%m-%d %H:%M}",
        )
        return _block("scan_before_order", sentence)
    return _ok("age", said("The parcel is not older than the order."))
