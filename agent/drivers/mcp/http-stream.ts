import type { ClientRequest, IncomingMessage } from 'node:http';
import { AgentFailure } from '../../failure.js';
import { EventStreamReader } from './event-stream.js';
import { mediaType } from './http-body.js';

/** Where a stream of events stands: enough to go on with it after it broke off. */
export class StreamPosition {
  /** The last event's id; empty where there was none. */
  lastId = '';
  /** Messages read so far. */
  messages = 0;

  /** @param retryMs the pause before going on, until the server names another one. */
  constructor(public retryMs: number) {}
}

export interface StreamLimits {
  readonly messageBytes: number;
  readonly backoffMaxMs: number;
}

/** How a GET for a stream ended: with which status (0 without an answer), or why there was none. */
export interface StreamEnd {
  readonly status: number;
  readonly error?: NodeJS.ErrnoException;
}

/**
 * Hands on the messages of a response's event stream; resolves when it ends, however it ends.
 * @throws AgentFailure `upstream` for an event beyond the limit.
 */
export function readStream(
  response: IncomingMessage,
  position: StreamPosition,
  limits: StreamLimits,
  onMessage: (text: string) => void,
): Promise<void> {
  const reader = new EventStreamReader(limits.messageBytes, {
    message: (data) => {
      position.messages++;
      onMessage(data);
    },
    id: (id) => {
      position.lastId = id;
    },
    retry: (ms) => {
      position.retryMs = Math.min(ms, limits.backoffMaxMs);
    },
  });
  return new Promise((resolve, reject) => {
    response.on('data', (chunk: Buffer) => {
      if (reader.push(chunk)) return;
      const reason = `an event is longer than ${limits.messageBytes} bytes`;
      reject(new AgentFailure('upstream', `the server's HTTP answer is unusable: ${reason}`, { reason }));
      response.destroy();
    });
    response.on('error', () => {});
    response.on('close', resolve);
  });
}

/** Sends a GET and reads the stream that it asks for to its end. Never rejects. */
export function readRequest(
  request: ClientRequest,
  position: StreamPosition,
  limits: StreamLimits,
  onMessage: (text: string) => void,
): Promise<StreamEnd> {
  return new Promise((resolve) => {
    let answered = false;
    request.on('error', (error) => resolve({ status: 0, error }));
    request.on('close', () => {
      if (!answered) resolve({ status: 0 });
    });
    request.on('response', (response) => {
      answered = true;
      const status = response.statusCode ?? 0;
      if (status === 200 && mediaType(response) === 'text/event-stream') {
        const done = () => resolve({ status });
        readStream(response, position, limits, onMessage).then(done, done);
      } else {
        response.resume();
        // An answer that is no stream counts as none being offered.
        resolve({ status: status === 200 ? 406 : status });
      }
    });
    request.end();
  });
}
