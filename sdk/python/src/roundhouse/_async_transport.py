"""Calls for asyncio (and trio, as far as httpx serves it)."""

from __future__ import annotations

import time
import weakref
from typing import Any, Awaitable, Callable, Mapping, Optional, TypeVar, cast

import anyio
import httpx

from ._answer import Whole, error_of, name_of, parsed, result_of
from ._async_streams import AsyncAnswerStream, AsyncByteStream, AsyncEventStream, AsyncLineStream
from ._credentials import Credentials, SignIn
from ._errors import RoundhouseError
from ._operation import Operation
from ._pages import AsyncPage
from ._request import Prepared, prepare
from ._retry import error_of_loss
from ._settings import OVER, Settings, accept_of
from .gen.behaviour import CALL_TIMEOUT, CLIENT_CLOSED

__all__ = ["AsyncTransport"]

T = TypeVar("T")
S = TypeVar("S", bound=Any)
Given = Optional[Mapping[str, Any]]


class _Shared:
    """The part that transports with other settings share. A lock belongs to an event loop, and is made in it."""

    def __init__(self) -> None:
        self.lock: Optional[anyio.Lock] = None
        self.is_closed = False
        self.streams: weakref.WeakSet[Any] = weakref.WeakSet()


class AsyncTransport:
    """Sends requests, again where that is safe. Cancelling a task cancels its call."""

    def __init__(self, settings: Settings, credentials: Credentials, client: httpx.AsyncClient) -> None:
        self.settings = settings
        self._credentials = credentials
        self._client = client
        self._shared = _Shared()

    def with_settings(self, settings: Settings) -> AsyncTransport:
        """The same connections and credentials with other settings."""
        other = AsyncTransport(settings, self._credentials, self._client)
        other._shared = self._shared
        return other

    async def close(self) -> None:
        """Ends its streams and connections."""
        self._shared.is_closed = True
        for stream in list(self._shared.streams):
            await stream.close()
        await self._client.aclose()

    async def call(
        self,
        operation: Operation[T],
        path: Given = None,
        query: Given = None,
        body: Given = None,
        timeout: Optional[float] = None,
    ) -> T:
        """Calls an operation, and returns its result."""
        request = prepare(operation, path, query, None, body)
        return cast(T, result_of(operation, await self.send(request, timeout)))

    async def page(
        self,
        operation: Operation[T],
        path: Given = None,
        query: Given = None,
        filters: Given = None,
        timeout: Optional[float] = None,
    ) -> AsyncPage[T]:
        """Asks for a page of a list."""
        return await self.page_at(prepare(operation, path, query, filters), timeout)

    async def page_at(self, request: Prepared, timeout: Optional[float]) -> AsyncPage[Any]:
        """The page that a request asks for."""
        return AsyncPage(self, await self.send(request, timeout), request, timeout)

    def events(
        self, operation: Operation[T], path: Given = None, query: Given = None, timeout: Optional[float] = None
    ) -> AsyncEventStream[T]:
        """Opens a stream of events when it is read."""
        return self._keep(AsyncEventStream[T](self, prepare(operation, path, query), timeout))

    def answer_stream(
        self,
        operation: Operation[Any],
        path: Given = None,
        query: Given = None,
        body: Given = None,
        timeout: Optional[float] = None,
    ) -> AsyncAnswerStream:
        """Opens a call that tells how it gets on."""
        return self._keep(AsyncAnswerStream(self, prepare(operation, path, query, None, body), timeout))

    def lines(
        self, operation: Operation[Any], path: Given = None, query: Given = None, timeout: Optional[float] = None
    ) -> AsyncLineStream[Any]:
        """Opens a stream of lines."""
        return self._keep(AsyncLineStream(self, prepare(operation, path, query), timeout))

    def bytes(
        self, operation: Operation[Any], path: Given = None, body: Given = None, timeout: Optional[float] = None
    ) -> AsyncByteStream:
        """Opens a download."""
        return self._keep(AsyncByteStream(self, prepare(operation, path, None, None, body), timeout))

    async def wait(
        self,
        look: Callable[[], Awaitable[T]],
        on_progress: Optional[Callable[[T], None]],
        poll_seconds: float,
        wait_timeout: Optional[float],
    ) -> T:
        """Looks, less and less often, until the work is over."""
        end = None if wait_timeout is None else time.monotonic() + wait_timeout
        delay, seen = min(0.2, poll_seconds), None
        while True:
            state = await look()
            if on_progress is not None and state != seen:
                on_progress(state)
            seen = state
            if cast(Mapping[str, Any], state).get("status") in OVER:
                return state
            if end is not None and time.monotonic() + delay > end:
                raise RoundhouseError(CALL_TIMEOUT, f"It was not over within {wait_timeout} seconds")
            await anyio.sleep(delay)
            delay = min(delay * 1.5, poll_seconds)

    async def send(
        self,
        request: Prepared,
        timeout: Optional[float] = None,
        *,
        accept: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
        stream: bool = False,
        limits: Optional[httpx.Timeout] = None,
        retries: Optional[int] = None,
    ) -> httpx.Response:
        """Sends a request until it is answered or must not be sent again; of a stream, only the head has been read.

        Raises:
            RoundhouseError: whatever goes wrong.
        """
        operation, settings = request.operation, self.settings
        most = limits or settings.timeout_for(timeout, request.own_timeout)
        attempt, renewed = 0, False
        while True:
            if self._shared.is_closed:
                raise RoundhouseError(CLIENT_CLOSED, "The client has been closed", operation=name_of(operation))
            authorization = None if operation.open else await self._authorization()
            all_headers = settings.headers_for(
                accept or accept_of(operation), authorization, request.content is not None
            )
            all_headers.update(headers or {})
            began = time.monotonic()
            answer = await self._try(request, all_headers, most, stream)
            if isinstance(answer, httpx.Response):
                settings.tell_answer(name_of(operation), operation.method, request.path, answer.status_code, began)
                if answer.status_code < 400 and (answer.status_code < 300 or operation.unwrap == "location"):
                    return answer
                error = error_of(operation, answer)
                if error.status == 401 and not renewed and isinstance(self._credentials, SignIn) and authorization:
                    renewed = True
                    await self._authorization(refused=authorization)
                    continue
                wait = settings.retry.after_error(attempt, operation.method, error)
            else:
                error = error_of_loss(answer, operation.method, name_of(operation), settings.base_url)
                wait = settings.retry.after_loss(attempt, operation.method, answer)
            if wait is None or (retries is not None and attempt >= retries):
                # The error of httpx would show the request, its headers included.
                raise error
            attempt += 1
            settings.tell_retry(name_of(operation), attempt, wait, error)
            await anyio.sleep(wait)

    async def _try(
        self, request: Prepared, headers: Mapping[str, str], timeout: httpx.Timeout, stream: bool
    ) -> "httpx.Response | httpx.TransportError":
        try:
            sent = self._client.build_request(
                request.operation.method,
                request.url(self.settings.base_url),
                headers=dict(headers),
                content=request.content,
                timeout=timeout,
            )
            response = await self._client.send(sent, stream=True, follow_redirects=False)
            try:
                if not stream or response.status_code >= 300:
                    whole = Whole(request.operation, response, self.settings.max_answer_bytes)
                    async for piece in response.aiter_bytes():
                        whole.add(piece)
                    await response.aclose()
                    return whole.response
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
                raise
            return response
        except httpx.TransportError as loss:
            return loss
        except httpx.DecodingError as broken:
            return httpx.ReadError(str(broken))
        except (RuntimeError, anyio.ClosedResourceError) as closed:
            if not self._shared.is_closed and not self._client.is_closed and isinstance(closed, RuntimeError):
                raise
            return httpx.ConnectError("The client has been closed")

    async def _authorization(self, refused: Optional[str] = None) -> Optional[str]:
        credentials = self._credentials
        if not isinstance(credentials, SignIn):
            return None if credentials is None else credentials.header
        if self._shared.lock is None:
            self._shared.lock = anyio.Lock()
        async with self._shared.lock:
            while credentials.is_stale(refused):
                operation, body = credentials.step()
                try:
                    answer = await self.send(prepare(operation, body=body))
                except RoundhouseError as error:
                    if not credentials.can_fall_back(operation) or error.status == 0 or error.status >= 429:
                        raise
                    continue
                credentials.take(parsed(operation, answer))
                break
            return credentials.header

    def _keep(self, stream: S) -> S:
        self._shared.streams.add(stream)
        return stream
