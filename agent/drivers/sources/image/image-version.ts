import { parseDockerCommand } from '../../docker/command-line/run-command.js';
import { versionOf, withVersion } from '../../docker/reference.js';

/** The arguments of a docker command with its image at another version; `undefined` where it names none. */
export function nameImageVersion(command: string, args: readonly string[], version: string): string[] | undefined {
  const parsed = parseDockerCommand(command, args);
  if (parsed?.kind !== 'run') return undefined;
  const image = withVersion(parsed.image, version);
  if (image === undefined) return undefined;
  const written = (args[parsed.at] ?? '').replace(/@.*$/s, '').replace(/:[^/:]*$/, '');
  const at = versionOf(image).startsWith('sha256:') ? '@' : ':';
  return args.map((arg, i) => (i === parsed.at ? `${written}${at}${versionOf(image)}` : arg));
}
