/** What a join token tells the agent that gets it. */
export interface JoinToken {
  /** The secret that enrolment redeems. */
  readonly token: string;
  readonly site: string;
  /** `HOST:PORT` of the hub, where the maker of the token knows it. */
  readonly hub?: string | undefined;
  /** The hub's CA certificate, DER: the agent trusts no other authority, from the first byte. */
  readonly ca: Uint8Array;
}

/**
 * The printable form of a join token: `rh1.` and the base64url of its JSON (`t`, `s`, `h`, `c`).
 * `agent/link/join-token.ts` reads it.
 */
export function encodeJoinToken({ token, site, hub, ca }: JoinToken): string {
  const json = JSON.stringify({ t: token, s: site, ...(hub ? { h: hub } : {}), c: Buffer.from(ca).toString('base64') });
  return `rh1.${Buffer.from(json).toString('base64url')}`;
}
