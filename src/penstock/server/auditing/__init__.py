"""Makes a record of each call that the audit trail wants: one place for every service, over HTTP and in process."""

from penstock.server.auditing.auditing import Auditing

__all__ = ["Auditing"]
