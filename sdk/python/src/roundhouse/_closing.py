"""Clients that a `with` block closes at its end."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Optional, Type

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["AsyncClosing", "Closing"]


class Closing:
    """For `with`."""

    @abstractmethod
    def close(self) -> None:
        """Closes the connections. May be called again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()


class AsyncClosing:
    """For `async with`."""

    @abstractmethod
    async def close(self) -> None:
        """Closes the connections. May be called again."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self.close()
