"""The one error that everything here raises."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Dict, Mapping, Optional

__all__ = ["RoundhouseError"]


class RoundhouseError(Exception):
    """A call that failed.

    Attributes:
        code: The API's code, such as `RESOURCE_NOT_FOUND`; for a failure without an answer of the hub, a code that the README
            lists, such as `CONNECTION_FAILED`.
        status: The HTTP status; 0 where there was no answer.
        message: For people.
        details: Further facts from the API; `outcome` is `not_run` or `unknown` where a lost link leaves it open.
        request_id: Under which the hub's log has the call.
        retry_after_ms: When to try again, milliseconds from the answer, where the hub says so.
        operation: `api.operationId` of what was called.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 0,
        details: Optional[Mapping[str, Any]] = None,
        request_id: Optional[str] = None,
        retry_after_ms: Optional[int] = None,
        operation: str = "",
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.details: Dict[str, Any] = dict(details or {})
        self.request_id = request_id
        self.retry_after_ms = retry_after_ms
        self.operation = operation

    def __str__(self) -> str:
        status = "" if self.status == 0 else f" ({self.status})"
        return f"{self.code}{status}: {self.message}"

    def __repr__(self) -> str:
        return f"RoundhouseError(code={self.code!r}, status={self.status!r}, message={self.message!r}, operation={self.operation!r})"


def error_from_body(
    body: Any, status: int, headers: Mapping[str, str], operation: str = ""
) -> RoundhouseError:
    """Reads a failure in the form of any of the five APIs. An answer in another form still gives an error."""
    code, message, details = f"HTTP_{status}", f"The answer has status {status}", {}
    request_id, retry_after = headers.get("x-request-id"), retry_after_ms(headers.get("retry-after"))
    if isinstance(body, Mapping):
        inner = body.get("error")
        # `{error: {code, message}}`, `{error: "message", code}`, `{detail: "message", code}`.
        source = inner if isinstance(inner, Mapping) else body
        text = source.get("message") if isinstance(inner, Mapping) else body.get("error", body.get("detail"))
        code = str(source.get("code") or code)
        message = text if isinstance(text, str) else message
        given = source.get("details")
        details = dict(given) if isinstance(given, Mapping) else {}
        seconds = source.get("retry_after", details.get("retry_after", details.get("retryAfter")))
        if retry_after is None and isinstance(seconds, (int, float)) and not isinstance(seconds, bool):
            retry_after = max(0, int(seconds * 1000))
        metadata = body.get("metadata")
        if request_id is None and isinstance(metadata, Mapping):
            request_id = metadata.get("request_id")
    return RoundhouseError(
        code,
        message,
        status=status,
        details=details,
        request_id=request_id,
        retry_after_ms=retry_after,
        operation=operation,
    )


def retry_after_ms(header: Optional[str]) -> Optional[int]:
    """`Retry-After`: seconds, or a date."""
    if header is None:
        return None
    try:
        return max(0, int(float(header) * 1000))
    except (ValueError, OverflowError):
        pass
    try:
        moment = parsedate_to_datetime(header)
    except (TypeError, ValueError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0, int((moment - datetime.now(timezone.utc)).total_seconds() * 1000))
