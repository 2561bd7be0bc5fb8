"""Streams for threads. Each is an iterator and a context manager; leaving it, or `close` from any thread, ends it."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, Generator, Generic, Iterator, List, Optional, Union, cast

import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError
from typing_extensions import TypeVar

from ._answer import name_of, too_long, unwrap
from ._closing import Closing
from ._errors import RoundhouseError, error_from_body
from ._request import Prepared
from ._retry import backoff, error_of_loss
from ._settings import OVER, SILENCE_SECONDS
from .gen.behaviour import CONNECTION_FAILED

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._transport import Transport

__all__ = ["AnswerStream", "ByteStream", "Event", "EventStream", "LineStream"]

T = TypeVar("T")
Kind = TypeVar("Kind", bound=str, default=str)
Data = TypeVar("Data", default=Any)

EVENT_STREAM = "text/event-stream"
_MOST_RECONNECT_SECONDS = 30.0
_FIRST_RECONNECT_SECONDS = 1.0


@dataclass(frozen=True)
class Event(Generic[Kind, Data]):
    """Something that happened.

    Attributes:
        type: Such as `server.connected`. `reset` says that there is a gap: the hub no longer keeps the missed events.
        data: The data of the event.
        id: Its place in the stream, where the stream has places.
    """

    type: Kind
    data: Data
    id: Optional[str] = None


E = TypeVar("E", default=Event)


def event_of(type: str, text: str, id: str) -> Event:
    """An event as it was sent. Text that is no JSON stays text."""
    try:
        data = json.loads(text)
    except ValueError:
        data = text
    return Event(type, data, id or None)


class Place:
    """Where a stream of events is, and when it comes back after a loss."""

    def __init__(self, request: Prepared) -> None:
        query = dict(request.query)
        given = query.pop("lastEventId", None) or query.pop("last_event_id", None)
        request.query = query
        self.last_event_id: Optional[str] = None if given is None else str(given)
        self.is_over = False
        self._finite = request.operation.finite
        self._pause = _FIRST_RECONNECT_SECONDS
        self._losses = 0

    @property
    def headers(self) -> "dict[str, str]":
        """The headers of the request that resumes the stream."""
        return {} if self.last_event_id is None else {"Last-Event-ID": self.last_event_id}

    def take(self, sse: Any) -> Optional[Event]:
        """The event for the reader, if the message holds one."""
        self._losses = 0
        if sse.retry is not None:
            self._pause = max(0.1, sse.retry / 1000)
        if sse.id:
            self.last_event_id = sse.id
        if sse.data == "" or sse.event == "close":
            return None
        event = event_of(sse.event, sse.data, sse.id)
        status = event.data.get("status") if isinstance(event.data, dict) else None
        if self._finite and event.type == "status_change":
            self.is_over = status in OVER
        return event

    def pause(self) -> float:
        """Seconds until the next try."""
        self._losses += 1
        return backoff(self._losses - 1, self._pause, _MOST_RECONNECT_SECONDS)


def is_passing(error: RoundhouseError) -> bool:
    """Whether a stream that was there may be there again."""
    return error.status == 0 or error.status == 429 or error.status >= 500


def lost(request: Prepared, loss: Exception, address: str) -> RoundhouseError:
    """A stream broke that cannot be taken up."""
    return error_of_loss(loss, request.operation.method, name_of(request.operation), address)


class _Stream(Closing, Generic[T]):
    """The base of all streams."""

    def __init__(self, hub: Transport, request: Prepared, timeout: Optional[float]) -> None:
        self._hub = hub
        self._request = request
        self._timeout = timeout
        self._response: Optional[httpx.Response] = None
        self._ended = threading.Event()
        self._items = self._read()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        failure: Optional[Exception] = None
        try:
            return next(self._items)
        except (httpx.HTTPError, httpx.StreamError, SSEError, OSError) as loss:
            failure = loss
        except ValueError:
            # The generator is busy: another thread closes it at this moment.
            if not self._ended.is_set():
                raise
            raise StopIteration from None
        self.close()
        raise lost(self._request, failure, self._hub.settings.base_url)

    def __enter__(self) -> Self:
        return self.open()

    def open(self) -> Self:
        """Opens it now rather than when it is read first: what happens from here on is not missed.

        Raises:
            RoundhouseError: the hub refuses it.
        """
        if self._response is None and not self._ended.is_set():
            self._response = self._connect()
        return self

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come."""
        return self._ended.is_set()

    def close(self) -> None:
        """Ends the stream. If another thread waits for the next item, that thread gets the end of the stream."""
        self._ended.set()
        try:
            self._items.close()
        except ValueError:
            # The stream is being read: closing the connection ends the reader, too.
            interrupt(self._response)
            return
        if self._response is not None:
            self._response.close()

    def _opened(self) -> Optional[httpx.Response]:
        """The response to read from; `None` where it was closed meanwhile."""
        response = self._response = self._response or self._connect()
        if not self._ended.is_set():
            return response
        response.close()
        return None

    def _connect(self, retries: Optional[int] = None) -> httpx.Response:
        raise NotImplementedError

    def _read(self) -> Generator[T, None, None]:
        raise NotImplementedError


