import type { TransportInput } from '../servers/transport.js';
import type { Argument, Input, NamedInput, Package, RegistryEntry, Remote } from './entry.js';

/** A value that the user can give. */
export interface Field {
  readonly name: string;
  readonly place: 'variable' | 'argument' | 'header' | 'address';
  readonly description: string;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly isRepeated: boolean;
  readonly format: string;
  readonly fallback: string | undefined;
  readonly choices: readonly string[];
}

/** The values of fields, by their names. */
export type FieldValues = ReadonlyMap<string, readonly string[]>;

/** One of the ways in which a server of the registry can be run or reached. */
export interface Way {
  /** `npm`, `pypi`, `oci`, `http`, `sse`, or another kind, which has a problem. */
  readonly kind: string;
  /** The package or the address. */
  readonly source: string;
  readonly fields: readonly Field[];
  /** Why Roundhouse cannot add it; empty: it can. */
  readonly problem: string;
  /** The registration for the hub. Secrets stand in variables and headers only, which the hub seals. */
  transport(values: FieldValues): TransportInput;
}

/** Makes a text from given values; `undefined` if a value that it needs is missing. `n`: the position among repeated values. */
type Filled = (values: FieldValues, n: number) => string | undefined;

/** The ways of an entry: its packages, then its remotes, as the registry orders them. */
export function waysOf({ packages, remotes }: RegistryEntry): Way[] {
  return [...packages.map(packageWay), ...remotes.map(remoteWay)];
}

/** How each kind of package is run, and the registry that a site takes it from unless it is set otherwise. */
const runners = {
  npm: { command: 'npx', registry: 'https://registry.npmjs.org', own: ['-y', '--yes'], first: ['-y'] },
  pypi: { command: 'uvx', registry: 'https://pypi.org', own: [], first: [] },
  oci: { command: 'docker', registry: '', own: ['run', '-i', '--rm', '--interactive'], first: ['run', '-i', '--rm'] },
} as const;

function packageWay(given: Package): Way {
  const { kind, variables, runtimeArguments, packageArguments, transport } = given;
  const collected = new Collected();
  const runtime = runtimeArguments.map((one) => argumentOf(collected, one, true));
  const own = packageArguments.map((one) => argumentOf(collected, one, false));
  const env = variables.map((one) => [one.name, collected.value(one, 'variable')] as const);
  const source = sourceOf(given);
  return {
    kind,
    source,
    fields: collected.fields,
    problem:
      problemOf(given) ||
      (transport === 'stdio'
        ? collected.problem
        : `it speaks ${transport || 'no protocol that is named'}, not over standard input`),
    transport(values) {
      const { command, first, own: known } = runners[kind as keyof typeof runners];
      const filled = Object.fromEntries(
        env.flatMap(([name, value]) => {
          const text = value(values, 0);
          return text === undefined ? [] : [[name, text]];
        }),
      );
      const options = runtime
        .flatMap((one) => one(values))
        .filter((word) => !(known as readonly string[]).includes(word));
      // A container gets the variables that its command line names.
      const named = kind === 'oci' ? Object.keys(filled).flatMap((name) => ['-e', name]) : [];
      const args = [...first, ...options, ...named, source, ...own.flatMap((one) => one(values))];
      return { type: 'stdio', command, args, env: filled };
    },
  };
}

function problemOf({ kind, baseUrl, hash }: Package): string {
  if (!Object.hasOwn(runners, kind)) return `packages of ${kind || 'an unnamed registry'} are not supported`;
  const { registry } = runners[kind as keyof typeof runners];
  if (registry !== '' && baseUrl !== '' && baseUrl.replace(/\/$/, '') !== registry)
    return `it comes from ${baseUrl}, and a site takes packages from the registry that it is set to`;
  return hash !== '' ? 'the hash of its file cannot be checked' : '';
}

