import { valueFlags, whetherFlags } from '@roundhouse/proto/docker-flags';
import { parseDockerCommand } from '../drivers/docker/command-line/run-command.js';
import { expands } from '../drivers/kubernetes/expansion.js';

type Words = readonly string[];

/** Programs that run images. */
export const imagePrograms = /(^|\/)(docker|docker-compose|podman|podman-compose|nerdctl|ctr|crictl)$/;
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
  long: /^--(label(-file)?|annotation|secret|health-(startup-)?cmd|healthcheck-command|runtime(-flag)?|hooks-dir|init-path|conmon|use-api-socket|file|project-directory)$/,
  short: /^-[DdinqtPT]*[lf]/,
};
/** The options that choose another engine, its credentials or its settings. */
const engineOptions: Options = {
  long: /^--(config|context|host|url|connection|identity|address|(runtime|image)-endpoint|module|tls(cacert|cert|key|verify)?)$/,
  short: /^-D*H/,
};
/** The short options that do so before the subcommand. Behind it they have another meaning. */
const engineLetters = /^-D*[acr]/;

/** The options that give Kubernetes a specification, or a part of it. Its variables are not known. */
const specifications: Options = {
  long: /^--(overrides|patch(-file)?|custom|filename|kustomize|raw)$/,
  short: /^-[itqARwh]*[pfk]/,
};
/**
 * The options of `kubectl` and `oc` that change which program runs, with which rights and at which cluster, and those that set labels. They
 * may stand in any place before a `--`, and the last one counts.
 */
const clusterOptions: Options = {
  long: /^--(override-type|type|labels|selector|annotations|(set-|docker-)?image|image-stream|code|template|param(-file)?|from-(file|literal|env-file)|command|privileged|profile(-output)?|service-?account|kubeconfig|kuberc|config|context|cluster|user|server|token|username|password|client-(certificate|key)|certificate-authority|insecure-skip-tls-verify|tls-server-name|as(-group|-uid|-user-extra)?|cache-dir)$/,
  short: /^-[itqARwh]*[ls]/,
};
/** The options of `kubectl` that stand before a `--` and have no value, so that the `--` is no value. */
const clusterSwitch = /^(-[itq]+|--(stdin|tty|rm|quiet|attach|command|privileged))$/;

/** Options such as `--env-file` and `--env-host`: the names of the variables stand elsewhere. */
const variableFile: Options = { long: /^--(build-)?env-/, short: /^$/ };
/** The same of `kubectl set env` and `oc new-app`. A `-` reads the variables from the standard input. */
const clusterVariables: Options = { long: /^--((build-)?env-file|from)$/, short: /^-$/ };
/** The options that set a variable, with the variable if it stands in the same word. */
const variableOption = /^(?:--env(?:=(.*))?|-[dinqtPT]*e=?(.*))$/s;
const clusterVariableOption = /^(?:--(?:build[-_])?env(?:=(.*))?|-[itq]*e=?(.*))$/s;
/** The subcommands of `kubectl set` and `oc` that take variables as words of their own. */
const variableCommands = /^(env|new-app|new-build)$/;

/** The name of a long option. `kubectl` and Node.js read `_` in it as `-`. */
const nameOf = (word = ''): string => (word.startsWith('--') ? (word.split('=', 1)[0] ?? '').replaceAll('_', '-') : '');
const isOneOf = (word: string, ...tables: readonly Options[]): boolean =>
  tables.some(({ long, short }) => long.test(nameOf(word)) || short.test(word));

/** The place of a line's subcommand. */
const subcommandAt = (words: Words): number => (words[1] === 'container' ? 2 : 1);

/**
 * The place of the first word after the options of `docker run` or `docker exec`: the image or the container. It may be a later place if an
 * option is unknown, since the option may have a value. For other lines, and for options before the subcommand, it is the line's end.
 */
function endOfOptions(words: Words): number {
  const subcommand = subcommandAt(words);
  if (!imagePrograms.test(words[0] ?? '') || !/^(run|create|exec)$/.test(words[subcommand] ?? '')) return words.length;
  let mayBeValue = false;
  for (let at = subcommand + 1; at < words.length; at++) {
    const word = words[at] ?? '';
    if ((valueFlags as Words).includes(word)) at++;
    else if (word.startsWith('-')) mayBeValue = !word.includes('=') && !(whetherFlags as Words).includes(word);
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

/**
 * The place of the `--` after which the words of a line of `kubectl` belong to another program. A `--` behind an option that may have a value
 * is perhaps that value.
 */
function endOfClusterOptions(words: Words): number {
  const end = words.findIndex((word, at) => {
    const before = words[at - 1] ?? '';
    return word === '--' && (!before.startsWith('-') || before.includes('=') || clusterSwitch.test(before));
  });
  return end > 0 ? end : words.length;
}

/** The places of the options that a pattern names. */
function namedOptions(words: Words): readonly number[] {
  const [program = '', first = ''] = words;
  if (clusterPrograms.test(program))
    return placesOf(words, endOfClusterOptions(words), (word) => isOneOf(word, clusterOptions, specifications));
  if (!imagePrograms.test(program)) return [];
  const tables = words[subcommandAt(words)] === 'exec' ? [engineOptions] : [engineOptions, containerOptions];
  const isGlobal = first.startsWith('-');
  const fits = (word: string) => isOneOf(word, ...tables) || (isGlobal && engineLetters.test(word));
  return placesOf(words, endOfOptions(words), fits);
}

function variableFiles(words: Words): readonly number[] {
  const [program = ''] = words;
  if (clusterPrograms.test(program))
    return placesOf(words, endOfClusterOptions(words), (word) => isOneOf(word, clusterVariables, specifications));
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
  const words = [command, ...args];
  const inCluster = clusterPrograms.test(command);
  if (!inCluster && !imagePrograms.test(command)) return [];
  const end = inCluster ? endOfClusterOptions(words) : endOfOptions(words);
  const option = inCluster ? clusterVariableOption : variableOption;
  const ofOptions = placesOf(words, end, (word) => option.test(word)).flatMap((at) => {
    const [, long, short] = option.exec(words[at] ?? '') ?? [];
    return (long ?? short) || (words[at + 1] ?? '');
  });
  const takesWords = inCluster && placesOf(words, end, (word) => variableCommands.test(word)).length > 0;
  const alone = takesWords ? words.slice(1, end).filter((word) => /^[^-].*=/s.test(word)) : [];
  return [...ofOptions, ...alone].flatMap((variable) => variable.split('=', 1));
}
