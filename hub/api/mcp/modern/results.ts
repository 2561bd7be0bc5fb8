import { memberText, withMember } from '../../../domain/mcp/json-text.js';
import { SERVER_INFO } from './meta.js';

/** How long results may be kept, milliseconds. What a client hears of by a subscription it throws away before. */
const ttlMs: Readonly<Record<string, number>> = {
  'server/discover': 60_000,
  'tools/list': 5000,
  'prompts/list': 5000,
  'resources/list': 5000,
  'resources/templates/list': 5000,
  'resources/read': 0,
};

/**
 * A result with what version 2026-07-28 wants in every one: its type, how long and for whom it may be kept, and who answers. A server's own
 * word on keeping counts; for everybody a result never is, since what is shown depends on the caller.
 * @param result a JSON object
 * @param serverInfo a JSON object
 */
export function completed(method: string, result: string, serverInfo: string): string {
  let text = withMember(result, 'resultType', '"complete"');
  const ttl = ttlMs[method];
  if (ttl !== undefined) {
    if (!/^\d{1,12}$/.test(memberText(text, 'ttlMs') ?? '')) text = withMember(text, 'ttlMs', String(ttl));
    text = withMember(text, 'cacheScope', '"private"');
  }
  return withMember(text, '_meta', withMember(metaOf(text), SERVER_INFO, serverInfo));
}

function metaOf(result: string): string {
  const meta = memberText(result, '_meta');
  return meta?.startsWith('{') ? meta : '{}';
}
