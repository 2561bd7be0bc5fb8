import { headerLine } from '../headers.js';

const EXPOSED =
  'X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, WWW-Authenticate, X-API-Version, X-API-Deprecation, X-API-Sunset, Mcp-Session-Id';
const ALLOWED_HEADERS =
  'Authorization, Content-Type, X-API-Key, X-Request-ID, X-Client-Version, traceparent, tracestate, ' +
  'Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Last-Event-ID';
/**
 * A tool chooses these names itself (MCP 2026-07-28, "Custom headers from tool parameters"): the hub allows all that the browser asks for.
 */
const PARAMETER_HEADER = /^mcp-param-[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
const MAX_PARAMETER_HEADERS = 32;
const MAX_AGE_SECONDS = 600;

/** Which web origins may read answers. Scripts send credentials in headers, so the hub never allows cookies of other origins. */
export class Cors {
  readonly #lines = new Map<string, string>();
  readonly #any: boolean;
  /** Whether the answer depends on `Origin`. */
  readonly varies: boolean;
  /** Whether any origin is allowed; if not, `Origin` need not be read. */
  readonly enabled: boolean;

  /** @param origins such as `https://portal.example.com`; `*` for all. @throws Error for a text that is not an origin. */
  constructor(origins: readonly string[]) {
    this.#any = origins.includes('*');
    this.enabled = origins.length > 0;
    this.varies = this.enabled && !this.#any;
    for (const origin of origins) {
      if (origin !== '*' && (!URL.canParse(origin) || new URL(origin).origin !== origin))
        throw new Error(`'${origin}' is not an origin such as https://portal.example.com`);
      this.#lines.set(origin, linesFor(origin));
    }
  }

  /** Header lines for a response to this origin; `''` if the origin is not allowed, or if the request has none. */
  lines(origin: string): string {
    if (origin === '') return '';
    return this.#lines.get(this.#any ? '*' : origin) ?? '';
  }

  /** Further lines that answer a preflight. @param requested the value of its `Access-Control-Request-Headers` */
  preflight(methods: readonly string[], requested: string): string {
    const names = requested.split(',', 128).map((name) => name.trim().toLowerCase());
    const parameters = names.filter((name) => PARAMETER_HEADER.test(name)).slice(0, MAX_PARAMETER_HEADERS);
    return (
      headerLine('Access-Control-Allow-Methods', methods.join(', ')) +
      headerLine('Access-Control-Allow-Headers', [ALLOWED_HEADERS, ...parameters].join(', ')) +
      headerLine('Access-Control-Max-Age', String(MAX_AGE_SECONDS))
    );
  }
}

function linesFor(origin: string): string {
  return headerLine('Access-Control-Allow-Origin', origin) + headerLine('Access-Control-Expose-Headers', EXPOSED);
}
