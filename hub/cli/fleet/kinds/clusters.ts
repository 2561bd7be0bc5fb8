import type { infrastructure } from '@roundhouse/sdk';
import { defined } from '../../frame/values.js';
import type { ClusterEntry } from '../format.js';
import { SECRET } from '../secrets.js';
import { type Found, ifThere, inDetail, type KindOf, type State } from './kind.js';

const ways = ['kubeconfig', 'address', 'agent'] as const;

/** Kubernetes clusters. */
export const clusters: KindOf<ClusterEntry> = {
  section: 'clusters',
  noun: 'cluster',
  fixed: ['site'],
  async read({ hub, options }) {
    const { kubernetes } = hub.infrastructure;
    const listed = kubernetes.listClustersAll({ limit: 100 }, options);
    return (await inDetail(listed, ({ id }) => kubernetes.getCluster(id, options))).map(foundOf);
  },
  async look({ hub, options }, { id }) {
    const now = await ifThere(hub.infrastructure.kubernetes.getCluster(id, options));
    return now && foundOf(now);
  },
  mistakeIn(entry) {
    const given = ways.filter((way) => entry[way] !== undefined);
    if (given.length !== 1) return `must have one of ${ways.join(', ')}`;
    const ofAddress = ['token', 'caCert', 'clientCert', 'clientKey', 'tlsServerName'] as const;
    const stray = ofAddress.find((field) => entry[field] !== undefined);
    if (stray && entry.address === undefined) return `${stray}: goes with address only`;
    if (entry.context !== undefined && entry.address !== undefined) return 'context: goes with a kubeconfig only';
    return undefined;
  },
  /** The hub does not show the credentials, the name in the certificate, or which of its own credentials an agent uses. */
  stateOf: ({ description, site, context, address, insecureSkipTlsVerify, timeout, ...access }) =>
    defined({
      description,
      site,
      access: ways.find((way) => (way === 'address' ? address : access[way]) !== undefined),
      address: address === undefined ? undefined : addressOf(address),
      context,
      insecureSkipTlsVerify,
      timeout,
    }),
  needsSecrets: (fields, { agent }) =>
    agent === undefined &&
    ['access', 'address', 'context', 'insecureSkipTlsVerify'].some((field) => fields.includes(field)),
  create({ hub, options }, name, entry) {
    const body = { name, ...defined({ description: entry.description, site: entry.site }), config: configOf(entry) };
    return hub.infrastructure.kubernetes.createCluster(body, options);
  },
  update({ hub, options }, { id }, entry, { fields, hasSecrets }) {
    const { description, timeout } = entry;
    const isReached = [...fields].some((field) => !['description', 'timeout'].includes(field));
    const config = hasSecrets || isReached ? configOf(entry) : fields.has('timeout') ? defined({ timeout }) : undefined;
    const body = defined({ description: fields.has('description') ? description : undefined, config });
    return hub.infrastructure.kubernetes.updateCluster(id, body as infrastructure.UpdateClusterBody, options);
  },
  remove: ({ hub, options }, { id }) => hub.infrastructure.kubernetes.deleteCluster(id, options),
  entryOf({ access, address, context, ...same }, name) {
    switch (access) {
      case 'kubeconfig':
        return { ...same, kubeconfig: { fromFile: `${name}.kubeconfig` }, context };
      case 'address':
        return { ...same, address, token: SECRET };
      default:
        return context === undefined ? { ...same, agent: 'in_cluster' } : { ...same, agent: 'kubeconfig', context };
    }
  },
  unknownOf({ access, context }) {
    if (access === 'address')
      return 'the hub does not show its kind of credentials: give caCert, and clientCert with clientKey in place of token, where it has them';
    if (access === 'agent' && context === undefined)
      return "the hub does not show whether its agent uses 'in_cluster' or the default context of its 'kubeconfig'";
    return undefined;
  },
};

function foundOf({ id, name, description, site, access }: infrastructure.GetClusterResult): Found {
  const { type, host, context, insecure_skip_tls_verify: insecureSkipTlsVerify, timeout } = access;
  const state = {
    description,
    site,
    access: type === 'host' ? 'address' : type,
    address: type === 'host' ? host : undefined,
    context: context === '' ? undefined : context,
    insecureSkipTlsVerify,
    timeout,
  };
  return { id, name, state: defined(state) as State };
}

/** An address in the form that the hub keeps. */
function addressOf(given: string): string {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `https://${given}`;
  return URL.canParse(text) ? new URL(text).href.replace(/(?<!\/)\/+$/, '') : given;
}

/** A connection for the API, with the values of its references. */
function configOf(entry: ClusterEntry): infrastructure.ClusterConfig {
  const { address, caCert, clientCert, clientKey, tlsServerName, insecureSkipTlsVerify, kubeconfig, token } = entry;
  const filled = {
    kubeconfig,
    context: entry.context,
    host: address,
    token,
    ca_cert: caCert,
    client_cert: clientCert,
    client_key: clientKey,
    tls_server_name: tlsServerName,
    agent: entry.agent,
    insecure_skip_tls_verify: insecureSkipTlsVerify,
    timeout: entry.timeout,
  };
  return defined(filled) as infrastructure.ClusterConfig;
}
