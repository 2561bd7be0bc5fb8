import type { HttpRequest, HttpResponse, TemplatedApp, WebSocketBehavior } from 'uWebSockets.js';

type Handler = (res: HttpResponse, req: HttpRequest) => void;

/** The routes of the HTTP server. They refuse a request that proxies may read otherwise: its body could end at two places, or it names two hosts. */
export class Routes {
  readonly #app: TemplatedApp;

  constructor(app: TemplatedApp) {
    this.#app = app;
  }

  get(pattern: string, handle: Handler): void {
    this.#app.get(pattern, framed(handle));
  }

  any(pattern: string, handle: Handler): void {
    this.#app.any(pattern, framed(handle));
  }

  ws<Data>(
    pattern: string,
    { upgrade, ...behavior }: WebSocketBehavior<Data> & Required<Pick<WebSocketBehavior<Data>, 'upgrade'>>,
  ): void {
    this.#app.ws<Data>(pattern, {
      ...behavior,
      upgrade: (res, req, context) => framed(() => upgrade(res, req, context))(res, req),
    });
  }
}

function framed(handle: Handler): Handler {
  return (res, req) => {
    if (isFramedOnce(req)) handle(res, req);
    // No answer: after one, the socket layer would read the following bytes as the next request, although the connection must end.
    else res.close();
  };
}

/** The methods whose requests have a body. */
const withBody = new Set(['post', 'put', 'patch', 'delete']);

/**
 * Whether the chunks of a request decide where it ends. The socket layer reads the border of a chunk less strictly than a proxy may: it accepts a
 * line feed alone, and any two bytes after the chunk's data. So bytes that belong to the body for a proxy could be the next request for the hub.
 * After such a request the hub reads no further one: it ends the connection after the answer.
 */
export const isChunked = (req: HttpRequest): boolean => req.getHeader('transfer-encoding') !== '';

/**
 * Whether all readers of a request agree to which host it goes (RFC 9112, section 3.2), and where its body ends (section 6.3). The socket layer takes
 * the first of two lengths or hosts, accepts `chunked` together with other codings, and takes an empty line for an absent one. A proxy that reads
 * another line would find another request after this one, or send this one to another host.
 */
function isFramedOnce(req: HttpRequest): boolean {
  let [hosts, lines] = [0, 0];
  let isClear = true;
  // `getHeader` finds only the first line, and does not tell an empty line from an absent one.
  req.forEach((name, value) => {
    if (name === 'host') hosts += 1;
    const isLength = name === 'content-length';
    if (!isLength && name !== 'transfer-encoding') return;
    lines += 1;
    isClear &&= isLength ? /^\d+$/.test(value) : value.toLowerCase() === 'chunked' && withBody.has(req.getMethod());
  });
  return isClear && lines <= 1 && hosts <= 1;
}
