"""The client that MCP Connect's document shows, as a face of `roundhouse`.

>>> from mcp_connect import MCPConnectClient
>>> client = MCPConnectClient(base_url="http://localhost:3000", api_key="your-api-key")
>>> client.tools.list(category="storage")
>>> client.tools.invoke("read_file", path="/home/user/document.txt")
>>> for event in client.events.stream(types=["server.connected"]):
...     print(f"Event: {event.type}")
"""

from __future__ import annotations

from typing import Any, Optional, Sequence, Union, cast

from roundhouse import AsyncEventStream, AsyncRoundhouse, Event, EventStream, Roundhouse, RoundhouseError
from roundhouse._closing import AsyncClosing, Closing
from roundhouse.gen.connect import AsyncConnectApi, AsyncTools, ConnectApi, Tools
from roundhouse.types import connect as types

__all__ = ["AsyncMCPConnectClient", "Event", "MCPConnectClient", "RoundhouseError"]

Several = Union[str, Sequence[str], None]
EventTypes = Union[str, Sequence[types.EventType], None]


class _Tools(Tools):
    def invoke(  # type: ignore[override]
        self, name: str, server_id: Optional[str] = None, /, **arguments: Any
    ) -> types.InvokeToolResult:
        """Invokes a tool with these arguments. `server_id` (id or name) is needed where several servers have it."""
        return super().invoke(name, arguments=arguments, server_id=server_id)


class _AsyncTools(AsyncTools):
    async def invoke(  # type: ignore[override]
        self, name: str, server_id: Optional[str] = None, /, **arguments: Any
    ) -> types.InvokeToolResult:
        """Invokes a tool with these arguments. `server_id` (id or name) is needed where several servers have it."""
        return await super().invoke(name, arguments=arguments, server_id=server_id)


class Events:
    """Events of the hub, as they happen."""

    def __init__(self, api: ConnectApi) -> None:
        self._api = api

    def stream(
        self, types: EventTypes = None, servers: Several = None, last_event_id: Optional[str] = None
    ) -> EventStream[types.ServerEvent]:
        """Events of these types and servers; goes on from `last_event_id` where that is given."""
        return self._api.sse.stream_events(types=types, servers=servers, last_event_id=last_event_id)


class AsyncEvents:
    """Events of the hub, as they happen."""

    def __init__(self, api: AsyncConnectApi) -> None:
        self._api = api

    def stream(
        self, types: EventTypes = None, servers: Several = None, last_event_id: Optional[str] = None
    ) -> AsyncEventStream[types.ServerEvent]:
        """Events of these types and servers; goes on from `last_event_id` where that is given."""
        return self._api.sse.stream_events(types=types, servers=servers, last_event_id=last_event_id)


class MCPConnectClient(Closing, ConnectApi):
    """MCP Connect, with a member for each of its nouns. Its arguments are those of `roundhouse.Roundhouse`.

    Attributes:
        hub: The whole client, with the other APIs.
    """

    tools: _Tools

    def __init__(self, base_url: str = "http://localhost:3000", api_key: Optional[str] = None, **options: Any) -> None:
        self.hub = Roundhouse(base_url, api_key=api_key, **options)
        super().__init__(self.hub._transport)
        self.tools = _Tools(self.hub._transport)
        self.events = Events(cast(ConnectApi, self))

    def __repr__(self) -> str:
        return f"MCPConnectClient({self.hub!r})"

    def close(self) -> None:
        """Ends its streams and connections."""
        self.hub.close()


class AsyncMCPConnectClient(AsyncClosing, AsyncConnectApi):
    """The same for asyncio."""

    tools: _AsyncTools

    def __init__(self, base_url: str = "http://localhost:3000", api_key: Optional[str] = None, **options: Any) -> None:
        self.hub = AsyncRoundhouse(base_url, api_key=api_key, **options)
        super().__init__(self.hub._transport)
        self.tools = _AsyncTools(self.hub._transport)
        self.events = AsyncEvents(cast(AsyncConnectApi, self))

    def __repr__(self) -> str:
        return f"AsyncMCPConnectClient({self.hub!r})"

    async def close(self) -> None:
        """Ends its streams and connections."""
        await self.hub.close()
