import type { RequestOrigin } from '../../domain/audit/audit.js';
import type { Context } from '../../http/endpoint.js';

/** The origin of a request, as the domain's audit wants it. */
export function originOf({ caller, ip, userAgent, requestId, startedAt }: Context): RequestOrigin {
  return { caller, ip, userAgent, requestId, startedAt, api: 'automation' };
}
