import type { IncomingMessage } from 'node:http';
import { Parts } from '@roundhouse/proto/parts';
import { AgentFailure } from '../../../../failure.js';
import type { UnfinishedMessage } from '../unfinished.js';

/**
 * Reads a body as text.
 * @throws RangeError if the body is longer than the limit, AgentFailure `overloaded` if there is no room for it (the response is
 * destroyed then), or the error of the network.
 */
export function readBody(response: IncomingMessage, limit: number, unfinished?: UnfinishedMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts = new Parts();
    response.on('data', (part: Buffer) => {
      parts.add(part);
      if (parts.length > limit) reject(new RangeError(`the answer is longer than ${limit} bytes`));
      else if (unfinished?.keeps(parts.length) === false) reject(unfinished.failure);
      else return;
      parts.clear();
      response.destroy();
    });
    response.on('end', () => resolve(parts.take().toString('utf8')));
    response.on('error', reject);
    response.on('close', () => {
      unfinished?.end();
      if (!response.complete) reject(new Error('the answer broke off'));
    });
  });
}

/** Reads an unused body to its end, so that its connection can serve another request. The connection of a long body is closed instead. */
export function discard(response: IncomingMessage): void {
  let bytes = 0;
  response.on('error', () => {});
  response.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > 65_536) response.destroy();
  });
}

/** The first part of a body, for an error message; never fails. */
export async function readExcerpt(response: IncomingMessage, limit = 65_536): Promise<string> {
  return readBody(response, limit).catch(() => '');
}

/** The media type of a response, in lower case and without parameters. */
export function mediaType(response: IncomingMessage): string {
  const [type = ''] = (response.headers['content-type'] ?? '').split(';');
  return type.trim().toLowerCase();
}

/** The error in the body of a failed response: a JSON-RPC error with its message, or the first words of a text. */
function errorInBody(body: string): { readonly message: string; readonly jsonrpc?: unknown } {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown; data?: unknown } };
    if (typeof error?.message === 'string' && typeof error.code === 'number') {
      const { code, message, data } = error;
      return { message: message.slice(0, 4096), jsonrpc: { code, message, data } };
    }
  } catch {
    // The body is no JSON: it is shown as text.
  }
  return { message: body.replace(/\s+/g, ' ').trim().slice(0, 200) };
}

/**
 * Why an HTTP server did not take a message, from its status and the first part of its body.
 * @param kind the kind of server that the agent expected.
 */
export function refusal(status: number, body: string, address: string, kind: string): AgentFailure {
  const { message, jsonrpc } = errorInBody(body);
  const reasons: Record<number, string> = {
    401: 'the server asks for credentials (HTTP 401)',
    403: 'the server refuses these credentials (HTTP 403)',
    404: `${address} does not exist (HTTP 404)`,
    405: `${address} is no ${kind} endpoint (HTTP 405)`,
  };
  const reason = reasons[status] ?? `the server answered HTTP ${status}`;
  const details = jsonrpc === undefined ? { reason, status } : { reason, status, jsonrpc };
  return new AgentFailure('upstream', message === '' ? reason : `${reason}: ${message}`, details);
}

/** Whether a response says that a session is gone: 404 by the specification, or 400 with the word "session", as many servers do. */
export function isExpired(status: number, body: string): boolean {
  return status === 404 || (status === 400 && /session/i.test(errorInBody(body).message));
}
