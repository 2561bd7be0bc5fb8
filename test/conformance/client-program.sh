#!/bin/sh
# What the suite runs as the client of a scenario: `client-program.sh URL`. They are all started at once; so it is small, and hands the
# scenario to whoever runs the suite.
exec curl --silent --show-error --fail-with-body \
  --header "X-Scenario: $MCP_CONFORMANCE_SCENARIO" --header "X-Server: $1" \
  --data-binary "$MCP_CONFORMANCE_CONTEXT" "$CONFORMANCE_DESK"
