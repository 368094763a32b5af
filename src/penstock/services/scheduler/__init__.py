"""EventBridge Scheduler: something is done at a time, once or again and again.

It promises: each time that a schedule is due, its target has been asked, or there is a row that says when it is tried
again; the two are one commit, so a restart neither leaves a time out nor doubles it.
May import: schedules, delivery, server, identities, access, store, the ground.
"""

from penstock.services.scheduler.service import Scheduler

__all__ = ["Scheduler"]
