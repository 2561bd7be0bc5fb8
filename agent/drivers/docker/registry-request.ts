import { readdir, readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';

/** An answer is awaited for so long, milliseconds. */
const limitMs = 15_000;
const redirects = 3;

export interface RegistryAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The certificate is not checked: so the engine is told to treat this registry. */
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  /** A larger answer is refused, bytes. */
  readonly most: number;
}

/** One request to an image registry or its token service. Redirects are followed, without credentials to another host. @throws Error */
export async function send(url: URL, request: RegistryRequest, hops = 0): Promise<RegistryAnswer> {
  const answer = await sendOnce(url, request);
  const { location } = answer.headers;
  if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
  if (hops === redirects) throw new Error('it redirects too often');
  const next = new URL(location, url);
  if (next.protocol !== url.protocol && next.protocol !== 'https:') throw new Error('it redirects to another protocol');
  const { authorization: _, Authorization: __, ...anonymous } = request.headers;
  return send(next, next.origin === url.origin ? request : { ...request, headers: anonymous }, hops + 1);
}

async function sendOnce(
  url: URL,
  { method, headers, body, insecure, signal, most }: RegistryRequest,
): Promise<RegistryAnswer> {
  const both = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  const secure = url.protocol === 'https:';
  const tls = secure ? { ca: await trusted(url.host), rejectUnauthorized: !insecure } : {};
  return new Promise((resolve, reject) => {
    const options = { method, headers, signal: both, agent: false as const, ...tls };
    const request = (secure ? httpsRequest : httpRequest)(url, options, (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        if (size > most) response.destroy(new Error(`it answers with more than ${most} bytes`));
        else parts.push(part);
      });
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
      });
    });
    request.on('error', (error) => {
      const late = both.aborted && !signal.aborted;
      reject(late ? new Error(`no answer within ${limitMs / 1000} s`) : error);
    });
    request.end(body);
  });
}

/** The authorities that the engine trusts for a registry, where it has its own (`/etc/docker/certs.d/HOST/*.crt`). */
async function trusted(host: string): Promise<string[] | undefined> {
  const folder = join('/etc/docker/certs.d', host);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.crt'));
  const found = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
  return found.length === 0 ? undefined : found;
}
