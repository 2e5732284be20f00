"""Moves a practice run along: simulator up -> agency made -> shops connected -> mapped -> orders."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from agency.demo.practice import Practice


@dataclass
class Director:
    """`advance` is called every second or so and never waits."""

    practice: Practice
    settings: dict[str, Any]
    agency_id: int | None = None
    scene: str = "waiting for the simulator"
    ready_at: float | None = None
    _set_up: bool = field(default=False)

    def advance(self) -> bool:
        """One step; True once every sku is mapped and orders may come."""
        if self.ready_at is not None:
            return True
        if not self._set_up:
            if not self.practice.stage.is_up():
                return False
            self._set_stage({})
            self._set_up = True
        if self.agency_id is None:
            self.scene = "making the practice agency"
            self.agency_id = self.practice.find_agency() or self.practice.make()
            doors = self.practice.supplier_doors(self.agency_id)
            self._set_stage(doors)
        self.scene = f"connecting {sum(len(client.shops) for client in self.practice.clients)} shops"
        if not self.practice.map_everything(self.agency_id):
            return False
        self.scene, self.ready_at = "orders are flowing", time.monotonic()
        return True

    def _set_stage(self, doors: dict[str, str]) -> None:
        practice = self.practice
        practice.stage.set_up(practice.web_url, self.settings, doors, practice.clients)
