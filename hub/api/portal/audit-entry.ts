import type { AuditEntry } from '../../domain/audit/audit.js';
import { isoTime } from '../../domain/clock.js';

/** Actions that `seeds/002` has words of its own for; the others are printed with underscores. */
const printed: Readonly<Record<string, string>> = {
  'catalog.enable': 'server_enabled',
  'catalog.disable': 'server_disabled',
  'catalog.restart': 'server_restarted',
  'catalog.bulk': 'servers_bulk',
  'catalog.create': 'custom_server_added',
  'catalog.update': 'custom_server_updated',
  'catalog.delete': 'custom_server_removed',
  'config.update': 'config_updated',
  'config.import': 'config_imported',
};
/** Nouns with an underscore of their own, which is no dot of the action. */
const NOUNS = /^(api_key|agent_token)_/;
const meant = new Map(Object.entries(printed).map(([action, word]) => [word, action]));

export function printAction(action: string): string {
  return printed[action] ?? action.replaceAll('.', '_');
}

/** The domain's action that a filter means: in the portal's words, or in its own. */
export function readAction(text: string): string {
  if (text.includes('.')) return text;
  const [noun = ''] = NOUNS.exec(text) ?? [];
  return meant.get(text) ?? `${noun.replace(/_$/, '.')}${text.slice(noun.length).replaceAll('_', '.')}`;
}

/** An entry as `seeds/002` prints it. @param emailOf a user's address */
export function printEntry(entry: AuditEntry, emailOf: (userId: string) => string | null) {
  const { id, time, action, actor, resource, details, success, ip } = entry;
  const { params, ...rest } = details;
  const { itemId, itemName, start: _, ...others } = (params ?? {}) as Readonly<Record<string, unknown>>;
  const isServer = typeof itemId === 'string';
  return {
    id,
    user_id: actor?.id ?? null,
    user_email: actor?.type === 'user' ? emailOf(actor.id) : null,
    action: printAction(action),
    resource_type: resource?.type ?? null,
    // By the id that the portal knows it by.
    resource_id: isServer ? itemId : (resource?.id ?? null),
    details: { ...rest, ...others, ...(isServer ? { server_name: itemName } : {}), success },
    ip_address: ip,
    timestamp: isoTime(time),
    actor: actor && { type: actor.type, name: actor.name },
  };
}
