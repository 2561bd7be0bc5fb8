import type { RequestOrigin } from '../access/caller.js';
import type { Fleet } from '../agents/fleet.js';
import { auditWrite, durationOf, SYSTEM, writtenAfter } from '../audit/audit.js';
import { DomainError } from '../errors.js';
import { MAX_RACES, retrying } from '../retrying.js';
import { guard, put, type Store, type Write } from '../store.js';
import { consentRecords, consentStays, endOfConsent } from './consent-record.js';
import type { ObservedServers } from './observed.js';
import { type ServerRecord, serverRecords } from './record.js';
import type { ServerRegistry } from './registry.js';
import { type AuthorizationCallback, clientMetadata } from './spec.js';

/** How long the agent may take to turn a consent into tokens, milliseconds. */
const COMPLETE_MS = 60_000;

export interface ConsentParts {
  readonly store: Store;
  readonly registry: ServerRegistry;
  readonly observed: ObservedServers;
  readonly fleet: () => Fleet;
  readonly callback: () => AuthorizationCallback;
}

/** Consents of users by which an agent signs in at a server. */
export class ServerConsents {
  readonly #parts: ConsentParts;

  constructor(parts: ConsentParts) {
    this.#parts = parts;
    const { store, registry, observed } = parts;
    // The authorization server has revoked the consent, or its tokens have ended for good.
    observed.onChange((id, now, before) => {
      const record = now.needsConsent && !before.needsConsent ? registry.byId(id) : undefined;
      const writes = record ? endOfConsent(store, SYSTEM, record, 'consent_asked_again') : [];
      if (writes.length > 0) store.record({ writes });
    });
  }

  /** The agents' metadata for authorization servers. @throws DomainError `not_found` if the hub has no public address with TLS. */
  client(): ReturnType<typeof clientMetadata> {
    const callback = this.#parts.callback();
    if (callback.clientMetadataUrl === '')
      throw new DomainError('not_found', 'this hub has no public address with TLS');
    return clientMetadata(callback);
  }

  /** The server that asked for a consent under a state. @throws DomainError `not_found`. */
  asked(state: string): ServerRecord {
    const { registry, observed } = this.#parts;
    for (const record of state === '' ? [] : registry.all()) {
      const { authorizationUrl } = observed.get(record.id);
      if (authorizationUrl !== '' && new URL(authorizationUrl).searchParams.get('state') === state) return record;
    }
    throw new DomainError('not_found', 'this consent was not asked for, or is used up');
  }

  /**
   * Hands the parameters that a person brought back to the agent that asked for the consent. The person is not signed in here, and another
   * person may have sent them the address of the consent: so a page of the hub first says who will act in their name. The state names the
   * server, the hub shows it only to callers who may change the server, and it is valid once. Audited with its outcome.
   * @param query of the address that the person came back to
   * @returns the server
   * @throws DomainError `not_found` if no consent was asked for under that state, `agent_unreachable`, `upstream_failed`, `timeout`.
   */
  async complete(origin: RequestOrigin, query: string): Promise<ServerRecord> {
    const record = this.asked(new URLSearchParams(query).get('state') ?? '');
    try {
      const operation = { case: 'authorizeServer', value: { serverId: record.id, parameters: query } } as const;
      const options = { kind: 'once', timeoutMs: COMPLETE_MS } as const;
      const reply = await this.#parts.fleet().execute(record.agentId, operation, options);
      if (reply.case === 'server') await this.#parts.observed.report(record.agentId, reply.value);
    } catch (error) {
      const details = { error: error instanceof DomainError ? error.code : 'internal' };
      this.#parts.store.record({ writes: [audit(origin, record, false, details)] });
      throw error;
    }
    await writtenAfter(this.#given(origin, record));
    return record;
  }

  /** Notes the consent, unless the registration that it was given for has changed or is gone. */
  async #given(origin: RequestOrigin, record: ServerRecord): Promise<void> {
    const { store, registry } = this.#parts;
    const entry = audit(origin, record, true);
    await retrying(store, MAX_RACES, async () => {
      const now = registry.byId(record.id);
      const stays = now !== undefined && (await consentStays(store, record, now));
      const writes = stays ? [put(consentRecords, { id: now.id, givenAt: Date.now() }, 'any'), entry] : [entry];
      await store.apply({ by: null, writes, guards: stays ? [guard(serverRecords, now)] : [] });
    });
  }
}

function audit(
  origin: RequestOrigin,
  { id, name }: ServerRecord,
  success: boolean,
  error: Record<string, unknown> = {},
): Write {
  const resource = { type: 'server', id, serverId: id };
  const details = { name, ...error };
  return auditWrite(origin, { action: 'server.authorize', resource, details, success, durationMs: durationOf(origin) });
}
