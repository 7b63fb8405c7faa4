"""Write a Souk plugin: what every one needs.

What changes a store is in ``souk_sdk.plans``, documents are in ``souk_sdk.documents``: a component
imports what its modules import, and shows what it can do.
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
