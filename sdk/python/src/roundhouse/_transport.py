"""Calls for threads."""

from __future__ import annotations

import threading
import time
import weakref
from typing import Any, Callable, Mapping, Optional, Protocol, TypeVar, cast

import httpx

from ._answer import Whole, error_of, name_of, parsed, result_of
from ._credentials import Credentials, SignIn
from ._errors import RoundhouseError
from ._operation import Operation
from ._pages import Page
from ._request import Prepared, prepare
from ._retry import error_of_loss
from ._settings import OVER, Settings, accept_of
from ._streams import AnswerStream, ByteStream, EventStream, LineStream
from .gen.behaviour import CALL_TIMEOUT, CLIENT_CLOSED

__all__ = ["Transport"]

class _Closable(Protocol):
    def close(self) -> None: ...


T = TypeVar("T")
S = TypeVar("S", bound=_Closable)
Given = Optional[Mapping[str, Any]]


class Transport:
    """Sends requests, again where that is safe; may be used by any number of threads."""

    def __init__(self, settings: Settings, credentials: Credentials, client: httpx.Client) -> None:
        self.settings = settings
        self._credentials = credentials
        self._client = client
        self._signing_in = threading.Lock()
        self._closed = threading.Event()
        self._streams: weakref.WeakSet[_Closable] = weakref.WeakSet()

    def with_settings(self, settings: Settings) -> Transport:
        """The same connections and credentials with other settings."""
        other = Transport(settings, self._credentials, self._client)
        other._signing_in, other._closed, other._streams = self._signing_in, self._closed, self._streams
        return other

    def close(self) -> None:
        """Ends its streams, waits and connections."""
        self._closed.set()
        for stream in list(self._streams):
            stream.close()
        self._client.close()

    def call(
        self,
        operation: Operation[T],
        path: Given = None,
        query: Given = None,
        body: Given = None,
        timeout: Optional[float] = None,
    ) -> T:
        """Calls an operation, and returns its result."""
        request = prepare(operation, path, query, None, body)
        return cast(T, result_of(operation, self.send(request, timeout)))

    def page(
        self,
        operation: Operation[T],
        path: Given = None,
        query: Given = None,
        filters: Given = None,
        timeout: Optional[float] = None,
    ) -> Page[T]:
        """Asks for a page of a list."""
        return self.page_at(prepare(operation, path, query, filters), timeout)

    def page_at(self, request: Prepared, timeout: Optional[float]) -> Page[Any]:
        """The page that a request asks for."""
        return Page(self, self.send(request, timeout), request, timeout)

    def events(
        self, operation: Operation[T], path: Given = None, query: Given = None, timeout: Optional[float] = None
    ) -> EventStream[T]:
        """Opens a stream of events when it is read."""
        return self._keep(EventStream[T](self, prepare(operation, path, query), timeout))

    def answer_stream(
        self,
        operation: Operation[Any],
        path: Given = None,
        query: Given = None,
        body: Given = None,
        timeout: Optional[float] = None,
    ) -> AnswerStream:
        """Opens a call that tells how it gets on."""
        return self._keep(AnswerStream(self, prepare(operation, path, query, None, body), timeout))

    def lines(
        self, operation: Operation[Any], path: Given = None, query: Given = None, timeout: Optional[float] = None
    ) -> LineStream[Any]:
        """Opens a stream of lines."""
        return self._keep(LineStream(self, prepare(operation, path, query), timeout))

    def bytes(
        self, operation: Operation[Any], path: Given = None, body: Given = None, timeout: Optional[float] = None
    ) -> ByteStream:
        """Opens a download."""
        return self._keep(ByteStream(self, prepare(operation, path, None, None, body), timeout))

    def wait(
        self,
        look: Callable[[], T],
        on_progress: Optional[Callable[[T], None]],
        poll_seconds: float,
        wait_timeout: Optional[float],
    ) -> T:
        """Looks, less and less often, until the work is over."""
        end = None if wait_timeout is None else time.monotonic() + wait_timeout
        delay, seen = min(0.2, poll_seconds), None
        while True:
            state = look()
            if on_progress is not None and state != seen:
                on_progress(state)
            seen = state
            if cast(Mapping[str, Any], state).get("status") in OVER:
                return state
            if end is not None and time.monotonic() + delay > end:
                raise RoundhouseError(CALL_TIMEOUT, f"It was not over within {wait_timeout} seconds")
            self.sleep(delay)
            delay = min(delay * 1.5, poll_seconds)

    def sleep(self, seconds: float) -> None:
        """Raises: RoundhouseError with code `CLIENT_CLOSED`, at once, when the client is closed."""
        if self._closed.wait(seconds):
            raise RoundhouseError(CLIENT_CLOSED, "The client has been closed")

    def send(
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
            if self._closed.is_set():
                raise RoundhouseError(CLIENT_CLOSED, "The client has been closed", operation=name_of(operation))
            authorization = None if operation.open else self._authorization()
            all_headers = settings.headers_for(
                accept or accept_of(operation), authorization, request.content is not None
            )
            all_headers.update(headers or {})
            began = time.monotonic()
            answer = self._try(request, all_headers, most, stream)
            if isinstance(answer, httpx.Response):
                settings.tell_answer(name_of(operation), operation.method, request.path, answer.status_code, began)
                if answer.status_code < 400 and (answer.status_code < 300 or operation.unwrap == "location"):
                    return answer
                error = error_of(operation, answer)
                if error.status == 401 and not renewed and isinstance(self._credentials, SignIn) and authorization:
                    renewed = True
                    self._authorization(refused=authorization)
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
            self.sleep(wait)

    def _try(
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
            response = self._client.send(sent, stream=True, follow_redirects=False)
            try:
                if not stream or response.status_code >= 300:
                    whole = Whole(request.operation, response, self.settings.max_answer_bytes)
                    for piece in response.iter_bytes():
                        whole.add(piece)
                    response.close()
                    return whole.response
            except BaseException:
                response.close()
                raise
            return response
        except httpx.TransportError as loss:
            return loss
        except httpx.DecodingError as broken:
            return httpx.ReadError(str(broken))
        except RuntimeError:
            # httpx says so of a client that was closed.
            if not self._closed.is_set() and not self._client.is_closed:
                raise
            return httpx.ConnectError("The client has been closed")

    def _authorization(self, refused: Optional[str] = None) -> Optional[str]:
        credentials = self._credentials
        if not isinstance(credentials, SignIn):
            return None if credentials is None else credentials.header
        with self._signing_in:
            while credentials.is_stale(refused):
                operation, body = credentials.step()
                try:
                    answer = self.send(prepare(operation, body=body))
                except RoundhouseError as error:
                    if not credentials.can_fall_back(operation) or error.status == 0 or error.status >= 429:
                        raise
                    continue
                credentials.take(parsed(operation, answer))
                break
            return credentials.header

    def _keep(self, stream: S) -> S:
        self._streams.add(stream)
        return stream
