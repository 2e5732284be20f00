"""What each act of the audit log is called in a sentence, "<who> <words>": every action of the code has its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agency.domain.said import said

# {object} is the thing's own id where people know it by that: an order's number, a sku.
WORDS: dict[str, str] = {
    "session.opened": said("signed in"),
    "session.closed": said("signed out"),
    "session.switched": said("changed to this workspace"),
    "session.ended": said("signed one of their devices out"),
    "session.others_ended": said("signed their other devices out"),
    "token.created": said("made an API token"),
    "token.revoked": said("revoked an API token"),
    "sign_in.locked": said("refused further tries to sign in to an account, after too many wrong passwords"),
    "agency.created": said("founded the agency"),
    "member.invited": said("invited somebody"),
    "member.invited_again": said("sent an invitation again"),
    "invitation.withdrawn": said("withdrew an invitation"),
    "member.joined": said("joined the agency"),
    "member.changed": said("changed the role of a member"),
    "member.password_reset": said("set a new password by a link in their mail"),
    "member.password_changed": said("changed their password"),
    "member.email_change_asked": said("asked to move to another e-mail address"),
    "member.email_changed": said("moved to another e-mail address"),
    "member.email_kept": said("kept their e-mail address"),
    "agency.second_factor_rule": said("changed whether everybody needs a second factor"),
    "client.added": said("added a client"),
    "practice.opened": said("asked for a practice shop"),
    "client.limits_changed": said("changed the limits of a client"),
    "client.sharing_changed": said("changed what a client's contract shares with it"),
    "client.asked": said("asked a client for something"),
    "client.ask_closed": said("closed a request to a client"),
    "client.month_linked": said("made a link to a client's monthly page"),
    "client.month_link_ended": said("ended a link to a client's monthly page"),
    "agency.brand_changed": said("changed how the agency appears to its clients"),
    "agency.logo_changed": said("changed the agency's logo"),
    "agency.logo_removed": said("took the agency's logo away"),
    "client.left": said("parted from a client"),
    "client.exported": said("took everything of a client as one archive"),
    "client.viewed": said("began to look at a client's pages as that client sees them"),
    "client.view_ended": said("stopped looking at a client's pages"),
    "consent.recorded": said("recorded a client's consent to a supplier"),
    "consent.withdrawn": said("recorded that a client took its consent to a supplier back"),
    "contact.revealed": said("looked at the buyer's address of order {object}"),
    "evidence.taken": said("took the evidence pack of order {object}"),
    "database.recovered": said("brought the database back from a backup"),
    "contacts.erased": said("erased the buyers' addresses of shops whose access ended"),
    "member.removed": said("ended somebody's role in the agency"),
    "shop.connected": said("connected shops of a client"),
    "shop.paused": said("paused a shop"),
    "shop.resumed": said("resumed a shop"),
    "shop.rules_changed": said("changed the rules of a shop"),
    "buying.stopped": "stopped buying for a {kind}",
    "buying.started": "started buying again for a {kind}",
    "supplier.added": said("added a supplier"),
    "supplier.key_replaced": said("replaced the key of a supplier"),
    "supplier.item_added": said("added an item to a supplier"),
    "supplier.changed": said("changed a supplier"),
    "supplier.item_changed": said("changed an item of a supplier"),
    "mapping.saved": said("mapped sku {object}"),
    "mapping.ended": said("ended the mapping of sku {object}"),
    "carrier.chosen": said("chose which of TikTok's carriers a supplier's text means"),
    "carrier.forgotten": said("took back the choice of a carrier"),
    "order.approved": said("approved order {object}"),
    "order.declined": said("declined order {object}"),
    "order.held": said("held order {object}"),
    "order.released": said("ended the hold of order {object}"),
    "row.snoozed": said("snoozed a row of Today"),
    "row.woken": said("put a snoozed row of Today back on the list"),
    "row.assigned": said("gave a row of Today to somebody"),
    "row.done": said("ticked off a row of Today"),
    "row.undone": said("undid an act of their own"),
    "view.saved": said("saved a view of Today"),
    "view.deleted": said("deleted a view of Today"),
    "purchase.claimed": said("took a purchase to buy it by hand"),
    "purchase.bought_by_hand": said("entered a purchase made by hand"),
    "purchase.reviewed": said("settled a purchase that was in doubt"),
    "work.tried_again": said("asked the machine to try some of its work again at once"),
    "work.webhooks_read_again": said("had read again what refused webhooks were about"),
    "tracking.typed": said("entered a tracking number for order {object}"),
    "tracking.corrected": said("asked TikTok to correct a tracking number"),
}


# What `words_of` makes of a {kind}, written down for the translators.
KINDS = frozenset(
    {
        said("stopped buying for the whole agency"),
        said("stopped buying for a client"),
        said("stopped buying for a shop"),
        said("stopped buying for a supplier"),
        said("started buying again for the whole agency"),
        said("started buying again for a client"),
        said("started buying again for a shop"),
        said("started buying again for a supplier"),
    }
)
# What `list_areas` makes of the first words of actions, written down for the translators.
AREAS = frozenset(
    {
        said("Agency"),
        said("Buying"),
        said("Carrier"),
        said("Client"),
        said("Consent"),
        said("Contact"),
        said("Contacts"),
        said("Database"),
        said("Evidence"),
        said("Invitation"),
        said("Mapping"),
        said("Member"),
        said("Order"),
        said("Purchase"),
        said("Session"),
        said("Shop"),
        said("Sign in"),
        said("Supplier"),
        said("Token"),
        said("Tracking"),
        said("Work"),
    }
)


def list_areas() -> list[tuple[str, str]]:
    """What a reader may narrow the log to: prefixes of actions, and their labels."""
    areas = sorted({action.partition(".")[0] for action in WORDS})
    return [(f"{area}.", _plain(area).capitalize()) for area in areas]


def words_of(action: str, object_kind: str, object_id: str) -> str:
    """The words of an act; an action of another version of the program is shown as it is, never left out."""
    words = WORDS.get(action)
    if words is None:
        return said("did {action}", action=action)
    kind = "whole agency" if object_kind == "agency" else object_kind
    return words.format(object=object_id, kind=kind).replace("a whole agency", "the whole agency")


def details_text(details: Mapping[str, Any]) -> str:
    """The details in one line: "fields: daily budget minor; outcome: bought"."""
    return "; ".join(f"{_plain(name)}: {_value(value)}" for name, value in sorted(details.items()))


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value(part) for part in value) or "none"
    return _plain(str(value))


def _plain(word: str) -> str:
    return word.removesuffix("_minor").removesuffix("_bp").replace("_", " ")
