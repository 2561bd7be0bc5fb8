import { randomBytes, randomInt } from 'node:crypto';

/** The content of the file outside every instance. A server that shows it has read a file that it must not read. */
export const canaryFile = { content: `roundhouse-${randomBytes(12).toString('hex')}` } as const;

/** A line of `/etc/passwd`, which every Unix has. A server in a container shows the file of its container. */
export const passwdLine = /root:[^:\n]{0,40}:0:0:/;

/** An input, and the attack that it tries. */
export interface Payload {
  readonly name: string;
  readonly value: unknown;
}

/** Paths that lead to a file outside of the server's folder. */
export function traversals(outside: string | undefined): Payload[] {
  const up = '../'.repeat(16);
  return [...(outside === undefined ? [] : [outside]), '/etc/passwd'].flatMap((path) => {
    const bare = path.slice(1);
    const encoded = (text: string) => text.replaceAll('.', '%2e').replaceAll('/', '%2f');
    return [
      { name: 'relative', value: up + bare },
      { name: 'through a folder', value: `./x/../${up}${bare}` },
      { name: 'filtered once', value: `${'....//'.repeat(16)}${bare}` },
      { name: 'percent-encoded', value: encoded(up) + encoded(bare) },
      { name: 'double encoding', value: encoded(up).replaceAll('%', '%25') + bare },
      { name: 'backslashes', value: up.replaceAll('/', '\\') + bare },
      { name: 'file URL', value: `file://${path}` },
      { name: 'NUL byte', value: `${up}${bare}\0.txt` },
      { name: 'absolute', value: path },
    ];
  });
}

/** A sum that only a shell computes. The input does not contain the expected output. */
export interface ShellProbe {
  readonly inputs: readonly Payload[];
  readonly output: string;
  /** A file that the command makes in the instance's folder. */
  readonly marker: string;
}

/** Inputs that run a command if they get into a shell. @param folder a folder that the instance may write to */
export function shellProbe(folder: string): ShellProbe {
  const [a, b] = [randomInt(10_000, 99_999), randomInt(10_000, 99_999)];
  const marker = `${folder}/.suite-${randomBytes(6).toString('hex')}`;
  const command = `echo rh$((${a}*${b})) | tee ${marker}`;
  const inputs = [
    ['separator', `x; ${command}`],
    ['substitution', `$(${command})`],
    ['backquotes', `\`${command}\``],
    ['pipe', `x | ${command}`],
    ['conjunction', `x && ${command}`],
    ['alternative', `x || ${command}`],
    ['new line', `x\n${command}\n`],
    ['single quotes', `x'; ${command}; '`],
    ['double quotes', `x"; ${command}; "`],
    ['background', `x & ${command} &`],
  ].map(([name = '', value]) => ({ name, value }));
  return { inputs, output: `rh${a * b}`, marker };
}

const KiB = 1024;

/** Inputs of an unexpected size, as JSON text: the deep inputs are too deep for a recursive writer. */
export function oversize(): readonly { readonly name: string; readonly json: string }[] {
  return [
    { name: 'a string of 64 KiB', json: JSON.stringify('A'.repeat(64 * KiB)) },
    { name: 'a string of 1 MiB', json: JSON.stringify('A'.repeat(KiB * KiB)) },
    { name: 'a string of 4 MiB', json: JSON.stringify('é'.repeat(2 * KiB * KiB)) },
    { name: 'an array of 100,000 elements', json: `[${'1,'.repeat(99_999)}1]` },
    { name: 'arrays 500 levels deep', json: `${'['.repeat(500)}${']'.repeat(500)}` },
    { name: 'objects 10,000 levels deep', json: `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}` },
  ];
}

/** Inputs of all types with which programs often fail. */
export const hostile: readonly Payload[] = [
  { name: 'null', value: null },
  { name: 'an empty string', value: '' },
  { name: 'an empty object', value: {} },
  { name: 'an empty array', value: [] },
  { name: 'true', value: true },
  { name: 'zero', value: 0 },
  { name: 'minus one', value: -1 },
  { name: 'a fraction', value: 0.1 },
  { name: 'the largest number', value: Number.MAX_VALUE },
  { name: 'the least number', value: -Number.MAX_VALUE },
  { name: 'beyond the exact integers', value: 2 ** 53 },
  { name: 'beyond 32 bits', value: -(2 ** 31) - 1 },
  { name: 'a string', value: 'x' },
  { name: 'a number as text', value: '12345678901234567890' },
  { name: 'NaN as text', value: 'NaN' },
  { name: 'a space', value: ' ' },
  { name: 'a NUL', value: 'a\0b' },
  { name: 'line breaks', value: 'a\r\nb\n\nc' },
  { name: 'half a surrogate pair', value: '\ud800' },
  { name: 'a right-to-left override', value: 'a\u202eb' },
  { name: 'an emoji and marks', value: '👩‍👩‍👧 e\u0301\u0301\u0301' },
  { name: 'a format string', value: `%s%n%x {0} {{7*7}} $${'{7*7}'}` },
  { name: 'half a regular expression', value: '([a-z' },
  { name: 'half a JSON document', value: '{"a":[' },
  { name: 'half a template', value: '<%= ${' },
  { name: 'SQL', value: "' OR '1'='1" },
  { name: 'markup', value: '<a href="x"><!--' },
  { name: 'half an escape', value: 'a\\' },
  { name: 'broken percent-encoding', value: '%E0%A4%A' },
  { name: 'a name of the prototype', value: '__proto__' },
  { name: 'a name of an object', value: 'constructor' },
  { name: 'a date that does not exist', value: '2025-02-30T25:61:61Z' },
  { name: 'a URL without a host', value: 'http://' },
  { name: 'a list of different things', value: [null, 1, 'a', {}, []] },
  { name: 'an object with odd names', value: { '': 0, toString: 1, length: -1, constructor: null } },
];
