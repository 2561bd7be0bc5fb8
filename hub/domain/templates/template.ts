/** A value that a template's server needs from the user who makes the server. */
export interface EnvPlaceholder {
  readonly key: string;
  readonly description: string;
  readonly required: boolean;
}

/** A well-known MCP server, ready to be registered (`seeds/003`, "Templates"). */
export interface Template {
  /** `builtin-…` */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly category: string;
  readonly transport: 'stdio';
  readonly command: 'npx' | 'uvx';
  /** `${KEY}` stands for the value of the placeholder of this key, which then is no environment variable. */
  readonly args: readonly string[];
  readonly envPlaceholders: readonly EnvPlaceholder[];
  /** Where its documentation is. */
  readonly documentation: string;
  /** The package at its registry: one of the two. */
  readonly npmPackage: string | null;
  readonly pypiPackage: string | null;
  /** The variables that the server itself reads, where it names them otherwise than the placeholder. */
  readonly variables: Readonly<Record<string, string>>;
}

interface Described {
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly category: string;
  readonly documentation: string;
  /** The arguments after the package. */
  readonly args?: readonly string[];
  readonly env?: readonly EnvPlaceholder[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** A template whose server is a package at npm. */
export function npm(id: string, npmPackage: string, described: Described): Template {
  return { ...base(id, described, ['-y', npmPackage]), command: 'npx', npmPackage, pypiPackage: null };
}

/** A template whose server is a package at PyPI. */
export function pypi(id: string, pypiPackage: string, described: Described): Template {
  return { ...base(id, described, [pypiPackage]), command: 'uvx', npmPackage: null, pypiPackage };
}

/** A placeholder without whose value the server does not work. */
export function required(key: string, description: string): EnvPlaceholder {
  return { key, description, required: true };
}

export function optional(key: string, description: string): EnvPlaceholder {
  return { key, description, required: false };
}

function base(id: string, { args = [], env = [], variables = {}, ...shown }: Described, start: readonly string[]) {
  const common = { transport: 'stdio', args: [...start, ...args], envPlaceholders: env, variables } as const;
  return { id: `builtin-${id}`, ...shown, ...common };
}
