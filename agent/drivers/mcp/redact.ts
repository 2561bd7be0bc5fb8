import type { ServerSpec, StdioTransport } from '@roundhouse/proto/agent/v1/server';
import { isSecretVariable, numberForms, urlPasswords } from '@roundhouse/proto/secret-names';
import { commandEnvironment } from '../docker/command-line/run-command.js';
import type { LogSink } from '../logs/entry.js';
import { basicForms, Secrets } from '../net/secrets.js';

/**
 * Shorter values are not removed: texts without `true` or `prod` would be unreadable, and nothing would be hidden. If the name says that the
 * value is secret, a shorter value is removed, too.
 */
const shortest = 8;
const shortestNamed = 6;
/** Each line of a longer value (a key in PEM form) is also removed by itself, because programs print line by line. */
const shortestLine = 16;

/**
 * Removes the secrets of a server's registration from shown texts: servers often print their settings.
 * @param received the tokens that the agent got for the server
 */
export function redactor(spec: ServerSpec, received: Pick<Secrets, 'hide'> = new Secrets()): (text: string) => string {
  const { hide } = new Secrets(secretsOf(spec));
  return (text) => received.hide(hide(text));
}

/** A server's log that never shows the server's secrets. */
export function redacting(log: LogSink, redact: (text: string) => string): LogSink {
  return {
    append: (entry) => log.append({ ...entry, message: redact(entry.message) }),
    hide: (text) => log.hide(redact(text)),
    drained: () => log.drained(),
  };
}

/** Characters that are enough for a secret in any of its forms: a received token has 16,384 at most, three times as many in a URL. */
export const secretMargin = 49_152;

/**
 * The first characters of a text, without secrets. A secret that is cut is not found: the cut comes after the search, and the end of an
 * unfinished text, where the beginning of a secret may stand, is left out.
 * @param unfinished there was more of the text
 */
export function beginning(hide: (text: string) => string, text: string, length: number, unfinished = false): string {
  const part = text.slice(0, length + secretMargin);
  const isCut = unfinished || part.length < text.length;
  return hide(part)
    .slice(0, isCut ? -secretMargin : undefined)
    .slice(0, length);
}

function secretsOf({ transport, auth }: ServerSpec): string[] {
  const named =
    transport.case === 'stdio' ? variables(transport.value) : Object.entries(transport.value?.headers ?? {});
  const secrets = named.flatMap(([name, value]) => {
    const least = isSecretVariable(name) ? shortestNamed : shortest;
    return [...partsOf(value).filter((part) => part.length >= least), ...urlPasswords(value)];
  });
  if (auth.case === 'apiKey') secrets.push(...partsOf(auth.value.key));
  if (auth.case === 'oauth2') {
    const { clientId, clientSecret, privateKey } = auth.value;
    secrets.push(...partsOf(clientSecret), ...partsOf(privateKey), ...basicForms(clientId, clientSecret));
  }
  return secrets.filter((secret) => secret.length >= shortestNamed);
}

/** The variables of the registration, and the variables that its command gives a container. */
function variables({ command, args, env }: StdioTransport): [string, string][] {
  return [...Object.entries(env), ...Object.entries(commandEnvironment(command, args))];
}

/** The parts of a value that are secret by themselves: without the word before it (`Bearer …`), its password (`Basic …`), its lines. */
function partsOf(value: string): string[] {
  const [, word = '', bare] = /^(\S+) (\S+)$/.exec(value) ?? [];
  const pair = word.toLowerCase() === 'basic' ? Buffer.from(bare ?? '', 'base64').toString() : '';
  const password = pair.slice(pair.indexOf(':') + 1);
  const lines = value.includes('\n') ? value.split(/\r?\n/).filter((line) => line.length >= shortestLine) : [];
  return [
    value,
    ...(bare === undefined ? [] : [bare]),
    ...(password === '' ? [] : [password]),
    ...lines,
    ...numberForms(value),
  ];
}
