import { X509Certificate } from 'node:crypto';

/** The content of a join token: see `hub/fleet/listen/join-token.ts`, which makes it. */
export interface JoinToken {
  /** The secret that enrolment redeems. */
  readonly token: string;
  readonly site: string;
  /** `HOST:PORT` of the hub, where the maker of the token knew it. */
  readonly hub: string | undefined;
  /** The hub's CA certificate. */
  readonly ca: X509Certificate;
}

/**
 * Reads a join token (`rh1.` and the base64url of its JSON).
 * @throws Error with a sentence for the operator; it never quotes the token.
 */
export function parseJoinToken(text: string): JoinToken {
  const token = text.trim();
  if (!token.startsWith('rh1.')) {
    throw new Error("this is not a join token: one begins with 'rh1.' (make one with 'roundhouse token create')");
  }
  const damaged = 'the join token is damaged: copy it again, whole and without line breaks';
  try {
    const value: unknown = JSON.parse(Buffer.from(token.slice(4), 'base64url').toString());
    const { t, s, h, c } = value as Readonly<Record<string, unknown>>;
    if (typeof t !== 'string' || t === '' || typeof s !== 'string' || s === '' || typeof c !== 'string') {
      throw new Error('a part is missing');
    }
    const ca = new X509Certificate(Buffer.from(c, 'base64'));
    return { token: t, site: s, hub: typeof h === 'string' && h !== '' ? h : undefined, ca };
  } catch {
    throw new Error(damaged);
  }
}