def interrupt(response: Optional[httpx.Response]) -> None:
    """Wakes who reads a response in another thread."""
    network = response.extensions.get("network_stream") if response is not None else None
    connection = network.get_extra_info("socket") if network is not None else None
    if connection is None:
        return
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


class EventStream(_Stream[E]):
    """Events as they happen. A lost connection is taken up where it was lost, until the stream is closed."""

    def __init__(self, hub: Transport, request: Prepared, timeout: Optional[float]) -> None:
        self._place = Place(request)
        self._was_open = False
        super().__init__(hub, request, timeout)

    @property
    def last_event_id(self) -> Optional[str]:
        """Where it is; a later stream that is given it goes on from there."""
        return self._place.last_event_id

    def _connect(self, retries: Optional[int] = None) -> httpx.Response:
        limits = httpx.Timeout(self._timeout or SILENCE_SECONDS, read=SILENCE_SECONDS)
        return self._hub.send(
            self._request,
            accept=EVENT_STREAM,
            headers=self._place.headers,
            stream=True,
            limits=limits,
            retries=retries,
        )

    def _read(self) -> Generator[E, None, None]:
        while not self._ended.is_set():
            if self._response is None and self._was_open:
                self._response = self._reconnect()
                if self._response is None:
                    return
            response = self._opened()
            if response is None:
                return
            self._was_open = True
            try:
                if response.status_code == 204:
                    return
                for sse in events_of(self._request, response, self._hub.settings.max_answer_bytes):
                    event = self._place.take(sse)
                    if event is not None:
                        yield cast(E, event)
                    if sse.event == "close" or self._ended.is_set():
                        break
            except httpx.TransportError:
                pass
            finally:
                self._response = None
                response.close()
            if self._place.is_over or self._ended.wait(self._place.pause()):
                return

    def _reconnect(self) -> Optional[httpx.Response]:
        while not self._ended.is_set():
            try:
                return self._connect(retries=0)
            except RoundhouseError as error:
                if not is_passing(error) and not self._ended.is_set():
                    raise
                pause = max(self._place.pause(), (error.retry_after_ms or 0) / 1000)
            self._ended.wait(pause)
        return None


class AnswerStream(_Stream[Event]):
    """A call that reports its progress: events such as `progress`, and at last `result` with the result of the call.

    Closing it cancels the call. Where it fails, reading raises `RoundhouseError`.
    """

    def result(self) -> Any:
        """Reads to the end, and returns the result of the call."""
        for event in self:
            if event.type == "result":
                return event.data
        raise RoundhouseError(CONNECTION_FAILED, "It was closed before its end", operation=name_of(self._request.operation))

    def _connect(self, retries: Optional[int] = None) -> httpx.Response:
        limits = httpx.Timeout(self._timeout or SILENCE_SECONDS, read=self._timeout or self._request.own_timeout or 75.0)
        return self._hub.send(self._request, accept=EVENT_STREAM, stream=True, limits=limits)

    def _read(self) -> Generator[Event, None, None]:
        response = self._opened()
        if response is None:
            return
        try:
            for sse in events_of(self._request, response, self._hub.settings.max_answer_bytes):
                if sse.data == "":
                    continue
                event = answer_event(self._request, sse)
                if event.type == "result":
                    self._ended.set()
                yield event
                if self._ended.is_set():
                    return
        except httpx.TransportError:
            if not self._ended.is_set():
                raise
        finally:
            response.close()
        if not self._ended.is_set():
            raise httpx.RemoteProtocolError("The stream ended before its result")


def answer_event(request: Prepared, sse: Any) -> Event:
    """An event of a call's stream.

    Raises:
        RoundhouseError: the call failed.
    """
    event = event_of(sse.event, sse.data, "")
    if event.type == "error":
        raise error_from_body(event.data, 0, {}, name_of(request.operation))
    return Event("result", unwrap(request.operation, event.data)) if event.type == "result" else event


