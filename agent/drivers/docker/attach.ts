import type { Socket } from 'node:net';
import type { Engine } from './engine.js';

/** What the library takes for a request of its own making; its types leave it out. */
interface Dialling {
  dial(options: object, callback: (error: unknown, socket: Socket) => void): void;
}

/**
 * The two-way stream to a container's standard input and output, not yet started. The library's own `attach` sends its options as the
 * request's body too, which a server would read as its first input: so this request has an empty one.
 * @throws AgentFailure
 */
export function attach(engine: Engine, id: string, signal?: AbortSignal): Promise<Socket> {
  const asked = (both: AbortSignal): Promise<Socket> =>
    new Promise((resolve, reject) => {
      // The signal is for the request only: what came of it lives on.
      const abort = () => reject(both.reason);
      both.addEventListener('abort', abort, { once: true });
      (engine.docker.modem as Dialling).dial(
        {
          path: `/containers/${id}/attach?`,
          method: 'POST',
          isStream: true,
          hijack: true,
          openStdin: true,
          file: Buffer.alloc(0),
          headers: { 'Content-Type': 'application/vnd.docker.raw-stream' },
          statusCodes: { 101: true, 404: 'no such container', 500: 'server error' },
          options: { _query: { stream: 1, stdin: 1, stdout: 1, stderr: 1 } },
        },
        (error, socket) => {
          both.removeEventListener('abort', abort);
          if (both.aborted) socket?.destroy();
          else if (error) reject(error);
          else resolve(socket);
        },
      );
    });
  return engine.ask('attach to the container', asked, signal);
}
