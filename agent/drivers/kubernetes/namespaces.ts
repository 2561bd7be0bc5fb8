import type { V1Namespace, V1NamespaceList } from '@kubernetes/client-node';
import type { ListOptions } from '@roundhouse/proto/agent/v1/kubernetes';
import type { Cancellation } from '../../cancellation.js';
import type { Client } from './cluster/client.js';
import { list, type Page } from './list.js';
import { msOf } from './values.js';

/** A namespace, as `kubernetes.proto` has it. */
export interface NamespaceView {
  readonly name: string;
  readonly status: string;
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A new namespace. */
export interface NamespaceRequest {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** @param allowed which namespaces are listed. */
export function listNamespaces(
  client: Client,
  options: ListOptions | undefined,
  allowed: (namespace: string) => boolean,
  signal: Cancellation,
): Promise<Page<NamespaceView>> {
  return client.understand(() =>
    list(
      options,
      (part) => client.read<V1NamespaceList>('/api/v1/namespaces', signal, part),
      (item) => (allowed(item.metadata?.name ?? '') ? namespaceView(item) : undefined),
    ),
  );
}

export function createNamespace(
  client: Client,
  { name, labels, annotations }: NamespaceRequest,
  signal: Cancellation,
): Promise<NamespaceView> {
  const { core } = client.apis(signal);
  const body = { metadata: { name, labels: { ...labels }, annotations: { ...annotations } } };
  return client.understand(async () => namespaceView(await core.createNamespace({ body })));
}

function namespaceView({ metadata, status }: V1Namespace): NamespaceView {
  return {
    name: metadata?.name ?? '',
    status: status?.phase ?? '',
    createdAt: msOf(metadata?.creationTimestamp),
    labels: metadata?.labels ?? {},
    annotations: metadata?.annotations ?? {},
  };
}
