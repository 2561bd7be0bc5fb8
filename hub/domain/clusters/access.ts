import { parseYaml } from '@roundhouse/proto/work';
import type { AgentClusterKind, ClusterConnection, ClusterEndpoint } from '../agents/contract.js';
import { invalid } from '../errors.js';
import { checkDestination, type Destination } from '../net/destination.js';
import type { Store } from '../store.js';
import type { ClusterAccess, ClusterRecord } from './record.js';

/** How to reach a cluster, as a client gives it: a kubeconfig, an address with credentials, or the agent's own access. */
export interface ClusterConfigInput {
  /** Base64, or as text. */
  readonly kubeconfig?: string;
  /** The context of a kubeconfig; default: its own. */
  readonly context?: string;
  readonly host?: string;
  readonly token?: string;
  /** This and the next two: PEM, or base64 of PEM. */
  readonly caCert?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly tlsServerName?: string;
  readonly agent?: AgentClusterKind;
  readonly insecureSkipTlsVerify?: boolean;
  readonly timeoutMs?: number;
}

type ClusterSource = ClusterConnection['source'];

/** A connection as it is kept: the source is sealed, and so are its secrets. */
interface CheckedConfig {
  readonly source: ClusterSource;
  readonly access: ClusterAccess;
  readonly secrets: readonly string[];
}

const MAX_SECRET = 16 * 1024;
const MAX_PEM = 256 * 1024;

/**
 * Checks a connection. `before`: the old connection, for fields that an update leaves out; its credentials stay only if the destination
 * stays the same.
 * @throws DomainError `invalid_input` naming the field.
 */
export async function checkConfig(input: ClusterConfigInput, before?: ClusterSource): Promise<CheckedConfig> {
  switch (kindOf(input, before)) {
    case 'kubeconfig':
      return fromKubeconfig(input, before);
    case 'agent':
      return fromAgent(input, before);
    default:
      return fromEndpoint(input, before);
  }
}

const endpointFields = ['host', 'token', 'caCert', 'clientCert', 'clientKey', 'tlsServerName'] as const;
const shown = {
  host: 'host',
  token: 'token',
  caCert: 'ca_cert',
  clientCert: 'client_cert',
  clientKey: 'client_key',
  tlsServerName: 'tls_server_name',
} as const;

function kindOf(input: ClusterConfigInput, before: ClusterSource | undefined): ClusterSource['case'] {
  const { kubeconfig, agent, host, context } = input;
  const named: ClusterSource['case'][] = [];
  if (kubeconfig !== undefined) named.push('kubeconfig');
  if (agent !== undefined) named.push('agent');
  if (host !== undefined) named.push('endpoint');
  if (named.length > 1) throw invalid('config', 'must have only one of kubeconfig, host and agent');
  const kind = named[0] ?? before?.case;
  if (kind === undefined) throw invalid('config.kubeconfig', 'or host is needed');
  const stray = kind === 'endpoint' ? undefined : endpointFields.find((name) => input[name] !== undefined);
  if (stray) throw invalid(`config.${shown[stray]}`, 'goes with host only');
  if (kind === 'endpoint' && context !== undefined) throw invalid('config.context', 'goes with a kubeconfig only');
  return kind;
}

async function fromKubeconfig(input: ClusterConfigInput, before: ClusterSource | undefined): Promise<CheckedConfig> {
  const kept = before?.case === 'kubeconfig' ? before.value : { content: '', context: '' };
  const content = input.kubeconfig === undefined ? kept.content : kubeconfigText(input.kubeconfig);
  const context = input.context ?? (input.kubeconfig === undefined ? kept.context : '');
  const summary = await readKubeconfig(content, context);
  const isGiven = input.kubeconfig !== undefined || input.context !== undefined;
  // Any program that answers at the address would get the credentials. The caller has to allow that; a file may not.
  if (isGiven && summary.skipsVerification && input.insecureSkipTlsVerify !== true)
    throw invalid(
      'config.insecure_skip_tls_verify',
      "must be true for this kubeconfig: its insecure-skip-tls-verify turns the check of the cluster's certificate off. It is safer to put the cluster's certificate-authority-data into the kubeconfig instead",
    );
  return {
    source: { case: 'kubeconfig', value: { content, context } },
    access: { kind: 'kubeconfig', context: summary.context, server: summary.server },
    secrets: summary.secrets,
  };
}

