"""What a shop owner reads: plain words, no suppliers, no costs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from agency.domain.ledger import EntryKind
from agency.domain.money import Money
from agency.domain.orders import Stage
from agency.domain.said import said
from agency.services.client_rows import ClientOrderRow, ClientStepRow, NeedRow, OwnShop

STEPS = (said("Received"), said("Ordered"), said("Shipped"), said("Delivered"), said("Paid"))
ENDS_SOON = timedelta(days=14)
_WORDS = {
    Stage.HELD: (said("Received"), 1),
    Stage.TO_BUY: (said("Being prepared"), 1),
    Stage.BLOCKED: (said("Being prepared"), 1),
    Stage.BOUGHT: (said("Ordered"), 2),
    Stage.SHIPPED: (said("Shipped"), 3),
    Stage.DELIVERED: (said("Delivered"), 4),
    Stage.SETTLED: (said("Paid"), 5),
    Stage.CANCELLED: (said("Cancelled"), 0),
    Stage.EXCLUDED: (said("Shipped by TikTok"), 0),
}
MONEY_WORDS = {
    EntryKind.REVENUE: said("Sales, less refunds"),
    EntryKind.REFERRAL_FEE: said("TikTok's fee"),
    EntryKind.AFFILIATE: said("Creators' commission"),
    EntryKind.OTHER_FEE: said("Other fees of TikTok"),
    EntryKind.SHIPPING: said("Shipping"),
    EntryKind.ADJUSTMENT: said("Adjustments of TikTok"),
}


def client_order_row(row: Mapping[Any, Any]) -> ClientOrderRow:
    """One order; the tone is "warn" only when its deadline has passed."""
    words, step = _WORDS[row["stage"]]
    return ClientOrderRow(
        number=row["tiktok_order_id"],
        title=row["title"],
        quantity=row["unit_count"],
        shop_name=row["shop_name"],
        placed_at=row["placed_at"],
        status_text=words,
        tone="warn" if row["late"] else "ok" if row["stage"] == Stage.SETTLED else "",
        step=step,
        steps=len(STEPS),
        value=Money(row["total_minor"], row["currency"]),
    )


def client_steps(order: Mapping[Any, Any]) -> tuple[ClientStepRow, ...]:
    """The five steps with the times that TikTok knows."""
    _word, step = _WORDS[order["stage"]]
    times = (order["placed_at"], None, order["rts_at"], order["delivered_at"], order["settled_at"])
    ended = order["stage"] == Stage.CANCELLED
    rows = []
    for index, (label, at) in enumerate(zip(STEPS, times, strict=True), start=1):
        done = index <= step or at is not None
        state = "done" if done else "stopped" if ended else "now" if index == step + 1 else "next"
        rows.append(ClientStepRow(label, state, at if done else None))
    return tuple(rows)


def overview_sentence(on_their_way: int, late: int, unread: int, needs: int = 0) -> tuple[str, str, str]:
    """Headline, sentence and tone of the first page; `needs` counts what the client has to do."""
    asks = _asks(needs)
    if unread:
        text = (
            said("One of your shops could not be read; our team is on it.")
            if unread == 1
            else said("{number} of your shops could not be read; our team is on it.", number=unread)
        )
        return said("Not everything is known right now."), _with(text, asks if needs else ""), "warn"
    if late:
        text = said(
            "Orders on their way through our team: {number}. Late: {late}. We are on it.",
            number=on_their_way,
            late=late,
        )
        return said("Some orders are late."), _with(text, asks if needs else ""), "warn"
    if not on_their_way:
        return said("Everything is done."), _with(said("No order is waiting."), asks), "ok"
    text = (
        said("1 order is on the way through our team, and it is not late.")
        if on_their_way == 1
        else said("{number} orders are on their way through our team, and none is late.", number=on_their_way)
    )
    return said("Everything is on time."), _with(text, asks), "ok"


def late_words(row: Mapping[Any, Any], now: datetime) -> str:
    """Why an order missed TikTok's dispatch limit, and where it is now."""
    if row["collected_at"] is None:
        if row["stage"] == Stage.SHIPPED:
            return said(
                "TikTok has its number; the carrier has not scanned the parcel yet. Our team asks after it."
            )
        if row["stage"] == Stage.BOUGHT:
            return said("It is ordered; its tracking number has not come yet. Our team asks after it.")
        return said("It could not be sent in time. It is on our team's list.")
    late = span_words(row["collected_at"] - row["tts_sla_at"])
    if row["rts_at"] is not None and row["rts_at"] <= row["tts_sla_at"]:
        return said(
            "TikTok had its number in time; the carrier scanned it {late} after the limit.", late=late
        )
    return said("The carrier had it {late} after the limit.", late=late)


def cancelled_words(row: Mapping[Any, Any]) -> str:
    """Who cancelled, for what reason, and whether something was on its way already."""
    who = {
        "BUYER": said("The buyer cancelled."),
        "SELLER": said("Cancelled on our side."),
        "SYSTEM": said("TikTok cancelled."),
    }.get(str(row["cancelled_by"]).upper(), said("Cancelled."))
    reason = (
        said("Reason: {reason}.", reason=row["cancel_reason"].rstrip(".")) if row["cancel_reason"] else ""
    )
    sent = said("A parcel was on its way already.") if row["sent"] else said("Nothing had been sent.")
    return " ".join(part for part in (who, reason, sent) if part)


def shop_needs(shops: tuple[OwnShop, ...], now: datetime) -> tuple[NeedRow, ...]:
    """What the owner of the shops has to do about them; `now` is machine time."""
    rows = []
    for shop in shops:
        if shop.access_lost:
            title = said("{shop}: allow access again", shop=shop.name)
            text = said("TikTok no longer lets us in. Ask our team for a link and sign in to TikTok with it.")
            rows.append(NeedRow(title, text, "bad"))
        elif shop.access_ends_at is not None and shop.access_ends_at - now < ENDS_SOON:
            title = said("{shop}: renew access soon", shop=shop.name)
            text = said("Your permission at TikTok ends. Ask our team for a link before that day.")
            rows.append(NeedRow(title, text, "warn", shop.access_ends_at))
        elif shop.paused:
            title = said("{shop} is paused", shop=shop.name)
            rows.append(NeedRow(title, said("Nothing is read or sent there until our team goes on."), "warn"))
    return tuple(rows)


def span_words(span: timedelta) -> str:
    """A length of time in one unit."""
    hours = max(1, round(abs(span.total_seconds()) / 3600))
    if hours >= 48:
        return said("{number} days", number=round(hours / 24))
    return said("1 hour") if hours == 1 else said("{number} hours", number=hours)


def _asks(needs: int) -> str:
    if not needs:
        return said("We need nothing from you today.")
    if needs == 1:
        return said("We need one thing from you, see below.")
    return said("We need {number} things from you, see below.", number=needs)


def _with(text: str, asks: str) -> str:
    return f"{text} {asks}".strip()
