import type { RequestOrigin } from '../access/caller.js';
import { changeAudit } from '../audit/audit.js';
import { collection, remove, type Store, type Write } from '../store.js';
import type { ServerRecord } from './record.js';
import { unsealSecrets } from './spec.js';

/** A person's consent at a server. Its agent has the tokens. The hub notes that they exist, so that the audit log says when they end. */
interface ConsentRecord {
  /** The server's. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly givenAt: number;
}

export const consentRecords = collection<ConsentRecord>('consents', 'consent');

/** Why a consent ended. */
type Cause = 'server_deleted' | 'registration_changed' | 'consent_asked_again';

/** The writes that end the consent at a server, with their audit entry; none if there is no consent. */
export function endOfConsent(
  store: Pick<Store, 'get'>,
  origin: RequestOrigin,
  { id, name }: Pick<ServerRecord, 'id' | 'name'>,
  cause: Cause,
): Write[] {
  if (!store.get(consentRecords, id)) return [];
  const resource = { type: 'server', id, serverId: id };
  return [remove(consentRecords, id, 'any'), changeAudit(origin, 'server.consent_end', resource, { name, cause })];
}

/** As {@link endOfConsent}, for a changed registration; none if the consent is valid for the new registration, too. */
export async function endOfMovedConsent(
  store: Store,
  origin: RequestOrigin,
  before: ServerRecord,
  now: ServerRecord,
): Promise<Write[]> {
  if (!store.get(consentRecords, now.id) || (await consentStays(store, before, now))) return [];
  return endOfConsent(store, origin, now, 'registration_changed');
}

/** Whether the tokens of a consent belong to a changed registration, too. Its agent judges by the same parts. */
export async function consentStays(store: Store, before: ServerRecord, now: ServerRecord): Promise<boolean> {
  const holder = holderOf(before);
  if (holder === undefined || holder !== holderOf(now)) return false;
  if (before.sealedSecrets === now.sealedSecrets) return true;
  const [old, fresh] = await Promise.all([unsealSecrets(store, before), unsealSecrets(store, now)]);
  return old.authSecret === fresh.authSecret;
}

/** The public parts of a registration that a consent belongs to; `undefined` if no person consents to it. */
function holderOf({ transport, auth }: ServerRecord): string | undefined {
  if (transport.type === 'stdio' || auth.type !== 'oauth2' || auth.grantType !== 'authorization_code') return undefined;
  return JSON.stringify([new URL(transport.url).href, auth.tokenUrl, auth.clientId, auth.proof]);
}
