"""The declarative base: names of constraints, and how Python types become columns."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Boolean, Identity, LargeBinary, MetaData, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables. Text for states (an enum under row-level security cannot use its index), bigint for money."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        int: BigInteger(),
        bool: Boolean(),
        bytes: LargeBinary(),
        datetime: TIMESTAMP(timezone=True),
        uuid.UUID: UUID(as_uuid=True),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
        list[int]: ARRAY(BigInteger()),
    }


class WithId:
    """An internal key, never shown outside."""

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True, sort_order=-100)


class WithPublicId(WithId):
    """`public_id` is what people and partners see; it says nothing about volume."""

    public_id: Mapped[uuid.UUID] = mapped_column(
        server_default=text("gen_random_uuid()"), unique=True, sort_order=-99
    )


class WithCreatedAt:
    """When the row was written, in machine time."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=900)
