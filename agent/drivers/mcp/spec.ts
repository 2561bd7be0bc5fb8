import { join } from 'node:path';
import { equals } from '@bufbuild/protobuf';
import { type ServerSpec, ServerSpecSchema } from '@roundhouse/proto/agent/v1/server';
import { AgentFailure } from '../../failure.js';
import { isFolderId } from '../folder-ids.js';

/**
 * Checks a server's specification as far as possible without connecting.
 * @throws AgentFailure `invalid_argument` (details.field)
 */
export function checkSpec(spec: ServerSpec): void {
  checkId(spec);
  const { transport } = spec;
  switch (transport.case) {
    case undefined:
      throw invalid('transport', 'is missing');
    case 'stdio':
      checkStdio(transport.value);
      break;
    default:
      if (!URL.canParse(transport.value.url)) throw invalid('transport.url', 'is not an address');
  }
}

/** @throws AgentFailure `invalid_argument` for an id that cannot name a folder. */
export function checkId(spec: ServerSpec): void {
  if (!isFolderId(spec.id)) throw invalid('id', 'is not a usable id');
}

/**
 * Whether two specifications lead to the same connection: they may differ in name, revision, desired state, health checks, limits and
 * restart policy.
 */
export function sameConnection(a: ServerSpec, b: ServerSpec): boolean {
  return equals(ServerSpecSchema, connectionPart(a), connectionPart(b));
}

function connectionPart(spec: ServerSpec): ServerSpec {
  const unlike = { name: '', revision: 0n, connected: false, healthCheck: undefined, limits: undefined };
  return { ...spec, ...unlike, restartPolicy: 0 };
}

function checkStdio({ command, args, env }: { command: string; args: string[]; env: Record<string, string> }): void {
  if (command === '') throw invalid('transport.command', 'is empty');
  if ([command, ...args].some((text) => text.includes('\0'))) throw invalid('transport.args', 'hold a NUL character');
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || /[=\0]/.test(name)) throw invalid('transport.env', `${JSON.stringify(name)} is not a name`);
    if (value.includes('\0')) throw invalid('transport.env', `${name} holds a NUL character`);
  }
}

function invalid(field: string, problem: string): AgentFailure {
  return new AgentFailure('invalid_argument', `${field} ${problem}`, { field, reason: problem });
}

/** The folder in which a server's process runs and keeps its files. */
export function serverFolder(dataDir: string, serverId: string): string {
  return join(dataDir, 'servers', serverId);
}
