"""When a request is sent again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Optional

import httpx

from ._errors import RoundhouseError

__all__ = ["RetryPolicy", "error_of_loss"]

_FIRST_SECONDS = 0.5
_MOST_SECONDS = 8.0


@dataclass(frozen=True)
class RetryPolicy:
    """What reads is sent again after any passing failure; what changes something only where it was refused before it ran."""

    #: How often; 0 turns it off.
    most: int = 2
    #: A `Retry-After` above that, seconds, is left to the caller.
    most_wait: float = 60.0

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
        # Those who were refused at once must not come back at once.
        return seconds * (1 + random.random() * 0.1) + 0.05 if seconds <= self.most_wait else None

    def after_loss(self, attempt: int, method: str, loss: httpx.TransportError) -> Optional[float]:
        """The same where no answer came."""
        never_sent = isinstance(loss, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
        again = attempt < self.most and (never_sent or (method == "GET" and not isinstance(loss, httpx.ReadTimeout)))
        return backoff(attempt) if again else None


def backoff(attempt: int, first: float = _FIRST_SECONDS, most: float = _MOST_SECONDS) -> float:
    """Doubled each time, with jitter over its upper half, seconds."""
    whole = min(most, first * float(2 ** min(attempt, 16)))
    return whole * (0.5 + random.random() / 2)


def error_of_loss(loss: Exception, method: str, operation: str) -> RoundhouseError:
    """No answer came: what that means for what was asked."""
    never_sent = isinstance(loss, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
    code = "REQUEST_TIMEOUT" if isinstance(loss, httpx.TimeoutException) else "CONNECTION_FAILED"
    outcome = "not_run" if never_sent else "unknown"
    details = {} if method == "GET" else {"outcome": outcome}
    text = str(loss) or type(loss).__name__
    return RoundhouseError(code, text, details=details, operation=operation)
