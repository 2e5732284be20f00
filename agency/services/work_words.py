"""What each kind of machine work is, why it may fail, what the machine and a person can do: tables, one home each."""

from __future__ import annotations

from dataclasses import dataclass

from agency.domain.effects import EffectKind, EffectState
from agency.domain.said import said


@dataclass(frozen=True)
class Explained:
    """A kind of work in plain words: its name, what it does, why it may fail, and what happens and helps then."""

    label: str
    what: str
    why: str
    next: str


_BACK_OFF = said("The machine tries again by itself, after a second at first and at most every five minutes.")

LANES = {
    "auth": Explained(
        said("Access to TikTok"),
        said("Exchanges the seller's consent for access and renews it before it ends."),
        said("TikTok is down, or the seller has taken the access back."),
        said(
            "It tries again by itself. When TikTok says no, only the shop's owner can connect the shop again."
        ),
    ),
    "orders": Explained(
        said("Reading orders"),
        said("Reads new and changed orders of a shop and compares TikTok's count with ours."),
        said("TikTok is slow or down, or the access has ended."),
        _BACK_OFF,
    ),
    "plan": Explained(
        said("Choosing suppliers"),
        said("Decides for each order where it is bought, or names every reason against it. It calls nobody."),
        said("Hardly ever; if it does, something is wrong in this program and its log says what."),
        said("The machine tries again by itself. If it goes on, tell whoever runs this installation."),
    ),
    "ship": Explained(
        said("Tracking to TikTok"),
        said("Checks tracking numbers, hands them to TikTok and reads carriers' scans."),
        said("TikTok is slow or down, or refuses a carrier's name."),
        _BACK_OFF,
    ),
    "finance": Explained(
        said("Statements"),
        said("Reads TikTok's statements into the books."),
        said("TikTok is slow or down, or the access does not cover finance."),
        _BACK_OFF,
    ),
    "sweep": Explained(
        said("Looking after"),
        said("Finds what should have moved on and did not, and erases old addresses."),
        said("Hardly ever; if it does, something is wrong in this program and its log says what."),
        said("The machine tries again by itself. If it goes on, tell whoever runs this installation."),
    ),
    "purchase": Explained(
        said("Buying"),
        said("Places and pays orders at a supplier, one at a time, each written down before it is sent."),
        said("The supplier is slow or down, refuses the key, or changed stock or price."),
        said(
            "The machine tries again by itself and never sends what may have arrived. A refused key is replaced on the "
            "supplier's page."
        ),
    ),
    "tracking": Explained(
        said("Asking for tracking"),
        said("Asks a supplier for tracking numbers, stock and prices, and checks its webhooks."),
        said("The supplier is slow or down, or refuses the key."),
        _BACK_OFF,
    ),
}
EFFECTS = {
    EffectKind.PLACE: said("Placing the order"),
    EffectKind.PAY: said("Paying the order"),
    EffectKind.SHIP: said("Tracking to TikTok"),
    EffectKind.CORRECT: said("Correcting the tracking"),
    EffectKind.CANCEL: said("Cancelling the order"),
}
DOUBTS = {
    EffectState.UNKNOWN: said(
        "It was sent and no clear answer came back. The machine asks until it knows whether it arrived; nothing is "
        "sent again before."
    ),
    EffectState.REVIEW: said(
        "The machine cannot find out. Look at the supplier's own list, then say on the order's page whether it was "
        "done."
    ),
}
LETTERS = {
    "unreadable": Explained(
        said("Could not be read"),
        said("A supplier's webhook whose text made no sense to us. Its text is not kept."),
        said("The supplier changed its format, or it was no webhook of theirs."),
        said("Nothing is lost: a webhook is only a hint. Asking the supplier again reads what it was about."),
    ),
    "signature wrong": Explained(
        said("Signature wrong"),
        said("A message in the supplier's name whose signature does not fit. It was not believed."),
        said("The webhook secret was changed on one side only, or somebody else sent it."),
        said(
            "Compare the webhook secret with the supplier's, then ask again. Until then tracking is asked by schedule."
        ),
    ),
    "waiting": Explained(
        said("Waits unusually long"),
        said("A notification that no turn has read for ten minutes."),
        said("The lane behind it fails, the shop is paused, or no worker is running."),
        said("It is read with the next turn that succeeds. Reading again wakes the lane now."),
    ),
}
LANE_STATES = {
    "trouble": (said("Trouble"), "bad", "alert"),
    "waiting": (said("Waiting"), "", "clock"),
    "working": (said("In hand"), "", "machine"),
    "asleep": (said("Asleep"), "", "snooze"),
}
PROCESSES = {
    "dispatcher": Explained(
        said("Dispatcher"),
        said("Hands due work to the workers."),
        said("It was stopped, or cannot reach the database or Redis."),
        said("Start it again: shopfleet dispatcher. Work waits and none is lost."),
    ),
    "worker": Explained(
        said("Workers"),
        said("Do the work: read, buy, hand over."),
        said("They were stopped, or cannot reach the database or Redis."),
        said("Start one: shopfleet worker. Work waits and none is lost."),
    ),
    "mailer": Explained(
        said("Mailer"),
        said("Sends mails."),
        said("It was stopped, or cannot reach the database."),
        said("Start it again: shopfleet mailer. Mails wait and none is lost."),
    ),
    "watcher": Explained(
        said("Second watcher"),
        said("Sees whether shops are read, swept and served, in the mailer's process."),
        said("The mailer was stopped, or cannot reach the database."),
        said("Start it again: shopfleet mailer. Until then only the sweeps look."),
    ),
}

FAILING = said("Failed {count} times in a row.")
SLEEPING = said("Stopped after a failure; nothing wakes it by itself.")
OVERDUE = said("Due for more than ten minutes, and nobody takes it.")
LOST = said("A worker took it and did not come back; it is handed out again.")
