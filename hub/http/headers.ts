import type { Api } from './api.js';

/**
 * `seeds/004`, "Security Headers". Every response carries them. No answer may be cached, because a credential opened it. A block is finished text,
 * each line ended by CR LF: it is made once, and written with one call.
 */
const everywhere: readonly (readonly [name: string, value: string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['X-XSS-Protection', '1; mode=block'],
  ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
  ['Content-Security-Policy', "default-src 'self'"],
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
  ['Permissions-Policy', 'geolocation=(), microphone=(), camera=()'],
  ['Cache-Control', 'no-store'],
];

export const JSON_TYPE = 'application/json; charset=utf-8';

/** The headers of all responses of an API. `vary`: the answer depends on `Origin`. */
export function staticBlock(api: Pick<Api, 'headers'> | null, vary: boolean): string {
  const own = Object.entries(api?.headers ?? {});
  const lines = [...everywhere, ...own, ...(vary ? [['Vary', 'Origin'] as const] : [])];
  return lines.map(([name, value]) => headerLine(name, value)).join('');
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** One header as text. @throws Error for a name or value that would end the line. */
export function headerLine(name: string, value: string): string {
  if (!NAME.test(name) || !VALUE.test(value)) throw new Error(`header '${name.slice(0, 128)}' is not valid`);
  return `${name}: ${value}\r\n`;
}

const statusTexts: Readonly<Record<number, string>> = {
  200: '200 OK',
  201: '201 Created',
  202: '202 Accepted',
  204: '204 No Content',
  302: '302 Found',
  400: '400 Bad Request',
  401: '401 Unauthorized',
  403: '403 Forbidden',
  404: '404 Not Found',
  405: '405 Method Not Allowed',
  406: '406 Not Acceptable',
  409: '409 Conflict',
  413: '413 Content Too Large',
  415: '415 Unsupported Media Type',
  422: '422 Unprocessable Content',
  429: '429 Too Many Requests',
  499: '499 Client Closed Request',
  500: '500 Internal Server Error',
  501: '501 Not Implemented',
  502: '502 Bad Gateway',
  503: '503 Service Unavailable',
  504: '504 Gateway Timeout',
};

/** The status line's text after the version. */
export function statusLine(status: number): string {
  return statusTexts[status] ?? `${status} Status`;
}
