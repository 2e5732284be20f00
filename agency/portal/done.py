"""What the page says after an act: the redirect carries a word, this table has the sentence."""

from __future__ import annotations

_SENTENCES = {
    "approved": "Approved. The order is bought at the next turn of its supplier.",
    "declined": "Declined. The order is not bought; its clock at TikTok still runs.",
    "held": "Held. The machine does not touch this order until you release it.",
    "unheld": "Released. The order is planned again now.",
    "again": "The order is planned again now.",
    "mapped": "Mapping saved. Waiting orders of this sku are planned again now.",
    "unmapped": "Mapping ended. New orders of this sku wait for a mapping.",
    "supplier": "Supplier added. Add an item next, then map a sku to it.",
    "key": "The new key is sealed. Waiting purchases and tracking go on now.",
    "carrier_forgotten": "Forgotten. The next parcel with this text is matched by its carrier's name.",
    "item": "Item added. It can be chosen in a mapping now.",
    "stopped": "Buying is stopped here. Orders still come in and wait.",
    "started": "Buying goes on. Waiting orders are planned again now.",
    "paused": "The shop is paused: nothing is read or written until you resume it.",
    "resumed": "The shop is read again.",
    "claimed": "This purchase is yours for now. Nobody else can take it until your time is over.",
    "released": "The purchase is free again for anybody on the team.",
    "bought": "Bought. Add the tracking number as soon as the supplier has it.",
    "tracking": "Tracking saved. It goes to TikTok after the checks.",
    "carrier_chosen": "Carrier saved for this supplier. Its stopped parcels are checked again now.",
    "corrected": "The correction goes to TikTok now. TikTok takes no second one for this parcel.",
    "reviewed": "Settled. The order goes on from your answer.",
    "rules": "Rules saved. The deadlines of this shop's open orders follow them now.",
    "client": "Client added. Connect a shop of theirs next.",
    "consent": "Consent recorded. Orders that waited for it are planned again now.",
    "consent_ended": "Consent withdrawn. New orders are not bought here until there is another one.",
    "client_left": "Everything with this client has ended.",
    "member_removed": "Removed. Every session, token and open invitation of theirs here has ended.",
    "limits": "Limits saved. Orders that the former limits stopped are planned again now.",
    "connecting": "TikTok has said yes. The shop appears here after its first read.",
    "discarded": "Forgotten. That shop was not connected to anybody.",
    "device_ended": "That device is signed out. Its next click asks for the password.",
    "devices_ended": "Every other device is signed out.",
    "token_revoked": "The token is worth nothing from now on.",
    "view_ended": "You see your own pages again.",
    "switched": "You changed the workspace.",
}


def done_sentence(word: str) -> str:
    """The sentence of a word; empty for any other word, so that an address cannot put text on a page."""
    return _SENTENCES.get(word, "")
