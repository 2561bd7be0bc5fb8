"""The client that the MCP Automation System's document shows, as a face of `roundhouse`.

>>> from mcp_automation import Client
>>> client = Client(base_url="http://localhost:8080", token="your-token")
>>> client.get_status()
>>> client.update_server("github", version="latest")
"""

from __future__ import annotations

from typing import Any, Optional

from roundhouse import AsyncRoundhouse, Roundhouse, RoundhouseError
from roundhouse._closing import AsyncClosing, Closing
from roundhouse.gen.automation_flat import AsyncAutomationOperations, AutomationOperations

__all__ = ["AsyncClient", "Client", "RoundhouseError"]


class Client(Closing, AutomationOperations):
    """Every operation of the Automation API by its name. Its arguments are those of `roundhouse.Roundhouse`.

    Attributes:
        hub: The whole client: `hub.automation.updates.wait(…)` follows an update to its end, `hub.connect` is another API.
    """

    def __init__(self, base_url: str = "http://localhost:8080", token: Optional[str] = None, **options: Any) -> None:
        self.hub = Roundhouse(base_url, token=token, **options)
        super().__init__(self.hub.automation)

    def __repr__(self) -> str:
        return f"Client({self.hub!r})"

    def close(self) -> None:
        """Ends its connections."""
        self.hub.close()


class AsyncClient(AsyncClosing, AsyncAutomationOperations):
    """The same for asyncio."""

    def __init__(self, base_url: str = "http://localhost:8080", token: Optional[str] = None, **options: Any) -> None:
        self.hub = AsyncRoundhouse(base_url, token=token, **options)
        super().__init__(self.hub.automation)

    def __repr__(self) -> str:
        return f"AsyncClient({self.hub!r})"

    async def close(self) -> None:
        """Ends its connections."""
        await self.hub.close()
