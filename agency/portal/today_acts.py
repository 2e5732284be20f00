"""Acts on chosen rows of Today: one row at once, several after a preview, each row on its own, with Undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import redirect, request
from flask.typing import ResponseReturnValue

from agency.domain.errors import Invalid, NotFound
from agency.domain.money import money_sums
from agency.portal.blueprint import portal
from agency.portal.frame import reader
from agency.portal.staff import staff_page
from agency.portal.today import given_back, open_link, show_today
from agency.portal.undo import undo_token, with_undo
from agency.services.assignees import find_colleague, list_colleagues
from agency.services.bulk import FAILED, Errand, Result, foresee, perform
from agency.services.chosen_rows import ChosenRow, find_chosen
from agency.services.snoozing import wanted_moment
from agency.web import current_caller, current_scope, db_session, route, system_session

# What is said after each act; those that spend money are never done without the preview.
_DONE = {
    "hold": "held",
    "release": "unheld",
    "snooze": "snoozed",
    "wake": "woken",
    "assign": "assigned",
    "done": "ticked",
    "approve": "approved",
    "next": "approved",
}
_ASKS = ("approve", "next")


@dataclass(frozen=True)
class Sent:
    """What the form said: keys of rows, the word with its choice, and the fields beside it."""

    keys: Sequence[str]
    word: str
    choice: str

    @property
    def act(self) -> str:
        """The value of the button."""
        return f"{self.word}:{self.choice}" if self.choice else self.word


@route(portal, "/today/act", permission="write", methods=["POST"])
def act_on_rows() -> ResponseReturnValue:
    """Does it to one row at once; shows first what will happen when there are several or money is spent.

    A form that cannot be read leads back to the list with the reason. Raises NotFound for rows that are not there.
    """
    back = given_back(request.form.get("back", ""))
    try:
        sent = _sent()
        rows = find_chosen(current_scope(), db_session(), sent.keys, reader().now)
        if not rows:
            raise NotFound("Row")
        errand = _errand(sent)
        if request.form.get("sure") != "yes" and (len(rows) > 1 or sent.word in _ASKS):
            return _show_preview(sent, rows, errand, back)
        results = perform(current_scope(), db_session(), rows, errand, reader().now)
    except Invalid as refusal:
        return show_today(back, str(refusal))
    path = open_link(back)
    if len(results) == 1 and results[0].outcome != FAILED:
        word = _done_word(sent, results[0])
        return redirect(with_undo(path, word, results[0].steps), 303)
    return _show_results(sent, results, path)


def _sent() -> Sent:
    """A row's own button names its row in its value; the bar's buttons act on all ticked rows."""
    one = request.form.get("one", "")
    if one:
        word, _, key = one.partition("|")
        return Sent([key], *_halves(word))
    return Sent(request.form.getlist("row"), *_halves(request.form.get("act", "")))


def _halves(act: str) -> tuple[str, str]:
    word, _, choice = act.partition(":")
    return word, choice


def _errand(sent: Sent) -> Errand:
    """The act with what it needs. Raises Invalid when that is missing."""
    if sent.word == "snooze":
        zone = current_caller().time_zone
        return Errand(
            "snooze", until=wanted_moment(sent.choice, request.form.get("own", ""), reader().now, zone)
        )
    if sent.word == "assign":
        people = list_colleagues(current_scope(), system_session())
        return Errand("assign", person=find_colleague(people, request.form.get("owner", "")))
    return Errand(sent.word)


def _show_preview(
    sent: Sent, rows: Sequence[ChosenRow], errand: Errand, back: dict[str, str]
) -> ResponseReturnValue:
    forecasts = foresee(rows, errand, reader().now)
    possible = [one for one in forecasts if one.possible]
    return staff_page(
        "today_preview.html",
        word=sent.word,
        act=sent.act,
        forecasts=forecasts,
        possible=possible,
        costs=money_sums(one.cost for one in possible),
        unknown_costs=sum(1 for one in possible if one.spends and one.cost is None),
        kept={name: request.form.get(name, "") for name in ("own", "owner", "back")},
        path=open_link(back),
    )


def _show_results(sent: Sent, results: Sequence[Result], path: str) -> ResponseReturnValue:
    steps = [step for result in results for step in result.steps]
    return staff_page(
        "today_results.html",
        word=sent.word,
        results=results,
        path=path,
        token=undo_token(steps, path),
    )


def _done_word(sent: Sent, result: Result) -> str:
    if result.outcome == "already":
        return "already"
    if sent.word == "assign" and not request.form.get("owner"):
        return "unassigned"
    if sent.word == "next" and any(step.word == "done" for step in result.steps):
        return "ticked"
    return _DONE[sent.word]
