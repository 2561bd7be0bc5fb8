"""A dashboard in a terminal: the servers of a hub and how they are, a call that tells its progress, then what happens, until it is interrupted.

    HUB=http://localhost:8080 KEY=… python dashboard.py
"""

import os
import sys
from typing import Sequence

from roundhouse import Retry, Roundhouse, RoundhouseError
from roundhouse.types import connect


def tell_retry(retry: Retry) -> None:
    print(f"{retry.operation} is sent again in {retry.wait_seconds:.1f} s", file=sys.stderr)


def call(hub: Roundhouse) -> None:
    arguments = {"duration": 1, "steps": 2}
    for told in hub.connect.tools.invoke_stream("trigger-long-running-operation", arguments=arguments):
        if told.type == "progress":
            print(f"step {told.data['progress']} of {told.data['total']}")
        if told.type == "result":
            for block in told.data["content"]:
                if block["type"] == "text":
                    print(block["text"])


def main() -> None:
    url, key = os.environ.get("HUB", "http://localhost:8080"), os.environ["KEY"]
    with Roundhouse(url, api_key=key, on_retry=tell_retry) as hub:
        for server in hub.connect.servers.list():
            print(f"{server['name']}  {server['status']}  {server['toolCount']} tools")

        # The stream is opened before the call, so that it tells of the call.
        types: Sequence[connect.EventType] = ["tool.invoked", "server.connected", "server.disconnected"]
        with hub.connect.sse.stream_events(types=types).open() as events:
            call(hub)
            for event in events:
                if event.type == "tool.invoked":
                    print(f"{event.data['toolName']} was called", flush=True)
                elif event.type == "server.connected":
                    print(f"{event.data['serverName']} has {event.data['toolCount']} tools", flush=True)
                elif event.type == "server.disconnected":
                    print(f"{event.data['serverName']} is away", flush=True)


try:
    main()
except RoundhouseError as error:
    sys.exit(str(error))