/** The package as its program takes it: with its version. */
function sourceOf({ kind, identifier, version, baseUrl }: Package): string {
  if (version === '') return identifier;
  if (kind !== 'oci') return `${identifier}@${version}`;
  const [, path = ''] = /^(?:.*\/)?([^/]*)$/.exec(identifier) ?? [];
  // An older form of the entry: registry, image and tag are separate.
  const host = baseUrl.replace(/^https?:\/\//, '').replace(/\/$/, '');
  const image = host === '' || identifier.startsWith(`${host}/`) ? identifier : `${host}/${identifier}`;
  return /[:@]/.test(path) ? image : `${image}:${version}`;
}

function remoteWay({ type, url, headers, variables }: Remote): Way {
  const collected = new Collected();
  const address = collected.template(url, variables, 'address', true, false);
  const filled = headers.map((one) => [one.name, collected.value(one, 'header')] as const);
  const kind = type === 'streamable-http' ? 'http' : type;
  return {
    kind,
    source: url,
    fields: collected.fields,
    problem: ['http', 'sse'].includes(kind)
      ? collected.problem
      : `its transport ${type || 'has no name and'} is not supported`,
    transport(values) {
      const given = filled.flatMap(([name, value]) => {
        const text = value(values, 0);
        return text === undefined ? [] : [[name, text]];
      });
      return {
        type: kind === 'sse' ? 'sse' : 'http',
        url: address(values, 0) ?? url,
        headers: Object.fromEntries(given),
      };
    },
  };
}

/** The words of an argument. A flag and its value are words of their own. */
function argumentOf(collected: Collected, given: Argument, isRuntime: boolean): (values: FieldValues) => string[] {
  const { name, isPositional, isRepeated, value, fallback, isRequired, format, choices } = given;
  // Such as `--rm` of a container: the entry describes no value.
  const isBare = isRuntime && value === undefined && fallback === undefined && !isRequired && format === '';
  if (!isPositional && isBare && choices.length === 0) return () => [name];
  const fill = collected.value(given, 'argument', isRepeated);
  const fields = collected.last;
  return (values) => {
    const count = isRepeated ? Math.max(1, ...fields.map((field) => values.get(field)?.length ?? 0)) : 1;
    return Array.from({ length: count }, (_, n) => fill(values, n)).flatMap((text) => {
      if (text === undefined) return [];
      return isPositional ? [text] : [name, ...(text === '' ? [] : [text])];
    });
  };
}

/** No server needs more. */
const MOST_FIELDS = 200;

/** Collects the fields of a way while its texts are read. */
class Collected {
  readonly fields: Field[] = [];
  /** The names of the fields that the last text needs. */
  last: string[] = [];
  /** Why the hub cannot keep a value safely; empty: it can. */
  problem = '';

  /** An input's text: its own value with its variables, or that of the user. */
  value(input: NamedInput, place: Field['place'], isRepeated = false): Filled {
    const { value, isRequired, isSecret, variables, name } = input;
    if (value !== undefined) return this.template(value, variables, place, isRequired, isSecret, isRepeated);
    this.last = [name];
    this.#add(name, input, place, isRequired, isSecret, isRepeated);
    return (values, n) => values.get(name)?.[n] ?? (n === 0 ? input.fallback : undefined);
  }

  /** A text in which `{NAME}` stands for a variable. Other braces stay. */
  template(
    text: string,
    variables: Readonly<Record<string, Input>>,
    place: Field['place'],
    isRequired: boolean,
    isSecret: boolean,
    isRepeated = false,
  ): Filled {
    const names = [...text.matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) => name);
    const known = new Set(names.filter((name) => Object.hasOwn(variables, name)));
    this.last = [...known];
    for (const name of known) {
      const input = variables[name] as Input;
      if (input.value === undefined)
        this.#add(name, input, place, isRequired || input.isRequired, isSecret || input.isSecret, isRepeated);
    }
    return (values, n) => {
      let isWhole = true;
      const filled = text.replace(/\{([^{}]+)\}/g, (whole, name: string) => {
        if (!known.has(name)) return whole;
        const { value, fallback } = variables[name] as Input;
        const given = value ?? values.get(name)?.[n] ?? fallback;
        isWhole &&= given !== undefined;
        return given ?? '';
      });
      return isWhole ? filled : undefined;
    };
  }

  #add(name: string, input: Input, place: Field['place'], isRequired: boolean, isSecret: boolean, isRepeated: boolean) {
    const { description, format, fallback, choices } = input;
    if (this.fields.some((field) => field.name === name)) return;
    if (this.fields.length === MOST_FIELDS) {
      this.problem = `it takes more than ${MOST_FIELDS} values`;
      return;
    }
    // The hub shows command lines and addresses to its users.
    const isOpen = isSecret && (place === 'argument' || place === 'address');
    if (isOpen && isRequired && fallback === undefined)
      this.problem = `its ${place} '${name}' is a secret, and the hub can seal variables and headers only`;
    if (isOpen) return;
    this.fields.push({ name, place, description, isRequired, isSecret, isRepeated, format, fallback, choices });
  }
}

/** The command line or the address of a way, with `{NAME}` for the values that are still to be given; empty if it cannot be added. */
export function lineOf({ fields, problem, transport }: Way): string {
  if (problem !== '') return '';
  const made = transport(new Map(fields.map(({ name }) => [name, [`{${name}}`]])));
  return made.type === 'stdio' ? [made.command, ...(made.args ?? [])].join(' ') : made.url;
}

/** Whether the user has to give a value of a field. */
export const isNeeded = ({ isRequired, fallback }: Field): boolean => isRequired && fallback === undefined;

/** The rule that a value of a field breaks; `undefined` if it fits. The rule does not repeat the value: it may be a secret. */
export function mustBe({ format, choices }: Field, value: string): string | undefined {
  if (choices.length > 0) return choices.includes(value) ? undefined : `one of ${choices.join(', ')}`;
  if (format === 'number') return value.trim() !== '' && Number.isFinite(Number(value)) ? undefined : 'a number';
  return format === 'boolean' && !['true', 'false'].includes(value) ? 'true or false' : undefined;
}
