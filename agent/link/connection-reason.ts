import type { LogFacts, Logger } from '@roundhouse/proto/log';

/** OpenSSL's words for an answer that is no TLS, or for a server that speaks no HTTP/2 over it. */
const notOurs =
  /\bEPROTO\b|wrong version number|packet length too long|unknown protocol|http request|no application protocol|record layer failure/i;

/**
 * Why there is no connection, in one sentence for the operator: gRPC wraps it into notes on how it came by it.
 *
 * @param details the message of gRPC or of a TLS socket
 * @param hub `HOST:PORT` as it was dialled
 */
export function plainReason(details: string, hub: string): string {
  if (notOurs.test(details)) return notTls(hub);
  if (/ENOTFOUND|EAI_AGAIN|Name resolution failed/.test(details))
    return `${hub.replace(/:\d+$/, '')} cannot be resolved: check --hub (the address that the hub has for agents, HOST:PORT)`;
  return details
    .replace(/Resolution note:\s*$/, '')
    .trim()
    .replace(/^No connection established\. Last error: (?:Error: )?(.+?)\.?$/s, '$1')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ');
}

/** Logs a new reason as a warning, and a repeated one for debugging: an agent tries for hours, with one reason. */
export class ReasonLog {
  readonly #log: Pick<Logger, 'warn' | 'debug'>;
  #last = '';

  constructor(log: Pick<Logger, 'warn' | 'debug'>) {
    this.#log = log;
  }

  tell(facts: LogFacts & { readonly reason: string }, message: string): void {
    this.#log[facts.reason === this.#last ? 'debug' : 'warn'](facts, message);
    this.#last = facts.reason;
  }

  /** The next reason is a new one. */
  reset(): void {
    this.#last = '';
  }
}

/** Whether nothing will change by itself soon: another program listens there. */
export function isNotTls(details: string): boolean {
  return notOurs.test(details);
}

function notTls(hub: string): string {
  return `${hub} does not speak TLS as hubs do for agents: is this the agents' address (default port 8443)?`;
}
