import { AgentFailure } from '../../../../failure.js';
import { errorInBody } from './body.js';

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

/** Whether a response says that a session is gone: 404 by the specification, 400 with such words by many servers. */
export function isExpired(status: number, body: string): boolean {
  return status === 404 || (status === 400 && /session/i.test(errorInBody(body).message));
}
