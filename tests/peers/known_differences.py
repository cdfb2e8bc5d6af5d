"""Where ddb-local differs from DynamoDB Local 1.25.1 because AWS's service does.

Each entry: a name, when it applies, why, and the source. "L!" is a row of the house's table of DynamoDB's behaviours, which
was measured; docs/compatibility.md lists what a user can notice.
"""

from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Known:
    name: str
    applies: Callable  # (step, ours, theirs); answers are (status, body), errors {"type", "message"}
    reason: str
    source: str
    diverging: bool = False  # the two servers hold different rows after it, though both answered 200


KNOWN = []


def find(step, ours, theirs):
    """The entry that explains a difference, None where none does."""
    for known in KNOWN:
        if known.applies(step, ours, theirs):
            return known
    return None
