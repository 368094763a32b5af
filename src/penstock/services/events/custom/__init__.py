"""Custom event buses: AWS's API ``eventbridgev2``, of buses that keep their events and subscribers that read them."""

from penstock.services.events.custom.service import EventsV2

__all__ = ["EventsV2"]
