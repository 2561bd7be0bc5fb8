import { createPrivateKey } from 'node:crypto';
import { invalid } from '../errors.js';
import { checkSiteUrl } from '../net/url-guard.js';
import { type AuthInput, MASK, type Transport } from './transport.js';

/**
 * Checks the rules that its schema cannot express. @param transport of its server.
 * @throws DomainError `invalid_input` naming the field.
 */
export function checkAuth(auth: AuthInput, transport: Transport['type']): void {
  if (auth.type !== 'oauth2') return;
  const { grantType = 'client_credentials', clientId, clientSecret, privateKey, tokenUrl } = auth;
  if (tokenUrl !== undefined) checkSiteUrl(tokenUrl, 'auth.tokenUrl');
  const isFound = transport === 'http' || transport === 'sse';
  if (grantType === 'authorization_code') {
    if (!isFound) throw invalid('auth.grantType', 'authorization_code is for servers over http or sse');
    if (tokenUrl !== undefined) throw invalid('auth.tokenUrl', 'is found by itself with authorization_code');
  } else {
    if (clientId === undefined) throw invalid('auth.clientId', 'is missing');
    if (clientSecret === undefined && privateKey === undefined) throw invalid('auth.clientSecret', 'is missing');
    if (tokenUrl === undefined && !isFound)
      throw invalid('auth.tokenUrl', 'is missing: it is found by itself for servers over http or sse');
  }
  if (clientSecret !== undefined && privateKey !== undefined)
    throw invalid('auth.privateKey', 'stands in place of clientSecret: give one of them');
  if (clientId === undefined && (clientSecret ?? privateKey) !== undefined)
    throw invalid('auth.clientId', 'is missing');
  if (privateKey !== undefined && privateKey !== MASK) checkKey(privateKey);
}

function checkKey(pem: string): void {
  let type: string | undefined;
  try {
    type = createPrivateKey(pem).asymmetricKeyType;
  } catch {
    // The error gives no detail: the text may be most of a secret.
  }
  if (type === undefined || !['rsa', 'ec', 'ed25519'].includes(type))
    throw invalid('auth.privateKey', 'must be an RSA, EC or Ed25519 key in PEM form, without a passphrase');
}
