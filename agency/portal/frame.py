"""What every page is drawn with: the reader's zone and clocks, filters, macros, and the one way to render a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import Flask, g, render_template, request, url_for
from jinja2 import Environment

from agency.clock import machine_now
from agency.domain.money import plain_amount
from agency.portal import showing, symbols
from agency.portal.assets import asset_url
from agency.portal.done import done_sentence
from agency.portal.language import counted, language, speak, tr
from agency.portal.paths import here
from agency.portal.undo import offered
from agency.services.live import fingerprint
from agency.services.zones import zone_named
from agency.web import current_scope, db_session, find_caller, form_token, ground, shop_now

_MACROS = Path(__file__).parent / "templates" / "ui"


@dataclass(frozen=True)
class Reader:
    """Who reads: in which zone, at which shop time and machine time. One per request, so all ages on a page agree."""

    zone: ZoneInfo
    now: datetime
    machine_now: datetime


def reader() -> Reader:
    """The reader of this request."""
    if "reader" not in g:
        caller = find_caller()
        zone = zone_named(caller.time_zone if caller else "UTC")
        g.reader = Reader(zone, shop_now(), machine_now())
    return cast(Reader, g.reader)


def read_in_zone(name: str) -> None:
    """From here on this request's page shows times in that zone, whoever reads: a client's month is the client's."""
    g.reader = replace(reader(), zone=zone_named(name))


class Macros:
    """All macros of `templates/ui/`, so that any template may say `ui.chip(...)` without an import line."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    @cached_property
    def _all(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for path in sorted(_MACROS.glob("*.html")):
            module = self._environment.get_template(f"ui/{path.name}").module
            found.update({name: getattr(module, name) for name in dir(module) if not name.startswith("_")})
        return found

    def __getattr__(self, name: str) -> Any:
        try:
            return self._all[name]
        except KeyError:
            raise AttributeError(f"templates/ui has no macro {name!r}") from None


def live_mark() -> str:
    """The fingerprint under which this page is drawn; what changes while it is being drawn shows within a minute."""
    return fingerprint(current_scope(), db_session(), reader().now)


def page(template: str, **values: Any) -> str:
    """The page with what its frame needs: caller, role, form token, the sentence about the last act and its Undo."""
    caller = find_caller()
    return render_template(
        template,
        who=caller,
        can_write=caller is not None and caller.role in ("owner", "operator"),
        is_owner=caller is not None and caller.role == "owner",
        reader=reader(),
        here=here(),
        sign_up_open=ground().settings.sign_up,
        done=tr(done_sentence(request.args.get("done", ""))),
        undo=offered(),
        **values,
    )


def link(endpoint: str, kept: Mapping[str, str], **more: str) -> str:
    """The address of a list with its filters kept; an empty text drops its name."""
    values: dict[str, Any] = {name: value for name, value in {**kept, **more}.items() if value}
    return url_for(endpoint, **values)


def furnish(app: Flask) -> None:
    """Gives the application's templates our filters and globals."""
    environment = app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals.update(
        ui=Macros(environment),
        asset=asset_url,
        form_token=form_token,
        link=link,
        counted=counted,
        language=language,
        live_mark=live_mark,
    )
    environment.filters.update(_filters() | symbols.FILTERS | {"tr": tr})
    speak(app)


def _filters() -> dict[str, Callable[..., Any]]:
    return {
        "clock": lambda at: showing.clock_text(at, reader().now, reader().zone),
        "machine_clock": lambda at: showing.clock_text(at, reader().machine_now, reader().zone),
        "moment": lambda at: showing.moment_text(at, reader().zone),
        "in_zone": lambda at, name: showing.moment_text(at, zone_named(name)),
        "day": lambda at: showing.date_text(at, reader().zone),
        "short_date": lambda at: showing.short_date(at, reader().zone),
        "year_date": lambda at: showing.year_date(at, reader().zone),
        "month_name": showing.month_text,
        "named_months": lambda months: [(month, showing.month_text(month)) for month in months],
        "translated": lambda pairs: [(key, tr(label)) for key, label in pairs],
        "calendar_day": showing.calendar_day,
        "since": lambda at: showing.span_text(reader().now - at),
        "span": showing.span_text,
        "left": lambda at: showing.left_text(at, reader().now),
        "spoken_left": lambda at: showing.spoken_left(at, reader().now),
        "urgency": lambda at: showing.urgency(at, reader().now),
        "ago": lambda at: showing.ago_text(at, reader().machine_now),
        "shop_ago": lambda at: showing.ago_text(at, reader().now),
        "money": showing.money_text,
        "gain": lambda money: showing.money_text(money, signed=True),
        "plain_amount": plain_amount,
        "percent": showing.percent_text,
        "rate": showing.rate_text,
        "tenth": showing.tenth_text,
        "axis": showing.axis_text,
        "short_number": showing.short_number,
        "initials": showing.initials,
        "role": showing.role_text,
        "device": showing.device_text,
        "role_word": showing.role_word,
        "mark_class": showing.mark_class,
    }
