"""Six deadlines stay apart, and the one that counts is named with its source."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.domain.clock_policies import POLICY_ROWS, PROMISES, DeadlineKind
from agency.domain.clocks import (
    Deadline,
    OrderFacts,
    chance_to_miss,
    deadlines,
    dispatch_deadline,
    next_deadline,
    promise_limits,
)
from agency.domain.errors import Invalid
from agency.domain.orders import Stage

PAID = datetime(2026, 11, 18, 20, 0, tzinfo=UTC)  # a Wednesday
NOW = PAID + timedelta(hours=2)
TTS, RTS, SHIP, COLLECT, DELIVER, DELIVERED_BY = (
    DeadlineKind.TTS_SLA, DeadlineKind.RTS_SLA, DeadlineKind.SHIPPING_DUE, DeadlineKind.COLLECTION_DUE,
    DeadlineKind.DELIVERY_SLA, DeadlineKind.DELIVERY_DUE,
)  # fmt: skip


def hours(count: float) -> datetime:
    return NOW + timedelta(hours=count)


def nowhere(**tiktok: datetime | None) -> OrderFacts:
    """An order of a region without any rule of ours, so that only TikTok's fields speak."""
    return OrderFacts("ZZ", paid_at=PAID, tiktok={DeadlineKind(kind): at for kind, at in tiktok.items()})


@pytest.mark.parametrize(("given_kind", "other"), list(permutations(DeadlineKind, 2)))
def test_one_deadline_is_never_filled_from_another(given_kind, other):
    known = deadlines(nowhere(**{given_kind: hours(5)}), NOW)
    assert other not in known
    assert known[given_kind] == Deadline(hours(5), given_kind, "tiktok")


def test_tiktoks_own_field_wins_and_only_the_missing_come_from_the_policy():
    facts = OrderFacts("US", paid_at=PAID, tiktok={TTS: hours(9), SHIP: None})
    known = deadlines(facts, NOW)
    assert {kind: line.source for kind, line in known.items()} == {
        TTS: "tiktok",
        SHIP: "policy:us-regular-2026-01",
        DELIVER: "policy:us-regular-2026-01",
    }
    assert known[SHIP].at == datetime(2026, 12, 1, 7, 59, tzinfo=UTC)  # 7 business days, over Thanksgiving


def test_plain_text_keys_as_stored_in_an_order_are_understood():
    assert deadlines(OrderFacts("ZZ", tiktok={"tts_sla": hours(1)}), NOW)[TTS].source == "tiktok"


@pytest.mark.parametrize(
    ("order_type", "paid", "row", "scan_by"),
    [
        (
            "NORMAL",
            datetime(2025, 11, 5, 20, tzinfo=UTC),
            "us-regular-2025-10",
            datetime(2025, 11, 8, 7, 59, tzinfo=UTC),
        ),
        ("NORMAL", PAID, "us-regular-2026-01", datetime(2026, 11, 21, 7, 59, tzinfo=UTC)),
        (
            "MADE_TO_ORDER",
            datetime(2025, 11, 5, 20, tzinfo=UTC),
            "us-handling-2025-10",
            datetime(2025, 11, 11, 7, 59, tzinfo=UTC),
        ),
        ("MADE_TO_ORDER", PAID, "us-handling-2026-01", datetime(2026, 11, 25, 7, 59, tzinfo=UTC)),
        ("BACK_ORDER", PAID, "us-handling-2026-01", datetime(2026, 11, 25, 7, 59, tzinfo=UTC)),
        ("CUSTOM", PAID, "us-handling-2026-01", datetime(2026, 11, 25, 7, 59, tzinfo=UTC)),
        ("PRE_ORDER", PAID, "us-preorder-2026-01", datetime(2026, 12, 9, 7, 59, tzinfo=UTC)),
    ],
)
def test_the_policy_of_the_day_and_kind_of_order_gives_the_scan_limit(order_type, paid, row, scan_by):
    release = datetime(2026, 12, 4, 20, tzinfo=UTC)  # a Friday
    facts = OrderFacts("US", order_type, paid_at=paid, handling_days=3, release_at=release)
    assert deadlines(facts, paid)[TTS] == Deadline(scan_by, TTS, f"policy:{row}")


@pytest.mark.parametrize(
    "facts",
    [
        OrderFacts("ZZ", paid_at=PAID),
        OrderFacts("US"),
        OrderFacts("US", "VIRTUAL_ORDER", paid_at=PAID),
        OrderFacts("US", shipping_mode="TIKTOK", paid_at=PAID),
        OrderFacts("US", "MADE_TO_ORDER", paid_at=PAID),
        OrderFacts("US", "PRE_ORDER", paid_at=PAID),
        OrderFacts("US", paid_at=datetime(2025, 1, 6, tzinfo=UTC)),
    ],
    ids=["region", "unpaid", "kind", "mode", "no handling time", "no release day", "before any row"],
)
def test_what_no_rule_covers_stays_unknown(facts):
    assert deadlines(facts, NOW) == {}
    assert dispatch_deadline(facts, NOW) is None


def test_the_clock_starts_with_awaiting_shipment_and_else_with_the_payment():
    facts = OrderFacts("US", paid_at=PAID, awaiting_shipment_at=PAID + timedelta(days=1))
    assert deadlines(facts, NOW)[TTS].at - deadlines(replace(facts, awaiting_shipment_at=None), NOW)[
        TTS
    ].at >= timedelta(1)


def test_the_gb_rule_is_marked_as_approximate():
    assert {line.approximate for line in deadlines(OrderFacts("GB", paid_at=PAID), NOW).values()} == {True}
    assert {line.approximate for line in deadlines(OrderFacts("US", paid_at=PAID), NOW).values()} == {False}


