"""Changes to a store: they are proposed, and the host reviews, sends and takes back."""

from .action import apply, commit, prepare
from .change import SUBJECT, ChangeBuilder, Step, from_response, step
from .changes import Changes
from .draft import ApplyContext, PrepareContext
from .pointer import element
from .results import AppliedResult, PreparedResult, applied

__all__ = [
    "SUBJECT", "AppliedResult", "ApplyContext", "ChangeBuilder", "Changes", "PrepareContext",
    "PreparedResult", "Step", "applied", "apply", "commit", "element", "from_response", "prepare",
    "step",
]
