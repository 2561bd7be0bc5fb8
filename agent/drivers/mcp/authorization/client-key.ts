import { createPrivateKey } from 'node:crypto';
import type * as oauth from 'oauth4webapi';
import { AgentFailure } from '../../../failure.js';

interface Kind {
  readonly alg: string;
  readonly algorithm: { readonly name: string; readonly namedCurve?: string; readonly hash?: string };
}

const curves: Readonly<Record<string, Kind>> = {
  prime256v1: { alg: 'ES256', algorithm: { name: 'ECDSA', namedCurve: 'P-256' } },
  secp384r1: { alg: 'ES384', algorithm: { name: 'ECDSA', namedCurve: 'P-384' } },
  secp521r1: { alg: 'ES512', algorithm: { name: 'ECDSA', namedCurve: 'P-521' } },
};
const rsa: readonly Kind[] = [
  { alg: 'RS256', algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } },
  { alg: 'PS256', algorithm: { name: 'RSA-PSS', hash: 'SHA-256' } },
];
const edwards: Kind = { alg: 'EdDSA', algorithm: { name: 'Ed25519' } };

/**
 * A key that signs assertions (RFC 7523).
 * @param pem PKCS #8, PKCS #1 or SEC 1
 * @param known the algorithms that the authorization server takes, where it says so
 * @throws AgentFailure `invalid_argument` for text that is no such key.
 */
export async function clientKey(pem: string, known: readonly string[] = []): Promise<oauth.PrivateKey['key']> {
  try {
    const key = createPrivateKey(pem);
    const kinds = kindsOf(key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve);
    const kind = kinds.find(({ alg }) => known.includes(alg)) ?? kinds[0];
    if (kind === undefined) throw new Error(`keys of type ${key.asymmetricKeyType} sign no assertions`);
    const der = key.export({ type: 'pkcs8', format: 'der' });
    return await crypto.subtle.importKey('pkcs8', der, kind.algorithm, false, ['sign']);
  } catch (error) {
    const details = { field: 'auth.privateKey' };
    throw new AgentFailure('invalid_argument', 'the private key cannot be used', details, { cause: error });
  }
}

function kindsOf(type: string | undefined, curve = ''): readonly Kind[] {
  if (type === 'rsa') return rsa;
  if (type === 'ed25519') return [edwards];
  const kind = type === 'ec' ? curves[curve] : undefined;
  return kind === undefined ? [] : [kind];
}
