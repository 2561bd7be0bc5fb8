import { randomInt } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { type ServerSpec, ServerSpecSchema } from '@roundhouse/proto/agent/v1/server';
import { isSecretVariable } from '@roundhouse/proto/secret-names';

/** A useless value of the same form in place of a secret. The suite recognises it in each text. */
export interface Canary {
  /** The place of the secret, such as the name of its variable. */
  readonly name: string;
  readonly value: string;
}

/** Values that are secret under any name: tokens of known services, JWTs, keys in PEM form, sealed texts. */
const secretValue =
  /^(gh[pousr]_|github_pat_|glpat-|sk-|sk_|pk_|rk_|xox[abeprs]-|AKIA|ASIA|AIza|ya29\.|npm_|pypi-|dop_v1_|SG\.|hf_|mcp_|whsec_|Bearer |Basic |eyJ[\w-]+\.eyJ|-----BEGIN )/;

/** The beginning of a secret value that shows its kind. It is kept, because programs check it. */
const kept =
  /^(gh[pousr]_|github_pat_|glpat-|sk-|sk_|pk_|rk_|xox[abeprs]-|AKIA|ASIA|AIza|npm_|pypi-|Bearer |Basic |postgres(ql)?:|mysql:|https?:)/;

const classes = [
  [/[0-9]/, '0123456789'],
  [/[a-f]/, 'abcdef'],
  [/[A-F]/, 'ABCDEF'],
  [/[g-z]/, 'ghijklmnopqrstuvwxyz'],
  [/[G-Z]/, 'GHIJKLMNOPQRSTUVWXYZ'],
] as const;

/** Values that reveal nothing, and that programs need. */
const plain = /^(|true|false|yes|no|on|off|none|null|default|disabled|enabled|\d{1,4})$/i;

/**
 * A specification with every secret replaced by a canary of the same length and form: values of the environment and of arguments that are
 * known as secrets or look like them, and passwords in URLs. Other values stay: most programs do not even start without them.
 */
export function blanked(spec: ServerSpec): { readonly spec: ServerSpec; readonly canaries: readonly Canary[] } {
  const { transport } = spec;
  if (transport.case !== 'stdio') return { spec, canaries: [] };
  const canaries = new Map<string, Canary>();
  const replace = (name: string, secret: string): string => {
    const known = canaries.get(secret);
    if (known) return known.value;
    const canary = { name, value: canaryFor(secret) };
    canaries.set(secret, canary);
    return canary.value;
  };
  const env = Object.fromEntries(
    Object.entries(transport.value.env).map(([name, value]) => [name, blankedValue(name, value, replace)]),
  );
  // The arguments may contain a secret of the environment, too.
  const args = transport.value.args.map((arg, at, all) => {
    const known = canaries.get(arg);
    return known ? known.value : blankedArgument(arg, all[at - 1] ?? '', replace);
  });
  const value = { ...transport.value, env, args };
  return {
    spec: create(ServerSpecSchema, { ...spec, transport: { case: 'stdio', value } }),
    canaries: [...canaries.values()],
  };
}

type Replace = (name: string, secret: string) => string;

function blankedValue(name: string, value: string, replace: Replace): string {
  if (plain.test(value)) return value;
  // As in `--env=API_KEY=…`.
  const [, inner, secret] = /^([A-Z][A-Z0-9_]*)=(.+)$/s.exec(value) ?? [];
  if (inner !== undefined && secret !== undefined) return `${inner}=${blankedValue(inner, secret, replace)}`;
  const withoutPassword = blankedUrl(name, value, replace);
  if (withoutPassword !== value) return withoutPassword;
  return isSecretVariable(name) || looksSecret(value) ? replace(name, value) : value;
}

function blankedArgument(arg: string, before: string, replace: Replace): string {
  const [, flag, value] = /^(--?[\w.-]+|[A-Z][A-Z0-9_]*)=(.+)$/s.exec(arg) ?? [];
  if (flag !== undefined && value !== undefined) return `${flag}=${blankedValue(flagName(flag), value, replace)}`;
  const isValue = before.startsWith('-') && !before.includes('=') && !arg.startsWith('-');
  // An argument that follows no flag of that name is a path or a package more often than a secret.
  if (isValue && isSecretVariable(flagName(before)) && !plain.test(arg)) return replace(before, arg);
  const withoutPassword = blankedUrl(before || 'argument', arg, replace);
  return secretValue.test(withoutPassword) ? replace(before || 'argument', withoutPassword) : withoutPassword;
}

function flagName(flag: string): string {
  return flag.replace(/^-+/, '');
}

/** The passwords in a URL, or in a list of them. */
function blankedUrl(name: string, value: string, replace: Replace): string {
  return value.replace(
    /([a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@?#]{0,200}:)([^\s/@?#]{1,500})(?=@)/gi,
    (_all, head: string, secret: string) => `${head}${replace(name, secret)}`,
  );
}

/** Whether a text is probably a key: many different characters, and no spaces. */
function looksSecret(value: string): boolean {
  if (secretValue.test(value)) return true;
  if (value.length < 20 || /[\s/\\:,]/.test(value)) return false;
  return /\d/.test(value) && /[a-z]/i.test(value) && entropy(value) > 3.5;
}

/** Shannon entropy, bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum - (n / text.length) * Math.log2(n / text.length), 0);
}

/** A text of the same length, with another letter or digit in place of each. */
function canaryFor(secret: string): string {
  const head = kept.exec(secret)?.[0] ?? '';
  for (;;) {
    const rest = [...secret.slice(head.length)].map((character) => {
      const alphabet = classes.find(([kind]) => kind.test(character))?.[1];
      return alphabet === undefined ? character : (alphabet[randomInt(alphabet.length)] ?? character);
    });
    const value = head + rest.join('');
    if (value !== secret || !/[a-z0-9]/i.test(secret.slice(head.length))) return value;
  }
}
