import type {
  CommandOptions,
  ConnectedAgent,
  Fleet,
  Operation,
  Reply,
  ServerReport,
} from '../../hub/domain/agents/fleet.js';
import { DomainError } from '../../hub/domain/errors.js';

/** An answer of plain JSON. */
export function json(value: unknown): Reply {
  return { case: 'json', value: Buffer.from(JSON.stringify(value)) };
}

/** A call of a tool. */
export interface ToolCall {
  readonly arguments: Record<string, unknown>;
  /** How many calls have come to the server, this one included. */
  readonly calls: number;
  readonly options: CommandOptions;
}

/** Returns a tool's answer, to be sent as JSON text. If it throws, the agent answers with this error. */
export type ToolAnswer = (call: ToolCall) => unknown;

/** A tool that changes nothing. */
export function readOnly(answer: ToolAnswer = ({ calls }) => calls): ScriptedTool {
  return { readOnly: true, answer };
}

/** A tool that may change something. */
export function writing(answer: ToolAnswer = ({ calls }) => calls): ScriptedTool {
  return { readOnly: false, answer };
}

export interface ScriptedTool {
  /** Default: any object. */
  readonly inputSchema?: object;
  readonly readOnly: boolean;
  readonly answer: ToolAnswer;
}

/** Holds something up until the test opens it. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** A tool throws this to answer with `isError`. */
export class ToolError extends Error {}

/** The answer of a server that fails by itself. */
export const serverFailure = () =>
  new DomainError('upstream_failed', 'the server is broken', { jsonrpc: { code: -32603 } });

/** The answer of an agent to an operation. */
export type Answer = (agentId: string, operation: Operation, options: CommandOptions) => Reply | Promise<Reply>;

/** A server that answers as a test says; the test may change its answers at any time. */
export class ScriptedServer {
  /** Calls that came to it. */
  calls = 0;
  /** Why it cannot be connected; empty: it can. */
  failure = '';

  constructor(public tools: Readonly<Record<string, ScriptedTool>>) {}
}

/** The fleet of a domain in a test: agents that start nothing, whose servers answer as the test says. */
export class ScriptedSite implements Fleet {
  /** Agents that are connected, by id. */
  readonly connected = new Map<string, ConnectedAgent>();
  /** Servers by name. */
  readonly servers = new Map<string, ScriptedServer>();
  /** Answers to further operations. */
  readonly answers = new Map<Operation['case'], Answer>();
  /** Called with the reports that an agent sends by itself. */
  onReport: (agentId: string, report: ServerReport) => void = () => {};
  /** Names of the servers that agents were told of, by id. */
  readonly #names = new Map<string, string>();
  /** Process ids so far: each connection has its own. */
  #pid = 1000;

  agents(): readonly ConnectedAgent[] {
    return [...this.connected.values()];
  }

  agent(id: string): ConnectedAgent | undefined {
    return this.connected.get(id);
  }

  async execute(agentId: string, operation: Operation, options: CommandOptions): Promise<Reply> {
    if (!this.connected.has(agentId))
      throw new DomainError('agent_unreachable', 'the agent is away', { outcome: 'not_run' });
    const answer = this.answers.get(operation.case);
    if (answer) return answer(agentId, operation, options);
    switch (operation.case) {
      case 'putServer': {
        const { id, name } = operation.value.server;
        this.#names.set(id, name);
        return json({});
      }
      case 'disconnectServer':
        this.onReport(agentId, this.report(operation.value.serverId, { state: 'disconnected', pid: 0 }));
        return json({});
      case 'removeServer':
      case 'syncMcp':
      case 'syncMcpPart':
        return json({});
      case 'connectServer':
        return { case: 'server', value: this.#connect(operation.value.serverId) };
      case 'callTool':
        return this.#call(operation.value, options);
      default:
        throw new DomainError('unimplemented', `the test does not script '${operation.case}'`);
    }
  }

  open(): ReturnType<Fleet['open']> {
    throw new Error('a scripted site streams nothing');
  }

  disconnect(agentId: string): void {
    this.connected.delete(agentId);
  }

  /** The agent's report of a server. */
  report(serverId: string, change: Partial<ServerReport> = {}): ServerReport {
    return {
      serverId,
      revision: 1,
      state: 'connected',
      error: '',
      tools: undefined,
      initializeResult: Buffer.from('{}'),
      pid: this.#pid,
      attempt: 0,
      nextAttemptMs: 0,
      version: '',
      connectTimeMs: 1,
      ...change,
    };
  }

  /** The tools of a server as its agent reports them. */
  toolsOf(serverId: string): NonNullable<ServerReport['tools']> {
    return Object.entries(this.#server(serverId).tools).map(
      ([name, { readOnly, inputSchema = { type: 'object' } }]) => {
        const definition = { name, inputSchema, annotations: { readOnlyHint: readOnly } };
        return { name, definition: Buffer.from(JSON.stringify(definition)) };
      },
    );
  }

  #connect(serverId: string): ServerReport {
    const server = this.#server(serverId);
    if (server.failure !== '') throw new DomainError('upstream_failed', server.failure);
    server.calls = 0;
    this.#pid += 1;
    return this.report(serverId, { tools: this.toolsOf(serverId) });
  }

  async #call(call: Extract<Operation, { case: 'callTool' }>['value'], options: CommandOptions): Promise<Reply> {
    const server = this.#server(call.serverId);
    server.calls += 1;
    const given = JSON.parse(Buffer.from(call.arguments).toString());
    const answer = async () => server.tools[call.tool]?.answer({ arguments: given, calls: server.calls, options });
    const [text, isError] = await answer().then(
      (value) => [JSON.stringify(value), false] as const,
      (error: unknown) => {
        if (error instanceof ToolError) return [error.message, true] as const;
        throw error;
      },
    );
    const result = Buffer.from(JSON.stringify({ content: [{ type: 'text', text }], isError }));
    return { case: 'tool', value: { json: result, isError, durationUs: 1 } };
  }

  #server(serverId: string): ScriptedServer {
    const name = this.#names.get(serverId);
    const server = name === undefined ? undefined : this.servers.get(name);
    if (!server) throw new DomainError('not_found', `the agent has no server '${serverId}'`);
    return server;
  }
}
