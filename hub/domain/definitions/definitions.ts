import { canonicalJson } from '@roundhouse/proto/json';
import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { allows, type Permission } from '../access/permissions.js';
import { changeAudit } from '../audit/audit.js';
import { below, DomainError, invalid, notFound } from '../errors.js';
import { type EventType, newEvent } from '../events/types.js';
import { newId } from '../ids.js';
import { checkName } from '../names.js';
import { checkSiteUrl } from '../net/url-guard.js';
import { checkAuth } from '../servers/transport.js';
import { findNamed, put, remove, type Store } from '../store.js';
import type { WorkflowCatalog } from '../workflows/catalog.js';
import { compileDefinition } from '../workflows/validation.js';
import {
  type ConfigInput,
  checkConfigSecretsStay,
  type DefinitionType,
  type KeptConfig,
  splitConfig,
} from './config.js';
import type { DefinitionUse } from './made-from-definitions.js';
import {
  type DefinitionRecord,
  type DefinitionVersion,
  definitionRecords,
  definitionVersions,
  latestOf,
  sameSecrets,
  sealVersion,
  secretsOf,
  surplus,
  versionsOf,
} from './record.js';

/** A client's input to make a definition. */
export interface DefinitionInput {
  readonly name: string;
  readonly description?: string;
  readonly type: DefinitionType;
  readonly config: ConfigInput;
}

/** A client's changes of a definition: absent members stay; another config makes a new version. */
export type DefinitionUpdate = Partial<Omit<DefinitionInput, 'type'>>;

/** A definition with its latest version. */
export interface DefinitionView {
  readonly record: DefinitionRecord;
  readonly latest: DefinitionVersion;
}

export interface DefinitionParts {
  readonly store: Store;
  readonly catalog: WorkflowCatalog;
  readonly use: DefinitionUse;
}

/** Definitions of MCP servers and workflows, with their versions. */
export class Definitions {
  readonly #parts: DefinitionParts;

  constructor(parts: DefinitionParts) {
    this.#parts = parts;
  }

  /** A part of all definitions, in the order of their making. @param type only definitions of this type @throws DomainError `forbidden`. */
  list(
    { caller }: RequestOrigin,
    skip: number,
    limit: number,
    type?: DefinitionType,
  ): { items: DefinitionView[]; total: number } {
    authorize(caller, 'definition.read');
    const { store } = this.#parts;
    const range = type === undefined ? {} : { index: 'type', equals: type };
    const records = store.list(definitionRecords, { ...range, offset: skip, limit });
    const items = Array.from(records, (record) => ({ record, latest: latestOf(store, record) }));
    return { items, total: this.count(type) };
  }

  count(type?: DefinitionType): number {
    const { store } = this.#parts;
    return store.count(definitionRecords, type === undefined ? {} : { index: 'type', equals: type });
  }

  /** A definition as a caller reads it, by id or name. @throws DomainError `forbidden`, `not_found`. */
  read({ caller }: RequestOrigin, idOrName: string): DefinitionView {
    authorize(caller, 'definition.read');
    return this.get(idOrName);
  }

  /** A definition by id or name. @throws DomainError `not_found`. */
  get(idOrName: string): DefinitionView {
    const { store } = this.#parts;
    const record = findNamed(store, definitionRecords, idOrName);
    if (!record) throw notFound('MCP definition', idOrName);
    return { record, latest: latestOf(store, record) };
  }

