import { DomainError } from '../../domain/errors.js';
import { headerLine, statusLine } from '../headers.js';
import type { Exchange } from '../request/exchange.js';
import type { Mounted } from '../request/target.js';
import { Flow, type FlowWatch } from './flow.js';
import { sendStream } from './stream.js';

/** Larger bodies are handed to the socket piece by piece, as the client takes them. */
const LARGE = 64 * 1024;
/** `Retry-After` of a 503 whose error names no other time, seconds. */
const RETRY_AFTER = 5;

/**
 * The head of a response up to its last line break, as one string. The socket layer writes it with a single call: a call per header costs more than
 * everything else in a fast answer.
 * @param block finished header lines, with the API's lines and the content type
 */
export function headOf(x: Exchange, status: number, mounted: Mounted, block: string): string {
  return `${statusLine(status)}\r\n${block}${x.corsLines}${limitLines(x, mounted)}X-Request-ID: ${x.requestId}`;
}

function limitLines(x: Exchange, { api }: Mounted): string {
  if (x.limit === 0) return '';
  const reset = api.resetHeader === 'epoch' ? x.resetAt : Math.max(0, x.resetAt - Date.now());
  return `X-RateLimit-Limit: ${x.limit}\r\nX-RateLimit-Remaining: ${x.remaining}\r\nX-RateLimit-Reset: ${Math.ceil(reset / 1000)}\r\n`;
}

/** Writes responses. Every response passes through here or {@link headOf}. */
export class Responder {
  readonly #flows: FlowWatch;
  /** Whether connections are to be closed after their response. */
  closing = false;

  constructor(flows: FlowWatch) {
    this.#flows = flows;
  }

  /** Sends a whole body. `block`: its API's header lines, content type included. `body`: `null` for an answer without one (204). */
  send(x: Exchange, status: number, mounted: Mounted, block: string, body: string | Uint8Array | null): void {
    if (x.ended) return;
    if (body !== null && body.length > LARGE && x.method !== 'head') {
      this.#sendLarge(x, status, mounted, block, typeof body === 'string' ? Buffer.from(body) : body);
      return;
    }
    const head = headOf(x, status, mounted, block);
    if (x.detached) x.res.cork(() => this.#write(x, head, body));
    else this.#write(x, head, body);
    x.end(status);
  }

  #sendLarge(x: Exchange, status: number, mounted: Mounted, block: string, body: Uint8Array): void {
    if (!this.#flows.hasRoom(x, body.length)) {
      const message =
        'The request was carried out, but its answer is left out: read the answers to earlier requests first';
      this.fail(x, new DomainError('unavailable', message), mounted);
      return;
    }
    x.status = status;
    const head = headOf(x, status, mounted, block);
    if (!x.isLast) {
      sendLarge(x, head, body, this.#flows);
      return;
    }
    // The socket layer ends no connection after an answer whose length it states and that it takes in parts.
    x.detach();
    void sendStream(x, head, once(body), this.#flows, body.length);
  }

  /** Sends a failure in an API's form. */
  fail(x: Exchange, error: DomainError, mounted: Mounted, lines = ''): void {
    if (x.ended) return;
    let { status, body } = mounted.api.envelope.failure(error, x);
    if (status < 400) {
      status = 500;
      body = mounted.api.envelope.failure(new DomainError('internal', 'Internal server error'), x).body;
    }
    this.send(
      x,
      status,
      mounted,
      mounted.jsonBlock + lines + retryLine(status, error) + challengeLine(mounted, status, error),
      body,
    );
  }

  /** `Retry-After` for a success-shaped body with an unsuccessful status (`health`). */
  retryLines(status: number): string {
    return retryLine(status);
  }

  #write({ res, method, isLast }: Exchange, head: string, body: string | Uint8Array | null): void {
    if (method === 'head' && body !== null) {
      // Given a length, `endWithoutBody` leaves the response open and waits for that many bytes: the length goes into the head instead.
      res.writeStatus(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}`);
      res.endWithoutBody();
      return;
    }
    res.writeStatus(head);
    const isEnd = this.closing || isLast;
    if (body === null && !isEnd) res.endWithoutBody();
    else res.end(body ?? '', isEnd);
  }
}

function retryLine(status: number, error?: DomainError): string {
  if (status !== 429 && status !== 503) return '';
  // No wait helps here, so the answer names none.
  if (error?.details.retryable === false) return '';
  const seconds = error?.details.retryAfter;
  return headerLine('Retry-After', String(typeof seconds === 'number' ? Math.ceil(seconds) : RETRY_AFTER));
}

function challengeLine({ api }: Mounted, status: number, error: DomainError): string {
  const told = api.challenge ? api.challenge(error) : status === 401 ? 'Bearer' : undefined;
  return told === undefined ? '' : headerLine('WWW-Authenticate', told);
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

/** Sends a large body without a second copy of it: the socket takes as much as it can, and asks for the rest when there is room. */
function sendLarge(x: Exchange, head: string, body: Uint8Array, flows: FlowWatch): void {
  x.detach();
  const { res } = x;
  const flow = new Flow(x, body.length);
  const push = (offset: number): boolean => {
    const [taken, done] = res.tryEnd(body.subarray(offset), body.length);
    if (done) {
      x.end(x.status);
    } else flow.blockedSince = performance.now();
    return taken;
  };
  res.cork(() => {
    res.writeStatus(head);
    push(0);
  });
  if (x.ended) return;
  x.onEnded = () => flows.delete(flow);
  flows.add(flow);
  res.onWritable((offset) => {
    let taken = true;
    if (!x.ended) res.cork(() => (taken = push(offset)));
    return taken;
  });
}
