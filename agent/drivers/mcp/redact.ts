import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { LogSink } from '../logs/entry.js';

/** Variables and headers whose values are taken for secrets. */
const secretName = /key|token|secret|pass|credential|auth|cookie/i;

/** Shorter values are not looked for: taking them out would make texts unreadable and hide nothing. */
const shortest = 6;

/** Takes the secrets of a server's registration out of texts that are shown: servers like to print what they were given. */
export function redactor(spec: ServerSpec): (text: string) => string {
  const secrets = secretsOf(spec).filter((value) => value.length >= shortest);
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
  const named = transport.case === 'stdio' ? transport.value.env : (transport.value?.headers ?? {});
  const secrets = Object.entries(named).flatMap(([name, value]) => {
    if (!secretName.test(name)) return [];
    // `Bearer …`: the word before the secret is none, and the secret may be printed without it.
    const [, bare] = /^\S+ (\S+)$/.exec(value) ?? [];
    return bare === undefined ? [value] : [value, bare];
  });
  if (auth.case === 'apiKey') secrets.push(auth.value.key);
  if (auth.case === 'oauth2') secrets.push(auth.value.clientSecret);
  return secrets;
}
