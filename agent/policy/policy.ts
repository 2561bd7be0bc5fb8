import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { PolicyRules, Rules } from './parse.js';
import { commandPattern, glob, urlPattern } from './patterns.js';

/**
 * Variables by which a permitted program can be made to run another one. They are denied where commands are restricted and
 * the policy says nothing of the environment.
 */
const loaders = [
  'PATH',
  'LD_*',
  'DYLD_*',
  'NODE_*',
  'npm_config_*',
  'NPM_CONFIG_*',
  'PYTHON*',
  'PIP_*',
  'UV_*',
  'BASH_ENV',
  'ENV',
  'SHELL',
  'PERL5*',
  'RUBY*',
  'JAVA_TOOL_OPTIONS',
  'GIT_*',
];

/** What this site lets its hub do, whatever the hub says. Each question is answered with the reason why not, or `undefined`. */
export class Policy {
  readonly readOnly: boolean;
  readonly #commands: (words: readonly string[]) => boolean;
  readonly #environment: (name: string) => boolean;
  readonly #urls: (url: string) => boolean;
  readonly #others: Readonly<Record<'images' | 'namespaces' | 'device_commands', (text: string) => boolean>>;

  constructor(rules: PolicyRules) {
    this.readOnly = rules.read_only ?? false;
    this.#commands = judge(rules.commands, commandPattern);
    const environment = rules.environment ?? (rules.commands?.allow ? { deny: loaders } : undefined);
    this.#environment = judge(environment, (pattern) => glob(pattern));
    this.#urls = judge(rules.urls, urlPattern);
    this.#others = {
      images: judge(rules.images, (pattern) => glob(pattern)),
      namespaces: judge(rules.namespaces, (pattern) => glob(pattern)),
      device_commands: judge(rules.device_commands, (pattern) => glob(pattern)),
    };
  }

  /** May this server be connected here? */
  server({ transport, auth }: ServerSpec): string | undefined {
    if (transport.case === undefined) return undefined;
    if (auth.case === 'oauth2' && !this.#urls(auth.value.tokenUrl)) return deniedUrl(auth.value.tokenUrl);
    if (transport.case !== 'stdio') {
      return this.#urls(transport.value.url) ? undefined : deniedUrl(transport.value.url);
    }
    const { command, args, env } = transport.value;
    // Arguments may hold secrets: the reason names the program only.
    if (!this.#commands([command, ...args]))
      return `this site does not allow the command '${command}' with these arguments`;
    const variable = Object.keys(env).find((name) => !this.#environment(name));
    return variable === undefined ? undefined : `this site does not allow the environment variable ${variable}`;
  }

  /** May this image be run, this namespace be used, this command be sent to a device? */
  permits(section: 'images' | 'namespaces' | 'device_commands', text: string): string | undefined {
    const noun = { images: 'image', namespaces: 'namespace', device_commands: 'device command' }[section];
    return this.#others[section](text) ? undefined : `this site does not allow the ${noun} '${text}'`;
  }
}

/** Everything is allowed. */
export const noPolicy = new Policy({});

function judge<T>(
  rules: Rules | undefined,
  compile: (pattern: string) => (value: T) => boolean,
): (value: T) => boolean {
  const allow = rules?.allow?.map(compile);
  const deny = rules?.deny?.map(compile) ?? [];
  return (value) => (allow?.some((matches) => matches(value)) ?? true) && !deny.some((matches) => matches(value));
}

/** Without what may be secret in it. */
function deniedUrl(url: string): string {
  return `this site does not allow the address '${URL.canParse(url) ? new URL(url).origin : 'that was given'}'`;
}
