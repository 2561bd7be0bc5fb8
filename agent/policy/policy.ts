import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { parseDockerCommand } from '../drivers/docker/command-line/run-command.js';
import { parseReference, referenceForms } from '../drivers/docker/reference.js';
import { nameVersion, parseSourceCommand } from '../drivers/sources/command.js';
import { containerVariables, hidden, imagePrograms, type LineKind, withoutOptions } from './options.js';
import type { PolicyRules, Rules } from './parse.js';
import {
  allowedCommand,
  commandPattern,
  glob,
  imagePattern,
  type Matcher,
  pathPattern,
  urlPathPattern,
  urlPattern,
} from './patterns.js';

/**
 * Variables with which a caller can make a permitted program run another program, or fetch one from another place. They are denied if the
 * policy restricts commands and has no `allow` list for the environment. The list is not complete: each program has variables of its own.
 */
const loaders = [
  // Where programs, libraries and settings are found.
  ...['PATH', 'HOME', 'SHELL', 'ENV', 'BASH_*', 'ZDOTDIR', 'IFS', 'PS4', 'PROMPT_COMMAND', 'XDG_*', 'TMPDIR', 'EDITOR'],
  ...['USERPROFILE', 'HOMEDRIVE', 'HOMEPATH', 'APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA', 'ALLUSERSPROFILE', 'COMSPEC'],
  ...[
    'PATHEXT',
    'SYSTEMROOT',
    'WINDIR',
    'TEMP',
    'TMP',
    'PSModulePath',
    'INPUTRC',
    'VISUAL',
    'PAGER',
    'BROWSER',
    'LD_*',
    'DYLD_*',
    'GLIBC_*',
    'GCONV_PATH',
    'LOCPATH',
    'NLSPATH',
    'LESSOPEN',
  ],
  // Variables that interpreters load or obey.
  ...[
    'NODE_*',
    'TS_NODE_*',
    'ELECTRON_*',
    'PYTHON*',
    'VIRTUAL_ENV',
    'CONDA_*',
    'PERL*',
    'AWK*',
    'RUBY*',
    'GEM_*',
    'BUNDLE_*',
  ],
  ...['JAVA_*', '_JAVA_OPTIONS', 'JDK_*', 'CLASSPATH', 'PHP*', 'LUA_*', 'TCL*', 'DOTNET_*', 'CORECLR_*', 'COR_*'],
  ...['GOENV', 'GOFLAGS', 'GOPATH', 'GOPROXY', 'GOROOT', 'GOTOOLCHAIN', 'CARGO_*', 'RUSTC*', 'RUSTFLAGS', 'RUSTUP_*'],
  ...['R_*', 'JULIA_*', 'ERL_*', 'ELIXIR_*', 'MIX_*', 'GUILE_*', 'MONO_*', 'MAVEN_*', 'GRADLE_*', 'SBT_*', 'GROOVY_*'],
  // The usual endings of such names: arguments, programs to run, files that name programs, and code to load.
  ...['*OPTS', '*OPT', '*_ARGS', '*_ARGS_*', '*FLAGS', '*FLAGS_*', '*OPTIONS'],
  ...['*PAGER', '*EDITOR', '*BROWSER', '*_RSH', '*_SSH', '*_SHELL', '*COMMAND', '*_CMD', '*ASKPASS', '*_HELPER'],
  ...['*EXECUTABLE*', '*BINARY*', '*_BIN', '*BROWSERS_PATH', 'CHROME_*', 'CC', 'CXX', 'LIBPATH', 'SHLIB_PATH', 'FPATH'],
  ...['*CONFIG', '*CONFIG_FILE', '*CONFIG_PATH', '*CONFIG_DIR', '*CONFIG_HOME', '*CONFIGURE_PATH', '*RC', '*RCPATH'],
  ...['*_LOAD_PATH', '*_PRELOAD', '*_LIBRARY', '*_LIBRARY_PATH', '*_MODULES', '*_MODULE_DIR', '*_MODULE_PATH'],
  ...['*_PLUGIN', '*_PLUGINS', '*_PLUGIN_PATH', '*_PLUGINS_PATH', '*_DRIVERS_PATH', '*_ICD_FILENAMES', '*_HOME'],
  // Of single programs.
  ...['MAKE*', 'LESS*', 'ANSIBLE_*', 'TF_CLI_*', 'ODBC*', 'CLOUDSDK_*', 'COMPlus_*', 'ASDF_*', 'MISE_*', 'PYDEVD_*'],
  ...['HOSTALIASES', 'RES_OPTIONS', 'TERMINFO*', 'TERMCAP', 'MALLOC_*', 'SQLITE_TMPDIR', 'INIT_CWD'],
  // Where packages, images and repositories come from.
  ...['npm_*', 'PNPM_*', 'YARN_*', 'BUN_*', 'DENO_*', 'COREPACK_*', 'NVM_*', 'VOLTA_*', 'PIP_*', 'PIPX_*', 'UV_*'],
  ...['GIT_*', 'SSH_ASKPASS*', 'DOCKER_*', 'CONTAINER_HOST', 'CONTAINERS_*', 'KUBECONFIG'],
  // Proxies, and trusted certificates.
  ...['*_PROXY', 'SSL_*', 'OPENSSL_*', 'REQUESTS_CA_BUNDLE', 'CURL_*'],
];

