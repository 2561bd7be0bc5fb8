#!/bin/sh
# The program that the suite runs as the client of a scenario: `client-program.sh URL`. The suite starts all of them at once. So the program
# is small, and hands the scenario to the process that runs the suite.
exec curl --silent --show-error --fail-with-body \
  --header "X-Scenario: $MCP_CONFORMANCE_SCENARIO" --header "X-Server: $1" \
  --data-binary "$MCP_CONFORMANCE_CONTEXT" "$CONFORMANCE_DESK"
