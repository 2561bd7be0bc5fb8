"""The clients."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Callable, Mapping, Optional, Union

import httpx

from ._async_transport import AsyncTransport
from ._closing import AsyncClosing, Closing
from ._credentials import credentials_of
from ._settings import MAX_ANSWER_BYTES, Retry, settings_of
from ._transport import Transport
from .gen.automation import AsyncAutomationApi, AutomationApi
from .gen.backend import AsyncBackendApi, BackendApi
from .gen.behaviour import MAX_RETRY_WAIT_SECONDS, RETRIES, TIMEOUT_SECONDS
from .gen.connect import AsyncConnectApi, ConnectApi
from .gen.infrastructure import AsyncInfrastructureApi, InfrastructureApi
from .gen.portal import AsyncPortalApi, PortalApi

if TYPE_CHECKING:
    import ssl

__all__ = ["AsyncRoundhouse", "Roundhouse"]

DEFAULT_URL = "http://127.0.0.1:8080"


class Roundhouse(Closing):
    """A hub, with a member for each of its APIs. May be used by any number of threads.

    Args:
        base_url: The hub's address.
        token: An access token or API key, or a function that gives one when it is needed.
        api_key: The same, by the name that the documents of `connect` and `backend` have for it.
        username: With `password`: signs in when it is needed, and again before the access token ends.
        timeout: Seconds without an answer after which a call fails.
        max_retries: How often a call is sent again where that is safe.
        max_retry_wait: A `Retry-After` above that, in seconds, is not waited for: the error has it.
        max_answer_bytes: The longest answer that is read whole, and the longest event or line of a stream; a longer one is an error.
            Downloads have no limit.
        headers: Sent with every request.
        on_retry: Told before a call waits to be sent again. The logger `roundhouse` tells of that, too, and of each answer.
        verify: As httpx has it: `False`, or a context with the hub's authority.
        http_client: A client of one's own, for proxies and the like; it is closed with this one.

    Example:
        >>> with Roundhouse("http://127.0.0.1:8080", api_key=key) as hub:
        ...     for tool in hub.connect.tools.list(category="storage").all():
        ...         print(tool["name"])
    """

    automation: AutomationApi
    infrastructure: InfrastructureApi
    portal: PortalApi
    connect: ConnectApi
    backend: BackendApi

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        token: Union[str, Callable[[], str], None] = None,
        api_key: Optional[str] = None,
        username: Optional[str] = None,
        password: Optional[str] = None,
        timeout: float = TIMEOUT_SECONDS,
        max_retries: int = RETRIES,
        max_retry_wait: float = MAX_RETRY_WAIT_SECONDS,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        headers: Optional[Mapping[str, str]] = None,
        on_retry: Optional[Callable[[Retry], None]] = None,
        verify: "Union[bool, ssl.SSLContext]" = True,
        http_client: Optional[httpx.Client] = None,
    ) -> None:
        settings = settings_of(base_url, timeout, max_retries, max_retry_wait, max_answer_bytes, headers, on_retry)
        credentials = credentials_of(token, api_key, username, password)
        self._use(Transport(settings, credentials, http_client or httpx.Client(verify=verify)))

    def _use(self, transport: Transport) -> None:
        self._transport = transport
        self.automation = AutomationApi(transport)
        self.infrastructure = InfrastructureApi(transport)
        self.portal = PortalApi(transport)
        self.connect = ConnectApi(transport)
        self.backend = BackendApi(transport)

    def __repr__(self) -> str:
        return f"Roundhouse({self._transport.settings.base_url!r})"

    def with_options(self, *, timeout: Optional[float] = None, max_retries: Optional[int] = None) -> Roundhouse:
        """A client with the same connections and credentials, and other limits. Closing either closes both."""
        settings = self._transport.settings
        other = Roundhouse.__new__(Roundhouse)
        most = settings.retry.most if max_retries is None else max_retries
        limits = replace(settings, timeout=timeout or settings.timeout, retry=replace(settings.retry, most=most))
        other._use(self._transport.with_settings(limits))
        return other

    def close(self) -> None:
        """Ends its streams, waits and connections."""
        self._transport.close()


class AsyncRoundhouse(AsyncClosing):
    """A hub, with a member for each of its APIs, for asyncio. Its arguments are those of `Roundhouse`.

    Example:
        >>> async with AsyncRoundhouse("http://127.0.0.1:8080", api_key=key) as hub:
        ...     async for event in hub.connect.sse.stream_events(types=["server.connected"]):
        ...         print(event.data["serverName"])
    """

    automation: AsyncAutomationApi
    infrastructure: AsyncInfrastructureApi
    portal: AsyncPortalApi
    connect: AsyncConnectApi
    backend: AsyncBackendApi

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        token: Union[str, Callable[[], str], None] = None,
        api_key: Optional[str] = None,
        username: Optional[str] = None,
        password: Optional[str] = None,
        timeout: float = TIMEOUT_SECONDS,
        max_retries: int = RETRIES,
        max_retry_wait: float = MAX_RETRY_WAIT_SECONDS,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        headers: Optional[Mapping[str, str]] = None,
        on_retry: Optional[Callable[[Retry], None]] = None,
        verify: "Union[bool, ssl.SSLContext]" = True,
        http_client: Optional[httpx.AsyncClient] = None,
    ) -> None:
        settings = settings_of(base_url, timeout, max_retries, max_retry_wait, max_answer_bytes, headers, on_retry)
        credentials = credentials_of(token, api_key, username, password)
        self._use(AsyncTransport(settings, credentials, http_client or httpx.AsyncClient(verify=verify)))

    def _use(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self.automation = AsyncAutomationApi(transport)
        self.infrastructure = AsyncInfrastructureApi(transport)
        self.portal = AsyncPortalApi(transport)
        self.connect = AsyncConnectApi(transport)
        self.backend = AsyncBackendApi(transport)

    def __repr__(self) -> str:
        return f"AsyncRoundhouse({self._transport.settings.base_url!r})"

    def with_options(self, *, timeout: Optional[float] = None, max_retries: Optional[int] = None) -> AsyncRoundhouse:
        """A client with the same connections and credentials, and other limits. Closing either closes both."""
        settings = self._transport.settings
        other = AsyncRoundhouse.__new__(AsyncRoundhouse)
        most = settings.retry.most if max_retries is None else max_retries
        limits = replace(settings, timeout=timeout or settings.timeout, retry=replace(settings.retry, most=most))
        other._use(self._transport.with_settings(limits))
        return other

    async def close(self) -> None:
        """Ends its streams and connections."""
        await self._transport.close()
