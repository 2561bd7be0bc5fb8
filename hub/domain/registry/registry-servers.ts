import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { DomainError, invalid } from '../errors.js';
import type { ServerLifecycle } from '../servers/lifecycle.js';
import type { ServerView } from '../servers/servers.js';
import type { RegistryEntry } from './entry.js';
import { type AskRegistry, entryOf, searchRegistry } from './queries.js';
import { isNeeded, mustBe, type Way, waysOf } from './ways.js';

/** A server of the registry, with the ways in which it can be added. */
export interface RegistryServer {
  readonly entry: RegistryEntry;
  readonly ways: readonly Way[];
}

/** A choice of a server of the registry. */
export interface RegistryChoice {
  /** Its name in the registry. */
  readonly name: string;
  readonly version: string;
  /** The position of the way in the list of the server's ways. */
  readonly way: number;
  readonly values: Readonly<Record<string, string | readonly string[]>>;
  /** Its name in the fleet. */
  readonly server: string;
  readonly site?: string | undefined;
}

/** The form of a name (`server.json`): a namespace and a name. */
const nameForm = /^[A-Za-z0-9][A-Za-z0-9.-]*\/[A-Za-z0-9][A-Za-z0-9._-]*$/;
const MOST_REPEATED = 100;

/** Servers of the MCP registry. The hub asks the registry that its operator chose; the registry gets no key and no value. */
export class RegistryServers {
  readonly #ask: AskRegistry;
  readonly #lifecycle: Pick<ServerLifecycle, 'create'>;

  constructor(ask: AskRegistry, lifecycle: Pick<ServerLifecycle, 'create'>) {
    this.#ask = ask;
    this.#lifecycle = lifecycle;
  }

  /** The newest versions of servers whose names hold a text. @throws DomainError `forbidden`, `upstream_failed` */
  async search(origin: RequestOrigin, text: string, limit: number): Promise<RegistryServer[]> {
    authorize(origin.caller, 'server.write');
    const entries = await searchRegistry(this.#ask, text, limit);
    return entries.map((entry) => ({ entry, ways: waysOf(entry) }));
  }

  /**
   * Registers a server of the registry at a site, without connecting it. The hub asks the registry again: a client cannot decide which
   * command runs.
   * @throws DomainError `forbidden`, `not_found`, `invalid_input`, `upstream_failed`, and as {@link ServerLifecycle.create}
   */
  async add(origin: RequestOrigin, choice: RegistryChoice): Promise<ServerView> {
    authorize(origin.caller, 'server.write');
    const { name, version, way: position, server, site } = choice;
    if (!nameForm.test(name)) throw invalid('name', 'must be a name of the registry, such as io.github.user/weather');
    if (/^\.*$/.test(version)) throw invalid('version', 'must be a version');
    const entry = await entryOf(this.#ask, name, version);
    if (entry?.name !== name) throw new DomainError('upstream_failed', `the registry answers with another server`);
    const way = waysOf(entry)[position];
    if (!way) throw invalid('way', `'${name}' has no such way`);
    if (way.problem !== '') throw invalid('way', way.problem);
    const transport = way.transport(checkedValues(way, choice.values));
    const input = { name: server, description: entry.description, transport, ...(site === undefined ? {} : { site }) };
    return this.#lifecycle.create(origin, input, { registry: name, version: entry.version });
  }
}

/**
 * @throws DomainError `invalid_input` naming the value that is unknown, wrong or missing; the error never holds the value, which may be a
 * secret
 */
function checkedValues({ fields }: Way, given: RegistryChoice['values']): Map<string, readonly string[]> {
  const values = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(given)) {
    const field = fields.find((one) => one.name === name);
    if (!field) throw invalid(`values.${name}`, 'the server takes no such value');
    const all = typeof value === 'string' ? [value] : value;
    if (all.length > (field.isRepeated ? MOST_REPEATED : 1)) throw invalid(`values.${name}`, 'has too many values');
    for (const one of all) {
      const expected = mustBe(field, one);
      if (expected !== undefined) throw invalid(`values.${name}`, `must be ${expected}`);
    }
    if (all.length > 0) values.set(name, all);
  }
  const missing = fields.find((field) => isNeeded(field) && !values.has(field.name));
  if (missing) throw invalid(`values.${missing.name}`, 'is required');
  return values;
}
