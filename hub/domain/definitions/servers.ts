import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { DomainError, invalid, notFound } from '../errors.js';
import type { ServerLifecycle } from '../servers/lifecycle.js';
import type { ServerView } from '../servers/servers.js';
import type { Store } from '../store.js';
import { type KeptConfig, registrationOf, type WorkflowConfig } from './config.js';
import type { Definitions } from './definitions.js';
import type { DefinitionUse } from './made-from-definitions.js';
import { type DefinitionRecord, type DefinitionVersion, secretsOf } from './record.js';

/** The input for registering a server from a definition. */
export interface FromDefinition {
  readonly name: string;
  readonly site?: string;
  readonly groupId?: string | null;
  /** Further variables of its environment (headers if it has an address); they win over the definition's variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the latest version. */
  readonly version?: string;
}

export interface DefinedServersParts {
  readonly store: Store;
  readonly definitions: Definitions;
  readonly use: DefinitionUse;
  readonly lifecycle: Pick<ServerLifecycle, 'create' | 'update'>;
}

/**
 * Servers that are registered from definitions. After that they are ordinary servers: a change of the definition does not affect them.
 */
export class DefinedServers {
  readonly #parts: DefinedServersParts;

  constructor(parts: DefinedServersParts) {
    this.#parts = parts;
  }

  /** @throws DomainError `forbidden`, `not_found`, `conflict` (a workflow), and as {@link ServerLifecycle.create}. */
  async register(origin: RequestOrigin, idOrName: string, wanted: FromDefinition): Promise<ServerView> {
    authorize(origin.caller, 'server.write');
    // Definitions belong to no site: a narrowed key would read any definition, and send its secrets to its own site.
    authorize(origin.caller, 'definition.read');
    const { name, site, groupId, env, version } = wanted;
    const { record, version: chosen } = this.#version(idOrName, version);
    const registration = await this.#registration(record, chosen, env);
    const { description } = record;
    const input = { name, description, ...registration, ...(site === undefined ? {} : { site }) };
    const details = { definition: record.id, version: String(chosen.number) };
    return this.#parts.lifecycle.create(origin, { ...input, ...(groupId === undefined ? {} : { groupId }) }, details);
  }

  /**
   * Sets a server that was registered from a definition to a version of that definition. Later changes by hand and its further variables are lost.
   * @throws DomainError `not_found` (also for a server that does not come from a definition), and as {@link ServerLifecycle.update}.
   */
  async apply(
    origin: RequestOrigin,
    idOrName: string,
    server: string,
    wanted: Pick<FromDefinition, 'env' | 'version'>,
  ): Promise<ServerView> {
    authorize(origin.caller, 'server.write');
    // Definitions belong to no site: a narrowed key would read any definition, and send its secrets to its own site.
    authorize(origin.caller, 'definition.read');
    const { use, lifecycle } = this.#parts;
    const { record, version } = this.#version(idOrName, wanted.version);
    const names = [server, server.toLowerCase()];
    const own = use.servers(record.id).find(({ id, name }) => names.includes(id) || names.includes(name.toLowerCase()));
    if (!own) throw notFound('server', server);
    return lifecycle.update(origin, own.id, await this.#registration(record, version, wanted.env));
  }

  #version(idOrName: string, number?: string): { record: DefinitionRecord; version: DefinitionVersion } {
    const { definitions } = this.#parts;
    const { record, latest } = definitions.get(idOrName);
    if (number === undefined) return { record, version: latest };
    const version = definitions.versions(record).find((one) => String(one.number) === number || one.id === number);
    if (!version) throw notFound('version', number);
    return { record, version };
  }

  async #registration(record: DefinitionRecord, version: DefinitionVersion, env?: FromDefinition['env']) {
    const { config } = version;
    if (!isServer(config))
      throw new DomainError('conflict', `'${record.name}' is a workflow: it is run, not registered`);
    if ('url' in config) checkHeaders(env);
    const secrets = await secretsOf(this.#parts.store, version);
    const definition = { id: record.id, versionId: version.id };
    return { ...registrationOf(config, secrets, env), definition };
  }
}

/** For a server with an address, variables are headers. @throws DomainError `invalid_input`. */
function checkHeaders(env: FromDefinition['env'] = {}): void {
  for (const [name, value] of Object.entries(env))
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) throw invalid(`env.${name}`, 'is no name of a header');
    else if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw invalid(`env.${name}`, 'is no value of a header');
}

function isServer(config: KeptConfig): config is Exclude<KeptConfig, WorkflowConfig> {
  return config.type !== 'workflow';
}
