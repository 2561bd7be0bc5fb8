import type { HttpRequest, HttpResponse, TemplatedApp, WebSocketBehavior } from 'uWebSockets.js';

type Handler = (res: HttpResponse, req: HttpRequest) => void;

/** The routes of the HTTP server. Every one of them refuses a request whose body could end at two places. */
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

/**
 * Whether all readers of a request agree where its body ends. The socket layer takes the first of two lengths, `chunked` among other
 * codings, and reads an empty line as none: a proxy that reads another line would see another request behind this one (RFC 9112, section 6.3).
 */
function isFramedOnce(req: HttpRequest): boolean {
  let lines = 0;
  let isClear = true;
  // The header's own look-up finds the first line alone, and does not tell an empty line from none.
  req.forEach((name, value) => {
    const isLength = name === 'content-length';
    if (!isLength && name !== 'transfer-encoding') return;
    lines += 1;
    isClear &&= isLength ? /^\d+$/.test(value) : value.toLowerCase() === 'chunked';
  });
  return isClear && lines <= 1;
}
