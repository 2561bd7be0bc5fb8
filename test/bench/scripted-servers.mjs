// The MCP servers of a simulated agent: they are reported as connected, with the tools of their kind.
import { create } from '@bufbuild/protobuf';
import { ServerReportSchema, ServerState } from '@roundhouse/proto/agent/v1/server';

export const toolsOfServer = 10;
/** Servers of one kind run the same program, and have the same tools. */
export const kinds = 1_000;

const verbs = ['list', 'get', 'create', 'update', 'delete', 'search', 'export', 'restart', 'check', 'summarize'];
const nouns = [
  'invoice',
  'ticket',
  'deployment',
  'mailbox',
  'calendar',
  'document',
  'sensor',
  'order',
  'branch',
  'alert',
];
const domains = [
  'sales',
  'support',
  'cloud',
  'office',
  'factory',
  'warehouse',
  'research',
  'finance',
  'travel',
  'security',
];

/** The name of a tool of a kind of server. @param {number} kind @param {number} n */
export const toolName = (kind, n) => `${verbs[n]}_${nouns[kind % 10]}_${kind}`;

/** @param {number} kind @param {number} n */
function definition(kind, n) {
  const noun = nouns[kind % 10];
  const domain = domains[Math.floor(kind / 10) % 10];
  const text = (/** @type {string} */ description) => ({ type: 'string', description });
  return {
    name: toolName(kind, n),
    title: `${verbs[n]} ${noun}`,
    description: `${verbs[n]} a ${noun} of the ${domain} department, system ${kind}. Returns the ${noun} with its fields as JSON.`,
    inputSchema: {
      type: 'object',
      properties: {
        id: text(`The id of the ${noun}`),
        since: text('Only changes after this time, ISO 8601'),
        fields: { type: 'array', items: { type: 'string' }, description: `The fields of the ${noun} to return` },
      },
      required: ['id'],
    },
    annotations: { readOnlyHint: n < 2 },
  };
}

/** Whether a server never changes, by its number. @param {number} number */
export const isSteady = (number) => number % 10 !== 9;

const numberOf = (/** @type {string} */ name) => Number(/\d+$/.exec(name)?.[0] ?? 0);

/** @type {Map<number, { name: string, definition: Buffer }[]>} */
const made = new Map();
export function toolsOf(/** @type {number} */ kind) {
  const tools =
    made.get(kind) ??
    Array.from({ length: toolsOfServer }, (_, n) => ({
      name: toolName(kind, n),
      definition: Buffer.from(JSON.stringify(definition(kind, n))),
    }));
  made.set(kind, tools);
  return tools;
}

const handshake = Buffer.from(
  '{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"scripted","version":"1.0.0"}}',
);

/** Takes the place of the servers of an agent. The number at the end of a server's name gives its kind. */
export class ScriptedServers {
  /** @type {Map<string, { spec: any, isDown: boolean }>} */
  #servers = new Map();
  /** @type {(report: any) => void} */
  #tell = () => {};
  #next = 0;

  /** @param {(report: any) => void} tell */
  onReport(tell) {
    this.#tell = tell;
  }

  /** @param {readonly any[]} specs */
  setDesired(specs) {
    const before = this.#servers;
    this.#servers = new Map(specs.map((spec) => [spec.id, before.get(spec.id) ?? { spec, isDown: false }]));
    for (const [id, server] of this.#servers) if (!before.has(id)) this.#tell(this.#report(server));
  }

  reports() {
    return [...this.#servers.values()].map((server) => this.#report(server));
  }

  /** The next server fails, or is connected again. */
  change() {
    const all = [...this.#servers.values()].filter(({ spec }) => !isSteady(numberOf(spec.name)));
    const server = all[Math.floor(this.#next / 2) % all.length];
    this.#next += 1;
    if (!server) return;
    server.isDown = !server.isDown;
    this.#tell(this.#report(server));
  }

  /** @param {{ spec: any, isDown: boolean }} server */
  #report({ spec, isDown }) {
    const number = numberOf(spec.name);
    return create(ServerReportSchema, {
      serverId: spec.id,
      revision: spec.revision,
      state: isDown ? ServerState.ERROR : ServerState.CONNECTED,
      error: isDown ? 'the process ended with exit code 1' : '',
      tools: { tools: toolsOf(number % kinds) },
      initializeResult: handshake,
      pid: isDown ? 0 : 1000 + number,
      connectedSinceMs: isDown ? 0n : BigInt(Date.now()),
    });
  }
}