def test_policy_rows_have_a_source_a_name_of_their_own_and_never_overlap():
    assert len({row.row_id for row in POLICY_ROWS}) == len(POLICY_ROWS)
    assert all(row.source for row in POLICY_ROWS)
    for one, other in permutations(POLICY_ROWS, 2):
        if (
            one.region == other.region
            and one.order_types & other.order_types
            and one.valid_from <= other.valid_from
        ):
            assert one.valid_to is not None
            assert one.valid_to <= other.valid_from


def test_the_carriers_scan_counts_for_dispatch_and_not_the_upload():
    found = dispatch_deadline(nowhere(rts_sla=hours(5), tts_sla=hours(9), shipping_due=hours(90)), NOW)
    assert found == Deadline(hours(9), TTS, "tiktok")


def test_without_a_scan_limit_the_upload_limit_counts():
    assert dispatch_deadline(nowhere(rts_sla=hours(5), shipping_due=hours(90)), NOW) == Deadline(
        hours(5), RTS, "tiktok"
    )


def test_tiktoks_upload_limit_beats_a_later_scan_limit_of_ours():
    facts = OrderFacts("US", paid_at=PAID, tiktok={RTS: hours(5)})
    assert dispatch_deadline(facts, NOW) == Deadline(hours(5), RTS, "tiktok")


def test_an_auto_cancel_line_is_shown_as_what_it_is():
    assert dispatch_deadline(nowhere(shipping_due=hours(5)), NOW) == Deadline(hours(5), SHIP, "tiktok")


def test_an_auto_cancel_before_the_service_line_is_not_hidden_by_it():
    found = dispatch_deadline(nowhere(shipping_due=hours(5), tts_sla=hours(9)), NOW)
    assert found == Deadline(hours(5), SHIP, "tiktok")


@pytest.mark.parametrize("kind", [COLLECT, DELIVER, DELIVERED_BY])
def test_lines_after_shipping_never_serve_as_dispatch_line(kind):
    assert dispatch_deadline(nowhere(**{kind: hours(5)}), NOW) is None


def test_the_course_promise_counts_only_when_it_is_stricter():
    facts = replace(nowhere(tts_sla=PAID + timedelta(days=5)), promise="course")
    assert dispatch_deadline(facts, NOW) == Deadline(PAID + timedelta(days=3), RTS, "promise:course")
    strict = replace(facts, tiktok={TTS: PAID + timedelta(days=2)})
    assert dispatch_deadline(strict, NOW) == Deadline(PAID + timedelta(days=2), TTS, "tiktok")


def test_the_course_promise_has_its_four_limits():
    limits = promise_limits(OrderFacts("US", paid_at=PAID, promise="course"))
    assert {word: (at - PAID).days for word, at in limits.items()} == {
        "process": 3, "tracking": 3, "delivery": 11, "overall": 18,
    }  # fmt: skip
    assert promise_limits(OrderFacts("US", paid_at=PAID)) == {}
    assert set(PROMISES) == {"tiktok", "course"}


def test_an_unknown_promise_is_refused_by_name():
    with pytest.raises(Invalid, match=r"'gold'.*tiktok, course"):
        dispatch_deadline(OrderFacts("US", paid_at=PAID, promise="gold"), NOW)


ALL_LINES = {
    "rts_sla": hours(10), "tts_sla": hours(20), "shipping_due": hours(70), "collection_due": hours(80),
    "delivery_sla": hours(100), "delivery_due": hours(200),
}  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "scanned", "now", "kind"),
    [
        (Stage.HELD, False, 0, TTS),
        (Stage.TO_BUY, False, 0, TTS),
        (Stage.BLOCKED, False, 0, TTS),
        (Stage.BOUGHT, False, 0, TTS),
        (Stage.BOUGHT, False, 30, TTS),
        (Stage.SHIPPED, False, 0, TTS),
        (Stage.SHIPPED, False, 30, COLLECT),
        (Stage.SHIPPED, True, 0, DELIVER),
        (Stage.SHIPPED, True, 150, DELIVERED_BY),
        (Stage.DELIVERED, True, 0, None),
        (Stage.SETTLED, True, 0, None),
        (Stage.CANCELLED, False, 0, None),
        (Stage.EXCLUDED, False, 0, None),
    ],
)
def test_each_stage_has_the_deadline_that_counts_there(stage, scanned, now, kind):
    facts = replace(nowhere(**ALL_LINES), scanned_at=NOW if scanned else None)
    found = next_deadline(facts, stage, hours(now))
    assert (found.kind if found else None) == kind


def test_an_overdue_line_stays_visible_when_no_later_one_is_known():
    assert next_deadline(nowhere(tts_sla=hours(-1)), Stage.SHIPPED, NOW) == Deadline(hours(-1), TTS, "tiktok")


@pytest.mark.parametrize(
    ("left", "chance"), [(-1, 10_000), (0, 10_000), (28, 5_000), (14, 9_000), (70, 300), (900, 50)]
)
def test_the_chance_to_miss_follows_the_curve(left, chance):
    assert chance_to_miss(Deadline(hours(left), TTS, "tiktok"), Stage.BOUGHT, NOW) == chance


def test_nothing_can_be_missed_without_deadline_or_after_delivery():
    assert chance_to_miss(None, Stage.BOUGHT, NOW) == 0
    assert chance_to_miss(Deadline(hours(-5), TTS, "tiktok"), Stage.SETTLED, NOW) == 0


@given(st.floats(-50, 500), st.floats(-50, 500))
def test_less_time_never_means_less_danger(one, other):
    shorter, longer = (Deadline(hours(left), TTS, "tiktok") for left in sorted([one, other]))
    assert chance_to_miss(shorter, Stage.TO_BUY, NOW) >= chance_to_miss(longer, Stage.TO_BUY, NOW)
