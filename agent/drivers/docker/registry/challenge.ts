import type { RegistryCredentials } from './credentials.js';
import { type RegistryAnswer, type RegistryRequest, send } from './request.js';

/** What a registry asks for with its 401 (RFC 9110, section 11.6.1). */
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
 * What to send as `Authorization` to satisfy a challenge: Basic, or a Bearer token from the registry's token service (Docker Registry
 * token authentication specification). `undefined` where the agent has nothing that would do.
 * @throws Error with a readable reason.
 */
export async function authorize(
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
  const { token, access_token: accessToken } = JSON.parse(answer.body.toString()) as Record<string, unknown>;
  const found = token || accessToken;
  if (typeof found !== 'string' || /[^\x21-\x7e]/.test(found)) throw new Error('its token service gives no token');
  return found;
}

function basic({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
