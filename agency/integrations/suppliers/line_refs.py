"""Which TikTok lines travel in which of a supplier's packages, when one supplier line stands for several
units.

A purchase line for the units a, b of one sku goes out as the reference "a,b" with one quantity; a package
names the reference and how many pieces of it are inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def join_refs(line_ids: Sequence[str]) -> str:
    """The reference under which a supplier sees these lines."""
    return ",".join(line_ids)


def split_refs(line_ref: str) -> list[str]:
    """The TikTok line ids in a reference."""
    return [part.strip() for part in line_ref.split(",") if part.strip()]


def allot(ordered: Mapping[str, int], packages: Sequence[Mapping[str, int]]) -> list[dict[str, int]]:
    """For each package, how many pieces of each TikTok line it holds.

    `ordered` and `packages` map references to pieces. Pieces are given to the lines of a reference in turn,
    so that the first package takes the first lines. A reference that was not ordered is read by the package
    alone.
    """
    used: dict[str, int] = {}
    return [_share(ordered, used, package) for package in packages]


def _share(ordered: Mapping[str, int], used: dict[str, int], package: Mapping[str, int]) -> dict[str, int]:
    shares: dict[str, int] = {}
    for line_ref, pieces in package.items():
        ids = split_refs(line_ref)
        if not ids or pieces < 1:
            continue
        per_line = max(1, ordered.get(line_ref, pieces) // len(ids))
        first = used.get(line_ref, 0)
        used[line_ref] = first + pieces
        for piece in range(first, first + pieces):
            line_id = ids[min(piece // per_line, len(ids) - 1)]
            shares[line_id] = shares.get(line_id, 0) + 1
    return shares
