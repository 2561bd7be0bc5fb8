import type { ServerSpec, StdioTransport } from '@roundhouse/proto/agent/v1/server';
import { commandEnvironment } from '../docker/command-line/run-command.js';
import type { LogSink } from '../logs/entry.js';

/** Variables and headers whose names say that their values are secret. */
const secretName = /key|token|secret|pass|credential|auth|cookie/i;

/**
 * Shorter values are not looked for: taking `true` or `prod` out of texts would make them unreadable and hide nothing. A name that says
 * that its value is secret makes a shorter one count.
 */
const shortest = 8;
const shortestNamed = 6;
/** Lines of a longer value (a key in PEM form) are looked for by themselves too: programs print line by line. */
const shortestLine = 16;

/** Removes the secrets of a server's registration from shown texts: servers like to print their settings. */
export function redactor(spec: ServerSpec): (text: string) => string {
  const secrets = [...new Set(secretsOf(spec))];
  if (secrets.length === 0) return (text) => text;
  // The longest first: one secret may be part of another.
  secrets.sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
}

/** A server's log that never shows the server's secrets. */
export function redacting(log: LogSink, redact: (text: string) => string): LogSink {
  return {
    append: (entry) => log.append({ ...entry, message: redact(entry.message) }),
    drained: () => log.drained(),
  };
}

function secretsOf({ transport, auth }: ServerSpec): string[] {
  const named =
    transport.case === 'stdio' ? variables(transport.value) : Object.entries(transport.value?.headers ?? {});
  const secrets = named.flatMap(([name, value]) => {
    const least = secretName.test(name) ? shortestNamed : shortest;
    return formsOf(value).filter((form) => form.length >= least);
  });
  if (auth.case === 'apiKey') secrets.push(...formsOf(auth.value.key));
  if (auth.case === 'oauth2') secrets.push(...formsOf(auth.value.clientSecret), ...formsOf(auth.value.privateKey));
  return secrets.filter((secret) => secret.length >= shortestNamed);
}

/** The variables of the registration, and the variables that its command gives a container. */
function variables({ command, args, env }: StdioTransport): [string, string][] {
  return [...Object.entries(env), ...Object.entries(commandEnvironment(command, args))];
}

/** How a secret may be printed: as it is, without the word before it (`Bearer …`), line by line, and inside JSON. */
function formsOf(value: string): string[] {
  const [, bare] = /^\S+ (\S+)$/.exec(value) ?? [];
  const lines = value.includes('\n') ? value.split(/\r?\n/).filter((line) => line.length >= shortestLine) : [];
  const plain = [value, ...(bare === undefined ? [] : [bare]), ...lines];
  return plain.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]);
}
