import { valueFlags, whetherFlags } from '@roundhouse/proto/docker-flags';
import { parseDockerCommand } from '../drivers/docker/command-line/run-command.js';
import { expands } from '../drivers/kubernetes/expansion.js';

type Words = readonly string[];

/** Programs that run images. */
export const imagePrograms = /(^|\/)(docker|docker-compose|podman|podman-remote|podman-compose|nerdctl|ctr|crictl)$/;
/** Programs whose commands Kubernetes runs. */
const clusterPrograms = /(^|\/)(kubectl|oc)$/;

/** Options by the whole of their long names, with `_` as `-`, and by their short names, which may stand together (`-il`). */
interface Options {
  readonly long: RegExp;
  readonly short: RegExp;
}

/**
 * The options of `docker run` and the like on which other programs act, or whose value is a command, a program or a secret. `-f` names a file
 * of `docker compose`.
 */
const containerOptions: Options = {
  long: /^--(label(-file)?|annotation|secret|health-(startup-)?cmd|healthcheck-command|runtime(-flag)?|hooks-dir|init-path|conmon|use-api-socket|file|project-directory|rootfs|runc-binary|runtime-config-path|network-cmd-path|cni-path|cni-netconfpath|cdi-spec-dirs?|storage-opt)$/,
  short: /^-[DdinqtPT]*[lf]/,
};
/** The options that choose another engine, its credentials or its settings. */
const engineOptions: Options = {
  long: /^--(config|context|host|url|connection|identity|address|root|runroot|authfile|creds|(runtime|image)-endpoint|module|tls(cacert|cert|key|verify)?)$/,
  short: /^-D*H/,
};
/** The short options that do so before the subcommand. Behind it they have another meaning. */
const engineLetters = /^-D*[acr]/;

/** Short options of `kubectl` and `oc` without a value, which may stand in front of another one: all but those that are known to have a value. */
const clusterSwitches = '-[^-=ncolfkpsve]*';
/** The options that give Kubernetes a specification, or a part of it. Its variables are not known. */
const specifications: Options = {
  long: /^--(overrides|patch(-file)?|custom|filename|kustomize|raw)$/,
  short: new RegExp(`^${clusterSwitches}[pfk]`),
};
/**
 * The options of `kubectl` and `oc` for which a wildcard stands. All others are named, since some of them read or write files, run programs,
 * or change the program, its rights or the cluster. Variables are judged as such.
 */
const harmless: Options = {
  long: /^--(namespace|all-namespaces|stdin|tty|no-(stdin|tty)|quiet|rm|attach|leave-stdin-open|container|env|build-env|port|restart|replicas|limits|requests|output|no-headers|show-(labels|kind)|label-columns|sort-by|field-(selector|manager)|ignore-not-found|recursive|watch(-only)?|wait|timeout|request-timeout|pod-running-timeout|grace-period|dry-run|follow|previous|tail|since(-time)?|timestamps|limit-bytes|all-containers|help|v)$/,
  short: /^-[AhqRw]*([ncev].*)?$/s,
};
/** Formats of `-o`. Others name a file. */
const outputOption = /^(?:--output|-[AhqRw]*o)(?:=?(.+))?$/s;
const outputFormat = /^(json|yaml|kyaml|name|wide|((go-)?template|jsonpath(-as-json)?|custom-columns)=.*)$/s;
/** The subcommands at which `-i` and `-t` have no value. */
const interactive = /^(run|exec|attach|debug|rsh)$/;
const interactiveSwitches = /^-[itqAhRw]+$/;
/** The options of these subcommands that stand before a `--` and have no value, so that the `--` is no value. */
const clusterSwitch = /^(-[itq]+|--(stdin|tty|rm|quiet|attach|command))$/;

/** Options such as `--env-file` and `--env-host`: the names of the variables stand elsewhere. */
const variableFile: Options = { long: /^--(build-)?env-/, short: /^$/ };
/** The same of `kubectl set env` and `oc new-app`. A `-` reads the variables from the standard input. */
const clusterVariables: Options = {
  long: /^--((build-)?env-file|from)$/,
  short: new RegExp(`^(--env=|${clusterSwitches}e=?)?-$`),
};
/** The options that set a variable, with the variable if it stands in the same word. */
const variableOption = /^(?:--(?:env|build-arg)(?:=(.*))?|-[dilnqtPT]*e=?(.*))$/s;
const clusterVariableOption = new RegExp(
  `^(?:--(?:env|build[-_](?:env|arg))(?:=(.*))?|${clusterSwitches}e=?(.*))$`,
  's',
);
/** The subcommands of `kubectl set` and `oc` that take variables as words of their own. */
const variableCommands = /^(env|new-app|new-build)$/;

