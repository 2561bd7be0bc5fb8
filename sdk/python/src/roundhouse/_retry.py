"""When a request is sent again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Optional

import httpx

from ._errors import RoundhouseError
from .gen.behaviour import (
    CALL_TIMEOUT,
    CONNECTION_FAILED,
    FIRST_BACKOFF_SECONDS,
    MAX_BACKOFF_SECONDS,
    MAX_RETRY_WAIT_SECONDS,
    RETRIES,
)

__all__ = ["RetryPolicy", "error_of_loss"]


@dataclass(frozen=True)
class RetryPolicy:
    """A read is sent again after any passing failure; a change only if the hub refused it before it ran."""

    #: How often; 0 turns it off.
    most: int = RETRIES
    #: A `Retry-After` above that, seconds, is left to the caller.
    most_wait: float = MAX_RETRY_WAIT_SECONDS

    def after_error(self, attempt: int, method: str, error: RoundhouseError) -> Optional[float]:
        """Seconds to wait; `None`: not again."""
        if attempt >= self.most or error.details.get("retryable") is False:
            return None
        reads = method == "GET"
        refused = error.status == 429 or (error.status == 503 and error.details.get("outcome") == "not_run")
        if not refused and not (reads and error.status in (502, 503, 504)):
            return None
        if error.status in (502, 504) or error.retry_after_ms is None:
            return backoff(attempt)
        seconds = error.retry_after_ms / 1000
        # Clients that were refused at the same time must not come back at the same time.
        return seconds * (1 + random.random() * 0.1) + 0.05 if seconds <= self.most_wait else None

    def after_loss(self, attempt: int, method: str, loss: httpx.TransportError) -> Optional[float]:
        """The same where no answer came."""
        never_sent = isinstance(loss, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
        again = attempt < self.most and (never_sent or (method == "GET" and not isinstance(loss, httpx.ReadTimeout)))
        return backoff(attempt) if again else None


def backoff(attempt: int, first: float = FIRST_BACKOFF_SECONDS, most: float = MAX_BACKOFF_SECONDS) -> float:
    """Doubled each time, with jitter over its upper half, seconds."""
    whole = min(most, first * float(2 ** min(attempt, 16)))
    return whole * (0.5 + random.random() / 2)


def error_of_loss(loss: Exception, method: str, operation: str, address: str) -> RoundhouseError:
    """The error for a request without an answer, and its outcome."""
    never_sent = isinstance(loss, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
    is_late = isinstance(loss, httpx.TimeoutException)
    outcome = "not_run" if never_sent else "unknown"
    details = {} if method == "GET" else {"outcome": outcome}
    reason = str(loss) or type(loss).__name__
    if is_late:
        what = f"No answer from {address}{_within(loss)}"
    elif never_sent:
        what = f"The hub cannot be reached at {address}: {reason}"
    else:
        what = f"The connection broke before the answer was complete, to {address}: {reason}"
    return RoundhouseError(CALL_TIMEOUT if is_late else CONNECTION_FAILED, what, details=details, operation=operation)


def _within(loss: Exception) -> str:
    request = getattr(loss, "_request", None)
    timeouts = {} if request is None else request.extensions.get("timeout", {})
    seconds = timeouts.get("connect" if isinstance(loss, httpx.ConnectTimeout) else "read")
    return "" if seconds is None else f" within {seconds:g} seconds"
