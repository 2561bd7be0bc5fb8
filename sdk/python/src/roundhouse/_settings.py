"""The common part of the transports for threads and for asyncio."""

from __future__ import annotations

import logging
import platform
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Optional
from urllib.parse import urlsplit

import httpx

from ._errors import RoundhouseError
from ._operation import Operation
from ._retry import RetryPolicy
from ._version import __version__

__all__ = ["OVER", "Retry", "Settings"]

#: Logs each answer at level DEBUG and each retry at level INFO, but no credential and no body.
log = logging.getLogger("roundhouse")

#: How long work is over.
OVER = frozenset(["completed", "failed", "cancelled"])

#: The hub says something on every open stream every few seconds.
SILENCE_SECONDS = 30.0
_CONNECT_SECONDS = 10.0
#: A longer answer is an error. Downloads have no limit.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_USER_AGENT = f"roundhouse-sdk-python/{__version__} Python/{platform.python_version()}"


@dataclass(frozen=True)
class Retry:
    """A call that is sent again.

    Attributes:
        operation: `api.operationId` of the call.
        attempt: The attempt that failed, from 1 on.
        wait_seconds: How long it is until the next one.
        error: Why the attempt failed.
    """

    operation: str
    attempt: int
    wait_seconds: float
    error: RoundhouseError


@dataclass(frozen=True)
class Settings:
    """How calls are made."""

    base_url: str
    #: Seconds without an answer.
    timeout: float
    retry: RetryPolicy
    #: The longest answer that is read whole, and the longest event or line of a stream.
    max_answer_bytes: int = MAX_ANSWER_BYTES
    headers: Mapping[str, str] = field(default_factory=dict)
    on_retry: Optional[Callable[[Retry], None]] = None

    def tell_answer(self, operation: str, method: str, path: str, status: int, began: float) -> None:
        """Tells the log of an answer to a request that was sent at `began`, by the monotonic clock."""
        log.debug("%s: %s %s: %d in %d ms", operation, method, path, status, (time.monotonic() - began) * 1000)

    def tell_retry(self, operation: str, attempt: int, wait_seconds: float, error: RoundhouseError) -> None:
        """Tells the log and the caller that a call is sent again."""
        log.info("%s is sent again in %.1f s: %s", operation, wait_seconds, error)
        if self.on_retry is not None:
            self.on_retry(Retry(operation, attempt, wait_seconds, error))

    def timeout_for(self, seconds: Optional[float], own: Optional[float]) -> httpx.Timeout:
        """The time limit of one call: the caller's, or else the limit that its arguments need."""
        wanted = seconds if seconds is not None else max(self.timeout, own or 0.0)
        return httpx.Timeout(wanted, connect=min(wanted, _CONNECT_SECONDS))

    def headers_for(self, accept: str, authorization: Optional[str], has_body: bool) -> dict[str, str]:
        """Of one request."""
        headers = {"User-Agent": _USER_AGENT, **self.headers, "Accept": accept}
        if authorization is not None:
            headers["Authorization"] = authorization
        if has_body:
            headers["Content-Type"] = "application/json"
        return headers


def settings_of(
    base_url: str,
    timeout: float,
    max_retries: int,
    max_retry_wait: float,
    max_answer_bytes: int,
    headers: Optional[Mapping[str, str]],
    on_retry: Optional[Callable[[Retry], None]],
) -> Settings:
    """Checks the arguments of a client.

    Raises:
        ValueError: naming the argument.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"base_url must be an http or https address, not {base_url!r}")
    if parts.username or parts.password:
        raise ValueError("base_url must not contain credentials")
    if timeout <= 0:
        raise ValueError("timeout must be above 0")
    if max_retries < 0:
        raise ValueError("max_retries must not be negative")
    if max_answer_bytes < 1:
        raise ValueError("max_answer_bytes must be above 0")
    retry = RetryPolicy(max_retries, max_retry_wait)
    return Settings(base_url.rstrip("/"), timeout, retry, max_answer_bytes, dict(headers or {}), on_retry)


def accept_of(operation: Operation[Any]) -> str:
    """The media types that a call accepts."""
    return "*/*" if operation.unwrap in ("text", "formatted", "none", "location") else "application/json, */*;q=0.5"