/** The name of a long option. `kubectl` and Node.js read `_` in it as `-`. */
const nameOf = (word = ''): string => (word.startsWith('--') ? (word.split('=', 1)[0] ?? '').replaceAll('_', '-') : '');
const isOneOf = (word: string, ...tables: readonly Options[]): boolean =>
  tables.some(({ long, short }) => long.test(nameOf(word)) || short.test(word));

/** `ctr` reads long options with one `-`, too. */
const spelled = (words: Words): Words =>
  /(^|\/)ctr$/.test(words[0] ?? '') ? words.map((word) => word.replace(/^-(?=\w{2})/, '--')) : words;

const isCompose = ([program = '', first]: Words): boolean => /-compose$/.test(program) || first === 'compose';

/** Short options of `docker compose run` and `docker compose exec` without a value. */
const composeSwitches = /^-[diqtPT]+$/;

/** The place of a line's subcommand. */
const subcommandAt = (words: Words): number => (/^(container|compose)$/.test(words[1] ?? '') ? 2 : 1);

/**
 * The place of the first word after the options of `docker run` or `docker exec`: the image or the container. It may be a later place if an
 * option is unknown, since the option may have a value. For other lines, and for options before the subcommand, it is the line's end.
 */
function endOfOptions(words: Words): number {
  const subcommand = subcommandAt(words);
  // `docker compose create` has options behind its services, too.
  const ending = isCompose(words) ? /^(run|exec)$/ : /^(run|create|exec)$/;
  if (!imagePrograms.test(words[0] ?? '') || !ending.test(words[subcommand] ?? '')) return words.length;
  let mayBeValue = false;
  for (let at = subcommand + 1; at < words.length; at++) {
    const word = words[at] ?? '';
    if ((valueFlags as Words).includes(word)) at++;
    else if (word.startsWith('-'))
      mayBeValue =
        !word.includes('=') &&
        !(whetherFlags as Words).includes(word) &&
        !(isCompose(words) && composeSwitches.test(word));
    else if (!mayBeValue) return at;
    else mayBeValue = false;
  }
  return words.length;
}

const placesOf = (words: Words, end: number, fits: (word: string) => boolean): readonly number[] =>
  words.flatMap((word, at) => (at > 0 && at < end && fits(word) ? [at] : []));

/** The places of words in which Kubernetes expands variables. `kubectl exec` passes its words on as they are. */
function expansions(words: Words): readonly number[] {
  if (!clusterPrograms.test(words[0] ?? '') || words[1] === 'exec') return [];
  return placesOf(words, words.length, expands);
}

/** The subcommand of a line of `kubectl` or `oc`. A namespace may stand in front of it. */
function clusterCommand(words: Words): string {
  let at = 1;
  while (/^(-n|--namespace($|=))/.test(words[at] ?? '')) at += /^(-n|--namespace)$/.test(words[at] ?? '') ? 2 : 1;
  return words[at] ?? '';
}

/**
 * The place of the `--` after which a line of `kubectl` has no options. A `--` behind an option that may have a value is perhaps that value.
 */
function endOfClusterOptions(words: Words): number {
  const hasSwitches = interactive.test(clusterCommand(words));
  const end = words.findIndex((word, at) => {
    const before = words[at - 1] ?? '';
    return (
      word === '--' && (!before.startsWith('-') || before.includes('=') || (hasSwitches && clusterSwitch.test(before)))
    );
  });
  return end > 0 ? end : words.length;
}

/** Whether a line of `kubectl` or `oc` takes variables as words of their own. */
const takesVariables = (words: Words): boolean =>
  !interactive.test(clusterCommand(words)) &&
  placesOf(words, endOfClusterOptions(words), (word) => variableCommands.test(word)).length > 0;

/** The place up to which a line of `kubectl` may have variables: words behind a `--` may be such, too. */
const endOfClusterVariables = (words: Words): number =>
  takesVariables(words) ? words.length : endOfClusterOptions(words);

/** Whether a wildcard stands for the option at a place of a line of `kubectl` or `oc`. */
function isHarmless(words: Words, at: number): boolean {
  const word = words[at] ?? '';
  const output = outputOption.exec(word);
  if (output) return outputFormat.test(output[1] ?? words[at + 1] ?? '');
  return isOneOf(word, harmless) || (interactive.test(clusterCommand(words)) && interactiveSwitches.test(word));
}

/** The places of the options that a pattern names. */
function namedOptions(line: Words): readonly number[] {
  const words = spelled(line);
  const [program = '', first = ''] = words;
  if (clusterPrograms.test(program)) {
    const options = placesOf(words, endOfClusterOptions(words), (word) => /^-./.test(word) && word !== '--');
    return options.filter((at) => !isHarmless(words, at));
  }
  if (!imagePrograms.test(program)) return [];
  const tables = words[subcommandAt(words)] === 'exec' ? [engineOptions] : [engineOptions, containerOptions];
  const isGlobal = first.startsWith('-');
  const isOfCompose = (word: string) => isCompose(words) && nameOf(word) === '--env-file';
  const fits = (word: string) =>
    isOneOf(word, ...tables) || isOfCompose(word) || (isGlobal && engineLetters.test(word));
  return placesOf(words, endOfOptions(words), fits);
}

