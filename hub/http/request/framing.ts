import type { HttpRequest, HttpResponse, TemplatedApp, WebSocketBehavior } from 'uWebSockets.js';

type Handler = (res: HttpResponse, req: HttpRequest) => void;

/** The routes of the HTTP server. Every one of them refuses a request whose body could end at two places, and one that names two hosts. */
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
    // No answer: the socket layer would read the following bytes as the next request, though the connection is to end.
    else res.close();
  };
}

/** The methods whose requests have a body. */
const withBody = new Set(['post', 'put', 'patch', 'delete']);

/**
 * Whether the chunks of a request decide where it ends. The socket layer reads the border of a chunk more loosely than a proxy may (a line
 * feed alone, any two bytes behind the chunk's data). Bytes that a proxy takes for a part of the body could come to stand behind its end, so the
 * hub reads no request behind such a request: it ends the connection after the answer.
 */
export const isChunked = (req: HttpRequest): boolean => req.getHeader('transfer-encoding') !== '';

/**
 * Whether all readers of a request agree to which host it goes (RFC 9112, section 3.2), and where its body ends (section 6.3). The socket
 * layer takes the first of two lengths or hosts, `chunked` among other codings, and reads an empty line as none: a proxy that reads another
 * line would see another request behind this one, or send it elsewhere.
 */
function isFramedOnce(req: HttpRequest): boolean {
  let [hosts, lines] = [0, 0];
  let isClear = true;
  // The header's own look-up finds the first line alone, and does not tell an empty line from none.
  req.forEach((name, value) => {
    if (name === 'host') hosts += 1;
    const isLength = name === 'content-length';
    if (!isLength && name !== 'transfer-encoding') return;
    lines += 1;
    isClear &&= isLength ? /^\d+$/.test(value) : value.toLowerCase() === 'chunked' && withBody.has(req.getMethod());
  });
  return isClear && lines <= 1 && hosts <= 1;
}