/** The rights that this site gives its hub. Each question is answered with the reason for a refusal, or with `undefined`. */
export class Policy {
  readonly readOnly: boolean;
  readonly #commands: (words: readonly string[]) => boolean;
  readonly #operations: (words: readonly string[]) => boolean;
  readonly #undeniedCommands: (words: readonly string[]) => boolean;
  readonly #environment: (name: string) => boolean;
  /** The rules of the file without the built-in ones: in a container, {@link loaders} lead to no program of the site. */
  readonly #ownEnvironment: (name: string) => boolean;
  readonly #urls: (url: string) => boolean;
  readonly #others: Readonly<Record<'images' | 'namespaces' | 'device_commands', (text: string) => boolean>>;
  /** A read-only site runs no command, except the commands that its policy allows by name. */
  readonly #runsCommands: boolean;

  constructor(readonly rules: PolicyRules) {
    this.readOnly = rules.read_only ?? false;
    this.#runsCommands = !this.readOnly || rules.commands?.allow !== undefined;
    const judgesVariables = rules.environment !== undefined;
    const lines = (kind: LineKind) =>
      judge(rules.commands, (pattern) => allowedCommand(pattern, judgesVariables, kind), commandPattern);
    this.#commands = lines('server');
    this.#operations = lines('operation');
    this.#undeniedCommands = judge({ deny: rules.commands?.deny ?? [] }, commandPattern);
    const { allow, deny = [] } = rules.environment ?? {};
    const isOpen = rules.commands?.allow !== undefined && allow === undefined;
    const environment = { ...rules.environment, deny: isOpen ? [...loaders, ...deny] : deny };
    // Programs read some of their variables in upper and lower case alike.
    const ofName = (pattern: string) => glob(pattern, '.', 'i');
    this.#environment = judge(environment, ofName);
    this.#ownEnvironment = judge(rules.environment, ofName);
    this.#urls = judge(
      rules.urls,
      (pattern) => urlPattern(pattern, urlPathPattern),
      (pattern) => urlPattern(pattern),
    );
    const images = judge(
      rules.images,
      (pattern) => anyForm(imagePattern(pattern)),
      (pattern) => anyForm(glob(pattern)),
    );
    this.#others = {
      images: (text) => images(imageForms(text)),
      namespaces: judge(rules.namespaces, (pattern) => glob(pattern)),
      device_commands: judge(rules.device_commands, pathPattern, (pattern) => glob(pattern)),
    };
  }

  /** May this server be connected here? */
  server({ transport, auth, version }: ServerSpec): string | undefined {
    if (transport.case === undefined) return 'this agent does not know the transport of the server';
    // Without an address for tokens, the server names one. The policy judges it before the agent uses it.
    if (auth.case === 'oauth2' && auth.value.tokenUrl !== '') {
      const refused = this.address(auth.value.tokenUrl);
      if (refused !== undefined) return refused;
    }
    if (transport.case !== 'stdio') return this.address(transport.value.url);
    if (!this.#runsCommands) return 'this site is read-only, and the `commands` of its policy have no `allow` list';
    const { command, args, env } = transport.value;
    // Arguments may hold secrets: the reason names the program only.
    if (!this.#command(command, args, version))
      return `this site does not allow the command '${command}' with these arguments`;
    const unknown = this.#hidden([command, ...args], 'server') ?? this.#image(command, args, version);
    if (unknown !== undefined) return unknown;
    const denied = [
      ...Object.keys(env).filter((name) => !this.#environment(name)),
      ...containerVariables(command, args).filter((name) => !this.#ownEnvironment(name)),
    ];
    return denied[0] && noVariable(denied[0]);
  }

  /** Why a line cannot be judged. Where the site has a list of allowed commands, its patterns name such lines, or leave them out. */
  #hidden(words: readonly string[], kind: LineKind): string | undefined {
    const { commands, environment } = this.rules;
    if (commands?.allow !== undefined || (commands ?? environment) === undefined) return undefined;
    return hidden(words, environment !== undefined, kind);
  }

  /** May the image that a command runs be run here? */
  #image(command: string, args: readonly string[], version: string): string | undefined {
    const docker = parseDockerCommand(command, args);
    if (docker?.kind === 'run') {
      const named = (version === '' ? undefined : nameVersion(command, args, version)) ?? args;
      return this.permits('images', named[docker.at] ?? '');
    }
    const runsImages = docker !== undefined || imagePrograms.test(command);
    if (!runsImages || !this.judges('images')) return undefined;
    return 'this site judges images, and which one this command runs cannot be told';
  }

  /**
   * A command whose source runs in another version counts as if it named that version. If the command names no version, a pattern that
   * allows it allows any version.
   */
  #command(command: string, args: readonly string[], version: string): boolean {
    const given = [command, ...args];
    const renamed = version === '' ? undefined : nameVersion(command, args, version);
    if (renamed === undefined) return this.#commands(given);
    const docker = parseDockerCommand(command, args);
    const named = docker?.kind === 'run' ? docker.image.tag : parseSourceCommand(command, args)?.version;
    // A tag with another digest (`1@sha256:…`) is still the tag that was allowed.
    const open = named === '' || named === 'latest' || version.startsWith(`${named}@sha256:`);
    const effective = [command, ...renamed];
    if (this.#commands(effective)) return true;
    // Another version of a package is no address, file or alias.
    const same = parseSourceCommand(command, renamed)?.kind === parseSourceCommand(command, args)?.kind;
    return open && same && this.#commands(given) && this.#undeniedCommands(effective);
  }

  /**
   * May the repository in this command be at this commit, also if none of its branches and tags is? Any person can make such a commit at the
   * repository's host. With an `allow` list, a pattern has to name the commit.
   */
  anyCommit(command: string, args: readonly string[], version: string): boolean {
    if (this.rules.commands?.allow === undefined) return true;
    const named = nameVersion(command, args, version);
    return named !== undefined && this.#commands([command, ...named]);
  }

  /**
   * May this command be run in a container? The policy judges the line `docker run …` or `docker exec …` that it stands for. A denied
   * command is denied in a container, too. `within` is the command by itself, as it runs.
   */
  inContainer(line: readonly string[], within: readonly string[]): string | undefined {
    const isDenied = [withoutOptions(line), within].some((words) => words.length > 0 && !this.#undeniedCommands(words));
    if (this.#operations(line) && !isDenied) return this.#hidden(line, 'operation');
    // Arguments may hold secrets.
    return `this site does not allow '${line.slice(0, 2).join(' ')}' of this container with these arguments`;
  }

  /** Whether the policy has rules for images, or for environment variables. */
  judges(section: 'images' | 'environment'): boolean {
    const { images, environment, commands } = this.rules;
    return section === 'images' ? images !== undefined : environment !== undefined || commands?.allow !== undefined;
  }

  /** May a program be given this environment variable? */
  variable(name: string): string | undefined {
    return this.#environment(name) ? undefined : noVariable(name);
  }

  /** May requests be sent to this address? The reason names its origin only, since the rest may be secret. */
  address(url: string): string | undefined {
    if (this.#urls(url)) return undefined;
    return `this site does not allow the address '${URL.canParse(url) ? new URL(url).origin : 'that was given'}'`;
  }

  /** May this address be dialled? The reason shows the address: it holds no secret. */
  url(address: string): string | undefined {
    return this.#urls(address) ? undefined : `this site does not allow the address '${address}'`;
  }

  /** May this image be run, this namespace be used, this command be sent to a device? */
  permits(section: 'images' | 'namespaces' | 'device_commands', text: string): string | undefined {
    const noun = { images: 'image', namespaces: 'namespace', device_commands: 'device command' }[section];
    return this.#others[section](text) ? undefined : `this site does not allow the ${noun} '${text}'`;
  }
}

const noVariable = (name: string) => `this site does not allow the environment variable ${name}`;

/** A rule for an image without a version is for all of its versions. */
function imageForms(text: string): readonly string[] {
  const reference = parseReference(text);
  return reference === undefined ? [text] : referenceForms(reference);
}

/** Whether any of a text's forms matches. */
function anyForm(matches: Matcher): (forms: readonly string[]) => boolean {
  return (forms) => forms.some(matches);
}

/** Everything is allowed. */
export const noPolicy = new Policy({});

function judge<T>(
  rules: Rules | undefined,
  compile: (pattern: string) => (value: T) => boolean,
  compileDenied = compile,
): (value: T) => boolean {
  const allow = rules?.allow?.map((pattern) => compile(pattern));
  const deny = rules?.deny?.map((pattern) => compileDenied(pattern)) ?? [];
  return (value) => (allow?.some((matches) => matches(value)) ?? true) && !deny.some((matches) => matches(value));
}
