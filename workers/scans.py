"""Reading carrier events of parcels on their way, a few at a time and not often."""

from __future__ import annotations

import logging
from datetime import timedelta

from agency.domain.errors import CredentialsRejected, OutsideError
from agency.integrations.tiktok.port import TikTokPort
from agency.lanes import Turn
from agency.services.parcel_progress import is_watching, list_watched, record_scans
from workers.context import Context
from workers.lease import Lease

log = logging.getLogger(__name__)
EVERY = timedelta(hours=12)  # shop time between two reads of one parcel


def watch_scans(context: Context, turn: Turn, lease: Lease, tiktok: TikTokPort, limit: int) -> bool:
    """Reads what is due; True while parcels are on their way. One unreadable parcel does not stop the others."""
    assert turn.shop_id is not None  # noqa: S101 - the lane's CHECK says so
    now = context.clock.now()
    with context.work(turn) as (_scope, session):
        watched = list_watched(session, turn.shop_id, now, EVERY, limit)
    for parcel in watched:
        lease.check()
        try:
            scans = tiktok.tracking(parcel.order_id)
        except CredentialsRejected:
            raise
        except OutsideError as error:
            log.info("scans not read", extra={"parcel": parcel.parcel_id, "problem": str(error)})
            scans = []
        with context.work(turn) as (scope, session):
            record_scans(scope, session, parcel.parcel_id, scans, now)
    with context.work(turn) as (_scope, session):
        return is_watching(session, turn.shop_id)
