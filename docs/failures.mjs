// What each failure means, what the reader can do about it, and when the same request may be sent again.
// `generate.mjs` writes a page from each. A page lies in docs/reference/errors: links begin there.

const no = 'No. The same request fails again';
const later = 'Yes, after the seconds in `Retry-After`. The request did not run';
const byOutcome =
  'If `details.outcome` is `not_run`, the request did not run: send it again. If it is `unknown`, the request may have run: look at the state first. Without `details.outcome`, send it again only if it reads';
const byKind = 'A request that only reads: yes. Any other may have run: look at the state first';

/** @type {Readonly<Record<string, { readonly meaning: string, readonly advice: string, readonly again: string }>>} */
export const failures = {
  invalid_input: {
    meaning: 'A field or parameter is missing, unknown, or of the wrong form',
    advice: 'Read `details.problems`: it lists each field and the expected value. A misspelt parameter is refused, too',
    again: no,
  },
  malformed: {
    meaning: 'The body is not valid JSON, or the path is not valid',
    advice: 'Check quotes, commas and percent signs. In a shell, put the body into single quotes',
    again: no,
  },
  unauthenticated: {
    meaning: 'The request has no credential',
    advice: 'Send `Authorization: Bearer KEY` or `X-API-Key: KEY`',
    again: 'Yes, with a credential',
  },
  invalid_credential: {
    meaning: 'The hub does not know the key or token',
    advice: 'Check that the key is whole and was not revoked: `roundhouse key list`',
    again: 'Yes, with a credential that the hub knows',
  },
  expired_credential: {
    meaning: 'The token or key has expired',
    advice: 'Refresh the token, sign in again, or make a new key',
    again: 'Yes, with the new token or key',
  },
  invalid_login: {
    meaning: 'The user name or the password is wrong',
    advice: 'Try again. Set a new password with `roundhouse user password NAME`',
    again:
      'Not in a loop: after some failures the hub makes each sign-in [wait](../../operate/keys.md#failed-sign-ins)',
  },
  forbidden: {
    meaning: 'The role or the grants of the key do not allow the request',
    advice:
      'Use a key with the role that the message names. See [roles](../../operate/keys.md#roles) and [grants](../../operate/keys.md#grants)',
    again: 'Yes, with another key. The request did not run',
  },
  not_found: {
    meaning: 'Nothing has this name or id, or the key may not see it',
    advice: 'Check the name, and the grants of the key. An unknown path has the same failure',
    again: no,
  },
  method_not_allowed: {
    meaning: 'The path exists, but not with this method',
    advice: 'Use a method from the header `Allow`',
    again: no,
  },
  conflict: {
    meaning: 'The current state does not allow the request',
    advice: 'Read the message: it names the state. Wait for the job that it names, or change the state first',
    again: 'Yes, once the state has changed. The request did not run',
  },
  already_exists: {
    meaning: 'The name is taken. Names are the same in upper and lower case',
    advice: 'Choose another name, or change the existing record',
    again: no,
  },
  payload_too_large: {
    meaning: 'The body is larger than the limit',
    advice: 'Send less, or raise `ROUNDHOUSE_BODY_LIMIT`',
    again: no,
  },
  unsupported_media_type: {
    meaning: 'The hub does not read this type or encoding of a body',
    advice: 'Send `Content-Type: application/json`, uncompressed',
    again: no,
  },
  rate_limited: {
    meaning: 'The key, the address or the server has too many requests',
    advice:
      'Wait for the seconds in `Retry-After`. See [rate limits](../../operate/keys.md#rate-limits) and [failed sign-ins](../../operate/keys.md#failed-sign-ins)',
    again: later,
  },
  server_disconnected: {
    meaning: 'The MCP server is not connected',
    advice: 'Read its `runtime.error` at `/api/servers/NAME` and its log. Then connect it',
    again: byOutcome,
  },
  circuit_open: {
    meaning: 'The server failed too often, and the hub does not ask it for a minute',
    advice: 'Mend the server. See [circuit breakers](../../operate/health.md#circuit-breakers)',
    again: later,
  },
  agent_unreachable: {
    meaning: 'The agent of the site is not connected, or the link broke',
    advice: "Look at `/api/agents`. Start the agent, and check that it reaches the hub's port for agents",
    again: byOutcome,
  },
  unavailable: {
    meaning: 'The hub cannot take more work now: a queue or the disk is full',
    advice: 'Wait for the seconds in `Retry-After`. Look at `/health`',
    again: later,
  },
  timeout: {
    meaning: 'The work took longer than its limit',
    advice:
      'Check the server or device. A tool call by REST takes 60 s at most, unless its body has a larger `timeoutMs`',
    again: byKind,
  },
  upstream_failed: {
    meaning: 'The MCP server, device or engine answered with an error',
    advice: 'Read `details`: they have its answer',
    again: byKind,
  },
  device_unreachable: {
    meaning: 'The agent cannot connect to the network device, or lost it',
    advice: 'Check the address, the port, the credentials and the host key',
    again: byOutcome,
  },
  device_command_failed: {
    meaning: 'The device refused a command, or did not finish it',
    advice: "Read the device's own words in `details`",
    again: byKind,
  },
  device_config_failed: {
    meaning: 'A configuration could not be read, made, committed or rolled back',
    advice: 'Read `details.reason`. See [how a change is made](../../guides/devices.md#how-a-change-is-made)',
    again: 'Read the configuration of the device first',
  },
  cluster_unreachable: {
    meaning: 'The agent cannot connect to the Kubernetes cluster',
    advice: "Check the address and the certificate of the cluster from the agent's machine",
    again: byOutcome,
  },
  cluster_operation_failed: {
    meaning: 'The cluster refused an operation',
    advice: 'Read `details`. Check the rights of the credentials in the cluster',
    again: byKind,
  },
  unimplemented: {
    meaning: 'The agent does not know the operation',
    advice: '[Upgrade](../../operate/upgrade.md) the agent',
    again: 'Yes, once the agent is upgraded. The request did not run',
  },
  refused: {
    meaning: 'The policy of the site forbids the operation',
    advice: 'Change the [site policy](../../operate/policy.md), or use another site',
    again: no,
  },
  cancelled: {
    meaning: 'The client hung up before the answer',
    advice: 'Nothing. Look for a time-out in the client or in a proxy',
    again: byKind,
  },
  internal: {
    meaning: 'The hub has an error of its own',
    advice: "Look up the request's id in the hub's log, and report the error",
    again: byKind,
  },
};
