"""What can be wrong with a design file."""

from __future__ import annotations

from cadvlm.errors import InputError


class Unreadable(InputError):
    """A design file that cannot become a construction sequence, and the countable reason why."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        """One or two words that can be counted: ``corrupt_json``, ``open_loop``."""
        self.detail = detail
        """What a person needs to find the place in this one file."""

    def __reduce__(self) -> tuple[type[Unreadable], tuple[str, str]]:
        # The default rebuilds from the message alone and would lose the reason between processes.
        return Unreadable, (self.reason, self.detail)
