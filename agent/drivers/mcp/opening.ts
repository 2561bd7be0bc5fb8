import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { Logger } from 'pino';
import type { Logs } from '../logs/logs.js';
import type { Sources } from '../sources/sources.js';
import type { Authorizations } from './authorization/authorizations.js';
import { Connection, type ConnectionOptions } from './connection.js';
import type { McpLimits } from './limits.js';
import { redacting } from './redact.js';
import { checkSpec } from './spec.js';
import type { StartSlots } from './start-slots.js';
import { prepareTransport } from './transports.js';

/** The parts that an opening needs. */
export interface OpeningContext {
  readonly dataDir: string;
  readonly logs: Logs;
  readonly sources: Sources;
  readonly authorizations: Authorizations;
  readonly limits: McpLimits;
  readonly slots: StartSlots;
  /** Settled once nothing is left of what an earlier agent ran. */
  readonly ready: Promise<void>;
  /** The agent's version. */
  readonly version: string;
  readonly log: Logger;
  /** Called with the notifications that servers send to their listeners. */
  readonly onNotice?: ((serverId: string, method: string, params: string) => void) | undefined;
}

export interface Opening extends Pick<ConnectionOptions, 'onTools' | 'onCall' | 'onClosed'> {
  /** Removes secrets from log lines. */
  readonly redact: (text: string) => string;
  /** A caller waits for the connection. */
  readonly urgent: boolean;
  /** The user of the source's version, if the connection does not belong to the server yet. */
  readonly holder?: string | undefined;
  /** See {@link NewerEra.isSpoken}. */
  readonly newerFirst?: boolean | undefined;
  /** The connection is there, not yet open; `version` is that of the server's source. */
  readonly made: (connection: Connection, version: string) => void;
}

/**
 * Makes the connection that a specification asks for, and opens it. Servers with a process of their own take their turn.
 * @throws AgentFailure, or the signal's reason.
 */
export async function openConnection(
  spec: ServerSpec,
  context: OpeningContext,
  opening: Opening,
  signal: AbortSignal,
): Promise<void> {
  checkSpec(spec);
  await context.ready;
  const local = spec.transport.case === 'stdio';
  const giveBack = local ? await context.slots.take(signal, opening.urgent) : () => {};
  try {
    const { dataDir, sources, authorizations, limits, version } = context;
    const log = redacting(context.logs.open(spec.id), opening.redact);
    const own = opening.holder === undefined ? undefined : { holder: opening.holder };
    const { newerFirst = false } = opening;
    const parts = { dataDir, sources, authorizations, log, limits, signal, newerFirst };
    const prepared = await prepareTransport(spec, { ...parts, ...(own && { own }) });
    const { onTools, onCall, onClosed } = opening;
    const onNotice = (method: string, params: string) => context.onNotice?.(spec.id, method, params);
    const events = { onTools, onCall, onNotice, onClosed };
    const connection = new Connection(prepared.transport, { log, limits, version, ...events });
    opening.made(connection, prepared.version);
    if (signal.aborted) throw signal.reason;
    await connection.open(signal);
  } finally {
    giveBack();
  }
}
