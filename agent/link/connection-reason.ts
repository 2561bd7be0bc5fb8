import type { LogFacts, Logger } from '@roundhouse/proto/log';

/** OpenSSL's messages for an answer that is not TLS, and for a server without HTTP/2. */
const notOurs =
  /\bEPROTO\b|wrong version number|packet length too long|unknown protocol|http request|no application protocol|record layer failure/i;

/**
 * Why there is no connection, in one sentence for the operator. The notes that gRPC adds to the reason are left out.
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

/** Logs a new reason as a warning, and a repeated reason at debug level: an agent may retry for hours for the same reason. */
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

  /** Makes the next reason count as a new one. */
  reset(): void {
    this.#last = '';
  }
}

/** Whether the address does not speak TLS as hubs do. Another program listens there, and no retry helps soon. */
export function isNotTls(details: string): boolean {
  return notOurs.test(details);
}

function notTls(hub: string): string {
  return `${hub} does not speak TLS as hubs do for agents: is this the agents' address (default port 8443)?`;
}
