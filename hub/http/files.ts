import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';

/** A file that every client may have. */
export interface PublicFile {
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
}

/** Gives the file of a request; undefined if there is no such file. It may not reject. */
export type FindFile = (request: FileRequest) => Promise<PublicFile | undefined>;

/** Files that are sent at a time: each holds the rest that its client has not taken yet. */
const mostAtOnce = 64;

/** Serves files without a credential. A client that is slower than the socket layer's limit is cut off by it. */
export class PublicFiles {
  readonly #app: TemplatedApp;
  #sending = 0;

  constructor(app: TemplatedApp) {
    this.#app = app;
  }

  /** @param pattern a path whose last part may be `:name` */
  serve(pattern: string, find: FindFile): void {
    this.#app.get(pattern, (res, req) => {
      const request = {
        name: pattern.includes(':') ? (req.getParameter(0) ?? '') : '',
        host: req.getHeader('host'),
        accept: req.getHeader('accept'),
      };
      let isOver = false;
      const end = () => {
        if (!isOver) this.#sending -= 1;
        isOver = true;
      };
      this.#sending += 1;
      res.onAborted(end);
      if (this.#sending > mostAtOnce) {
        end();
        return void answer(res, '503 Service Unavailable', 'Too many downloads at once: try again in a minute\n');
      }
      void find(request).then((file) => {
        if (isOver) return;
        if (file) return void send(res, file, end);
        end();
        answer(res, '404 Not Found', 'There is no such file here\n');
      });
    });
  }
}

function answer(res: HttpResponse, status: string, text: string): void {
  res.cork(() => {
    res.writeStatus(status).writeHeader('Content-Type', 'text/plain; charset=utf-8').end(text);
  });
}

/** Sends as much as the client takes, and goes on when it takes more. */
function send(res: HttpResponse, { contentType, bytes, headers = {} }: PublicFile, end: () => void): void {
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
    res.writeHeader('Content-Type', contentType).writeHeader('X-Content-Type-Options', 'nosniff');
    for (const [name, value] of Object.entries(headers)) res.writeHeader(name, value);
    more(0);
  });
}
