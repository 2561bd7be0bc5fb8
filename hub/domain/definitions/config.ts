import { type Asking, isAllowed } from '../access/authorize.js';
import { checkSecretsStay } from '../servers/destination.js';
import {
  type Auth,
  type AuthInput,
  MASK,
  maskedAuth,
  maskedTransport,
  type Secrets,
  splitAuth,
  splitTransport,
  type Transport,
  type TransportInput,
  unmask,
  withoutNamedSecrets,
  withoutNamedWords,
} from '../servers/transport.js';
import type { ParameterDefinition, StepDefinition } from '../workflows/definition.js';

/** The types of definitions: the sources and transports that servers have, and workflows. */
export const definitionTypes = ['stdio', 'npm', 'pypi', 'docker', 'http', 'sse', 'websocket', 'workflow'] as const;
export type DefinitionType = (typeof definitionTypes)[number];

type Values = Readonly<Record<string, string>>;
type Stdio<T> = Extract<T, { readonly type: 'stdio' }>;
type Remote<T> = Exclude<T, { readonly type: 'stdio' }>;

interface PackageFields {
  readonly package: string;
  /** Absent: the latest version. */
  readonly version?: string;
  readonly args?: readonly string[];
}

interface ImageFields {
  readonly image: string;
  /** Further flags of `docker run`, before the image. */
  readonly options?: readonly string[];
  readonly args?: readonly string[];
}

export interface WorkflowConfig {
  readonly type: 'workflow';
  readonly parameters?: Readonly<Record<string, ParameterDefinition>>;
  readonly steps: readonly StepDefinition[];
}

/** A config as clients send it and see it; `E` is the type of the environment. */
type SourceConfig<E> =
  | ({ readonly type: 'npm' | 'pypi' } & PackageFields & E)
  | ({ readonly type: 'docker' } & ImageFields & E)
  | WorkflowConfig;

export type ConfigInput =
  | Stdio<TransportInput>
  | (Remote<TransportInput> & { readonly auth?: AuthInput })
  | SourceConfig<{ readonly env?: Values }>;

/** A config without its secrets: it holds only the names of environment variables and headers. */
export type KeptConfig =
  | Stdio<Transport>
  | (Remote<Transport> & { readonly auth: Auth })
  | SourceConfig<{ readonly env: readonly string[] }>;

export const NO_SECRETS: Secrets = { values: {}, authSecret: null };

/**
 * Separates the secrets from the public part. `before` are the secrets so far, for values that come back masked.
 * @throws DomainError `invalid_input` for a masked value without a stored secret.
 */
export function splitConfig(
  input: ConfigInput,
  before: Secrets = NO_SECRETS,
): { config: KeptConfig; secrets: Secrets } {
  switch (input.type) {
    case 'workflow':
      return { config: input, secrets: NO_SECRETS };
    case 'npm':
    case 'pypi':
    case 'docker': {
      const { env, ...rest } = input;
      const values = unmask(env ?? {}, before.values, 'config.env');
      return { config: { ...rest, env: Object.keys(values) }, secrets: { values, authSecret: null } };
    }
    case 'stdio': {
      const { transport, values } = splitTransport(input, before, 'config');
      return { config: transport as Stdio<Transport>, secrets: { values, authSecret: null } };
    }
    default: {
      const { auth: given = { type: 'none' }, ...transportInput } = input;
      const { transport, values } = splitTransport(transportInput, before, 'config');
      const { auth, authSecret } = splitAuth(given, before, 'config.auth');
      return { config: { ...(transport as Remote<Transport>), auth }, secrets: { values, authSecret } };
    }
  }
}

/**
 * A config as a caller reads it: secrets masked and, for a caller who may not change definitions, also the values of arguments, options and
 * URLs that have the name of a secret.
 */
export function visibleConfig(caller: Asking, config: KeptConfig): ConfigInput {
  return masked(isAllowed(caller, 'definition.write') ? config : withoutNamed(config));
}

