/** A value that a package or a remote server takes, as the registry describes it. */
export interface Input {
  readonly description: string;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly format: string;
  /** The value itself; `{NAME}` in it stands for a variable. Absent: the user gives the value. */
  readonly value: string | undefined;
  readonly fallback: string | undefined;
  readonly choices: readonly string[];
  readonly variables: Readonly<Record<string, Input>>;
}

/** An environment variable or a header. */
export interface NamedInput extends Input {
  readonly name: string;
}

/** An argument of a command line. A positional one has no flag. */
export interface Argument extends NamedInput {
  readonly isPositional: boolean;
  readonly isRepeated: boolean;
}

/** A package that runs as a program. */
export interface Package {
  /** `npm`, `pypi`, `oci`, `nuget`, `mcpb`, … */
  readonly kind: string;
  readonly baseUrl: string;
  readonly identifier: string;
  readonly version: string;
  readonly hash: string;
  /** The transport that clients use: `stdio`, `streamable-http` or `sse`. */
  readonly transport: string;
  readonly runtimeArguments: readonly Argument[];
  readonly packageArguments: readonly Argument[];
  readonly variables: readonly NamedInput[];
}

/** A server that runs elsewhere. */
export interface Remote {
  readonly type: string;
  /** `{NAME}` in it stands for a variable. */
  readonly url: string;
  readonly headers: readonly NamedInput[];
  readonly variables: Readonly<Record<string, Input>>;
}

/** A version of a server, as a registry describes it. */
export interface RegistryEntry {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly version: string;
  /** `active`, `deprecated` or `deleted`; empty if the registry does not tell. */
  readonly status: string;
  readonly statusMessage: string;
  readonly publishedAt: string;
  readonly website: string;
  readonly repository: string;
  readonly packages: readonly Package[];
  readonly remotes: readonly Remote[];
}

type Json = Readonly<Record<string, unknown>>;

export const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
export const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(objectOf) : []);
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const optionalText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const official = 'io.modelcontextprotocol.registry/official';

/** Reads an entry of an answer: members of another type count as absent. `undefined` if it has no name or no version. */
export function readEntry(answer: Json): RegistryEntry | undefined {
  const server = objectOf(answer.server);
  const meta = objectOf(objectOf(answer._meta)[official]);
  const [name, version] = [textOf(server.name), textOf(server.version)];
  if (name === '' || version === '') return undefined;
  return {
    name,
    version,
    title: textOf(server.title),
    description: textOf(server.description),
    status: textOf(meta.status),
    statusMessage: textOf(meta.statusMessage),
    publishedAt: textOf(meta.publishedAt),
    website: textOf(server.websiteUrl),
    repository: textOf(objectOf(server.repository).url),
    packages: listOf(server.packages).map(readPackage),
    remotes: listOf(server.remotes).map((remote) => ({
      type: textOf(remote.type),
      url: textOf(remote.url),
      headers: readNamed(remote.headers),
      variables: readVariables(remote.variables),
    })),
  };
}

function readPackage(given: Json): Package {
  return {
    kind: textOf(given.registryType),
    baseUrl: textOf(given.registryBaseUrl),
    identifier: textOf(given.identifier),
    version: textOf(given.version),
    hash: textOf(given.fileSha256),
    transport: textOf(objectOf(given.transport).type),
    runtimeArguments: listOf(given.runtimeArguments).map(readArgument),
    packageArguments: listOf(given.packageArguments).map(readArgument),
    variables: readNamed(given.environmentVariables),
  };
}

function readArgument(given: Json): Argument {
  const isPositional = given.type === 'positional';
  const name = textOf(isPositional ? given.valueHint : given.name);
  return { ...readInput(given), name, isPositional, isRepeated: given.isRepeated === true };
}

const readNamed = (given: unknown): NamedInput[] =>
  listOf(given).map((one) => ({ ...readInput(one), name: textOf(one.name) }));

const readVariables = (given: unknown): Readonly<Record<string, Input>> =>
  Object.fromEntries(Object.entries(objectOf(given)).map(([name, input]) => [name, readInput(objectOf(input))]));

function readInput(given: Json): Input {
  return {
    description: textOf(given.description),
    isRequired: given.isRequired === true,
    isSecret: given.isSecret === true,
    format: textOf(given.format),
    value: optionalText(given.value),
    fallback: optionalText(given.default),
    choices: Array.isArray(given.choices) ? given.choices.map(String) : [],
    variables: readVariables(given.variables),
  };
}
