"""Talks to a device with netmiko, and prints what came of it as JSON. The only argument: what to do, as JSON."""
import json
import sys

from netmiko import ConnectHandler

task = json.loads(sys.argv[1])
with ConnectHandler(**task["connect"]) as device:
    if task["connect"].get("secret"):
        device.enable()
    result = {
        "prompt": device.find_prompt(),
        "text": {line: device.send_command(line) for line in task["text"]},
        "config": device.send_config_set(task["config"], exit_config_mode=not task["commit"]),
    }
    if task["commit"]:
        result["confirmed"] = device.commit(confirm=True, confirm_delay=5)
        result["commit"] = device.commit(and_quit=True)
    else:
        result["save"] = device.save_config()
    result["parsed"] = {line: device.send_command(line, use_textfsm=True) for line in task["parsed"]}
print(json.dumps(result))
