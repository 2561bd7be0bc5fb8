import { parseYaml } from '@roundhouse/proto/work';
import { invalid } from '../../errors.js';

/** A kubeconfig's content, as far as the hub needs it. */
export interface KubeconfigSummary {
  /** The context that counts. */
  readonly context: string;
  /** Its cluster's address. */
  readonly server: string;
  /** Whether it asks for no check of the cluster's certificate, and holds no certificate to check it against. */
  readonly skipsVerification: boolean;
  /** All credentials in the file, whosever they are. */
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
 * Looks into a kubeconfig. Whether its certificates and keys are good, the agent says.
 * @param context empty for the file's own
 * @throws DomainError `invalid_input` naming `config.kubeconfig` or `config.context`; nothing of the text is in it but names of contexts
 */
export async function readKubeconfig(text: string, context: string): Promise<KubeconfigSummary> {
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

/** The entries of one of the file's lists, by name. Other programs take another one of two entries with the same name. */
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
  // The agent refuses programs and their arguments, but these may hold secrets all the same.
  for (const user of users) look(user, '', 0);
  return [...found];
}

/** Addresses are shown. */
function withoutCredentials(server: string): string {
  return server.replace(/\/\/[^/@]*@/, '//');
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
