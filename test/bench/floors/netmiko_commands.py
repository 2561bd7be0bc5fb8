"""Times commands with netmiko: how long all of them take on one connection, milliseconds. The only argument: what to do, as JSON."""
import json
import sys
import time

from netmiko import ConnectHandler

task = json.loads(sys.argv[1])
with ConnectHandler(**task["connect"]) as device:
    device.send_command(task["command"], **task["send"])
    start = time.perf_counter()
    for _ in range(task["count"]):
        device.send_command(task["command"], **task["send"])
    print(json.dumps({"ms": (time.perf_counter() - start) * 1000}))
