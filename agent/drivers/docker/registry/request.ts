import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask, type SiteAnswer, type SiteRequest } from '../../net/ask.js';
import type { Sender } from '../../net/site-lookup.js';

const redirects = 3;

export type RegistryAnswer = SiteAnswer;

export interface RegistryRequest extends Omit<SiteRequest, 'tls'> {
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** The certificate is not checked: so the engine is told to treat this registry. */
  readonly insecure: boolean;
}

/**
 * One request to an image registry or its token service. Redirects are followed, without credentials to another host; those
 * of a `POST` are not, for its body holds credentials.
 * @throws Error
 */
export async function send(url: URL, request: RegistryRequest, hops = 0): Promise<RegistryAnswer> {
  const { insecure, ...rest } = request;
  const tls = url.protocol === 'https:' ? { ca: await trusted(url.host), rejectUnauthorized: !insecure } : {};
  const answer = await ask(url, { ...rest, tls });
  const { location } = answer.headers;
  if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
  if (request.method === 'POST') throw new Error('it redirects a request that holds credentials');
  if (hops === redirects) throw new Error('it redirects too often');
  const next = new URL(location, url);
  if (next.protocol !== url.protocol && next.protocol !== 'https:') throw new Error('it redirects to another protocol');
  const { authorization: _, Authorization: __, ...anonymous } = request.headers;
  const headers = next.origin === url.origin ? request.headers : anonymous;
  // One server at public addresses on the way is enough.
  const sender = (await request.from?.reach()) === 'public' ? request.from : senderOf(url, answer);
  const redirected = await send(next, { ...request, headers, from: sender }, hops + 1);
  // Its challenge would name the service that gets this registry's credentials.
  if (redirected.status === 401 && next.origin !== url.origin)
    throw new Error('it redirects to a host that asks for credentials');
  return redirected;
}

/** The registry that answered, in the role of the server that names the next address. */
export function senderOf(url: URL, answer: RegistryAnswer): Sender {
  return { host: url.hostname, reach: () => answer.reach };
}

/** The authorities that the engine trusts for a registry, where it has its own (`/etc/docker/certs.d/HOST/*.crt`). */
async function trusted(host: string): Promise<string[] | undefined> {
  const folder = join('/etc/docker/certs.d', host);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.crt'));
  const found = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
  return found.length === 0 ? undefined : found;
}