function fromAgent({ agent, context }: ClusterConfigInput, before: ClusterSource | undefined): CheckedConfig {
  const kept = before?.case === 'agent' ? before.value : undefined;
  const kind = agent ?? kept?.kind ?? 'in_cluster';
  const chosen = context ?? (agent === undefined ? (kept?.context ?? '') : '');
  if (kind === 'in_cluster' && chosen !== '') throw invalid('config.context', 'goes with a kubeconfig only');
  return {
    source: { case: 'agent', value: { kind, context: chosen } },
    access: { kind: 'agent', agent: kind, context: chosen },
    secrets: [],
  };
}

function fromEndpoint(input: ClusterConfigInput, before: ClusterSource | undefined): CheckedConfig {
  const kept = before?.case === 'endpoint' ? before.value : undefined;
  const url = input.host === undefined ? (kept?.url ?? '') : addressOf(input.host);
  // A cluster that gets a token now no longer signs in with its certificate.
  const credentials = credentialsOf(input) ?? (kept && pick(kept));
  if (!credentials) throw invalid('config.token', 'or client_cert with client_key is needed');
  const same = url === kept?.url ? kept : undefined;
  const value: ClusterEndpoint = {
    url,
    ...credentials,
    caCertificate: input.caCert === undefined ? (same?.caCertificate ?? '') : pem('ca_cert', input.caCert),
    tlsServerName: input.tlsServerName ?? same?.tlsServerName ?? '',
  };
  return {
    source: { case: 'endpoint', value },
    access: { kind: 'endpoint', server: value.url, tlsServerName: value.tlsServerName },
    secrets: [value.token, value.clientKey].filter((secret) => secret !== ''),
  };
}

/** How a cluster's credentials are kept, and where they go. */
export interface Reached {
  readonly source: ClusterSource;
  readonly access: ClusterAccess;
  readonly insecureSkipTlsVerify: boolean;
}

/**
 * Checks that credentials which an update keeps go to the same destination as before. If the server's certificate is not verified as before,
 * another server may answer at the same address. @throws DomainError `invalid_input` naming the field that the caller has to give again.
 */
export function checkCredentialsStay(input: ClusterConfigInput, before: Reached, after: Reached): void {
  if (before.source.case === 'agent' || after.source.case !== before.source.case) return;
  const [field, isGiven] =
    after.source.case === 'kubeconfig'
      ? ['config.kubeconfig', input.kubeconfig !== undefined]
      : ['config.token', credentialsOf(input) !== undefined];
  const skips = before.insecureSkipTlsVerify || after.insecureSkipTlsVerify;
  const [from, to] = [destinationOf(before, before.insecureSkipTlsVerify), destinationOf(after, skips)];
  if (!isGiven) checkDestination([field], from, to);
}

function destinationOf({ source, access }: Reached, skips: boolean): Destination {
  const verification = { 'verification of certificates': skips ? 'none' : 'on' };
  // A kubeconfig may hold credentials for several clusters: the context says which of them are used, and where.
  if (access.kind === 'kubeconfig') return { context: access.context, ...verification };
  if (source.case !== 'endpoint') return verification;
  const { url, caCertificate, tlsServerName } = source.value;
  return { host: url, 'CA certificate': caCertificate, 'TLS server name': tlsServerName, ...verification };
}

type Credentials = Pick<ClusterEndpoint, 'token' | 'clientCertificate' | 'clientKey'>;

