import type { Readable } from 'node:stream';
import type { Engine } from './engine.js';

/** What the library takes for a request of its own making; its types leave it out. */
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
 * Makes a request of the engine that the library's own methods cannot make. The signal is for the request only: what came of it lives on.
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