function variableFiles(line: Words): readonly number[] {
  const words = spelled(line);
  const [program = ''] = words;
  if (clusterPrograms.test(program))
    return placesOf(words, endOfClusterVariables(words), (word) => isOneOf(word, clusterVariables, specifications));
  const isSecret = (word: string) => imagePrograms.test(program) && nameOf(word) === '--secret';
  return placesOf(words, endOfOptions(words), (word) => isOneOf(word, variableFile) || isSecret(word));
}

/** The line of a server's command, or the line `docker …` or `kubectl …` that stands for an operation of this agent. */
export type LineKind = 'server' | 'operation';

/** In a line for an operation in Kubernetes the agent itself sets each option, and all words behind them are those of the container. */
const hasOptions = (words: Words, kind: LineKind): boolean =>
  kind === 'server' || !clusterPrograms.test(words[0] ?? '');

/**
 * Whether a pattern names the words of a line for which no wildcard stands: expansions of Kubernetes, the options of {@link namedOptions},
 * and, where the site judges variables, the options that read variables from elsewhere. A wildcard may stand for the value of an option.
 */
export function namesEach(parts: Words, words: Words, judgesVariables: boolean, kind: LineKind): boolean {
  const option = (word = ''): string => nameOf(word) || (word.split('=', 1)[0] ?? '');
  const options = [...namedOptions(words), ...(judgesVariables ? variableFiles(words) : [])];
  return (
    expansions(words).every((at) => parts[at] === words[at]) &&
    (!hasOptions(words, kind) || options.every((at) => option(parts[at]) === option(words[at])))
  );
}

/** Why a line cannot be judged: the text that runs, or the names of its variables, stand elsewhere. */
export function hidden(words: Words, judgesVariables: boolean, kind: LineKind): string | undefined {
  if (expansions(words).length > 0)
    return 'this site judges commands or environment variables, and Kubernetes replaces a $(NAME) of this command';
  if (!judgesVariables || !hasOptions(words, kind) || variableFiles(words).length === 0) return undefined;
  return 'this site judges environment variables, and the names of those that an option such as --env-file or --overrides reads are not known';
}

/** The options of `docker exec` that say where a command runs, by the places of a line. */
export function placeOptions(words: Words): readonly number[] {
  if (!imagePrograms.test(words[0] ?? '') || words[1] !== 'exec') return [];
  return placesOf(words, endOfOptions(words), (word) => word === '--user' || word === '--workdir');
}

/**
 * A line of `docker run` or `docker exec` without its options, so that an option of the caller does not shift the words that a denied pattern
 * matches.
 */
export function withoutOptions(words: Words): Words {
  if (words[0] !== 'docker' || !/^(run|exec)$/.test(words[1] ?? '')) return words;
  return [...words.slice(0, 2), ...words.slice(endOfOptions(words))];
}

/** The names of the variables that a command line itself gives to a container or pod. */
export function containerVariables(command: string, args: Words): readonly string[] {
  const docker = parseDockerCommand(command, args);
  if (docker?.kind === 'run') return docker.options.env.map(({ name }) => name);
  const words = spelled([command, ...args]);
  if (clusterPrograms.test(command)) return clusterVariableNames(words);
  if (!imagePrograms.test(command)) return [];
  return optionValues(words, endOfOptions(words), variableOption).flatMap((variable) => variable.split('=', 1));
}

/** The values of an option, from its own word or the next one. */
function optionValues(words: Words, end: number, option: RegExp): readonly string[] {
  return placesOf(words, end, (word) => option.test(word)).map((at) => {
    const [, long, short] = option.exec(words[at] ?? '') ?? [];
    return (long ?? short) || (words[at + 1] ?? '');
  });
}

/** Variables are `NAME=value`, or `NAME-`, which removes a variable. `kubectl debug` reads several ones from one word. */
function clusterVariableNames(words: Words): readonly string[] {
  const values = optionValues(words, endOfClusterVariables(words), clusterVariableOption);
  const isList = clusterCommand(words) === 'debug';
  const variables = isList ? values.flatMap((value) => value.replaceAll('"', '').split(',')) : values;
  const end = endOfClusterOptions(words);
  const isAlone = (word: string, at: number) =>
    at > 0 && at !== end && (at > end || !word.startsWith('-')) && /=|.-$/s.test(word);
  const alone = takesVariables(words) ? words.filter(isAlone) : [];
  return [...variables, ...alone].map((word) =>
    word.includes('=') ? word.replace(/=.*/s, '') : word.replace(/-$/, ''),
  );
}
