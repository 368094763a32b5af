"""Which operations leave records, by the settings of the trail."""

from collections.abc import Callable, Iterable

from penstock.audit import Journal, Management, Selector, Settings
from penstock.clock import Ids
from penstock.server.auditing.entry import Called, Entry
from penstock.server.call import Call, Params
from penstock.server.front import Front
from penstock.server.trail import Plan


class Auditing:
    """Plans the records of all services, and makes entries for calls."""

    def __init__(self, journal: Journal, ids: Ids) -> None:
        self._journal = journal
        self._ids = ids
        self._fronts: tuple[Front, ...] = ()
        self._by_arn: dict[str, Front] = {}

    def serve(self, fronts: Iterable[Front]) -> None:
        """Takes the services on."""
        self._fronts = tuple(fronts)
        self._by_arn = {front.model.signing_name: front for front in self._fronts}
        self._by_arn |= {front.name: front for front in self._fronts}
        self.apply()

    def apply(self) -> None:
        """Plans anew, by the settings as they are now."""
        for front in self._fronts:
            front.audited = _Plans(front, self._journal.settings)

    def entry(self, front: Front, plan: Plan, call: Call, params: Params) -> Entry:
        """Returns the entry of a call, within which it is made."""
        return Entry(self._journal, self._ids, self._by_arn, Called(front, plan, call, params))


class _Plans(dict[str, Plan | None]):
    """The plans of a service's operations, each made when it is first asked for."""

    def __init__(self, front: Front, settings: Settings) -> None:
        super().__init__()
        self._front = front
        self._settings = settings

    def __missing__(self, name: str) -> Plan | None:
        self[name] = plan = _plan(self._front, name, self._settings)
        return plan


def _plan(front: Front, name: str, settings: Settings) -> Plan | None:
    trail = front.service.trail
    is_read = trail.is_read(name)
    if name in trail.data:
        means = [one for one in settings.data if one.means(is_read=is_read)]
        mine = [one for one in means if any(map(one.is_of, front.arn_services))]
        return Plan(name, True, is_read, _wanted(mine)) if mine else None
    if settings.management is Management.NONE or (is_read and settings.management is Management.WRITES):
        return None
    return Plan(name, False, is_read, None)


def _wanted(selectors: list[Selector]) -> Callable[[str], bool]:
    prefixes = tuple(selector.prefix for selector in selectors)
    return lambda arn: arn.startswith(prefixes)
