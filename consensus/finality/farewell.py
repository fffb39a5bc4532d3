"""Helps who missed a change of voters: the last commit of a set, again, to whom still waits for it.

Once a block that changes the voters is final, its voters fall silent. A node that missed their
commit would wait forever, so who has it says it again when it hears someone of that set; and a
node that hears of a later set than its own asks. All of it is unchecked until the commit arrives,
so it is rationed.
"""

from __future__ import annotations

from collections import OrderedDict

from consensus.finality.vote import CommitMessage

MAX_FAREWELLS = 8
"""Sets whose last commit is kept: who missed more has to sync."""

GAP = 8
"""In units of T: rare enough that nobody can make us shout."""

NEVER = -float("inf")


class Farewells:
    """The last commits of sets that are over, and when to send them, or to ask for one."""

    def __init__(self, unit_seconds: float) -> None:
        self._gap = GAP * unit_seconds
        self._kept: OrderedDict[int, CommitMessage] = OrderedDict()
        self._said_at: dict[int, float] = {}
        self._heard: set[int] = set()
        self._is_behind = False
        self._asked_at = NEVER

    def keep(self, commit: CommitMessage) -> None:
        """Remember the commit that ended its set."""
        self._kept[commit.set_id] = commit
        if len(self._kept) > MAX_FAREWELLS:
            self._said_at.pop(self._kept.popitem(last=False)[0], None)

    def hear(self, set_id: int, ours: int) -> bool:
        """Note a message of another set; return whether there is something to do about it."""
        if set_id > ours:
            self._is_behind = True
            return True
        if set_id in self._kept:
            self._heard.add(set_id)
            return True
        return False

    def due(self, now: float) -> list[CommitMessage]:
        """Return the commits to send now, each once in a while."""
        ready = [
            set_id
            for set_id in sorted(self._heard)
            if set_id in self._kept and now - self._said_at.get(set_id, NEVER) >= self._gap
        ]
        self._heard.clear()
        for set_id in ready:
            self._said_at[set_id] = now
        return [self._kept[set_id] for set_id in ready]

    def may_ask(self, now: float) -> bool:
        """Return whether to ask for the commit that ended our set, once in a while."""
        if not self._is_behind or now - self._asked_at < self._gap:
            return False
        self._asked_at, self._is_behind = now, False
        return True