function withoutNamed(config: KeptConfig): KeptConfig {
  switch (config.type) {
    case 'workflow':
      return config;
    case 'npm':
    case 'pypi':
      return { ...config, ...wordsOf(config, 'args') };
    case 'docker':
      return { ...config, ...wordsOf(config, 'args'), ...wordsOf(config, 'options') };
    default:
      return withoutNamedSecrets(config);
  }
}

/** A field of words, without the values that have the name of a secret. */
function wordsOf<Field extends string>(
  config: { readonly [field in Field]?: readonly string[] | undefined },
  field: Field,
) {
  const words = config[field];
  return words ? { [field]: withoutNamedWords(words) } : {};
}

function masked(config: KeptConfig): ConfigInput {
  switch (config.type) {
    case 'workflow':
      return config;
    case 'npm':
    case 'pypi':
    case 'docker': {
      const { env, ...rest } = config;
      const values = Object.fromEntries(env.map((name) => [name, MASK]));
      return { ...rest, ...(env.length > 0 ? { env: values } : {}) };
    }
    case 'stdio':
      return maskedTransport(config) as Stdio<TransportInput>;
    default: {
      const { auth, ...transport } = config;
      const shown = maskedTransport(transport as Transport) as Remote<TransportInput>;
      return { ...shown, ...(auth.type === 'none' ? {} : { auth: maskedAuth(auth) }) };
    }
  }
}

/** Checks that the secrets which an update keeps go to the same destination as before. @throws DomainError `invalid_input` naming the field. */
export function checkConfigSecretsStay(before: KeptConfig, input: ConfigInput, after: KeptConfig): void {
  if (before.type === 'workflow' || input.type === 'workflow' || after.type === 'workflow') return;
  const values = ('url' in input ? input.headers : input.env) ?? {};
  const { transport } = registrationOf(after, { values, authSecret: null });
  const auth: AuthInput = ('url' in input && input.auth) || { type: 'none' };
  const reached = { auth: { type: 'none' } as const, ...registrationOf(before, NO_SECRETS) };
  checkSecretsStay(reached, { transport, auth }, { transport: 'config', auth: 'config.auth' });
}

/** The registration of a server, secrets in place. @param env further variables, which win over the config's variables */
export function registrationOf(
  config: Exclude<KeptConfig, WorkflowConfig>,
  { values, authSecret }: Secrets,
  env: Values = {},
): { readonly transport: TransportInput; readonly auth?: AuthInput } {
  const all = { ...values, ...env };
  switch (config.type) {
    case 'stdio': {
      const { command, args } = config;
      return { transport: { type: 'stdio', command, args, env: all } };
    }
    case 'npm': {
      const { package: name, version, args = [] } = config;
      return command('npx', ['-y', version === undefined ? name : `${name}@${version}`, ...args], all);
    }
    case 'pypi': {
      const { package: name, version, args = [] } = config;
      return command('uvx', [version === undefined ? name : `${name}==${version}`, ...args], all);
    }
    case 'docker': {
      const { image, options = [], args = [] } = config;
      const variables = Object.keys(all).flatMap((name) => ['-e', name]);
      return command('docker', ['run', '-i', '--rm', ...variables, ...options, image, ...args], all);
    }
    default: {
      const { auth, headers: _, ...rest } = config;
      const transport = { ...rest, headers: all } as Remote<TransportInput>;
      return auth.type === 'none' ? { transport } : { transport, auth: unmaskedAuth(auth, authSecret ?? '') };
    }
  }
}

function command(name: string, args: readonly string[], env: Values) {
  return { transport: { type: 'stdio', command: name, args, env } } as const;
}

/** The auth as a client would send it, with its secret in place of the mask. */
function unmaskedAuth(auth: Auth, secret: string): AuthInput {
  const shown = maskedAuth(auth);
  return Object.fromEntries(
    Object.entries(shown).map(([name, value]) => [name, value === MASK ? secret : value]),
  ) as unknown as AuthInput;
}
