import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tooManyValues } from '@roundhouse/proto/work';
import { AgentFailure } from '../../../failure.js';
import { ask, type SiteAnswer, type SiteRequest } from '../../net/ask.js';
import { basicForms, Secrets } from '../../net/secrets.js';
import type { Sender } from '../../net/site-lookup.js';
import type { ImageReference } from '../reference.js';
import type { RegistryCredentials } from './credentials.js';

/** The types of a manifest, by OCI and by Docker: for one platform, and the list of all platforms. */
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const answerBytes = 8 * 1024 * 1024;
/** The most tags that are read. */
const mostTags = 50_000;
const pageSize = 1000;

interface RegistryAccess {
  readonly credentials: RegistryCredentials | undefined;
  /** The engine is configured to reach it by plain HTTP, or by HTTPS with any certificate. */
  readonly insecure: boolean;
}

/** One image's repository at its registry (OCI distribution specification 1.1; Docker Registry HTTP API v2). */
export class RegistryClient {
  #authorization: string | undefined;
  #base: URL | undefined;
  /** Removed from errors, which may hold parts of answers. */
  readonly #secrets: Secrets;

  constructor(
    private readonly image: ImageReference,
    private readonly access: RegistryAccess,
    private readonly signal: AbortSignal,
  ) {
    const { username = '', password = '', identityToken = '' } = access.credentials ?? {};
    this.#secrets = new Secrets([password, identityToken, ...basicForms(username, password)]);
  }

