import { X509Certificate } from 'node:crypto';

/** The content of a join token: all that an agent needs in order to enrol. */
export interface JoinToken {
  /** The secret that enrolment redeems. */
  readonly token: string;
  readonly site: string;
  /** `HOST:PORT` of the hub, if the token has it. */
  readonly hub?: string | undefined;
  /** The hub's CA certificate: the agent trusts no other authority, not even for the enrolment. */
  readonly ca: X509Certificate;
}

const prefix = 'rh1.';

/**
 * The printable form of a join token: `rh1.` and the base64url of its JSON (`t`, `s`, `h`, `c`).
 * @param ca DER
 */
export function encodeJoinToken({ token, site, hub, ca }: Omit<JoinToken, 'ca'> & { readonly ca: Uint8Array }): string {
  const json = JSON.stringify({ t: token, s: site, ...(hub ? { h: hub } : {}), c: Buffer.from(ca).toString('base64') });
  return `${prefix}${Buffer.from(json).toString('base64url')}`;
}

/**
 * Reads the printable form of a join token.
 * @throws Error with a sentence for the operator; it never quotes the token.
 */
export function parseJoinToken(text: string): JoinToken {
  const token = text.trim();
  if (!token.startsWith(prefix)) {
    throw new Error(`this is not a join token: one begins with '${prefix}' (make one with 'roundhouse token create')`);
  }
  try {
    const value: unknown = JSON.parse(Buffer.from(token.slice(prefix.length), 'base64url').toString());
    const { t, s, h, c } = value as Readonly<Record<string, unknown>>;
    if (typeof t !== 'string' || t === '' || typeof s !== 'string' || s === '' || typeof c !== 'string') {
      throw new Error('a part is missing');
    }
    const ca = new X509Certificate(Buffer.from(c, 'base64'));
    return { token: t, site: s, hub: typeof h === 'string' && h !== '' ? h : undefined, ca };
  } catch {
    throw new Error('the join token is damaged: copy it again, whole and without line breaks');
  }
}
