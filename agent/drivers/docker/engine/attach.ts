import type { Socket } from 'node:net';
import { dial } from './dial.js';
import type { Engine } from './engine.js';

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
