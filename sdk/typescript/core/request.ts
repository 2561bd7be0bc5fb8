import type { Operation } from './caller.js';

/** The address of a call. @throws TypeError naming a parameter that is missing */
export function addressOf(
  baseUrl: string,
  { path, id }: Operation,
  params: readonly string[],
  query: object = {},
): URL {
  let at = 0;
  const filled = path.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
    const value: unknown = params[at];
    at += 1;
    // `.` and `..` would be taken for steps in the path, an empty one for none.
    if (typeof value !== 'string' || value === '' || value === '.' || value === '..')
      throw new TypeError(`${id}: ${name} must be a string that is not empty, nor '.' or '..'`);
    return encodeURIComponent(value);
  });
  const url = new URL(baseUrl + filled);
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    url.searchParams.set(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  return url;
}

/** @throws TypeError where it is no address of HTTP */
export function checkedBaseUrl(baseUrl: unknown): string {
  const url = typeof baseUrl === 'string' && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new TypeError('baseUrl must be the address of a hub, such as https://hub.example.com');
  if (url.username !== '' || url.password !== '')
    throw new TypeError('baseUrl must carry no credential: give apiKey, token, or username and password');
  return url.origin + url.pathname.replace(/(?<!\/)\/+$/, '');
}

/** The media types that an operation's answer may have. */
export function acceptOf({ answer }: Operation): string {
  if (answer === 'response') return 'application/json, text/event-stream';
  return answer === 'text' || answer === 'bytes' ? '*/*' : 'application/json, */*;q=0.5';
}
