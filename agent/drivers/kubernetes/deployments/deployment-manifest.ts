import type { V1Deployment } from '@kubernetes/client-node';
import { AgentFailure } from '../../../failure.js';
import type { Library } from '../cluster/config.js';
import { clusterFailure, invalid } from '../cluster/failure.js';
import { checkName } from '../cluster/policy.js';
import { asFields, type GivenPaths, ManifestReader } from './manifest.js';

/** A deployment that is to be made. */
export interface DeploymentManifest {
  readonly deployment: V1Deployment;
  /** The images of its containers. */
  readonly images: readonly string[];
  readonly paths: GivenPaths;
}

const metadataFields = ['name', 'labels', 'annotations'] as const;

/**
 * Reads a deployment from CreateDeployment's `body`: the fields of its `spec`, and the metadata fields that clients may set, side by side.
 * @throws AgentFailure `invalid`, naming the field as it was given.
 */
export function readDeployment(library: Library, body: Uint8Array): DeploymentManifest {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString());
  } catch {
    throw invalid('body', 'body is not JSON');
  }
  const given = asFields(value, { given: '' });
  const meta = Object.fromEntries(metadataFields.flatMap((name) => (given[name] ? [[name, given[name]]] : [])));
  const { name: _name, labels: _labels, annotations: _annotations, ...rest } = given;
  if (typeof given.name !== 'string') throw invalid('name', 'name must be text');
  checkName(given.name, 'name');
  const reader = new ManifestReader(library);
  const metadata = reader.read(meta, 'V1ObjectMeta', { given: '', made: 'metadata' }) as V1Deployment['metadata'];
  // The short form, as lists show it.
  const long = typeof rest.strategy === 'string' ? { ...rest, strategy: { type: rest.strategy } } : rest;
  const spec = reader.read(long, 'V1DeploymentSpec', { given: '', made: 'spec' }) as Partial<
    NonNullable<V1Deployment['spec']>
  >;
  const { template } = spec;
  if (template?.spec === undefined) throw invalid('template.spec', 'template.spec is missing');
  if ((template.spec.containers ?? []).length === 0) {
    throw invalid('template.spec.containers', 'template.spec.containers must hold at least one container');
  }
  const labels = template.metadata?.labels ?? spec.selector?.matchLabels ?? { app: given.name };
  const whole = {
    ...spec,
    selector: spec.selector ?? { matchLabels: labels },
    template: { ...template, metadata: { ...template.metadata, labels } },
  };
  const { containers, initContainers = [], volumes = [] } = template.spec;
  const images = [...containers, ...initContainers].map(({ image }) => image ?? '');
  const mounted = volumes.map(({ image }) => image?.reference ?? '');
  return {
    deployment: { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: whole },
    images: [...images, ...mounted].filter((image) => image !== ''),
    paths: reader.paths,
  };
}

/** Kubernetes names the fields that it objects to as it has them: here they are as they were given. */
export function withGivenPaths(error: unknown, paths: GivenPaths): unknown {
  if (!(error instanceof AgentFailure) || error.details.reason !== 'invalid') return error;
  const { field, errors } = error.details as { field?: string; errors?: readonly { field: string; message: string }[] };
  const details = {
    ...error.details,
    ...(field === undefined ? {} : { field: givenPath(field, paths) }),
    errors: (errors ?? []).map((one) => ({ ...one, field: givenPath(one.field, paths) })),
  };
  return clusterFailure(error.kind, 'invalid', error.message, details);
}

/** The longest known beginning is replaced; what follows was not given. */
function givenPath(field: string, paths: GivenPaths): string {
  for (
    let end = field.length;
    end > 0;
    end = Math.max(field.lastIndexOf('.', end - 1), field.lastIndexOf('[', end - 1))
  ) {
    const given = paths.get(field.slice(0, end));
    if (given !== undefined) return `${given}${field.slice(end)}`.replace(/^\./, '');
  }
  return field;
}