function credentialsOf({ token, clientCert, clientKey }: ClusterConfigInput): Credentials | undefined {
  if (token === undefined && clientCert === undefined && clientKey === undefined) return undefined;
  if (clientCert === undefined && clientKey !== undefined) throw invalid('config.client_cert', 'goes with client_key');
  if (clientCert !== undefined && clientKey === undefined) throw invalid('config.client_key', 'goes with client_cert');
  if (token !== undefined && (!/^[\x21-\x7e]+$/.test(token) || token.length > MAX_SECRET))
    throw invalid('config.token', `must be 1 to ${MAX_SECRET} printable characters without blanks`);
  return {
    token: token ?? '',
    clientCertificate: clientCert === undefined ? '' : pem('client_cert', clientCert),
    clientKey: clientKey === undefined ? '' : pem('client_key', clientKey),
  };
}

function pick({ token, clientCertificate, clientKey }: ClusterEndpoint): Credentials {
  return { token, clientCertificate, clientKey };
}

/** Only the form is checked: clusters live in private ranges, and behind names that only their site knows. */
function addressOf(host: string): string {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(host) ? host : `https://${host}`;
  const wrong = (problem: string) => invalid('config.host', problem);
  if (!URL.canParse(text)) throw wrong('must be an address such as https://192.0.2.1:6443');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw wrong('must begin with https://');
  if (url.username !== '' || url.password !== '') throw wrong('must not hold credentials: there is token for that');
  if (url.search !== '' || url.hash !== '') throw wrong('must not have a query');
  return url.href.replace(/(?<!\/)\/+$/, '');
}

function kubeconfigText(given: string): string {
  return /^[A-Za-z0-9+/=_\s-]+$/.test(given) ? Buffer.from(given, 'base64').toString() : given;
}

function pem(field: string, given: string): string {
  const text = given.includes('-----BEGIN ') ? given : Buffer.from(given, 'base64').toString();
  if (text.length > MAX_PEM) throw invalid(`config.${field}`, `must have at most ${MAX_PEM} bytes`);
  if (!/-----BEGIN [A-Z0-9 ]+-----/.test(text)) throw invalid(`config.${field}`, 'must be PEM in base64');
  return text;
}

type Sealed = Pick<ClusterRecord, 'sealedSource' | 'sealedSecrets'>;

/**
 * Seals a connection. The whole of it is confidential; the redactor looks only for the credentials in it, because the other
 * lines of a kubeconfig are ordinary words.
 */
export async function sealConnection(store: Store, id: string, { source, secrets }: CheckedConfig): Promise<Sealed> {
  const named = Object.fromEntries(secrets.map((secret, at) => [`secret_${at}`, secret]));
  return {
    sealedSource: await store.sealData(Buffer.from(JSON.stringify(source))),
    sealedSecrets: secrets.length === 0 ? '' : await store.seal(JSON.stringify(named), id),
  };
}

/** How a cluster is reached, unsealed. @throws DomainError `internal` where it was sealed under another key. */
export async function sourceOf(
  store: Pick<Store, 'unsealData'>,
  { sealedSource }: Pick<ClusterRecord, 'sealedSource'>,
): Promise<ClusterSource> {
  return JSON.parse(Buffer.from(await store.unsealData(sealedSource)).toString()) as ClusterSource;
}

/** The connection of a cluster as its agent gets it. No other agent gets it. */
export async function connectionOf(
  store: Pick<Store, 'unsealData'>,
  record: ClusterRecord,
): Promise<ClusterConnection> {
  const { id, connectionRevision, insecureSkipTlsVerify, timeoutMs } = record;
  const source = await sourceOf(store, record);
  return { clusterId: id, revision: connectionRevision, source, insecureSkipTlsVerify, timeoutMs };
}

