"""Lists that come in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, AsyncIterator, Dict, Generic, Iterator, List, Optional, TypeVar

from ._answer import page_of
from ._request import Prepared

if TYPE_CHECKING:
    import httpx

    from ._async_transport import AsyncTransport
    from ._transport import Transport

__all__ = ["AsyncPage", "Page"]

T = TypeVar("T")


class _Page(List[T]):
    """The base of both kinds of pages."""

    def __init__(self, items: List[T], metadata: Dict[str, Any], request: Prepared, timeout: Optional[float]) -> None:
        super().__init__(items)
        #: The answer's facts about the page, such as `total`, `limit`, `page`.
        self.metadata = metadata
        self._request = request
        self._timeout = timeout

    @property
    def total(self) -> Optional[int]:
        """How many there are on all pages, where the API says so."""
        total = self.metadata.get("total")
        return total if isinstance(total, int) else None

    @property
    def has_more(self) -> bool:
        """Whether another page follows."""
        return self._next_query() is not None

    def _next_query(self) -> Optional[Dict[str, Any]]:
        paging, about = self._request.operation.paging, self.metadata
        if paging is None or len(self) == 0:
            return None
        if paging.style == "page":
            page = int(about.get("page", 1))
            more = about.get("has_next", page < int(about.get("pages", about.get("total_pages", page))))
            return {"page": page + 1} if more else None
        start = int(about.get(paging.style, 0))
        more = about.get("has_more", start + len(self) < int(about.get("total", 0)))
        if about.get("totalIsExact") is False:
            more = len(self) >= int(about.get("limit", len(self)))
        return {paging.style: start + len(self)} if more else None


class Page(_Page[T], Generic[T]):
    """A page of a list: a list itself. `all` goes on to what follows."""

    def __init__(self, hub: Transport, response: httpx.Response, request: Prepared, timeout: Optional[float]) -> None:
        items, metadata = page_of(request.operation, response)
        super().__init__(items, metadata, request, timeout)
        self._hub = hub

    def next_page(self) -> Optional[Page[T]]:
        """The page after this one; `None` after the last."""
        query = self._next_query()
        return None if query is None else self._hub.page_at(self._request.with_query(query), self._timeout)

    def pages(self) -> Iterator[Page[T]]:
        """This page and all that follow, each asked for when it is its turn."""
        page: Optional[Page[T]] = self
        while page is not None:
            yield page
            page = page.next_page()

    def all(self) -> Iterator[T]:
        """The items of this page and of all that follow."""
        for page in self.pages():
            yield from page


class AsyncPage(_Page[T], Generic[T]):
    """A page of a list: a list itself. `all` goes on to what follows."""

    def __init__(
        self, hub: AsyncTransport, response: httpx.Response, request: Prepared, timeout: Optional[float]
    ) -> None:
        items, metadata = page_of(request.operation, response)
        super().__init__(items, metadata, request, timeout)
        self._hub = hub

    async def next_page(self) -> Optional[AsyncPage[T]]:
        """The page after this one; `None` after the last."""
        query = self._next_query()
        return None if query is None else await self._hub.page_at(self._request.with_query(query), self._timeout)

    async def pages(self) -> AsyncIterator[AsyncPage[T]]:
        """This page and all that follow, each asked for when it is its turn."""
        page: Optional[AsyncPage[T]] = self
        while page is not None:
            yield page
            page = await page.next_page()

    async def all(self) -> AsyncIterator[T]:
        """The items of this page and of all that follow."""
        async for page in self.pages():
            for item in page:
                yield item
