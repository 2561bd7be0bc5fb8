/*
 * Names whose values hub and agent treat as secrets. Fields of calls and answers have the narrow pattern: `key` is an ordinary field of many
 * tools. Variables, headers and flags of a server's registration have the wide one.
 */

/** Not anchored: it is tested against whole JSON texts too, as a quick check for any such name in them. */
const secretName =
  /pass(?:word|wd|phrase|code)|secret|token|api.?key|access.?key|private.?key|signing.?key|encryption.?key|credential|authorization|cookie|bearer/i;

/** Short names that are secrets only when they are the whole name: `auth` is one, `author` is not. */
const wholeName = /^(?:pass|pwd|pin|otp|jwt|auth)$/i;
const wholeNameInJson = /"(?:pass|pwd|pin|otp|jwt|auth)":/i;

/** `max_tokens: 1000` is a number of tokens, not a token. */
const countName = /tokens$|token.?(?:count|limit|budget|usage)/i;

/** Whether a field of this name, with this value, is taken for a secret. */
export function isSecretField(name: string, value: unknown): boolean {
  if (!looksSecret(name)) return false;
  if (value === null || typeof value === 'boolean') return false;
  return !(typeof value === 'number' && countName.test(name));
}

/** Whether the name alone says that a field is secret. */
export function looksSecret(name: string): boolean {
  return secretName.test(name) || wholeName.test(name);
}

/** `NAME=value` anywhere in a text: a shell's script is one word. */
const assignment = /(^|[\s"';&|(])([\w.-]+)=("[^"]*"|'[^']*'|[^\s"';&|)]+)/g;
/** The same in a list with commas, such as the options of a volume's driver. A value with commas ends where the next name begins. */
const listed = /(^|,)([\w.-]+)=(\S*?)(?=,[\w.-]+=|\s|$)/g;

/** A text with `mask` in place of each value that is assigned to the name of a secret. */
export function withoutAssigned(text: string, mask: string): string {
  const masked = (whole: string, start: string, name: string) =>
    looksSecret(name) ? `${start}${name}=${mask}` : whole;
  return text.includes('=') ? text.replace(listed, masked).replace(assignment, masked) : text;
}

/** Words of a name, such as `KEY` in `STRIPE_KEY`, that make a variable, header or flag secret. */
const secretWord =
  /(?:^|[_\-.]|db)(?:keys?|pass(?:wd)?|pwd|pat|pin|otp|auth|session|jwt|dsn|signature|salt|seed|private|webhook(?:_?url)?|connection_?string)(?:$|[_\-.\d])/i;

/** Whether a variable, header or flag of this name is secret. */
export function isSecretVariable(name: string): boolean {
  return looksSecret(name) || secretWord.test(name);
}

/** Whether a JSON text may hold a field that {@link looksSecret}; a text of `JSON.stringify`, so that no name hides behind escapes. */
export function mayNameSecrets(json: string): boolean {
  return secretName.test(json) || wholeNameInJson.test(json);
}

/** The password of the user info of a URL, as it stands there and decoded; empty for a value without one. */
export function urlPasswords(value: string): string[] {
  const from = value.indexOf('://') + 3;
  const end = value.slice(from).search(/[/?#]/);
  const authority = from < 3 ? '' : value.slice(from, end < 0 ? undefined : from + end);
  const userInfo = authority.slice(0, Math.max(0, authority.lastIndexOf('@')));
  const colon = userInfo.indexOf(':');
  const password = colon < 0 ? '' : userInfo.slice(colon + 1);
  return password === '' ? [] : [...new Set([password, unencoded(password)])];
}

function unencoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The form in which programs write a text as a number, if it is decimal and has another form: without leading zeros, or rounded. */
export function numberForms(text: string): string[] {
  const form = /^[-+]?\d{1,300}(?:\.\d+)?$/.test(text) ? String(Number(text)) : text;
  return form === text ? [] : [form];
}