/** A kubeconfig's content, as far as the hub needs it. */
interface KubeconfigSummary {
  /** The chosen context. */
  readonly context: string;
  /** Its cluster's address. */
  readonly server: string;
  /** Whether it turns the check of the cluster's certificate off, and holds no certificate for that check. */
  readonly skipsVerification: boolean;
  /** The credentials of all users in the file. */
  readonly secrets: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const MAX_BYTES = 256 * 1024;
const MAX_SECRETS = 1000;
/** The fields of a user that are no secrets. */
const harmless = new Set([
  'username',
  'client-certificate',
  'client-certificate-data',
  'client-key',
  'tokenFile',
  'as',
]);

/**
 * Reads a kubeconfig. The agent checks its certificates and keys.
 * @param context empty for the file's own
 * @throws DomainError `invalid_input` naming `config.kubeconfig` or `config.context`; the error quotes only names of contexts
 */
async function readKubeconfig(text: string, context: string): Promise<KubeconfigSummary> {
  const file = fieldsOf(await parsed(text));
  if (!file) throw bad('must be a kubeconfig (YAML or JSON) in base64');
  const contexts = namedOf(file, 'contexts', 'context');
  const current = context || file['current-context'];
  if (typeof current !== 'string' || current === '')
    throw invalid('config.context', 'is needed, since the kubeconfig has no current-context');
  const chosen = contexts.get(current);
  if (!chosen) {
    const known = [...contexts.keys()].slice(0, 20).join(', ') || 'none';
    throw invalid('config.context', `the kubeconfig has no context '${current.slice(0, 100)}'; it has: ${known}`);
  }
  const cluster = typeof chosen.cluster === 'string' && namedOf(file, 'clusters', 'cluster').get(chosen.cluster);
  if (!cluster) throw bad(`has no cluster for the context '${current}'`);
  const { server } = cluster;
  if (typeof server !== 'string' || server === '') throw bad(`does not say where the cluster of '${current}' is`);
  const users = namedOf(file, 'users', 'user');
  if (typeof chosen.user === 'string' && chosen.user !== '' && !users.has(chosen.user))
    throw bad(`has no user for the context '${current}'`);
  return {
    context: current,
    server: withoutCredentials(server),
    skipsVerification: cluster['insecure-skip-tls-verify'] === true && !cluster['certificate-authority-data'],
    secrets: secretsOf([...users.values()]),
  };
}

async function parsed(text: string): Promise<unknown> {
  if (Buffer.byteLength(text) > MAX_BYTES) throw bad(`must have at most ${MAX_BYTES} bytes`);
  try {
    return text.startsWith('{') ? JSON.parse(text) : await parseYaml(text);
  } catch {
    // The message may quote the text, which holds secrets.
    return undefined;
  }
}

function bad(problem: string) {
  return invalid('config.kubeconfig', problem);
}

/** The entries of one of the file's lists, by name. Two entries with the same name are refused, because programs choose different ones. */
function namedOf(file: Fields, list: string, kind: string): ReadonlyMap<string, Fields> {
  const items = file[list] ?? [];
  if (!Array.isArray(items)) throw bad(`must have a list of ${list}`);
  const names = items.flatMap((item: unknown) => fieldsOf(item)?.name ?? []);
  if (new Set(names).size < names.length) throw bad(`has two ${list} of the same name`);
  return new Map(
    items.flatMap((item: unknown) => {
      const { name, [kind]: value } = fieldsOf(item) ?? {};
      const fields = fieldsOf(value);
      return typeof name === 'string' && fields ? [[name, fields] as const] : [];
    }),
  );
}

function secretsOf(users: readonly Fields[]): string[] {
  const found = new Set<string>();
  const look = (value: unknown, name: string, depth: number): void => {
    if (found.size >= MAX_SECRETS || depth > 8 || harmless.has(name)) return;
    if (typeof value === 'string' && value !== '') {
      found.add(value);
      if (name === 'client-key-data') found.add(Buffer.from(value, 'base64').toString());
    } else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) look(item, Array.isArray(value) ? name : key, depth + 1);
  };
  // The agent refuses kubeconfigs with programs, but the arguments of these programs may hold secrets.
  for (const user of users) look(user, '', 0);
  return [...found];
}

/** The address without credentials, because callers see addresses. A password may hold an `@`: the host begins after the last one. */
function withoutCredentials(server: string): string {
  if (!server.includes('@')) return server;
  if (!URL.canParse(server)) return server.slice(server.lastIndexOf('@') + 1);
  const url = new URL(server);
  url.username = '';
  url.password = '';
  return server.endsWith('/') ? url.href : url.href.replace(/\/$/, '');
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
