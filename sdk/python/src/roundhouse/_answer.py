"""Takes the result out of an answer."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, Optional, Tuple

import httpx

from ._errors import RoundhouseError, error_from_body
from ._operation import Operation
from .gen.behaviour import INVALID_ANSWER

__all__ = ["error_of", "page_of", "result_of", "unwrap"]

#: The members of an envelope that are not part of the result.
_ENVELOPE = {"success", "timestamp", "metadata", "status"}


def result_of(operation: Operation[Any], response: httpx.Response) -> Any:
    """The result of an operation. The response has been read, and is no failure."""
    if operation.unwrap == "none":
        return None
    if operation.unwrap == "location":
        return response.headers.get("location", "")
    media = response.headers.get("content-type", "").split(";")[0].strip()
    if operation.unwrap == "text" or (media != "application/json" and media.startswith(("text/", "application/yaml"))):
        return response.text
    return unwrap(operation, parsed(operation, response))


def unwrap(operation: Operation[Any], body: Any) -> Any:
    """Takes the API's envelope off."""
    if operation.unwrap in ("bare", "formatted") or not isinstance(body, dict):
        return body
    if operation.unwrap == "data":
        return body.get("data")
    if operation.unwrap == "rest":
        return {name: value for name, value in body.items() if name not in _ENVELOPE}
    # The members next to `data` belong to the result.
    beside = {name: value for name, value in body.items() if name not in ("success", "timestamp", "data")}
    data = body.get("data")
    return {**data, **beside} if isinstance(data, dict) else beside


def page_of(operation: Operation[Any], response: httpx.Response) -> Tuple[list[Any], Dict[str, Any]]:
    """The items of a page, and the answer's facts about the page."""
    body = parsed(operation, response)
    inner = body.get("data") if operation.unwrap == "data" and isinstance(body, dict) else body
    name = operation.paging.items if operation.paging else ""
    if name == "":
        items, about = inner, body.get("metadata", {}) if isinstance(body, dict) else {}
    elif isinstance(inner, dict):
        items = inner.get(name)
        about = {key: value for key, value in inner.items() if key != name}
        if isinstance(about.get("pagination"), dict):
            about.update(about.pop("pagination"))
    else:
        items, about = None, {}
    if not isinstance(items, list):
        raise _invalid(operation, response, "The answer has no list of items")
    return items, dict(about)


def parsed(operation: Operation[Any], response: httpx.Response) -> Any:
    """An answer's JSON."""
    try:
        return json.loads(response.content)
    except ValueError:
        pass
    raise _invalid(operation, response, "The answer is no JSON")


def error_of(operation: Operation[Any], response: httpx.Response) -> RoundhouseError:
    """The error in a failed response. The response has been read."""
    if response.has_redirect_location:
        # The other host would get the request's body.
        message = f"The address redirects{_target_of(response)}, and redirects are not followed"
        return _invalid(operation, response, message)
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    headers: Mapping[str, str] = response.headers
    return error_from_body(body, response.status_code, headers, name_of(operation))


def too_long(operation: Operation[Any], response: httpx.Response, what: str, most: int) -> RoundhouseError:
    """The error for an answer, an event or a line that is too long."""
    return _invalid(operation, response, f"{what} is longer than {most} bytes (max_answer_bytes)")


class Whole:
    """Gathers an answer that is read whole."""

    def __init__(self, operation: Operation[Any], response: httpx.Response, most: int) -> None:
        self._operation = operation
        self._response = response
        self._most = most
        self._pieces: List[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Raises: RoundhouseError with code `INVALID_ANSWER` if the answer is too long."""
        self._size += len(piece)
        if self._size > self._most:
            raise too_long(self._operation, self._response, "The answer", self._most)
        self._pieces.append(piece)

    @property
    def response(self) -> httpx.Response:
        """The response with its content, which has been decoded."""
        given = self._response
        headers = [(name, value) for name, value in given.headers.multi_items() if name.lower() != "content-encoding"]
        return httpx.Response(given.status_code, headers=headers, content=b"".join(self._pieces), request=given.request)


def name_of(operation: Operation[Any]) -> str:
    """`api.operationId`."""
    return f"{operation.api}.{operation.id}"


def _target_of(response: httpx.Response) -> str:
    try:
        target = response.url.join(response.headers["location"])
    except httpx.InvalidURL:
        return ""
    return f" to {target.scheme}://{target.netloc.decode('ascii')}"


def _invalid(operation: Operation[Any], response: httpx.Response, message: str) -> RoundhouseError:
    request_id: Optional[str] = response.headers.get("x-request-id")
    return RoundhouseError(
        INVALID_ANSWER, message, status=response.status_code, request_id=request_id, operation=name_of(operation)
    )
