import { createPrivateKey } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { AgentFailure } from '../../../failure.js';
import { explain, type requestOptions } from './fetch.js';

/** The client identity in a registration; empty fields for absent ones. */
export interface GivenClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly privateKey: string;
  readonly redirectUrl: string;
  /** The address of the hub's document about its agents as clients. */
  readonly clientMetadataUrl: string;
}

/** A client that an authorization server knows. */
export interface Identity {
  readonly clientId: string;
  readonly clientSecret?: string;
  /** The authentication method of the client: a name of RFC 7591. */
  readonly method: string;
  /** Made by dynamic registration, for this redirect address. */
  readonly registeredFor?: string;
  /** When the client has to register again, milliseconds since 1970; absent if it never has to. */
  readonly endsAt?: number;
}

type Server = oauth.AuthorizationServer;
type Options = ReturnType<typeof requestOptions>;

/** The longest id and secret that a registration may give, in characters: the agent keeps them. */
const longestClient = 4096;

const methods = ['client_secret_basic', 'client_secret_post', 'none'];

/**
 * The agent's client identity at an authorization server. The registration's identity comes first. The second is the hub's document about
 * its agents, if the server reads such documents. The last is a client that was registered before, or is registered now (RFC 7591).
 * @throws AgentFailure `upstream`
 */
export async function identityFor(
  server: Server,
  given: GivenClient,
  known: Identity | undefined,
  options: Options,
): Promise<Identity> {
  if (given.clientId !== '') return ofRegistration(server, given);
  if (server.client_id_metadata_document_supported === true && given.clientMetadataUrl !== '')
    return { clientId: given.clientMetadataUrl, method: 'none' };
  const lasts = known?.endsAt === undefined || known.endsAt > Date.now();
  if (known?.registeredFor === given.redirectUrl && lasts) return known;
  if (server.registration_endpoint === undefined) {
    const reason = `${server.issuer} registers no clients by itself: register one there, and give its id with the server's registration`;
    throw new AgentFailure('upstream', reason, { reason, outcome: 'not_run' });
  }
  return register(server, given.redirectUrl, options);
}

/** How a client authenticates. @throws AgentFailure `invalid_argument` for a key that cannot be used. */
export async function proofOf(server: Server, identity: Identity, privateKey: string): Promise<oauth.ClientAuth> {
  const { method, clientSecret = '' } = identity;
  switch (method) {
    case 'private_key_jwt':
      return oauth.PrivateKeyJwt(
        await clientKey(privateKey, server.token_endpoint_auth_signing_alg_values_supported ?? []),
      );
    case 'client_secret_basic':
      return basic(clientSecret);
    case 'client_secret_post':
      return oauth.ClientSecretPost(clientSecret);
    default:
      return oauth.None();
  }
}

/**
 * Encodes the id and the secret as forms do (RFC 6749, 2.3.1). Characters that need no encoding stay, because many servers do not decode.
 * The library would encode even a hyphen.
 */
function basic(clientSecret: string): oauth.ClientAuth {
  return (_server, client, _body, headers) => {
    const [id, secret] = [client.client_id, clientSecret].map((text) =>
      new URLSearchParams({ '': text }).toString().slice(1),
    );
    headers.set('Authorization', `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`);
  };
}

function ofRegistration(server: Server, { clientId, clientSecret, privateKey }: GivenClient): Identity {
  if (privateKey !== '') return { clientId, method: 'private_key_jwt' };
  if (clientSecret === '') return { clientId, method: 'none' };
  return { clientId, clientSecret, method: preferred(server, ['client_secret_basic', 'client_secret_post']) };
}

/** The first of these methods that the server takes. If the server lists no methods, it must take the first. */
function preferred({ token_endpoint_auth_methods_supported: supported }: Server, wanted = methods): string {
  return wanted.find((method) => supported?.includes(method)) ?? wanted[0] ?? 'none';
}

async function register(server: Server, redirectUrl: string, options: Options): Promise<Identity> {
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(redirectUrl).hostname);
  const metadata = {
    client_name: 'Roundhouse',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: preferred(server),
    application_type: isLocal ? 'native' : 'web',
  };
  try {
    const { signal, ...rest } = options;
    const response = await oauth.dynamicClientRegistrationRequest(server, metadata, { ...rest, signal: signal() });
    return registered(await response.json(), response.ok, metadata.token_endpoint_auth_method, redirectUrl);
  } catch (error) {
    const reason = `no client could be registered: ${explain(error, server.issuer)}`;
    throw new AgentFailure('upstream', reason, { reason, outcome: 'not_run' });
  }
}

/** Reads the answer less strictly than the library does: many servers do not say when a secret ends. */
function registered(told: unknown, ok: boolean, asked: string, registeredFor: string): Identity {
  const answer = (typeof told === 'object' && told !== null ? told : {}) as Readonly<Record<string, unknown>>;
  const { client_id: clientId, client_secret: secret, token_endpoint_auth_method: method, error } = answer;
  if (!ok || typeof clientId !== 'string' || clientId === '') {
    const described = typeof answer.error_description === 'string' ? `: ${answer.error_description.slice(0, 500)}` : '';
    throw new Error(typeof error === 'string' ? `${error.slice(0, 100)}${described}` : 'its answer names no client');
  }
  const hasSecret = typeof secret === 'string' && secret !== '';
  if (
    clientId.length > longestClient ||
    (hasSecret && secret.length > longestClient) ||
    String(method ?? '').length > 64
  )
    throw new Error(`its answer has an id or a secret of more than ${longestClient} characters`);
  const ends = hasSecret ? answer.client_secret_expires_at : 0;
  return {
    clientId,
    ...(hasSecret ? { clientSecret: secret } : {}),
    method: typeof method === 'string' ? method : hasSecret ? asked : 'none',
    registeredFor,
    ...(typeof ends === 'number' && ends > 0 ? { endsAt: ends * 1000 } : {}),
  };
}

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
 * @param known the algorithms that the authorization server lists
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
