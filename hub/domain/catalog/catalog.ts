import { withoutUndefined } from '@roundhouse/proto/json';
import { authorize, isAllowed } from '../access/authorize.js';
import { atLeast, type Caller, type RequestOrigin, type Role } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import { DomainError, invalid, notFound } from '../errors.js';
import { newId } from '../ids.js';
import { checkName } from '../names.js';
import { checkImageRegistry } from '../net/url-guard.js';
import { type OwnerRights, versionOfOwner } from '../people/owners.js';
import { retrying } from '../retrying.js';
import { put, remove, type Store } from '../store.js';
import { type CatalogEntry, type CustomEntryRecord, customEntries, enablements, entryOf } from './entry.js';
import { predefinedEntries } from './predefined.js';

/** An image to be added to the catalog. */
export interface NewEntry {
  readonly name: string;
  readonly displayName?: string | undefined;
  readonly description?: string | undefined;
  readonly image: string;
  readonly category?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Every user sees it; default: if an operator adds it. */
  readonly shared?: boolean | undefined;
}

/** The most entries that one user may have added. */
const MOST = 200;

/** The servers that users may enable: the entries that ship with the hub, and the images that users added. */
export class Catalog {
  readonly #store: Store;
  readonly #registries: readonly string[];

  /** @param registries from which standard users may take images; empty for all */
  constructor(store: Store, registries: readonly string[] = []) {
    this.#store = store;
    this.#registries = registries.map((registry) => registryOf(`${registry}/`));
  }

