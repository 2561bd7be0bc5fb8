import type { Logger } from 'pino';
import { enroll, hashToken } from './enroll.js';
import { type Identity, loadIdentity } from './identity.js';

export interface JoinOptions {
  /** `HOST:PORT`; if absent, the address in the token or the folder. */
  readonly hub: string | undefined;
  /** As `roundhouse token create` printed it. Needed the first time. */
  readonly token: string | undefined;
  readonly dataDir: string;
  readonly name: string;
  /** Semantic version of the agent. */
  readonly version: string;
  readonly log: Logger;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/**
 * The identity of a data folder. The agent enrols if the folder has none, and enrols again if the token is not the one that the folder
 * enrolled with: that is how an agent moves to another hub, or comes back after it was revoked.
 * @throws EnrollmentRefused; Error with a sentence for the operator.
 */
export async function join(options: JoinOptions): Promise<Identity> {
  const { token, dataDir, log } = options;
  const known = await loadIdentity(dataDir);
  if (token === undefined) {
    if (known) return known;
    throw new Error(`no agent has enrolled in ${dataDir} yet: give a join token (roundhouse token create --site NAME)`);
  }
  if (known && known.tokenHash === hashToken(token)) return known;
  if (known) log.warn({ agent: known.agentId }, 'enrolling again: the join token is a new one');
  const identity = await enroll({ ...options, token });
  log.info({ agent: identity.agentId, site: identity.site, name: identity.name }, 'enrolled');
  return identity;
}
