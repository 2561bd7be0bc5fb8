import type { ApiName, Door } from '../../domain/access/caller.js';
import type { Routable } from './router.js';

/** The part of a request that chooses between the APIs of a shared path, besides the credential. */
export type DecidedBy = 'login' | 'refresh' | undefined;

/** The endpoint of the API that issued the credential, if that API is a candidate; the only candidate, where there is one. */
export function byIssuer<T extends Routable>(targets: readonly T[], issuer: ApiName | null): T | undefined {
  if (targets.length === 1) return targets[0];
  return issuer === null ? undefined : targets.find((target) => target.api === issuer);
}

/** Whether the body chooses the API that answers: sign-in and refresh carry no credential yet. */
export function decidedBy(targets: readonly Routable[]): DecidedBy {
  const first = targets[0];
  if (targets.length < 2 || first === undefined) return undefined;
  if (first.path.endsWith('/auth/login')) return 'login';
  return first.path.endsWith('/auth/refresh') ? 'refresh' : undefined;
}

/**
 * The endpoint that a sign-in's or a refresh's body belongs to; `undefined` where it says nothing.
 * @param fields which members each endpoint's body knows
 * @param issuer the API that issued a token, unverified
 */
export function byBody<T extends Routable>(
  targets: readonly T[],
  decided: DecidedBy,
  body: unknown,
  fields: (target: T) => readonly string[],
  issuer: (token: string) => ApiName | null,
): T | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  if (decided === 'login') {
    const telling = ['username', 'redirect_uri'].find((name) => Object.hasOwn(body, name));
    return telling === undefined ? undefined : targets.find((target) => fields(target).includes(telling));
  }
  const token: unknown = (body as { refresh_token?: unknown }).refresh_token;
  return decided === 'refresh' && typeof token === 'string' ? byIssuer(targets, issuer(token)) : undefined;
}

/**
 * The API that gives an error its form if no endpoint matches: the API whose base the path is under, else the credential's issuer, else
 * automation under `/api/v1`, else connect. An API that is not mounted is passed over.
 */
export function formFor<N extends Door>(path: string, issuer: ApiName | null, mounted: readonly N[]): N {
  const base = path.slice(1, path.indexOf('/', 1) === -1 ? undefined : path.indexOf('/', 1));
  const wanted: readonly (string | null)[] = [
    base,
    issuer,
    path === '/api/v1' || path.startsWith('/api/v1/') ? 'automation' : 'connect',
  ];
  for (const name of wanted) {
    const found = mounted.find((api) => api === name);
    if (found !== undefined) return found;
  }
  const [first] = mounted;
  if (first === undefined) throw new Error('no API is mounted');
  return first;
}
