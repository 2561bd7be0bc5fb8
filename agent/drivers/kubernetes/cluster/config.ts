import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Cluster, KubeConfig, User } from '@kubernetes/client-node';
import {
  type AgentCluster,
  AgentClusterKind,
  type ClusterConnection,
  type ClusterEndpoint,
} from '@roundhouse/proto/agent/v1/kubernetes';
import { isForbidden } from '../../net/site-lookup.js';
import { clusterFailure, connectionInvalid } from './failure.js';
import { checkCertificates, checkKeyPair, parseKubeconfig } from './kubeconfig.js';

/** The checked configuration of a connection to a cluster. */
export interface ClusterConfig {
  readonly kubeconfig: KubeConfig;
  /** Its address; ends without a slash. */
  readonly server: URL;
  /** Whether its certificate is checked. */
  readonly verify: boolean;
  /** The addresses that the hub chose: the cluster's, and its proxy's. Empty if the agent's owner chose them. */
  readonly fromHub: readonly URL[];
}

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** @throws AgentFailure `connection_invalid`, `no_connection`. */
export async function readConnection({ KubeConfig }: Library, connection: ClusterConnection): Promise<ClusterConfig> {
  const { source, insecureSkipTlsVerify: insecure } = connection;
  const kubeconfig = new KubeConfig();
  if (source.case === 'agent') {
    loadOwn(kubeconfig, source.value);
    const own = kubeconfig.getCurrentCluster();
    if (own === null) throw connectionInvalid('agent.context', `the agent's kubeconfig has no such context`);
    const verify = !(insecure && own.skipTLSVerify);
    return { kubeconfig, server: serverOf(own.server, 'agent', insecure), verify, fromHub: [] };
  }
  if (source.case === undefined) throw connectionInvalid('source', 'the connection has no source');
  const [cluster, user, field] =
    source.case === 'endpoint'
      ? [...fromEndpoint(source.value), 'endpoint.url']
      : [...(await fromText(source.value.content, source.value.context)), 'kubeconfig.server'];
  const server = serverOf(cluster.server, field, insecure);
  refuseForbidden(server, field);
  const proxy = cluster.proxyUrl === undefined ? [] : [parseUrl(cluster.proxyUrl, 'kubeconfig.proxy-url')];
  for (const url of proxy) refuseForbidden(url, 'kubeconfig.proxy-url');
  const href = server.href.replace(/(?<!\/)\/+$/, '');
  kubeconfig.loadFromClusterAndUser({ ...cluster, server: href, skipTLSVerify: insecure }, user);
  return { kubeconfig, server, verify: !insecure, fromHub: [server, ...proxy] };
}

async function fromText(content: string, context: string): Promise<[Cluster, User]> {
  const { cluster, user } = await parseKubeconfig(content, context);
  return [cluster, user];
}

function fromEndpoint(endpoint: ClusterEndpoint): [Cluster, User] {
  const { url, token, caCertificate, clientCertificate, clientKey, tlsServerName } = endpoint;
  if (caCertificate !== '') checkCertificates(caCertificate, 'ca_certificate');
  if (clientCertificate !== '' || clientKey !== '') {
    checkKeyPair(clientCertificate, clientKey, { certificate: 'client_certificate', key: 'client_key' });
  }
  // Node refuses other characters in a header.
  if (/[^\x21-\x7e]/.test(token)) throw connectionInvalid('token', 'the token has characters that no token can have');
  const encoded = (name: string, pem: string) => (pem === '' ? {} : { [name]: Buffer.from(pem).toString('base64') });
  return [
    {
      name: 'cluster',
      server: url,
      skipTLSVerify: false,
      ...encoded('caData', caCertificate),
      ...(tlsServerName === '' ? {} : { tlsServerName }),
    },
    {
      name: 'user',
      ...encoded('certData', clientCertificate),
      ...encoded('keyData', clientKey),
      ...(token === '' ? {} : { token }),
    },
  ];
}

/** Loads the connection that the agent's owner has set up. Messages do not repeat the content of the files. */
function loadOwn(kubeconfig: KubeConfig, { kind, context }: AgentCluster): void {
  const none = (message: string) => clusterFailure('disconnected', 'no_connection', message, { outcome: 'not_run' });
  if (kind === AgentClusterKind.IN_CLUSTER) {
    if (process.env.KUBERNETES_SERVICE_HOST === undefined || !existsSync(serviceAccountToken)) {
      throw none('the agent does not run in a Kubernetes cluster, or has no service account there');
    }
    kubeconfig.loadFromCluster();
    return;
  }
  if (kind !== AgentClusterKind.KUBECONFIG) throw connectionInvalid('agent.kind', 'unknown kind of connection');
  const named = (process.env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  const files = named.length > 0 ? named : [join(homedir(), '.kube', 'config')];
  if (!files.every((file) => existsSync(file))) throw none('the agent has no kubeconfig of its own');
  try {
    kubeconfig.loadFromDefault();
  } catch {
    throw none("the agent's kubeconfig cannot be read");
  }
  if (context !== '') kubeconfig.setCurrentContext(context);
}

function serverOf(address: string, field: string, insecure: boolean): URL {
  const url = parseUrl(address, field);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw connectionInvalid(field, 'the address of a cluster begins with https://');
  }
  if (url.protocol === 'http:' && !insecure) {
    throw connectionInvalid(field, 'a cluster is asked over https; http needs the check of its certificate to be off');
  }
  if (url.username !== '' || url.password !== '')
    throw connectionInvalid(field, 'the address must not hold credentials');
  if (url.search !== '' || url.hash !== '') throw connectionInvalid(field, 'the address must not have a query');
  return url;
}

function parseUrl(address: string, field: string): URL {
  if (URL.canParse(address)) return new URL(address);
  throw connectionInvalid(field, 'that is no address; expected https://host:port');
}

function refuseForbidden({ hostname }: URL, field: string): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (/^[\d.]+$|:/.test(host) && isForbidden(host)) {
    throw connectionInvalid(field, `${host} is a link-local or cloud metadata address`);
  }
}

/** The exports of the client library. */
export type Library = typeof import('@kubernetes/client-node');

let loading: Promise<Library> | undefined;

/** The client library. It takes half a second and 70 MB, so the agent loads it only for the first cluster. */
export function loadLibrary(): Promise<Library> {
  loading ??= import('@kubernetes/client-node');
  return loading;
}
