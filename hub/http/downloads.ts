import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';

/** A file that anybody may have. */
export interface Download {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** Downloads at a time: each holds what its client has not taken yet. */
const mostAtOnce = 16;

/**
 * Serves files below a path, without a credential. A client that is slower than the socket layer's limit is cut off by it.
 * @param path ends with `/`
 * @param find gives the file of a name; undefined where there is none. It may not reject.
 */
export function serveDownloads(
  app: TemplatedApp,
  path: string,
  find: (name: string, host: string) => Promise<Download | undefined>,
): void {
  let open = 0;
  app.get(`${path}:name`, (res, req) => {
    const [name, host] = [req.getParameter(0) ?? '', req.getHeader('host')];
    let gone = false;
    const end = () => {
      if (!gone) open -= 1;
      gone = true;
    };
    open += 1;
    res.onAborted(end);
    if (open > mostAtOnce) {
      end();
      return void answer(res, '503 Service Unavailable', 'Too many downloads at once: try again in a minute\n');
    }
    void find(name, host).then((file) => {
      if (gone) return;
      if (!file) {
        end();
        return void answer(res, '404 Not Found', `There is no ${path}${name} here\n`);
      }
      send(res, file, end);
    });
  });
}

function answer(res: HttpResponse, status: string, text: string): void {
  res.cork(() => {
    res.writeStatus(status).writeHeader('Content-Type', 'text/plain; charset=utf-8').end(text);
  });
}

/** Sends as much as the client takes, and goes on when it takes more. */
function send(res: HttpResponse, { contentType, bytes }: Download, end: () => void): void {
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
    more(0);
  });
}
