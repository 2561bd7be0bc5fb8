import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Cluster, User } from '@kubernetes/client-node';
import { parseYaml } from '@roundhouse/proto/work';
import { connectionInvalid } from './failure.js';

/** The content of a kubeconfig's context: a cluster, and a user. */
export interface Target {
  readonly cluster: Cluster;
  readonly user: User;
}

type Fields = Readonly<Record<string, unknown>>;

const maxBytes = 256 * 1024;

/** Fields that read a file or run a program at the agent. The agent's owner may set them; the hub may not. */
const local = {
  cluster: [['certificate-authority', 'certificate-authority-data']],
  user: [
    ['exec', ''],
    ['auth-provider', ''],
    ['tokenFile', 'token'],
    ['token-file', 'token'],
    ['client-certificate', 'client-certificate-data'],
    ['client-key', 'client-key-data'],
  ],
} as const;

/** Fields that the library ignores. The agent would then act with other rights than the file gives. */
const unknownRights = ['as-uid', 'as-groups', 'as-user-extra'] as const;

/**
 * Reads the parts of a kubeconfig that one context needs.
 * @param context empty for the file's current context.
 * @throws AgentFailure `connection_invalid`; of the text it repeats only names of contexts.
 */
export async function parseKubeconfig(text: string, context: string): Promise<Target> {
  if (Buffer.byteLength(text) > maxBytes) throw connectionInvalid('kubeconfig', `longer than ${maxBytes} bytes`);
  let value: unknown;
  try {
    value = await parseYaml(text);
  } catch {
    // The message may quote the text, which holds secrets.
    throw connectionInvalid('kubeconfig', 'the kubeconfig is neither YAML nor JSON');
  }
  const file = fieldsOf(value, 'kubeconfig');
  const current = context === '' ? file['current-context'] : context;
  if (typeof current !== 'string' || current === '') {
    throw connectionInvalid('kubeconfig.current-context', 'the kubeconfig names no current context: choose one');
  }
  const chosen = entry(file, 'contexts', 'context', current);
  if (chosen === undefined) {
    const names = listOf(file, 'contexts').map((item) => String((item as Fields | null)?.name));
    const known = names.length === 0 ? 'it has none' : `it has ${names.slice(0, 20).join(', ')}`;
    throw connectionInvalid('kubeconfig.context', `the kubeconfig has no context '${current}': ${known}`);
  }
  const clusterName = textOf(chosen.fields, 'cluster', chosen.path);
  const cluster = entry(file, 'clusters', 'cluster', clusterName);
  if (cluster === undefined) {
    throw connectionInvalid(`${chosen.path}.cluster`, `the kubeconfig has no cluster '${clusterName}'`);
  }
  const userName = textOf(chosen.fields, 'user', chosen.path);
  const user = userName === '' ? undefined : entry(file, 'users', 'user', userName);
  if (user === undefined && userName !== '') {
    throw connectionInvalid(`${chosen.path}.user`, `the kubeconfig has no user '${userName}'`);
  }
  return { cluster: readCluster(cluster), user: user === undefined ? { name: 'nobody' } : readUser(user) };
}

interface Entry {
  readonly fields: Fields;
  /** The entry's path, such as `kubeconfig.users[0].user`. */
  readonly path: string;
}

function readCluster({ fields, path }: Entry): Cluster {
  refuseLocal(fields, path, local.cluster);
  const server = textOf(fields, 'server', path);
  if (server === '') throw connectionInvalid(`${path}.server`, 'the kubeconfig does not say where the cluster is');
  const caData = textOf(fields, 'certificate-authority-data', path);
  if (caData !== '') checkCertificates(decode(caData), `${path}.certificate-authority-data`);
  return {
    name: 'cluster',
    server,
    skipTLSVerify: fields['insecure-skip-tls-verify'] === true,
    ...some('caData', caData),
    ...some('tlsServerName', textOf(fields, 'tls-server-name', path)),
    ...some('proxyUrl', textOf(fields, 'proxy-url', path)),
  };
}

