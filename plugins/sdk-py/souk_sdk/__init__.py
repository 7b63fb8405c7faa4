"""Write a Souk plugin: what every one needs.

What changes a store is in ``souk_sdk.plans``, so that a plugin which only reads imports nothing that
could.
"""

from .action import query
from .context import Context
from .criteria import Criteria, Filter, any_of, contains, none_of, starts_with
from .failure import Failure, fail
from .group import group
from .route import GLOBAL, SESSION_DEFAULT, Read, Route, view
from .schema import limits

__all__ = [
    "GLOBAL", "SESSION_DEFAULT", "Context", "Criteria", "Failure", "Filter", "Read", "Route",
    "any_of", "contains", "fail", "group", "limits", "none_of", "query", "starts_with", "view",
]
