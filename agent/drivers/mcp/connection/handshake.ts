import { handshakeBound, problemOf } from '@roundhouse/proto/bounds';
import { AgentFailure } from '../../../failure.js';
import { bytesOf } from '../session/pending.js';
import type { Session } from '../session/session.js';
import { MODERN } from '../transports/eras/messages.js';
import type { Transport } from '../transports/transport.js';

/** The version that this agent offers, and the versions that it accepts. */
const newest = '2025-11-25';
const known = new Set([MODERN, newest, '2025-06-18', '2025-03-26', '2024-11-05']);

/** The server's answer to `initialize`. */
export interface Initialized {
  /** As the server sent it (a JSON object). */
  readonly json: Uint8Array;
  readonly hasTools: boolean;
  /** The protocol version that both sides speak. */
  readonly version: string;
}

/**
 * Agrees with a server on a protocol version. The agent does not offer sampling, elicitation and roots: many callers share a session, so a
 * server's request would belong to no single caller.
 * @throws AgentFailure `upstream`, `timeout`
 */
export async function handshake(
  session: Session,
  transport: Transport,
  client: {
    readonly version: string;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal;
    /** The capabilities and the name of the only client of this session: JSON objects. Default: no capabilities, and the agent's name. */
    readonly capabilities?: string | undefined;
    readonly info?: string | undefined;
  },
): Promise<Initialized> {
  const { capabilities = '{}' } = client;
  const info =
    client.info ?? JSON.stringify({ name: 'roundhouse-agent', title: 'Roundhouse', version: client.version });
  const initialized = await session
    .request(
      'initialize',
      `{"protocolVersion":"${newest}","capabilities":${capabilities},"clientInfo":${info}}`,
      readAnswer,
      {
        handshake: true,
        timeoutMs: client.timeoutMs,
        signal: client.signal,
      },
    )
    .catch((error: AgentFailure) => {
      if (error.kind === 'timeout' && !client.signal?.aborted) {
        const reason = `the server did not answer \`initialize\` within ${client.timeoutMs / 1000} s`;
        throw new AgentFailure('timeout', reason, { reason });
      }
      if ('jsonrpc' in error.details) {
        throw new AgentFailure('upstream', `the server refused \`initialize\`: ${error.message}`, error.details);
      }
      throw error;
    });
  transport.negotiated(initialized.version);
  await session.notify('notifications/initialized', undefined, true);
  return initialized;
}

function readAnswer(result: unknown, text: string | Uint8Array): Initialized {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    throw refused('the result is not an object');
  }
  const { protocolVersion, capabilities } = result as { protocolVersion?: unknown; capabilities?: unknown };
  if (typeof protocolVersion !== 'string') throw refused('`protocolVersion` is missing');
  if (!known.has(protocolVersion)) {
    throw refused(
      `protocol version ${JSON.stringify(protocolVersion.slice(0, 40))} is not one of ${[...known].join(', ')}`,
    );
  }
  const hasTools = typeof capabilities === 'object' && capabilities !== null && 'tools' in capabilities;
  const json = bytesOf(text);
  const problem = problemOf(json, handshakeBound);
  if (problem !== undefined) throw refused(`it ${problem}`);
  return { json, hasTools, version: protocolVersion };
}

function refused(reason: string): AgentFailure {
  return new AgentFailure('upstream', `the answer to \`initialize\` is unusable: ${reason}`, { reason });
}
