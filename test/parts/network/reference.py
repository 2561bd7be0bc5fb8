"""Runs commands on a device with netmiko, and prints their outputs as JSON. The only argument: what to do, as JSON."""
import json
import sys

from netmiko import ConnectHandler

task = json.loads(sys.argv[1])
with ConnectHandler(**task["connect"]) as device:
    # The prompt as it stands at the line's beginning: no other line of an output is one.
    outputs = [device.send_command(line, read_timeout=60, **task["send"]) for line in task["commands"]]
print(json.dumps(outputs))