  /** All tags, as the registry orders them. @throws AgentFailure `upstream` */
  async tags(): Promise<string[]> {
    const tags: string[] = [];
    let path: string | undefined = `tags/list?n=${pageSize}`;
    for (let page = 0; path !== undefined && page * pageSize < mostTags && tags.length < mostTags; page++) {
      const answer: RegistryAnswer = await this.#ask('GET', path, 'application/json');
      if (answer.status === 404) throw this.#failure('it has no such repository');
      tags.push(...(await this.#tagsIn(this.#good(answer))));
      path = nextPage(answer);
    }
    return tags.slice(0, mostTags);
  }

  /** The digest that a tag stands for now; `undefined` if there is no such tag. @throws AgentFailure `upstream` */
  async digest(tag: string): Promise<string | undefined> {
    const path = `manifests/${encodeURIComponent(tag)}`;
    const head = await this.#ask('HEAD', path, manifestTypes);
    if (head.status === 404) return undefined;
    const told = this.#good(head).headers['docker-content-digest'];
    if (typeof told === 'string' && /^sha256:[0-9a-f]{64}$/.test(told)) return told;
    // Without the header, the agent computes the digest of the manifest's bytes.
    const { body } = this.#good(await this.#ask('GET', path, manifestTypes));
    return `sha256:${createHash('sha256').update(body).digest('hex')}`;
  }

  async #ask(method: 'GET' | 'HEAD', path: string, accept: string): Promise<RegistryAnswer> {
    try {
      this.#base ??= await this.#findBase();
      const base = this.#base;
      const url = new URL(path, base);
      // The registry names the address of the next page, which must be at the same origin.
      if (url.origin !== base.origin) throw new Error('it names a page at another origin');
      const request = (): RegistryRequest => ({ ...this.#common(method), headers: this.#headers(accept) });
      const answer = await send(url, request());
      if (answer.status !== 401) return answer;
      this.#authorization = await this.#authorize(answer, base);
      this.#secrets.learn(this.#authorization?.replace(/^Bearer /, ''));
      return this.#authorization === undefined ? answer : await send(url, request());
    } catch (error) {
      this.signal.throwIfAborted();
      throw error instanceof AgentFailure ? error : this.#failure((error as Error).message, error);
    }
  }

  #authorize(answer: RegistryAnswer, base: URL): Promise<string | undefined> {
    const { credentials, insecure } = this.access;
    const plain = base.protocol === 'http:';
    const scope = `repository:${this.image.repository}:pull`;
    return authorize(answer, credentials, scope, {
      insecure,
      plain,
      from: senderOf(base, answer),
      signal: this.signal,
    });
  }

  /** HTTPS, or plain HTTP if HTTPS does not work and the engine allows it for this registry. */
  async #findBase(): Promise<URL> {
    const host = this.image.registry === 'docker.io' ? 'registry-1.docker.io' : this.image.registry;
    const secure = new URL(`https://${host}/v2/${this.image.repository}/`);
    if (!this.access.insecure) return secure;
    const root = new URL('/v2/', secure);
    const works = await send(root, { ...this.#common('GET'), headers: {} }).catch(() => undefined);
    this.signal.throwIfAborted();
    return works === undefined ? new URL(`http://${host}/v2/${this.image.repository}/`) : secure;
  }

  #common(method: 'GET' | 'HEAD'): Omit<RegistryRequest, 'headers'> {
    return { method, insecure: this.access.insecure, signal: this.signal, most: answerBytes };
  }

  #headers(accept: string): Record<string, string> {
    return { accept, 'user-agent': 'roundhouse', ...(this.#authorization && { authorization: this.#authorization }) };
  }

  #good(answer: RegistryAnswer): RegistryAnswer {
    const { status } = answer;
    if (status === 200) return answer;
    if (status === 401 || status === 403) {
      const who = this.access.credentials === undefined ? ' (the agent’s user is not logged in there)' : '';
      throw this.#failure(`it does not let this agent in${who}`);
    }
    if (status === 429) throw this.#failure('it is asked too often');
    throw this.#failure(`it answers ${status}`);
  }

  async #tagsIn({ body }: RegistryAnswer): Promise<string[]> {
    const text = body.toString();
    const problem = await tooManyValues(text);
    if (problem !== undefined) throw this.#failure(`its list of tags ${problem}`);
    let tags: unknown;
    try {
      ({ tags } = JSON.parse(text) as { tags?: unknown });
    } catch {
      throw this.#failure('its list of tags is no JSON object');
    }
    const isTag = (tag: unknown): tag is string => typeof tag === 'string' && /^\w[\w.-]{0,127}$/.test(tag);
    return Array.isArray(tags) ? tags.filter(isTag) : [];
  }

  #failure(problem: string, cause?: unknown): AgentFailure {
    const reason = `the image registry ${this.image.registry}, asked about ${this.image.repository}: ${this.#secrets.hide(problem)}`;
    return new AgentFailure('upstream', reason, { reason }, { cause });
  }
}

/** The `Link` to the next page (RFC 8288). */
function nextPage({ headers: { link } }: RegistryAnswer): string | undefined {
  const text = Array.isArray(link) ? link.join(',') : (link ?? '');
  return /<([^<>]+)>\s*;[^,<]*\brel="?next"?/i.exec(text)?.[1];
}

/** The challenge of a registry's 401 (RFC 9110, section 11.6.1). */
interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const tokenBytes = 256 * 1024;

