import { valueFlags, whetherFlags } from '@roundhouse/proto/docker-flags';
import { parseDockerCommand } from '../drivers/docker/command-line/run-command.js';
import { expands } from '../drivers/kubernetes/expansion.js';

type Words = readonly string[];

/** Programs that run images. */
export const imagePrograms = /(^|\/)(docker|docker-compose|podman|podman-compose|nerdctl|ctr|crictl)$/;
/** Programs whose commands Kubernetes runs. */
const clusterPrograms = /(^|\/)(kubectl|oc)$/;

/** The options of `docker run` that set labels and annotations: other programs act on them. Short options may stand together (`-il`). */
const labelOption = /^(?:--label(?:-file)?|--annotation)(?:=|$)|^-[dinqtPT]*l/;
/** Options such as `--env-file` and `--env-host`: the names of the variables stand elsewhere. Node.js reads `_` in an option as `-`. */
const variableFile = /^--env[-_]/;
/** The options that set a variable, with the variable if it stands in the same word. */
const variableOption = /^(?:--env(?:=(.*))?|-[dinqtPT]*e=?(.*))$/s;

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

function labelOptions(words: Words): readonly number[] {
  if (!imagePrograms.test(words[0] ?? '') || words[subcommandAt(words)] === 'exec') return [];
  return placesOf(words, endOfOptions(words), (word) => labelOption.test(word));
}

function variableFiles(words: Words): readonly number[] {
  if (clusterPrograms.test(words[0] ?? '')) return [];
  return placesOf(words, endOfOptions(words), (word) => variableFile.test(word));
}

/**
 * Whether a pattern names the words of a line for which no wildcard stands: expansions of Kubernetes, the options for labels, and, where the
 * site judges variables, the options that read variables from elsewhere. A wildcard may stand for the value of an option.
 */
export function namesEach(parts: Words, words: Words, judgesVariables: boolean): boolean {
  const option = (word = ''): string | undefined => word.split('=', 1)[0];
  const options = [...labelOptions(words), ...(judgesVariables ? variableFiles(words) : [])];
  return (
    expansions(words).every((at) => parts[at] === words[at]) &&
    options.every((at) => option(parts[at]) === option(words[at]))
  );
}

/** Why a line cannot be judged: the text that runs, or the names of its variables, stand elsewhere. */
export function hidden(words: Words, judgesVariables: boolean): string | undefined {
  if (expansions(words).length > 0)
    return 'this site judges commands or environment variables, and Kubernetes replaces a $(NAME) of this command';
  if (!judgesVariables || variableFiles(words).length === 0) return undefined;
  return 'this site judges environment variables, and the names of those that an option such as --env-file reads are not known';
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
  const separator = words.indexOf('--');
  const end = inCluster && separator > 0 ? separator : endOfOptions(words);
  const options = placesOf(words, end, (word) => variableOption.test(word) && (!inCluster || word.startsWith('--')));
  return options.flatMap((at) => {
    const [, long, short] = variableOption.exec(words[at] ?? '') ?? [];
    return ((long ?? short) || words[at + 1])?.split('=', 1) ?? [];
  });
}
