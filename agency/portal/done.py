"""What the page says after an act: the redirect carries a word, this table has the sentence."""

from __future__ import annotations

from agency.domain.said import said

SENTENCES = {
    "approved": said("Approved. The order is bought at the next turn of its supplier."),
    "approved_all": said("All approved. Each order is bought at the next turn of its supplier."),
    "declined": said("Declined. The order is not bought; its clock at TikTok still runs."),
    "held": said("Held. The machine does not touch this order until you release it."),
    "unheld": said("Released. The order is planned again now."),
    "again": said("The order is planned again now."),
    "mapped": said("Mapping saved. Waiting orders of this sku are planned again now."),
    "imported": said("Imported. Waiting orders of these skus are planned again now."),
    "asked": said(
        "Asked. The answer is here after the supplier's next turn, in about a minute; reload the page."
    ),
    "supplier_changed": said("Saved."),
    "item_changed": said("Item saved. Orders that waited for its stock or price are planned again now."),
    "unmapped": said("Mapping ended. New orders of this sku wait for a mapping."),
    "supplier": said("Supplier added. Add an item next, then map a sku to it."),
    "key": said("The new key is sealed. Waiting purchases and tracking go on now."),
    "carrier_forgotten": said("Forgotten. The next parcel with this text is matched by its carrier's name."),
    "item": said("Item added. It can be chosen in a mapping now."),
    "stopped": said("Buying is stopped here. Orders still come in and wait."),
    "started": said("Buying goes on. Waiting orders are planned again now."),
    "paused": said("The shop is paused: nothing is read or written until you resume it."),
    "resumed": said("The shop is read again."),
    "claimed": said("This purchase is yours for now. Nobody else can take it until your time is over."),
    "released": said("The purchase is free again for anybody on the team."),
    "bought": said("Bought. Add the tracking number as soon as the supplier has it."),
    "tracking": said("Tracking saved. It goes to TikTok after the checks."),
    "carrier_chosen": said("Carrier saved for this supplier. Its stopped parcels are checked again now."),
    "corrected": said("The correction goes to TikTok now. TikTok takes no second one for this parcel."),
    "noted": said("Note saved. Only your team sees it."),
    "reviewed": said("Settled. The order goes on from your answer."),
    "rules": said("Rules saved. The deadlines of this shop's open orders follow them now."),
    "lane_retried": said("It is tried again now. Look here again in a moment."),
    "webhooks_retried": said("The sender is asked again now; nothing that its webhooks were about is lost."),
    "client": said("Client added. Connect a shop of theirs next."),
    "consent": said("Consent recorded. Orders that waited for it are planned again now."),
    "consent_ended": said("Consent withdrawn. New orders are not bought here until there is another one."),
    "practice": said("Your practice shop is being connected. Its first order comes in a moment."),
    "practice_mapped": said("Mapped. The machine buys the order at its next turn."),
    "client_left": said("Everything with this client has ended."),
    "member_removed": said("Removed. Every session, token and open invitation of theirs here has ended."),
    "limits": said("Limits saved. Orders that the former limits stopped are planned again now."),
    "brand": said("Saved. Your clients see it from their next click on."),
    "logo": said("Saved. Your clients see the new logo from their next click on."),
    "logo_removed": said("The logo is gone; the first letter of your name stands in its place."),
    "request_asked": said("Asked. The client reads it on their first page."),
    "ask_closed": said("Closed. The client does not see it any more."),
    "month_ended": said("The link does not work any more."),
    "sharing": said("Saved. It holds from the client's next click on."),
    "notices": said("Saved."),
    "connecting": said("TikTok has said yes. The shop appears here after its first read."),
    "discarded": said("Forgotten. That shop was not connected to anybody."),
    "device_ended": said("That device is signed out. Its next click asks for the password."),
    "devices_ended": said("Every other device is signed out."),
    "token_revoked": said("The token is worth nothing from now on."),
    "confirmed": said("Confirmed: it is you. Now do again what you wanted to do."),
    "factor_added": said("Added. From the next sign-in on you are asked for a second factor."),
    "factor_removed": said("Removed. It opens nothing any more."),
    "factor_required": said(
        "From now on everybody needs a second factor. Whoever has none adds one at the next click."
    ),
    "factor_optional": said("A second factor is everybody's own choice again."),
    "view_ended": said("You see your own pages again."),
    "switched": said("You changed the workspace."),
    "invited": said("The invitation is on its way. Its link works once, for seven days."),
    "invited_again": said("A new link is on its way; the former one does not work any more."),
    "withdrawn": said("The invitation is withdrawn; its link does not work any more."),
    "member_changed": said("Saved. It holds from the person's next click on."),
    "joined": said("Welcome. You are in this workspace now."),
    "joined_sign_in": said("You are in. Sign in to go on."),
    "agency_made": said("Your agency is open. Add the first client next."),
    "agency_made_sign_in": said("Your agency is open. Sign in to go on."),
    "password_reset": said(
        "Your password is changed and every device is signed out. Sign in with the new one."
    ),
    "password_changed": said("Your password is changed; other devices are signed out."),
    "profile": said("Saved."),
    "snoozed": said("Snoozed. It comes back at its next check, in any case before its deadline."),
    "woken": said("Back on the list."),
    "assigned": said("Assigned."),
    "unassigned": said("Nobody has it now."),
    "ticked": said("Done. It opens again if its cause comes back."),
    "already": said("Nothing to do: this was so already."),
    "undone": said("Undone."),
    "buying_stopped": said(
        "All buying is stopped. Orders still come in and wait; what was sent already goes on."
    ),
    "buying_started": said("Buying goes on. Waiting orders are planned again now."),
    "view_saved": said("View saved."),
    "view_deleted": said("View deleted."),
    "email_asked": said("Look into both mailboxes. Your address changes once both have said yes."),
}


def done_sentence(word: str) -> str:
    """The sentence of a word; empty for any other word, so that an address cannot put text on a page."""
    return SENTENCES.get(word, "")