function readUser({ fields, path }: Entry): User {
  refuseLocal(fields, path, local.user);
  for (const name of unknownRights) {
    if (fields[name] !== undefined) throw connectionInvalid(`${path}.${name}`, `'${name}' is not supported`);
  }
  const [certData, keyData] = [
    textOf(fields, 'client-certificate-data', path),
    textOf(fields, 'client-key-data', path),
  ];
  if (certData !== '' || keyData !== '') {
    const names = { certificate: `${path}.client-certificate-data`, key: `${path}.client-key-data` };
    checkKeyPair(decode(certData), decode(keyData), names);
  }
  return {
    name: 'user',
    ...some('certData', certData),
    ...some('keyData', keyData),
    ...some('token', textOf(fields, 'token', path)),
    ...some('username', textOf(fields, 'username', path)),
    ...some('password', textOf(fields, 'password', path)),
    ...some('impersonateUser', textOf(fields, 'as', path)),
  };
}

/** If a field is given both inline and as a file's name, the inline value counts. */
function refuseLocal(fields: Fields, path: string, pairs: readonly (readonly [string, string])[]): void {
  for (const [name, inline] of pairs) {
    const given = fields[name] !== undefined && fields[name] !== null;
    if (!given || (inline !== '' && typeof fields[inline] === 'string' && fields[inline] !== '')) continue;
    const instead = inline === '' ? 'a token, or a certificate with its key,' : `'${inline}'`;
    throw connectionInvalid(
      `${path}.${name}`,
      `'${name}' refers to a file or a program at the agent, which a kubeconfig from the hub may not: put ${instead} into it`,
    );
  }
}

function entry(file: Fields, list: string, kind: string, name: string): Entry | undefined {
  const isNamed = (item: unknown) => (item as Fields | null)?.name === name;
  const index = listOf(file, list).findIndex(isNamed);
  if (index < 0) return undefined;
  // Other programs take the last one.
  if (listOf(file, list).findLastIndex(isNamed) !== index)
    throw connectionInvalid(`kubeconfig.${list}`, `the kubeconfig has two ${list} of the same name`);
  const path = `kubeconfig.${list}[${index}].${kind}`;
  return { path, fields: fieldsOf((listOf(file, list)[index] as Fields)[kind], path) };
}

function listOf(file: Fields, name: string): readonly unknown[] {
  const list = file[name] ?? [];
  if (!Array.isArray(list)) throw connectionInvalid(`kubeconfig.${name}`, `kubeconfig.${name} is not a list`);
  return list;
}

function fieldsOf(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw connectionInvalid(path, `${path} is not "key: value" pairs`);
}

function textOf(fields: Fields, name: string, path: string): string {
  const value = fields[name] ?? '';
  if (typeof value === 'string') return value;
  throw connectionInvalid(`${path}.${name}`, `${path}.${name} is not text`);
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString();

const some = (name: string, value: string): object => (value === '' ? {} : { [name]: value });

/** Base64 holds no `-`, so the search ends at the next one. */
const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** One or more certificates. @throws AgentFailure `connection_invalid`. */
export function checkCertificates(pem: string, field: string): void {
  const found = pem.match(certificates);
  if (found === null) throw connectionInvalid(field, `${field} holds no PEM certificate`);
  for (const one of found) {
    try {
      new X509Certificate(one);
    } catch {
      throw connectionInvalid(field, `${field} holds a certificate that cannot be read`);
    }
  }
}

/** Checks a certificate and its key. @throws AgentFailure `connection_invalid`, without the key. */
export function checkKeyPair(certificate: string, key: string, fields: { certificate: string; key: string }): void {
  checkCertificates(certificate, fields.certificate);
  let fits: boolean;
  try {
    fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    throw connectionInvalid(
      fields.key,
      `${fields.key} cannot be read: a PEM private key without a passphrase is expected`,
    );
  }
  if (!fits) throw connectionInvalid(fields.key, `${fields.key} is not the key of the certificate`);
}
