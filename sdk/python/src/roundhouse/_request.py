"""Makes requests out of arguments."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple
from urllib.parse import quote, urlencode

from ._filters import filter_parameters
from ._operation import OMIT, Operation
from .gen.behaviour import TIMEOUT_MARGIN_SECONDS

__all__ = ["Prepared", "prepare"]


@dataclass
class Prepared:
    """A request that may be sent any number of times."""

    operation: Operation[Any]
    path: str
    query: Dict[str, Any] = field(default_factory=dict)
    filters: Mapping[str, Any] = field(default_factory=dict)
    content: Optional[bytes] = None
    #: Seconds, where the arguments say how long it may take.
    own_timeout: Optional[float] = None

    def url(self, base_url: str) -> str:
        """The address, query included."""
        pairs = [(name, value) for name, value in self.query.items() if value is not None and value is not OMIT]
        text = urlencode([(name, _query_text(value)) for name, value in pairs + filter_parameters(self.filters)])
        return f"{base_url}{self.path}{'?' + text if text else ''}"

    def with_query(self, more: Mapping[str, Any]) -> Prepared:
        """The same with other values in its query."""
        query = {**self.query, **more}
        return Prepared(self.operation, self.path, query, self.filters, self.content, self.own_timeout)


def prepare(
    operation: Operation[Any],
    path: Optional[Mapping[str, Any]] = None,
    query: Optional[Mapping[str, Any]] = None,
    filters: Optional[Mapping[str, Any]] = None,
    body: Optional[Mapping[str, Any]] = None,
) -> Prepared:
    """A request of an operation.

    Raises:
        ValueError: a part of the path is empty, or would lead elsewhere.
    """
    place = operation.path
    for name, value in (path or {}).items():
        place = place.replace("{" + name + "}", _segment(name, value))
    content, own_timeout = None, None
    if operation.body is not None:
        given = {name: value for name, value in (body or {}).items() if _is_given(operation, name, value)}
        if given or operation.body == "required":
            content = json.dumps(given, default=_json_value, allow_nan=False, separators=(",", ":")).encode()
        own_timeout = _own_timeout(given)
    return Prepared(operation, place, dict(query or {}), dict(filters or {}), content, own_timeout)


def _own_timeout(body: Mapping[str, Any]) -> Optional[float]:
    """How long a call may take that names its own limit: `timeoutMs`, or `timeout` in seconds."""
    milliseconds, seconds = body.get("timeoutMs"), body.get("timeout")
    if isinstance(milliseconds, (int, float)):
        seconds = milliseconds / 1000
    return seconds + TIMEOUT_MARGIN_SECONDS if isinstance(seconds, (int, float)) and seconds > 0 else None


def _is_given(operation: Operation[Any], name: str, value: Any) -> bool:
    return value is not OMIT and (value is not None or name in operation.nullable)


def _segment(name: str, value: Any) -> str:
    text = str(value)
    if text in ("", ".", ".."):
        raise ValueError(f"{name} must not be {text!r}")
    return quote(text, safe="")


def _query_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date)):
        return str(_json_value(value))
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(_query_text(one) for one in value)
    return str(value)


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (Sequence, set, frozenset)) and not isinstance(value, (bytes, bytearray)):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")


def header_list(*pairs: Tuple[str, Optional[str]]) -> List[Tuple[str, str]]:
    """Headers, without the absent ones."""
    return [(name, value) for name, value in pairs if value is not None]