  /** All entries that a caller may see, by name. */
  list(caller: Caller): CatalogEntry[] {
    const custom = [...this.#store.list(customEntries)].map(entryOf).filter((entry) => sees(caller, entry));
    return [...predefinedEntries, ...custom].sort((a, b) => a.name.localeCompare(b.name));
  }

  /**
   * An entry by id or name; `undefined` if the caller sees no such entry. A name means an entry of the hub first, then the caller's own entry,
   * then a shared one. Only an id means the private entry of another user: its owner chooses the name, and could choose one that a team admin gives.
   */
  find(caller: Caller | null, idOrName: string): CatalogEntry | undefined {
    const name = idOrName.toLowerCase();
    const predefined = predefinedEntries.find((entry) => entry.id === idOrName || entry.name === name);
    if (predefined) return predefined;
    const byId = this.#store.get(customEntries, idOrName);
    if (byId) return !caller || sees(caller, entryOf(byId)) ? entryOf(byId) : undefined;
    const named = Array.from(this.#store.list(customEntries, { index: 'named', equals: name }), entryOf);
    const own = caller && named.find(({ ownerId }) => ownerId === ownerOf(caller));
    return own ?? named.find(({ shared }) => shared);
  }

  /**
   * Tells an image's name that only private entries of other persons name: the caller sees no such entry. Another version of such an image is
   * hidden, too. `null` if nothing is hidden from the caller.
   */
  hiddenImages(caller: Caller | null): ((image: string) => boolean) | null {
    if (!caller || (manages(caller) && !caller.ofTools)) return null;
    const seen = new Set(this.list(caller).flatMap(repositoriesOf));
    const all = Array.from(this.#store.list(customEntries), entryOf).flatMap(repositoriesOf);
    const hidden = new Set(all.filter((repository) => !seen.has(repository)));
    return hidden.size === 0 ? null : (image) => hidden.has(repositoryOf(image));
  }

  /** The owners of entries that are not shared. */
  owners(): ReadonlySet<string> {
    const own = [...this.#store.list(customEntries)].filter(({ shared }) => !shared);
    return new Set(own.map(({ ownerId }) => ownerId));
  }

  /** The number of entries that ship with the hub, and of added ones. */
  counts(): { readonly predefined: number; readonly custom: number } {
    return { predefined: predefinedEntries.length, custom: this.#store.count(customEntries) };
  }

  /** @throws DomainError `already_exists`, `invalid_input`, `forbidden`, `conflict` above the limit. */
  async add(origin: RequestOrigin, caller: Caller, wanted: NewEntry): Promise<CustomEntryRecord> {
    authorize(caller, 'catalog.write');
    const { name, image } = wanted;
    checkName(name);
    checkImageName('image', image);
    this.checkRegistry(caller, image);
    this.#checkFree(caller, name);
    const ownerId = ownerOf(caller);
    if (this.#store.count(customEntries, { index: 'owner', equals: ownerId }) >= MOST)
      throw new DomainError('conflict', `you have added ${MOST} servers already: remove some first`, { limit: MOST });
    const shared = wanted.shared ?? manages(caller);
    checkShared(caller, shared);
    const now = Date.now();
    const record: CustomEntryRecord = {
      id: newId(),
      name,
      displayName: wanted.displayName ?? name,
      description: wanted.description ?? '',
      image,
      category: wanted.category ?? 'custom',
      tags: wanted.tags ?? [],
      ownerId,
      shared,
      ...versionOfOwner(this.#store, ownerId),
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    const details = { server_name: name, image, shared };
    const audit = changeAudit(origin, 'catalog.create', { type: 'custom_server', id: record.id }, details);
    try {
      await this.#store.apply({ by: origin.caller, writes: [put(customEntries, record, 'absent'), audit] });
    } catch (error) {
      throw error instanceof DomainError && error.code === 'already_exists' ? taken(name) : error;
    }
    return record;
  }

  /** Absent fields stay. @throws DomainError `not_found`, `forbidden`, `invalid_input`, `already_exists`, `conflict`. */
  async update(
    origin: RequestOrigin,
    caller: Caller,
    idOrName: string,
    changes: Partial<NewEntry>,
  ): Promise<CustomEntryRecord> {
    authorize(caller, 'catalog.write');
    const before = this.#own(caller, idOrName);
    const { name, image, shared } = changes;
    // Other users have given the entry their own values, so the owner alone may no longer change its program.
    if (!manages(caller) && (image ?? name) !== undefined && this.#isTrusted(before))
      throw new DomainError('forbidden', `'${before.name}' is used by others: team admins change its image and name`);
    if (image !== undefined) {
      checkImageName('image', image);
      this.checkRegistry(caller, image);
    }
    if (name !== undefined && name.toLowerCase() !== before.name.toLowerCase()) {
      checkName(name);
      this.#checkFree(caller, name);
    }
    if (shared !== undefined && shared !== before.shared) checkShared(caller, true);
    const given = withoutUndefined(changes);
    const record = { ...before, ...given, revision: before.revision + 1, updatedAt: Date.now() } as CustomEntryRecord;
    const details = { server_name: record.name, changed: Object.keys(given) };
    const audit = changeAudit(origin, 'catalog.update', { type: 'custom_server', id: before.id }, details);
    await this.#store.apply({ by: origin.caller, writes: [put(customEntries, record, before.revision), audit] });
    return record;
  }

  /**
   * Checks the registry of an image. Team admins may take images from all registries. @throws DomainError `forbidden` if a standard user
   * may not take images from it.
   */
  checkRegistry(caller: Caller, image: string): void {
    if (this.mayTake(caller, image)) return;
    const registry = registryOf(image);
    const details = { field: 'image', registries: this.#registries };
    const message = `image: only team admins take images from ${registry}; allowed: ${this.#registries.join(', ')}`;
    throw new DomainError('forbidden', message, details);
  }

  /** Whether a person may take an image from its registry. */
  mayTake(rights: OwnerRights, image: string): boolean {
    return this.#registries.length === 0 || manages(rights) || this.#registries.includes(registryOf(image));
  }

  /**
   * Removes an entry; the caller of this method ends the servers made from it.
   * @throws DomainError `not_found`, `forbidden`, `conflict`.
   */
  async remove(origin: RequestOrigin, caller: Caller, idOrName: string): Promise<CustomEntryRecord> {
    authorize(caller, 'catalog.write');
    const record = this.#own(caller, idOrName);
    // The servers of other users, with their values, would be removed, too.
    if (!manages(caller) && this.#othersRun(record))
      throw new DomainError('forbidden', `'${record.name}' is used by others: team admins remove it`);
    const details = { server_name: record.name };
    const audit = changeAudit(origin, 'catalog.delete', { type: 'custom_server', id: record.id }, details);
    await this.#store.apply({ by: origin.caller, writes: [remove(customEntries, record.id, record.revision), audit] });
    return record;
  }

  /** Whether a caller may change and remove an entry: its owner may, and team admins may. No caller may change the entries that ship with the hub. */
  mayChange(caller: Caller, { ownerId }: Pick<CatalogEntry, 'ownerId'>): boolean {
    return ownerId !== null && isAllowed(caller, 'catalog.write') && (ownerId === ownerOf(caller) || manages(caller));
  }

  /**
   * Removes the private entries of a user who was deleted, and returns their ids. Shared entries stay.
   * @param goes decides about an entry
   */
  async forgetOwner(ownerId: string, goes = (_entry: CustomEntryRecord) => true): Promise<string[]> {
    return retrying(this.#store, Number.POSITIVE_INFINITY, async () => {
      const all = [...this.#store.list(customEntries, { index: 'owner', equals: ownerId })];
      const own = all.filter((entry) => !entry.shared && goes(entry));
      // An entry that is shared at the same moment stays.
      const writes = own.map(({ id, revision }) => remove(customEntries, id, revision));
      if (writes.length > 0) await this.#store.apply({ by: null, writes });
      return own.map(({ id }) => id);
    });
  }

  /** A custom entry that the caller may change. */
  #own(caller: Caller, idOrName: string): CustomEntryRecord {
    const entry = this.find(caller, idOrName);
    if (!entry) throw notFound('custom_server', idOrName);
    if (entry.type === 'predefined')
      throw new DomainError('forbidden', `'${entry.name}' comes with the hub, and cannot be changed`);
    if (!this.mayChange(caller, entry)) throw new DomainError('forbidden', `'${entry.name}' belongs to another user`);
    const record = this.#store.get(customEntries, entry.id);
    if (!record) throw notFound('custom_server', idOrName);
    return record;
  }

  /** Whether other users run it, or may start it at any moment. */
  #isTrusted(record: CustomEntryRecord): boolean {
    return record.shared || this.#othersRun(record);
  }

  #othersRun({ id, ownerId }: CustomEntryRecord): boolean {
    return [...this.#store.list(enablements, { index: 'entry', equals: id })].some((one) => one.ownerId !== ownerId);
  }

  /** A name is taken if it means an entry to the caller. So a private entry of another person takes no name, and no refusal reveals it. */
  #checkFree(caller: Caller, name: string): void {
    if (this.find(caller, name)) throw taken(name);
  }
}

/** Whether a caller may see and change the entries of all users: entries belong to no server and no site, so a narrowed key may not. */
function manages(caller: OwnerRights): boolean {
  return atLeast(caller.role, 'operator') && isAllowed(caller, 'catalog.write');
}

function sees(caller: Caller, entry: CatalogEntry): boolean {
  return manages(caller) || seenBy(entry, ownerOf(caller), undefined);
}

/** Whether a user sees an entry: a shared entry, the user's own entry, and every entry if the user is a team admin. */
export function seenBy({ shared, ownerId }: CatalogEntry, who: string, role: Role | undefined): boolean {
  return shared || ownerId === who || (role !== undefined && atLeast(role, 'operator'));
}

function checkShared(caller: Caller, shared: boolean): void {
  if (shared && !manages(caller))
    throw new DomainError('forbidden', 'only team admins change the catalog for all users');
}

function taken(name: string): DomainError {
  const details = { resource: 'custom_server', name };
  return new DomainError('already_exists', `the catalog has a server '${name}' already`, details);
}

/** As github.com/distribution/reference has it: `[host[:port]/]path[:tag][@digest]`. */
const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const HOST = '(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?/)?';
const FORM = new RegExp(
  `^${HOST}${PART}(?:/${PART})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
);
const ID = /^(?:sha256:)?[0-9a-f]{64}$/;
const LONGEST = 512;
const DOCKER_HUB = 'docker.io';

/** The registry that an image is pulled from, as hosts are compared; a name without a host belongs to Docker Hub. */
function registryOf(image: string): string {
  return partsOf(image).registry;
}

/** The registry of an image, and the rest of its name. */
function partsOf(image: string): { readonly registry: string; readonly path: string } {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  const host = isHost ? first.toLowerCase().replace(/:443$/, '') : DOCKER_HUB;
  return { registry: host === 'index.docker.io' ? DOCKER_HUB : host, path: isHost ? rest.join('/') : image };
}

/** An image's name with its registry, and without its tag and digest. */
function repositoryOf(image: string): string {
  const { registry, path } = partsOf(image);
  const [name = ''] = path.split('@');
  return `${registry}/${name.replace(/:[^:]*$/, '').replace(/^library\//, '')}`;
}

function repositoriesOf({ source }: CatalogEntry): string[] {
  return source.type === 'image' ? [repositoryOf(source.image)] : [];
}

/** A host of one word with upper-case letters: the engine reads it as a host, though it looks like a namespace of Docker Hub. */
const UPPER_CASE_HOST = /^[a-zA-Z0-9-]*[A-Z][a-zA-Z0-9-]*\//;

/** @throws DomainError `invalid_input` for a text that is no image's name. */
export function checkImageName(field: string, image: string): void {
  if (image.length > LONGEST || !FORM.test(image) || ID.test(image) || UPPER_CASE_HOST.test(image))
    throw invalid(field, "must be an image's name such as registry.example.com/team/server:1.2");
  checkImageRegistry(image, field);
}