  /** All versions that are kept, newest first. */
  versions(record: DefinitionRecord): DefinitionVersion[] {
    return versionsOf(this.#parts.store, record.id);
  }

  /** @throws DomainError `invalid_input`, `already_exists`, `forbidden`. */
  async create(origin: RequestOrigin, input: DefinitionInput): Promise<DefinitionView> {
    const { store, catalog } = this.#parts;
    const { name, description = '', type } = input;
    checkMayWrite(origin, type);
    await checkConfig(origin, catalog, { type }, input.config);
    this.#checkName(name, type);
    const now = Date.now();
    const id = newId();
    const { config, secrets } = splitConfig(input.config);
    const latest = await sealVersion(store, { definitionId: id, number: 1, config, createdAt: now }, secrets);
    const ofLatest = { number: 1, id: latest.id };
    const record = { id, name, description, type, latest: ofLatest, revision: 1, createdAt: now, updatedAt: now };
    await store.apply({
      by: origin.caller,
      writes: [
        put(definitionRecords, record, 'absent'),
        put(definitionVersions, latest, 'absent'),
        audit(origin, 'definition.create', record, { type }),
      ],
      events: [event('definition.created', record)],
    });
    return { record, latest };
  }

  /**
   * Changes a definition. A config equal to the latest version makes no new version. Servers that are registered from it stay as they are.
   * Every change needs the permissions for making it: a name decides which definition the steps and requests of other callers mean.
   * @throws DomainError as {@link Definitions.create}, and `not_found`, `conflict`.
   */
  async update(origin: RequestOrigin, idOrName: string, input: DefinitionUpdate): Promise<DefinitionView> {
    const { store, use } = this.#parts;
    const before = this.#writable(origin, idOrName);
    const { record: old } = before;
    if (input.name !== undefined && input.name.toLowerCase() !== old.name.toLowerCase())
      this.#checkName(input.name, old.type);
    const added = input.config && (await this.#nextVersion(origin, before, input.config));
    const record: DefinitionRecord = {
      ...old,
      name: input.name ?? old.name,
      description: input.description ?? old.description,
      ...(added ? { latest: { number: added.number, id: added.id } } : {}),
      revision: old.revision + 1,
      updatedAt: Date.now(),
    };
    const gone = added ? surplus(this.versions(old), use.versionsInUse(old.id)) : [];
    const details = { changed: Object.keys(input).sort(), ...(added ? { version: String(added.number) } : {}) };
    await store.apply({
      by: origin.caller,
      writes: [
        put(definitionRecords, record, old.revision),
        ...(added ? [put(definitionVersions, added, 'absent')] : []),
        ...gone.map(({ id }) => remove(definitionVersions, id, 'any')),
        audit(origin, 'definition.update', record, details),
      ],
      events: [event('definition.updated', record)],
    });
    return { record, latest: added ?? before.latest };
  }

  /**
   * Deletes a definition, versions and all.
   * @throws DomainError `forbidden`, `not_found`, `conflict` (servers come from it, or runs of it are planned).
   */
  async delete(origin: RequestOrigin, idOrName: string): Promise<void> {
    const { store, use } = this.#parts;
    const { record } = this.#writable(origin, idOrName);
    use.checkUnused(record);
    await store.apply({
      by: origin.caller,
      writes: [
        remove(definitionRecords, record.id, record.revision),
        ...this.versions(record).map(({ id }) => remove(definitionVersions, id, 'any')),
        audit(origin, 'definition.delete', record),
      ],
      events: [event('definition.deleted', record)],
    });
  }

  /** A definition that the caller may change. @throws DomainError `forbidden`, `not_found`. */
  #writable(origin: RequestOrigin, idOrName: string): DefinitionView {
    authorize(origin.caller, 'definition.write');
    const found = this.get(idOrName);
    checkMayWrite(origin, found.record.type);
    return found;
  }

  async #nextVersion(
    origin: RequestOrigin,
    { record, latest }: DefinitionView,
    input: ConfigInput,
  ): Promise<DefinitionVersion | undefined> {
    const { store, catalog } = this.#parts;
    await checkConfig(origin, catalog, record, input);
    const kept = await secretsOf(store, latest);
    const { config, secrets } = splitConfig(input, kept);
    checkConfigSecretsStay(latest.config, input, config);
    if (sameConfig(config, latest.config) && sameSecrets(secrets, kept)) return undefined;
    const version = { definitionId: record.id, number: latest.number + 1, config, createdAt: Date.now() };
    return sealVersion(store, version, secrets);
  }

  /** The name of a workflow must be unique among all workflows, built-in ones included. */
  #checkName(name: string, type: DefinitionType): void {
    checkName(name);
    if (type === 'workflow' && this.#parts.catalog.hasOwn(name))
      throw new DomainError('already_exists', `there is a workflow '${name}' already`, { field: 'name' });
  }
}

function sameConfig(a: KeptConfig, b: KeptConfig): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function audit(origin: RequestOrigin, action: string, record: DefinitionRecord, details: Record<string, unknown> = {}) {
  return changeAudit(origin, action, { type: 'definition', id: record.id }, { name: record.name, ...details });
}

function event(type: EventType, { id, name, type: kind, latest }: DefinitionRecord) {
  return newEvent(type, { definitionId: id, name, type: kind, version: String(latest.number) });
}

/**
 * Permissions besides `definition.write`, by type: a definition needs the permissions for registering such a server, or defining such a workflow.
 */
const needed: Readonly<Partial<Record<DefinitionType, Permission>>> = {
  stdio: 'server.execute',
  npm: 'server.execute',
  pypi: 'server.execute',
  docker: 'server.execute',
  workflow: 'workflow.define',
};

/** Definitions are shared by all: narrowed grants cover no definition. @throws DomainError `forbidden`. */
function checkMayWrite({ caller }: RequestOrigin, type: DefinitionType): void {
  authorize(caller, 'definition.write');
  const permission = needed[type];
  if (permission && caller && !allows(caller.role, permission))
    throw new DomainError('forbidden', `definitions of type '${type}' are not for role ${caller.role}`, { permission });
}

/** Checks the rules that the form of a config does not express. @throws DomainError `invalid_input` naming the field. */
async function checkConfig(
  { caller }: RequestOrigin,
  catalog: WorkflowCatalog,
  { type, id }: Pick<DefinitionRecord, 'type'> & Partial<DefinitionRecord>,
  config: ConfigInput,
): Promise<void> {
  if (config.type !== type) throw invalid('config.type', `must be '${type}', as the definition's type is`);
  switch (config.type) {
    case 'workflow': {
      const { parameters = {}, steps } = config;
      const definition = { parameters, steps };
      await compileDefinition(definition);
      below('config', () => catalog.check(caller, definition, id));
      return;
    }
    case 'http':
    case 'sse':
    case 'websocket': {
      const { username, password } = new URL(config.url);
      if (username || password) throw invalid('config.url', 'must hold no user name or password: use headers or auth');
      checkSiteUrl(config.url, 'config.url');
      if (config.auth) {
        const { auth, type: transport } = config;
        below('config', () => checkAuth(auth, transport));
      }
    }
  }
}
