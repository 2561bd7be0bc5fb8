import './socket/binary.js';
import type { TemplatedApp, us_listen_socket } from 'uWebSockets.js';
import uWS from 'uWebSockets.js';
import { existsSync } from 'node:fs';
import { DomainError } from '../domain/errors.js';
import { Pipeline } from './pipeline.js';
import type { Exchange } from './request/exchange.js';
import { Routes } from './request/framing.js';
import { defaultSettings, type HttpPorts, type HttpSettings } from './settings.js';

// This runs before the socket layer is loaded, which reads the variable then. Its default of 4 KiB is too small for a token and a proxy's headers.
process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= String(16 * 1024);

export interface HttpOptions extends HttpPorts {
  readonly settings?: Partial<HttpSettings>;
  /** Adds routes of its own (WebSocket, MCP) before all others. */
  readonly extend?: ((routes: Routes) => void) | undefined;
}

export interface HttpServer {
  /** Starts to accept connections; port 0 takes a free one. @throws DomainError `conflict` if the hub cannot listen on the address */
  listen(address: { readonly host: string; readonly port: number }): Promise<{ host: string; port: number }>;
  /**
   * Stops the server. It accepts no more requests, and waits up to `graceMs` for running requests. Then it aborts the signals of streams and of
   * requests that still run, and soon afterwards cuts their connections. Safe to call twice.
   */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** How long aborted streams and handlers have for their last messages, milliseconds. */
const LAST_WORDS_MS = 1000;

/**
 * The hub's HTTP server. The socket layer cuts off slow and oversized requests. A head must be complete within 10 to 14 s of the connection's start
 * or of the last response, and may have 16 KiB. A body must be complete within the same time, or arrive at 16 KB/s.
 * @throws Error for tables and settings that contradict each other
 */
export function createHttpServer({ settings, extend, ...ports }: HttpOptions): HttpServer {
  const all = { ...defaultSettings, ...settings };
  const pipeline = new Pipeline(ports, all);
  const app = createApp(all.tls);
  const routes = new Routes(app);
  extend?.(routes);
  routes.any('/*', (res, req) => pipeline.handle(res, req));
  return new Server(app, pipeline);
}

/** Missing from the socket layer's types: `silent` keeps its own name out of responses. */
type Configure = (key: 'silent') => void;

function createApp(tls: HttpSettings['tls']): TemplatedApp {
  (uWS as unknown as { _cfg?: Configure })._cfg?.('silent');
  if (!tls) return uWS.App();
  // The socket layer accepts a missing file without an error, and then refuses every handshake.
  for (const file of [tls.cert, tls.key]) if (!existsSync(file)) throw new Error(`TLS file '${file}' does not exist`);
  return uWS.SSLApp({ cert_file_name: tls.cert, key_file_name: tls.key });
}

/** Missing from the socket layer's types. */
type ListenWithOptions = (
  host: string,
  port: number,
  options: number,
  done: (socket: us_listen_socket | false) => void,
) => void;

class Server implements HttpServer {
  readonly #app: TemplatedApp;
  readonly #pipeline: Pipeline;
  #socket: us_listen_socket | undefined;
  #closed: Promise<void> | undefined;

  constructor(app: TemplatedApp, pipeline: Pipeline) {
    this.#app = app;
    this.#pipeline = pipeline;
  }

  listen({ host, port }: { host: string; port: number }): Promise<{ host: string; port: number }> {
    const listen = this.#app.listen.bind(this.#app) as unknown as ListenWithOptions;
    return new Promise((resolve, reject) => {
      // Exclusive: without it, two hubs could listen on one port and share its connections.
      listen(host, port, uWS.ListenOptions?.LIBUS_LISTEN_EXCLUSIVE_PORT ?? 1, (socket) => {
        if (!socket) return reject(new DomainError('conflict', `cannot listen on ${host}:${port}: is it in use?`));
        this.#socket = socket;
        resolve({ host, port: uWS.us_socket_local_port(socket) });
      });
    });
  }

  close({ graceMs }: { graceMs: number }): Promise<void> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  async #close(graceMs: number): Promise<void> {
    const { active } = this.#pipeline;
    this.#pipeline.stop();
    if (this.#socket) uWS.us_listen_socket_close(this.#socket);
    this.#socket = undefined;
    const requests = [...active].filter((x) => !x.endless).length;
    if (requests > 0)
      this.#pipeline.log.info(
        { event: 'http.waiting', requests, limitMs: graceMs },
        'waiting for requests that are under way',
      );
    await this.#until(graceMs, () => [...active].every((x) => x.endless));
    const reason = new DomainError('unavailable', 'The hub is shutting down', { retryAfter: 5 });
    for (const x of active) x.abort(reason);
    await this.#until(Math.min(LAST_WORDS_MS, graceMs), () => active.size === 0);
    const left: Exchange[] = [...active];
    for (const x of left) x.cut();
    this.#app.close();
    this.#pipeline.close();
  }

  /** Resolves once the condition holds, at the latest after `limitMs`. It checks the condition each time an exchange ends. */
  #until(limitMs: number, condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#pipeline.onEnded = null;
        resolve();
      };
      const timer = setTimeout(done, limitMs);
      this.#pipeline.onEnded = () => {
        if (condition()) done();
      };
    });
  }
}
