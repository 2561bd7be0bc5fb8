"""Streams for asyncio. Each is an asynchronous iterator and context manager; leaving it, or `close` from any task, ends it."""

from __future__ import annotations

import json
from os import PathLike
from typing import TYPE_CHECKING, Any, AsyncGenerator, AsyncIterator, Generic, Optional, TypeVar, Union, cast

import anyio
import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError

from ._answer import name_of
from ._closing import AsyncClosing
from ._errors import RoundhouseError
from ._request import Prepared
from ._settings import SILENCE_SECONDS
from ._streams import EVENT_STREAM, E, Event, EventBound, Lines, Place, answer_event, is_passing, lost
from .gen.behaviour import CONNECTION_FAILED

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._async_transport import AsyncTransport

__all__ = ["AsyncAnswerStream", "AsyncByteStream", "AsyncEventStream", "AsyncLineStream"]

T = TypeVar("T")


def events_of(request: Prepared, response: httpx.Response, most: int) -> "AsyncIterator[ServerSentEvent]":
    """The events of an answer, each of them bounded."""
    bound, pieces = EventBound(request, response, most), response.aiter_bytes

    async def bounded(*given: Any) -> AsyncIterator[bytes]:
        async for piece in pieces(*given):
            yield bound.take(piece)

    response.aiter_bytes = bounded  # type: ignore[method-assign,assignment]
    return EventSource(response).aiter_sse()


