"""What a scenario found, and how it reads in the table."""

from dataclasses import dataclass, field

HEAD = ("scenario", "rounds", "acknowledged", "missing", "duplicates", "restart, s (median, longest)")


@dataclass
class Outcome:
    """Counts over some rounds of one scenario. ``failures`` says what was not as it should be; it is to be empty."""

    scenario: str
    rounds: int = 0
    acknowledged: int = 0
    missing: int = 0
    duplicates: int = 0
    restarts_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Takes the rounds of another run of the scenario in."""
        self.rounds += other.rounds
        self.acknowledged += other.acknowledged
        self.missing += other.missing
        self.duplicates += other.duplicates
        self.restarts_s += other.restarts_s
        self.failures += other.failures

    def cells(self) -> tuple[str, ...]:
        """Returns the row of the table."""
        counts = (self.rounds, self.acknowledged, self.missing, self.duplicates)
        return (self.scenario, *(f"{count:,}" for count in counts), self._restart())

    def _restart(self) -> str:
        if not self.restarts_s:
            return "–"
        ordered = sorted(self.restarts_s)
        return f"{ordered[len(ordered) // 2]:.1f}, {ordered[-1]:.1f}"


def table(outcomes: list[Outcome]) -> str:
    """Returns the outcomes as a table in Markdown."""
    rows = [HEAD, ("---", *["---:"] * (len(HEAD) - 1)), *(outcome.cells() for outcome in outcomes)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
