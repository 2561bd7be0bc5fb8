import type { V1Deployment } from '@kubernetes/client-node';
import { AgentFailure } from '../../../failure.js';
import type { Library } from '../cluster/config.js';
import { clusterFailure, invalid } from '../cluster/failure.js';
import { checkName } from '../cluster/policy.js';
import { isQuantity } from '../values.js';

/** A deployment to create. */
export interface DeploymentManifest {
  readonly deployment: V1Deployment;
  readonly paths: GivenPaths;
}

const metadataFields = ['name', 'labels', 'annotations'] as const;

/**
 * Reads a deployment from CreateDeployment's `body`, which has the fields of the `spec` and the metadata fields that clients may set.
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
  // The short form that lists show.
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
  return {
    deployment: { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: whole },
    paths: reader.paths,
  };
}

/** The images of a deployment's pods: those of its containers, and those that are mounted. */
export function imagesOf(spec: V1Deployment['spec']): readonly string[] {
  const { containers = [], initContainers = [], ephemeralContainers = [], volumes = [] } = spec?.template?.spec ?? {};
  const images = [...containers, ...initContainers, ...ephemeralContainers].map(({ image }) => image ?? '');
  const mounted = volumes.map(({ image }) => image?.reference ?? '');
  return [...images, ...mounted].filter((image) => image !== '');
}

/** Replaces the paths of fields in a failure of Kubernetes by the paths that the client gave. */
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

/** Replaces the longest known beginning of a path. The client did not give the rest. */
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

/** The library's description of one field of a type. */
interface Field {
  /** The name in the library's objects; `baseName` is the name in Kubernetes. */
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** The path that the client gave for a value, by the path in the object that Kubernetes gets. */
type GivenPaths = ReadonlyMap<string, string>;

/** An object of the library, made from the input. */
export interface Manifest {
  readonly value: unknown;
  readonly paths: GivenPaths;
}

/** The path of a value in the input, and its path in the manifest. */
interface Place {
  readonly given: string;
  readonly made: string;
}

const arrayOf = /^Array<(.+)>$/;
const mapOf = /^\{ \[key: string\]: (.+); \}$/;

/**
 * Reads objects of clients, and checks them against Kubernetes' types. Fields may be named with underscores, or as Kubernetes names them.
 */
class ManifestReader {
  readonly #library: Readonly<Record<string, unknown>>;
  readonly #paths = new Map<string, string>();

  constructor(library: Library) {
    this.#library = library as unknown as Readonly<Record<string, unknown>>;
  }

  get paths(): GivenPaths {
    return this.#paths;
  }

  /**
   * @param type the library's name of the type.
   * @throws AgentFailure `invalid`, naming the field as it was given, for a field that is unknown, given twice, or of a wrong type.
   */
  read(value: unknown, type: string, place: Place): unknown {
    this.#paths.set(place.made, place.given);
    const item = arrayOf.exec(type)?.[1];
    if (item !== undefined) {
      if (!Array.isArray(value)) throw wrong(place, 'a list');
      return value.map((one, index) => this.read(one, item, at(place, index)));
    }
    const entry = mapOf.exec(type)?.[1];
    if (entry !== undefined) return this.#map(value, entry, place);
    const fields = this.#fields(type);
    return fields === undefined ? plain(value, type, place) : this.#object(value, fields, place);
  }

  #object(value: unknown, fields: readonly Field[], place: Place): object {
    const seen = new Map<string, string>();
    const entries = Object.entries(asFields(value, place)).flatMap(([key, given]) => {
      const field = fields.find(({ baseName }) => baseName === key) ?? fields.find((one) => same(one.baseName, key));
      const below = { given: join(place.given, key), made: join(place.made, field?.baseName ?? key) };
      if (field === undefined) throw invalid(below.given, `Kubernetes knows no field '${key}' here`);
      const twice = seen.get(field.name);
      if (twice !== undefined) throw invalid(below.given, `'${twice}' and '${key}' are the same field`);
      seen.set(field.name, key);
      if (given === null || given === undefined) return [];
      return [[field.name, this.read(given, field.type, below)] as const];
    });
    return Object.fromEntries(entries);
  }

  /** Keys are the client's own. */
  #map(value: unknown, type: string, place: Place): object {
    const quantities = /\.(?:requests|limits|sizeLimit|overhead)$/.test(place.made);
    const entries = Object.entries(asFields(value, place)).map(([key, given]) => {
      const below = { given: join(place.given, key), made: join(place.made, key) };
      const text = quantities && typeof given === 'number' ? String(given) : given;
      if (quantities && !(typeof text === 'string' && isQuantity(text)))
        throw wrong(below, 'a quantity such as 250m, 1.5 or 64Mi');
      return [key, this.read(text, type, below)] as const;
    });
    return Object.fromEntries(entries);
  }

  #fields(type: string): readonly Field[] | undefined {
    const model = this.#library[type] as { getAttributeTypeMap?: () => readonly Field[] } | undefined;
    return model?.getAttributeTypeMap?.();
  }
}

function plain(value: unknown, type: string, place: Place): unknown {
  if (type === 'string' || type === 'Date') {
    if (typeof value !== 'string') throw wrong(place, 'text');
  } else if (type === 'number') {
    if (typeof value !== 'number' || !Number.isInteger(value)) throw wrong(place, 'a whole number');
  } else if (type === 'boolean') {
    if (typeof value !== 'boolean') throw wrong(place, 'true or false');
  } else if (type === 'IntOrString') {
    if (typeof value !== 'string' && !Number.isInteger(value)) throw wrong(place, 'a whole number or text');
  }
  return value;
}

/** The value of an object. @throws AgentFailure `invalid`. */
function asFields(value: unknown, place: Pick<Place, 'given'>): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrong(place, 'an object');
}

/** `host_ip`, `hostIp` and `hostIP` are one. */
function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.replaceAll('_', '').toLowerCase();
}

function wrong({ given }: Pick<Place, 'given'>, expected: string) {
  return invalid(given, `${given === '' ? 'body' : given} must be ${expected}`);
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

const at = ({ given, made }: Place, index: number): Place => ({
  given: `${given}[${index}]`,
  made: `${made}[${index}]`,
});