class EventBound:
    """Bounds each event of a stream. The reader of httpx-sse keeps an event of any length."""

    def __init__(self, request: Prepared, response: httpx.Response, most: int) -> None:
        self._request = request
        self._response = response
        self._most = most
        self._size = 0
        self._last = b""

    def take(self, piece: bytes) -> bytes:
        """The piece, if the event that it goes on with is not too long.

        Raises:
            RoundhouseError: with code `INVALID_ANSWER`.
        """
        text = self._last + piece
        end = max(text.rfind(mark) for mark in (b"\n\n", b"\r\r", b"\n\r"))
        self._size = self._size + len(piece) if end < 0 else len(text) - end - 2
        self._last = text[-1:]
        if self._size > self._most:
            raise too_long(self._request.operation, self._response, "An event", self._most)
        return piece


def events_of(request: Prepared, response: httpx.Response, most: int) -> "Iterator[ServerSentEvent]":
    """The events of an answer, each of them bounded."""
    bound, pieces = EventBound(request, response, most), response.iter_bytes
    response.iter_bytes = lambda *given: (bound.take(piece) for piece in pieces(*given))  # type: ignore[method-assign]
    return EventSource(response).iter_sse()


class Lines:
    """Cuts text into lines at line feeds only, whatever pieces it comes in."""

    def __init__(self, request: Prepared, response: httpx.Response, most: int) -> None:
        self._rest = bytearray()
        self._as_json = is_json_lines(response)
        self._request = request
        self._response = response
        self._most = most

    def feed(self, piece: bytes) -> List[Any]:
        """The lines that are complete with this piece; empty ones keep a connection alive, and mean nothing in JSON."""
        self._rest += piece
        lines: List[bytes] = []
        if b"\n" in piece:
            *lines, rest = bytes(self._rest).split(b"\n")
            self._rest = bytearray(rest)
        if len(self._rest) > self._most:
            raise too_long(self._request.operation, self._response, "A line", self._most)
        return [self._item(line) for line in lines if line.strip() or not self._as_json]

    def end(self) -> List[Any]:
        """The last line, if it has no line break."""
        return [self._item(bytes(self._rest))] if self._rest.strip() else []

    def _item(self, line: bytes) -> Any:
        if self._as_json:
            return json.loads(line)
        return line.decode("utf-8", "replace").rstrip("\r")


def is_json_lines(response: httpx.Response) -> bool:
    """Whether each line is JSON."""
    return "json" in str(response.headers.get("content-type", ""))


class LineStream(_Stream[T]):
    """Lines as they come: text, or objects where each line is JSON."""

    def _connect(self, retries: Optional[int] = None) -> httpx.Response:
        limits = httpx.Timeout(self._timeout or SILENCE_SECONDS, read=None)
        return self._hub.send(self._request, accept="application/x-ndjson, text/plain", stream=True, limits=limits)

    def _read(self) -> Generator[T, None, None]:
        response = self._opened()
        if response is None:
            return
        lines = Lines(self._request, response, self._hub.settings.max_answer_bytes)
        try:
            for piece in response.iter_bytes():
                yield from lines.feed(piece)
                if self._ended.is_set():
                    return
            yield from lines.end()
        except (httpx.TransportError, ValueError) as loss:
            if not self._ended.is_set():
                raise httpx.ReadError(str(loss)) from None
        finally:
            self._ended.set()
            response.close()


class ByteStream(_Stream[bytes]):
    """A download, piece by piece."""

    def read(self) -> bytes:
        """All of it."""
        return b"".join(self)

    def save(self, path: Union[str, PathLike[str]]) -> int:
        """Writes it to a new file; gives its size. An existing file is not touched, and nothing is left of a download that failed."""
        import os

        size = 0
        with open(path, "xb") as file:
            try:
                for piece in self:
                    size += file.write(piece)
            except BaseException:
                os.unlink(path)
                raise
        return size

    def _connect(self, retries: Optional[int] = None) -> httpx.Response:
        return self._hub.send(self._request, self._timeout, accept="application/octet-stream", stream=True)

    def _read(self) -> Generator[bytes, None, None]:
        response = self._opened()
        if response is None:
            return
        try:
            for piece in response.iter_bytes():
                yield piece
                if self._ended.is_set():
                    return
        except httpx.TransportError:
            if not self._ended.is_set():
                raise
        finally:
            self._ended.set()
            response.close()
