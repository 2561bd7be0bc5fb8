import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Engine } from './engine.js';

/** The library's `dial` takes any request; its types leave it out. */
interface Dialling {
  dial(options: object, callback: (error: unknown, stream: Readable) => void): void;
}

/** A request that is answered with a stream. */
export interface Dialled {
  /** For people, such as `attach to the container`. */
  readonly what: string;
  /** As the library takes it. */
  readonly request: object;
  readonly statusCodes: Readonly<Record<number, string | true>>;
}

/**
 * Makes a request of the engine that the library's own methods cannot make. The signal ends the request only, not its connection.
 * @throws AgentFailure
 */
export function dial<S extends Readable>(
  engine: Engine,
  { what, request, statusCodes }: Dialled,
  signal?: AbortSignal,
) {
  const asked = async (both: AbortSignal): Promise<S> => {
    const { modem } = await engine.client();
    return new Promise((resolve, reject) => {
      const abort = () => reject(both.reason);
      both.addEventListener('abort', abort, { once: true });
      (modem as Dialling).dial({ isStream: true, statusCodes, ...request }, (error, stream) => {
        both.removeEventListener('abort', abort);
        if (both.aborted) stream?.destroy();
        else if (error) reject(error);
        else resolve(stream as S);
      });
    });
  };
  return engine.ask(what, asked, signal);
}

/**
 * The two-way stream to a container's standard input and output, not yet started. The library's own `attach` sends its options as the
 * request's body too, which a server would read as its first input: so this request has an empty one.
 * @throws AgentFailure
 */
export function attach(engine: Engine, id: string, signal?: AbortSignal): Promise<Socket> {
  const request = {
    path: `/containers/${id}/attach?`,
    method: 'POST',
    hijack: true,
    openStdin: true,
    file: Buffer.alloc(0),
    headers: { 'Content-Type': 'application/vnd.docker.raw-stream' },
    options: { _query: { stream: 1, stdin: 1, stdout: 1, stderr: 1 } },
  };
  const statusCodes = { 101: true, 404: 'no such container', 500: 'server error' } as const;
  return dial(engine, { what: 'attach to the container', request, statusCodes }, signal);
}
