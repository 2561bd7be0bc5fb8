import type { Library } from '../cluster/config.js';
import { invalid } from '../cluster/failure.js';
import { isQuantity } from '../values.js';

/** The library's description of one field of a type. */
interface Field {
  /** Its name in the library's objects, and in Kubernetes' own. */
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Where a value was given, by where it is in what Kubernetes gets. */
export type GivenPaths = ReadonlyMap<string, string>;

/** An object of the library, made from the input. */
export interface Manifest {
  readonly value: unknown;
  readonly paths: GivenPaths;
}

/** A place in the input, and the place in the manifest that is made of it. */
interface Place {
  readonly given: string;
  readonly made: string;
}

const arrayOf = /^Array<(.+)>$/;
const mapOf = /^\{ \[key: string\]: (.+); \}$/;

/** Reads objects as clients write them: fields named with underscores or as Kubernetes has them, checked against Kubernetes' types. */
export class ManifestReader {
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
export function asFields(value: unknown, place: Pick<Place, 'given'>): Fields {
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
