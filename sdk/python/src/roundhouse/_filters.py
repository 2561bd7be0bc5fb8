"""How lists are filtered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, List, Mapping, Sequence, Tuple, Union

from typing_extensions import TypedDict

__all__ = ["Comparison", "Filter", "filter_parameters"]

Value = Union[str, int, float, bool, datetime]

#: Comparisons of a field: `{"gt": "2026-01-01", "lt": "2026-02-01"}`; `in` and `nin` take several values, `regex` RE2 syntax.
Comparison = TypedDict(
    "Comparison",
    {
        "eq": Value,
        "ne": Value,
        "gt": Value,
        "lt": Value,
        "gte": Value,
        "lte": Value,
        "in": Sequence[Value],
        "nin": Sequence[Value],
        "regex": str,
    },
    total=False,
)

#: The filter of a field: the value it must have, or comparisons.
Filter = Union[str, int, float, bool, datetime, Comparison]


def filter_parameters(filters: Mapping[str, Any]) -> List[Tuple[str, Any]]:
    """Query parameters, `field` or `field[operator]`."""
    parameters: List[Tuple[str, Any]] = []
    for name, wanted in filters.items():
        if isinstance(wanted, Mapping):
            parameters.extend((f"{name}[{operator}]", value) for operator, value in wanted.items())
        elif wanted is not None:
            parameters.append((name, wanted))
    return parameters
