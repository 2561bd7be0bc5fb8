import type { SecretScope } from '../audit/known-secrets.js';
import { secretScopes } from '../audit/secret-scopes.js';
import { clusterOf, deviceOf, type Operation, serverOf } from './fleet.js';
import type { ServerLookup } from './refusals.js';

/**
 * The scopes of the secrets that an operation's texts may hold: those of the server, device or cluster that it is about. Any other operation
 * is about the agent, for example about its Docker Engine: its scope holds the secrets that callers gave to containers there.
 */
export function scopesOf(agentId: string, operation: Operation, serverById: ServerLookup): SecretScope[] {
  const server = serverOf(operation);
  if (server !== undefined) return secretScopes(serverById(server) ?? { id: server });
  return [deviceOf(operation) ?? clusterOf(operation) ?? agentId];
}

/** What the caller of an operation sent, as far as programs echo it. */
export function givenBy(operation: Operation): string {
  switch (operation.case) {
    case 'callTool': {
      const { tool, arguments: args, meta = '', more = '' } = operation.value;
      return [tool, args, meta, more].map(textOf).join('\n');
    }
    case 'mcpRequest':
      return [operation.value.params, operation.value.meta].map(textOf).join('\n');
    case 'runCommands':
      return operation.value.commands.map(({ text }) => text).join('\n');
    case 'execContainer':
    case 'execPod': {
      const { command, stdin = '' } = operation.value;
      return [...command, textOf(stdin)].join('\n');
    }
    default:
      return '';
  }
}

function textOf(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString();
}
