import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { readableText } from '../agents/answer.js';
import type { Cancellation } from '../cancellation.js';
import type { ServerRecord } from '../servers/record.js';
import type { Servers } from '../servers/servers.js';
import type { ListKind, ServerLists } from './lists/lists.js';
import type { McpPassThrough } from './pass-through.js';

/** How long a caller waits for a server that was never asked before, milliseconds. */
const GATHER_MS = 10_000;

/** A resource, a template of resources or a prompt, as its server describes it (MCP); the hub has checked the members that it knows. */
export type ListedEntry = Readonly<Record<string, unknown>>;

/** The resources and prompts of single servers, for clients of REST. MCP clients get the contents of the whole fleet at `/mcp`. */
export class ServerContents {
  readonly #servers: Pick<Servers, 'get'>;
  readonly #lists: ServerLists;
  readonly #passThrough: McpPassThrough;

  constructor(servers: Pick<Servers, 'get'>, lists: ServerLists, passThrough: McpPassThrough) {
    this.#servers = servers;
    this.#lists = lists;
    this.#passThrough = passThrough;
  }

  /** A list of a server; empty if the server has none. @throws DomainError `forbidden`, `not_found`, `server_disconnected` */
  async list(origin: RequestOrigin, idOrName: string, kind: ListKind, signal?: Cancellation): Promise<ListedEntry[]> {
    const server = this.find(origin, idOrName);
    await this.#passThrough.awaitConnected(server, signal);
    const listed = await this.#lists.gather([server], kind, GATHER_MS);
    return (listed.get(server) ?? []).map(({ json }) => JSON.parse(json) as ListedEntry);
  }

  /**
   * Reads a resource.
   * @returns the result of MCP's `resources/read`, JSON text
   * @throws DomainError `forbidden`, `not_found`, `server_disconnected`, `rate_limited`, `circuit_open`, `upstream_failed`
   */
  read(origin: RequestOrigin, idOrName: string, uri: string, signal?: Cancellation): Promise<string> {
    const audit = { action: 'resource.read', type: 'resource', id: uri };
    return this.#ask(origin, idOrName, 'resources/read', { uri }, audit, signal);
  }

  /** Fills a prompt in. @returns the result of MCP's `prompts/get`, JSON text @throws DomainError as {@link ServerContents.read} */
  prompt(
    origin: RequestOrigin,
    idOrName: string,
    name: string,
    args: Readonly<Record<string, string>>,
    signal?: Cancellation,
  ): Promise<string> {
    const audit = { action: 'prompt.get', type: 'prompt', id: name };
    return this.#ask(origin, idOrName, 'prompts/get', { name, arguments: args }, audit, signal);
  }

  async #ask(
    origin: RequestOrigin,
    idOrName: string,
    method: string,
    params: object,
    audit: Parameters<McpPassThrough['audited']>[2],
    signal: Cancellation | undefined,
  ): Promise<string> {
    const server = this.find(origin, idOrName);
    const passing = { server, instanceId: '', method, params: JSON.stringify(params), signal };
    const caller = origin.caller === null ? {} : { caller: origin.caller };
    return readableText(await this.#passThrough.audited(origin, { ...passing, ...caller }, audit));
  }

  /** A server whose contents the caller may read. @throws DomainError `forbidden`, `not_found` */
  find(origin: RequestOrigin, idOrName: string): ServerRecord {
    authorize(origin.caller, 'resource.read');
    return this.#servers.get(origin, idOrName).record;
  }
}
