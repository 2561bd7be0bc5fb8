import type { ClusterConnection } from '../../agents/fleet-kubernetes.js';
import type { Store } from '../../store.js';
import type { ClusterRecord } from '../record.js';
import type { CheckedConfig, ClusterSource } from './config.js';

type Sealed = Pick<ClusterRecord, 'sealedSource' | 'sealedSecrets'>;

/**
 * Seals a connection. The whole of it is confidential; only the credentials in it are looked for elsewhere: a kubeconfig's other lines
 * are ordinary words.
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

/** The data that an agent gets of a cluster. Only this agent gets it. */
export async function connectionOf(
  store: Pick<Store, 'unsealData'>,
  record: ClusterRecord,
): Promise<ClusterConnection> {
  const { id, connectionRevision, insecureSkipTlsVerify, timeoutMs } = record;
  const source = await sourceOf(store, record);
  return { clusterId: id, revision: connectionRevision, source, insecureSkipTlsVerify, timeoutMs };
}
