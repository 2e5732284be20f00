"""Answer schemas made from the read services' dataclasses, so that the description cannot drift from what is sent."""

from __future__ import annotations

import collections.abc
import types
import typing
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from marshmallow import Schema, fields

from agency.services.paging import Page


class Moment(fields.DateTime):
    """An aware time as ISO text in UTC with Z, which is what the fast path writes."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


_PLAIN: Mapping[Any, type[fields.Field[Any]]] = {
    str: fields.String,
    int: fields.Integer,
    float: fields.Float,
    bool: fields.Boolean,
    datetime: Moment,
    date: fields.Date,
}


@cache
def schema_of(shape: type[Any]) -> type[Schema]:
    """The marshmallow schema of a dataclass, nested ones included."""
    hints = typing.get_type_hints(shape)
    made = {part.name: _field(hints[part.name]) for part in dataclass_fields(shape)}
    return type(f"{shape.__name__}Schema", (Schema,), {"__doc__": shape.__doc__, **made})


@cache
def page_of(row: type[Any]) -> type[Schema]:
    """The schema of a page of such rows."""
    made = {"rows": fields.List(_nested(row)), "next_cursor": fields.String()}
    return type(f"{row.__name__}PageSchema", (Schema,), {"__doc__": Page.__doc__, **made})


@cache
def list_of(row: type[Any]) -> type[Schema]:
    """The schema of a whole list of such rows."""
    made = {"rows": fields.List(_nested(row))}
    return type(f"{row.__name__}ListSchema", (Schema,), made)


def _nested(shape: Any, *, nullable: bool = False) -> fields.Nested:
    return fields.Nested(schema_of(shape), allow_none=nullable)


def _field(hint: Any, *, nullable: bool = False) -> fields.Field[Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:
        (inner,) = [argument for argument in arguments if argument is not types.NoneType]
        return _field(inner, nullable=True)
    if origin is tuple:
        return fields.List(_field(arguments[0]), allow_none=nullable)
    if origin is collections.abc.Mapping:
        values = None if arguments[1] is Any else _field(arguments[1])
        return fields.Dict(keys=fields.String(), values=values, allow_none=nullable)
    if is_dataclass(hint) and isinstance(hint, type):
        return _nested(hint, nullable=nullable)
    return _PLAIN[hint](allow_none=nullable)
