import type { ServerSpec } from '../agents/fleet.js';
import { secretScope } from '../audit/redactor.js';
import { withConnections } from '../databases/connections.js';
import { specBytes } from '../sited/spec-room.js';
import type { Store } from '../store.js';
import { mayHaveDatabases } from './databases.js';
import { callLimits, type ServerRecord } from './record.js';
import type { Secrets } from './transport.js';

/** The address to which users come back after a consent, and the agents' metadata as clients. */
export interface AuthorizationCallback {
  readonly redirectUrl: string;
  /** Empty where the hub cannot be reached from outside by TLS. */
  readonly clientMetadataUrl: string;
}

export const NO_CALLBACK: AuthorizationCallback = { redirectUrl: '', clientMetadataUrl: '' };

/** @param hub its address, as browsers reach it, without a slash at the end */
export function callbackAt(hub: string): AuthorizationCallback {
  const isPublic = hub.startsWith('https:');
  const oauth = `${hub}/connect/api/oauth`;
  return { redirectUrl: `${oauth}/callback`, clientMetadataUrl: isPublic ? `${oauth}/client` : '' };
}

/** The agents' metadata as clients, for authorization servers (OAuth Client ID Metadata Document). */
export function clientMetadata({ redirectUrl, clientMetadataUrl }: AuthorizationCallback) {
  return {
    client_id: clientMetadataUrl,
    client_name: 'Roundhouse',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'web',
  };
}

/** The secrets of a server, unsealed. They go to its agent, and nowhere else. */
export async function unsealSecrets(store: Store, server: ServerRecord): Promise<Secrets> {
  if (server.sealedSecrets === null) return { values: {}, authSecret: null };
  return JSON.parse(await store.unseal(server.sealedSecrets, secretScope(server))) as Secrets;
}

/** The room for the parts of one database in the variables of a server that names it, bytes. */
const DATABASE_BYTES = 4096;

/** The size of a server's specification. */
export function serverSpecBytes({ transport, auth, sealedSecrets, databases = [] }: ServerRecord): number {
  return specBytes({ transport, auth }, sealedSecrets) + databases.length * DATABASE_BYTES;
}

/** Seals the secrets; `null` if there are none. */
export async function sealSecrets(
  store: Store,
  server: Pick<ServerRecord, 'id' | 'ownerId'>,
  secrets: Secrets,
): Promise<string | null> {
  const empty = Object.keys(secrets.values).length === 0 && secrets.authSecret === null;
  return empty ? null : store.seal(JSON.stringify(secrets), secretScope(server));
}

/**
 * The specification that a server's agent works from.
 * @param callback needed for servers that are reached by URL
 */
export async function specOf(
  store: Store,
  server: ServerRecord,
  callback: AuthorizationCallback = NO_CALLBACK,
): Promise<ServerSpec> {
  const { id, name, revision, healthCheck } = server;
  const kept = await unsealSecrets(store, server);
  const isFilled = server.databases?.length && mayHaveDatabases(store, server);
  const secrets = isFilled ? { ...kept, values: await withConnections(store, kept.values) } : kept;
  return {
    id,
    name,
    revision,
    connected: server.enabled && server.wanted,
    ...versionSpec(server),
    transport: transportSpec(server, secrets),
    auth: authSpec(server, secrets, callback),
    healthCheck,
    limits: limitsSpec(server),
    ...restartSpec(server),
  };
}

/** From the decision on, the new version is wanted, even if the link to the agent is lost meanwhile. */
function versionSpec({ switching, version }: ServerRecord): Pick<ServerSpec, 'version'> {
  const wanted = switching?.to ?? version;
  return wanted === undefined ? {} : { version: wanted };
}

function restartSpec({ restartPolicy }: ServerRecord): Pick<ServerSpec, 'restartPolicy'> {
  return restartPolicy === 'on-failure' || restartPolicy === 'no' ? { restartPolicy } : {};
}

function limitsSpec(server: ServerRecord): ServerSpec['limits'] {
  const { maxConcurrentCalls, maxQueue, maxResultBytes, callsPerSecond } = callLimits(server);
  return { maxConcurrent: maxConcurrentCalls, maxQueue, maxResultBytes, perSecond: callsPerSecond ?? 0 };
}

function transportSpec({ transport }: ServerRecord, { values }: Secrets): ServerSpec['transport'] {
  switch (transport.type) {
    case 'stdio':
      return { case: 'stdio', value: { command: transport.command, args: transport.args, env: values } };
    case 'websocket': {
      const { url, reconnect, heartbeat } = transport;
      return { case: 'websocket', value: { url, headers: values, reconnect, heartbeat } };
    }
    default:
      return { case: transport.type, value: { url: transport.url, headers: values } };
  }
}

function authSpec(
  { auth }: ServerRecord,
  { authSecret }: Secrets,
  callback: AuthorizationCallback,
): ServerSpec['auth'] {
  switch (auth.type) {
    case 'none':
      return { case: undefined };
    case 'api_key':
      return { case: 'apiKey', value: { key: authSecret ?? '', header: auth.header, prefix: auth.prefix } };
    case 'oauth2': {
      const { grantType, clientId, proof, tokenUrl, scopes } = auth;
      const [clientSecret, privateKey] = proof === 'privateKey' ? ['', authSecret ?? ''] : [authSecret ?? '', ''];
      const consent = grantType === 'authorization_code';
      const { redirectUrl, clientMetadataUrl } = consent ? callback : NO_CALLBACK;
      const value = { clientId, clientSecret, privateKey, tokenUrl, scopes, consent, redirectUrl, clientMetadataUrl };
      return { case: 'oauth2', value };
    }
  }
}
