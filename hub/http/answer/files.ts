import type { HttpResponse } from 'uWebSockets.js';
import { DomainError } from '../../domain/errors.js';
import { addressSubject, forwardedFor, normalizeAddress, type TrustedProxies } from '../access/address.js';
import type { CompiledClass, Limits } from '../access/limits.js';
import type { Routes } from '../request/framing.js';

/** A file that every client may have. */
export interface PublicFile {
  /** Default: `200 OK`. */
  readonly status?: string;
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The parts of a request that choose a file. */
export interface FileRequest {
  /** The last part of the path; empty for a path without one. */
  readonly name: string;
  /** The header `Host`. */
  readonly host: string;
  /** The header `Accept`. */
  readonly accept: string;
  /** The header `Accept-Encoding`. */
  readonly encodings: string;
}

/** The content security policy of the hub's pages: only the hub's own files run, and only the hub gets requests. */
const pagePolicy = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

/**
 * A page of the hub.
 * @param policy directives of its content security policy that differ from those of other pages
 * @param headers further headers, such as `Cache-Control`
 */
export function htmlPage(
  bytes: Buffer,
  policy: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): PublicFile {
  const directives = Object.entries({ ...pagePolicy, ...policy }).map(([name, sources]) => `${name} ${sources}`);
  return {
    contentType: 'text/html; charset=utf-8',
    bytes,
    headers: {
      'Content-Security-Policy': directives.join('; '),
      'Referrer-Policy': 'no-referrer',
      'X-Frame-Options': 'DENY',
      ...headers,
    },
  };
}

/** Sends the browser to an address that is relative to the request's: a proxy may put any path before both. */
export function redirect(location: string): PublicFile {
  const bytes = Buffer.from(`See ${location}\n`);
  return { status: '302 Found', contentType: 'text/plain', bytes, headers: { Location: location } };
}

/** Gives the file of a request; undefined if there is no such file. It must not reject. */
export type FindFile = (request: FileRequest) => Promise<PublicFile | undefined>;

/** How many files are sent at a time. For each, the hub holds the bytes that the client has not taken yet. */
const mostAtOnce = 64;

/** A page of the documentation consists of a few files. */
const filesOfAddress = { requests: 600, windowSeconds: 60, per: 'address' } as const;

/** A response that is under way. */
interface Sending {
  /** The client's network. */
  readonly address: string;
  /** Cuts the connection. */
  cut(): void;
}

/**
 * Serves files without a credential, a limited number for each address. The socket layer cuts off a client that is slower than its limit. If all
 * places are taken, an address gets a place of the address that has the most: so clients of one address cannot keep all others out.
 */
export class PublicFiles {
  readonly #routes: Routes;
  readonly #limits: Limits;
  readonly #limit: CompiledClass | null;
  readonly #proxies: TrustedProxies;
  /** Oldest first. */
  readonly #sending = new Set<Sending>();

  constructor(routes: Routes, limits: Limits, proxies: TrustedProxies) {
    this.#routes = routes;
    this.#limits = limits;
    this.#limit = limits.classOf({ name: 'files', limits: { files: filesOfAddress } }, 'files');
    this.#proxies = proxies;
  }

  /** @param pattern a path whose last part may be `:name` */
  serve(pattern: string, find: FindFile): void {
    this.#routes.get(pattern, (res, req) => {
      const request = {
        name: pattern.includes(':') ? (req.getParameter(0) ?? '') : '',
        host: req.getHeader('host'),
        accept: req.getHeader('accept'),
        encodings: req.getHeader('accept-encoding'),
      };
      const remote = normalizeAddress(Buffer.from(res.getRemoteAddressAsText()).toString('latin1'));
      const client = this.#proxies.client(remote, forwardedFor(req));
      const retryAfter = this.#count(client);
      if (retryAfter !== undefined) {
        const text = `Too many requests from this address: try again in ${retryAfter} seconds\n`;
        return void answer(res, '429 Too Many Requests', text, retryAfter);
      }
      const address = addressSubject(client);
      const sending: Sending = { address, cut: () => res.close() };
      const end = () => void this.#sending.delete(sending);
      res.onAborted(end);
      if (!this.#hasPlace(address)) {
        return void answer(res, '503 Service Unavailable', 'Too many downloads at once: try again in a minute\n', 60);
      }
      this.#sending.add(sending);
      void find(request).then((file) => {
        if (!this.#sending.has(sending)) return;
        if (file) return void send(res, file, end);
        end();
        answer(res, '404 Not Found', 'There is no such file here\n');
      });
    });
  }

  /** After how many seconds an address may ask again; `undefined` if it may ask now. */
  #count(address: string): number | undefined {
    try {
      this.#limits.countAddress({ limit: 0, remaining: 0, resetAt: 0 }, this.#limit, address);
      return undefined;
    } catch (error) {
      if (error instanceof DomainError) return Number(error.details.retryAfter);
      throw error;
    }
  }

  /** Whether an address gets one more place. The hub may cut the oldest response of another address for it. */
  #hasPlace(address: string): boolean {
    if (this.#sending.size < mostAtOnce) return true;
    const counts = new Map<string, number>();
    for (const one of this.#sending) counts.set(one.address, (counts.get(one.address) ?? 0) + 1);
    const most = Math.max(...counts.values());
    if ((counts.get(address) ?? 0) + 1 >= most) return false;
    for (const one of this.#sending) {
      if (counts.get(one.address) !== most) continue;
      this.#sending.delete(one);
      one.cut();
      break;
    }
    return true;
  }
}

function answer(res: HttpResponse, status: string, text: string, retryAfter?: number): void {
  res.cork(() => {
    res.writeStatus(status).writeHeader('Content-Type', 'text/plain; charset=utf-8');
    if (retryAfter !== undefined) res.writeHeader('Retry-After', String(retryAfter));
    res.end(text);
  });
}

/** Sends as much as the client takes, and goes on when it takes more. */
function send(res: HttpResponse, { status, contentType, bytes, headers = {} }: PublicFile, end: () => void): void {
  const more = (from: number) => {
    const [, done] = res.tryEnd(bytes.subarray(from), bytes.length);
    if (done) end();
    return done;
  };
  res.onWritable((offset) => {
    let done = false;
    res.cork(() => {
      done = more(offset);
    });
    return done;
  });
  res.cork(() => {
    if (status !== undefined) res.writeStatus(status);
    res.writeHeader('Content-Type', contentType).writeHeader('X-Content-Type-Options', 'nosniff');
    for (const [name, value] of Object.entries(headers)) res.writeHeader(name, value);
    more(0);
  });
}
