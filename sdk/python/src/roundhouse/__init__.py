"""The Roundhouse client: all five APIs of a hub, for threads (`Roundhouse`) and for asyncio (`AsyncRoundhouse`).

>>> from roundhouse import Roundhouse
>>> hub = Roundhouse("http://127.0.0.1:8080", api_key="…")
>>> hub.connect.tools.invoke("echo", arguments={"message": "hello"})
"""

from ._async_streams import AsyncAnswerStream, AsyncByteStream, AsyncEventStream, AsyncLineStream
from ._client import AsyncRoundhouse, Roundhouse
from ._errors import RoundhouseError
from ._filters import Comparison, Filter
from ._operation import OMIT, Omit
from ._pages import AsyncPage, Page
from ._settings import Retry
from ._streams import AnswerStream, ByteStream, Event, EventStream, LineStream
from ._version import __version__

__all__ = [
    "OMIT",
    "AnswerStream",
    "AsyncAnswerStream",
    "AsyncByteStream",
    "AsyncEventStream",
    "AsyncLineStream",
    "AsyncPage",
    "AsyncRoundhouse",
    "ByteStream",
    "Comparison",
    "Event",
    "EventStream",
    "Filter",
    "LineStream",
    "Omit",
    "Page",
    "Retry",
    "Roundhouse",
    "RoundhouseError",
    "__version__",
]
