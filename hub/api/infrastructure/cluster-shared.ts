import { Type } from 'typebox';
import { agentClusterKinds } from '../../domain/agents/contract.js';
import type { ClusterItems } from '../../domain/clusters/resources/answers.js';
import type { Place, Selection } from '../../domain/clusters/resources/content.js';
import type { Fields } from '../../domain/lists/field.js';
import { type ListQuery, pageOf } from '../../domain/lists/page.js';
import { sourceOf } from '../../domain/lists/source.js';
import { TimeOrNever } from '../shared/values.js';
import { pageReply } from './listing.js';

/** Parts of the bodies and answers of the Kubernetes Module (`seeds/001`). */
export const Texts = Type.Record(Type.String(), Type.String());
/** Labels, annotations or a selector in a request. */
export const GivenTexts = Type.Record(Type.String(), Type.String(), { maxProperties: 1000 });
export const Description = Type.String({ maxLength: 1024 });

const dns = (description: string) => Type.String({ minLength: 1, maxLength: 253, description });
const cluster = { cluster_id: Type.String({ minLength: 1, maxLength: 64, description: 'Id or name' }) };
const namespace = { ...cluster, namespace: dns('By RFC 1123, as the names of all that is in a cluster') };

export const ClusterParams = Type.Object(cluster);
export const NamespaceParams = Type.Object(namespace);
export const PodParams = Type.Object({ ...namespace, pod_name: dns('Name') });
export const DeploymentParams = Type.Object({ ...namespace, deployment_name: dns('Name') });

/** The parameters that every list of a cluster's content takes besides its filters. */
export const selectors = {
  label_selector: Type.Optional(
    Type.String({ maxLength: 4096, description: 'Extension: as Kubernetes reads it, such as `app=web,tier!=cache`' }),
  ),
  field_selector: Type.Optional(
    Type.String({ maxLength: 4096, description: 'Extension: as Kubernetes reads it, such as `status.phase=Running`' }),
  ),
};

const pem = (what: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 524_288, description: `${what}, PEM in base64` }));

export const ClusterConfig = Type.Object(
  {
    kubeconfig: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1_048_576, description: 'Base64; certificates and keys are in it' }),
    ),
    context: Type.Optional(
      Type.String({ maxLength: 256, description: 'Extension: of the kubeconfig; default: its current-context' }),
    ),
    host: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 2048,
        description: 'Such as `https://192.0.2.1:6443`, as the site knows it',
      }),
    ),
    token: Type.Optional(Type.String({ minLength: 1, maxLength: 16_384 })),
    ca_cert: pem('CA certificate'),
    client_cert: pem('Extension: client certificate'),
    client_key: pem('Extension: its key'),
    tls_server_name: Type.Optional(
      Type.String({
        maxLength: 253,
        description: "Extension: the host name for which the cluster's certificate must be valid",
      }),
    ),
    agent: Type.Optional(
      Type.Enum(agentClusterKinds, {
        description:
          "Extension: the agent's own access, to the cluster that it runs in or by its own kubeconfig; for admins",
      }),
    ),
    insecure_skip_tls_verify: Type.Optional(
      Type.Boolean({ description: "Extension: do not check the cluster's certificate" }),
    ),
    timeout: Type.Optional(
      Type.Number({ minimum: 0, maximum: 300, description: 'Extension: of one request, seconds; 0: 30' }),
    ),
  },
  { title: 'ClusterConfig', minProperties: 1, description: '`kubeconfig`, or `host` with credentials' },
);

export const Condition = Type.Object(
  {
    type: Type.String(),
    status: Type.String(),
    reason: Type.String(),
    message: Type.String(),
    changed_at: TimeOrNever,
  },
  { title: 'Condition' },
);

/** A page of a cluster's content: Kubernetes selects, the hub filters and sorts. `complete` is `false` if the cluster has more than the hub reads. */
export async function clusterPage<T, R>(
  list: () => Promise<ClusterItems<T>>,
  asked: ListQuery<T>,
  fields: Fields<T>,
  render: (item: T) => R,
) {
  const { items, complete } = await list();
  const page = await pageOf(sourceOf(items), fields, asked);
  return pageReply(asked, { ...page, complete: page.complete && complete }, render);
}

/** The selectors of a query. */
export function selectionOf({
  label_selector: labelSelector,
  field_selector: fieldSelector,
}: {
  readonly label_selector?: string;
  readonly field_selector?: string;
}): Selection {
  return { labelSelector, fieldSelector };
}

interface PlaceParams {
  readonly cluster_id: string;
  readonly namespace: string;
}

/** The namespace of a cluster that a path names. */
export function placeOf({ cluster_id: cluster, namespace }: PlaceParams): Place {
  return { cluster, namespace };
}

/** The resource of an audit entry about a refused or failed request. */
export function resourceOf(type: string, { cluster_id, namespace }: PlaceParams, name: string) {
  return { type, id: `${cluster_id}/${namespace}/${name}` };
}
