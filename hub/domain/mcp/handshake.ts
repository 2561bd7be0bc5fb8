import type { Observation } from '../servers/observed.js';

/** What a server said of itself when it was connected. */
export interface Handshake {
  /** Empty before the first connection. */
  readonly protocolVersion: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly instructions: string | undefined;
}

const known = new WeakMap<Uint8Array, Handshake>();
const NOTHING: Handshake = { protocolVersion: '', capabilities: {}, serverInfo: {}, instructions: undefined };

/** The server's answer to `initialize`, as of its last connection. */
export function handshakeOf({ initializeResult }: Observation): Handshake {
  if (initializeResult.length === 0) return NOTHING;
  let handshake = known.get(initializeResult);
  if (!handshake) {
    handshake = read(Buffer.from(initializeResult).toString());
    known.set(initializeResult, handshake);
  }
  return handshake;
}

/** @param json the result of `initialize`; what is no JSON object says nothing */
function read(json: string): Handshake {
  const { protocolVersion, capabilities, serverInfo, instructions } = objectOf(parsed(json));
  return {
    protocolVersion: typeof protocolVersion === 'string' ? protocolVersion : '',
    capabilities: objectOf(capabilities),
    serverInfo: objectOf(serverInfo),
    instructions: typeof instructions === 'string' ? instructions : undefined,
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