/** Reads the first `Basic` or `Bearer` of `WWW-Authenticate`. */
export function parseChallenge(header: string): Challenge | undefined {
  const [, scheme = '', rest = ''] = /(?:^|,\s*)(basic|bearer)(?:\s+(.*))?$/is.exec(header) ?? [];
  if (scheme === '') return undefined;
  const pairs = [...rest.matchAll(/(?<![\w-])([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)];
  const parameters = pairs.map(([, name = '', quoted, bare = '']) => [
    name.toLowerCase(),
    quoted?.replace(/\\(.)/g, '$1') ?? bare,
  ]);
  return { scheme: scheme.toLowerCase(), parameters: Object.fromEntries(parameters) };
}

/**
 * The `Authorization` that satisfies a challenge: Basic, or a Bearer token from the registry's token service (Docker Registry
 * token authentication specification). `undefined` if the agent has no suitable credentials.
 * @throws Error with a readable reason.
 */
async function authorize(
  answer: RegistryAnswer,
  credentials: RegistryCredentials | undefined,
  scope: string,
  request: Pick<RegistryRequest, 'insecure' | 'signal' | 'from'> & { readonly plain: boolean },
): Promise<string | undefined> {
  const challenge = parseChallenge(answer.headers['www-authenticate'] ?? '');
  if (challenge?.scheme === 'basic') return credentials?.username ? basic(credentials) : undefined;
  const { realm = '', service = '' } = challenge?.parameters ?? {};
  if (challenge === undefined || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  // An attacker who can change the answer of a registry over HTTP can read its token, too. A registry over HTTPS has no reason to leave HTTPS.
  if (url.protocol !== 'https:' && !(request.plain && url.protocol === 'http:')) {
    throw new Error('its token service is not reached by HTTPS');
  }
  const wanted = challenge.parameters.scope ?? scope;
  const token = await askToken(url, { service, scope: wanted }, credentials, request);
  return `Bearer ${token}`;
}

async function askToken(
  url: URL,
  { service, scope }: { readonly service: string; readonly scope: string },
  credentials: RegistryCredentials | undefined,
  { insecure, signal, from }: Pick<RegistryRequest, 'insecure' | 'signal' | 'from'>,
): Promise<string> {
  const common = { insecure, signal, from, most: tokenBytes };
  const fields = new URLSearchParams({ ...(service && { service }), scope });
  let answer: RegistryAnswer;
  if (credentials?.identityToken) {
    fields.set('grant_type', 'refresh_token');
    fields.set('client_id', 'roundhouse');
    fields.set('refresh_token', credentials.identityToken);
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    answer = await send(url, { ...common, method: 'POST', headers, body: fields.toString() });
  } else {
    for (const [name, value] of fields) url.searchParams.append(name, value);
    const headers: Record<string, string> = credentials ? { authorization: basic(credentials) } : {};
    answer = await send(url, { ...common, method: 'GET', headers });
  }
  if (answer.status !== 200) throw new Error(`its token service answers ${answer.status}`);
  const { token, access_token: accessToken } = membersOf(answer.body.toString());
  const found = token || accessToken;
  if (typeof found !== 'string' || /[^\x21-\x7e]/.test(found)) throw new Error('its token service gives no token');
  return found;
}

/** The members of a JSON object; none of another text. The error of the parser would repeat a part of the text. */
function membersOf(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function basic({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

const redirects = 3;

type RegistryAnswer = SiteAnswer;

interface RegistryRequest extends Omit<SiteRequest, 'tls'> {
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** The certificate is not checked, by the engine's configuration for this registry. */
  readonly insecure: boolean;
}

/**
 * One request to an image registry or its token service. It follows redirects, without credentials if the host changes. It follows no
 * redirect of a `POST`, whose body holds credentials.
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
  // One server at public addresses in the chain is enough.
  const sender = (await request.from?.reach()) === 'public' ? request.from : senderOf(url, answer);
  const redirected = await send(next, { ...request, headers, from: sender }, hops + 1);
  // Its challenge would name the service that gets this registry's credentials.
  if (redirected.status === 401 && next.origin !== url.origin)
    throw new Error('it redirects to a host that asks for credentials');
  return redirected;
}

/** The registry that answered, as the sender of the next address. */
function senderOf(url: URL, answer: RegistryAnswer): Sender {
  return { host: url.hostname, reach: () => answer.reach };
}

/** The authorities that the engine trusts for a registry in particular (`/etc/docker/certs.d/HOST/*.crt`). */
async function trusted(host: string): Promise<string[] | undefined> {
  const folder = join('/etc/docker/certs.d', host);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.crt'));
  const found = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
  return found.length === 0 ? undefined : found;
}