class _AsyncStream(AsyncClosing, Generic[T]):
    """The base of all streams."""

    def __init__(self, hub: AsyncTransport, request: Prepared, timeout: Optional[float]) -> None:
        self._hub = hub
        self._request = request
        self._timeout = timeout
        self._response: Optional[httpx.Response] = None
        self._is_ended = False
        self._ended: Optional[anyio.Event] = None
        self._items = self._read()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        failure: Exception
        try:
            return await self._items.__anext__()
        except (httpx.HTTPError, httpx.StreamError, SSEError, OSError, anyio.ClosedResourceError) as loss:
            failure = loss
        except RuntimeError:
            # The generator is busy: another task closes it at this moment.
            if not self._is_ended:
                raise
            raise StopAsyncIteration from None
        if self._is_ended:
            raise StopAsyncIteration
        await self.close()
        raise lost(self._request, failure, self._hub.settings.base_url)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def open(self) -> Self:
        """Opens it now rather than when it is read first: what happens from here on is not missed.

        Raises:
            RoundhouseError: the hub refuses it.
        """
        if self._response is None and not self._is_ended:
            self._response = await self._connect()
        return self

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come."""
        return self._is_ended

    async def close(self) -> None:
        """Ends the stream. If another task waits for the next item, that task gets the end of the stream."""
        self._end()
        try:
            await self._items.aclose()
        except RuntimeError:
            # The stream is being read: closing the connection ends the reader, too.
            pass
        response = self._response
        if response is not None:
            with anyio.CancelScope(shield=True):
                await response.aclose()

    def _end(self) -> None:
        self._is_ended = True
        if self._ended is not None:
            self._ended.set()

    async def _pause(self, seconds: float) -> bool:
        """Whether it was ended meanwhile."""
        if not self._is_ended:
            self._ended = anyio.Event()
            with anyio.move_on_after(seconds):
                await self._ended.wait()
        return self._is_ended

    async def _opened(self) -> Optional[httpx.Response]:
        response = self._response = self._response or await self._connect()
        if not self._is_ended:
            return response
        await response.aclose()
        return None

    async def _connect(self, retries: Optional[int] = None) -> httpx.Response:
        raise NotImplementedError

    def _read(self) -> AsyncGenerator[T, None]:
        raise NotImplementedError


class AsyncEventStream(_AsyncStream[E]):
    """Events as they happen. A lost connection is taken up where it was lost, until the stream is closed."""

    def __init__(self, hub: AsyncTransport, request: Prepared, timeout: Optional[float]) -> None:
        self._place = Place(request)
        self._was_open = False
        super().__init__(hub, request, timeout)

    @property
    def last_event_id(self) -> Optional[str]:
        """Where it is; a later stream that is given it goes on from there."""
        return self._place.last_event_id

    async def _connect(self, retries: Optional[int] = None) -> httpx.Response:
        limits = httpx.Timeout(self._timeout or SILENCE_SECONDS, read=SILENCE_SECONDS)
        return await self._hub.send(
            self._request,
            accept=EVENT_STREAM,
            headers=self._place.headers,
            stream=True,
            limits=limits,
            retries=retries,
        )

    async def _read(self) -> AsyncGenerator[E, None]:
        while not self._is_ended:
            if self._response is None and self._was_open:
                self._response = await self._reconnect()
                if self._response is None:
                    return
            response = await self._opened()
            if response is None:
                return
            self._was_open = True
            try:
                if response.status_code == 204:
                    return
                async for sse in events_of(self._request, response, self._hub.settings.max_answer_bytes):
                    event = self._place.take(sse)
                    if event is not None:
                        yield cast(E, event)
                    if sse.event == "close" or self._is_ended:
                        break
            except (httpx.TransportError, anyio.ClosedResourceError):
                pass
            finally:
                self._response = None
                with anyio.CancelScope(shield=True):
                    await response.aclose()
            if self._place.is_over or await self._pause(self._place.pause()):
                return

    async def _reconnect(self) -> Optional[httpx.Response]:
        while not self._is_ended:
            try:
                return await self._connect(retries=0)
            except RoundhouseError as error:
                if not is_passing(error) and not self._is_ended:
                    raise
                pause = max(self._place.pause(), (error.retry_after_ms or 0) / 1000)
            await self._pause(pause)
        return None


class AsyncAnswerStream(_AsyncStream[Event]):
    """A call that reports its progress: events such as `progress`, and at last `result` with the result of the call.

    Closing it cancels the call. Where it fails, reading raises `RoundhouseError`.
    """

    async def result(self) -> Any:
        """Reads to the end, and returns the result of the call."""
        async for event in self:
            if event.type == "result":
                return event.data
        raise RoundhouseError(CONNECTION_FAILED, "It was closed before its end", operation=name_of(self._request.operation))

    async def _connect(self, retries: Optional[int] = None) -> httpx.Response:
        limits = httpx.Timeout(self._timeout or SILENCE_SECONDS, read=self._timeout or self._request.own_timeout or 75.0)
        return await self._hub.send(self._request, accept=EVENT_STREAM, stream=True, limits=limits)

    async def _read(self) -> AsyncGenerator[Event, None]:
        response = await self._opened()
        if response is None:
            return
        try:
            async for sse in events_of(self._request, response, self._hub.settings.max_answer_bytes):
                if sse.data == "":
                    continue
                event = answer_event(self._request, sse)
                if event.type == "result":
                    self._end()
                yield event
                if self._is_ended:
                    return
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()
        if not self._is_ended:
            raise httpx.RemoteProtocolError("The stream ended before its result")


class AsyncLineStream(_AsyncStream[T]):
    """Lines as they come: text, or objects where each line is JSON."""

    async def _connect(self, retries: Optional[int] = None) -> httpx.Response:
        limits = httpx.Timeout(self._timeout or SILENCE_SECONDS, read=None)
        return await self._hub.send(self._request, accept="application/x-ndjson, text/plain", stream=True, limits=limits)

    async def _read(self) -> AsyncGenerator[T, None]:
        response = await self._opened()
        if response is None:
            return
        lines = Lines(self._request, response, self._hub.settings.max_answer_bytes)
        try:
            async for piece in response.aiter_bytes():
                for line in lines.feed(piece):
                    yield line
                if self._is_ended:
                    return
            for line in lines.end():
                yield line
            self._end()
        except json.JSONDecodeError as broken:
            raise httpx.ReadError(str(broken)) from None
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()


class AsyncByteStream(_AsyncStream[bytes]):
    """A download, piece by piece."""

    async def read(self) -> bytes:
        """All of it."""
        return b"".join([piece async for piece in self])

    async def save(self, path: Union[str, PathLike[str]]) -> int:
        """Writes it to a new file; gives its size. An existing file is not touched, and nothing is left of a download that failed."""
        size = 0
        async with await anyio.open_file(path, "xb") as file:
            try:
                async for piece in self:
                    size += await file.write(piece)
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await anyio.Path(path).unlink()
                raise
        return size

    async def _connect(self, retries: Optional[int] = None) -> httpx.Response:
        return await self._hub.send(self._request, self._timeout, accept="application/octet-stream", stream=True)

    async def _read(self) -> AsyncGenerator[bytes, None]:
        response = await self._opened()
        if response is None:
            return
        try:
            async for piece in response.aiter_bytes():
                yield piece
                if self._is_ended:
                    return
            self._end()
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()
