/** `512m`, `1.5g`, `1024`: bytes, in powers of 1,024 as Docker reads them. `undefined` for what is none. */
export function bytesOf(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])?i?b?)$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  return Math.floor(Number(number) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '));
}

/** `1.5` processors, in billionths as the engine counts them. `undefined` for what is none. */
export function nanoCpusOf(text: string): number | undefined {
  return /^(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Math.round(Number(text) * 1e9) : undefined;
}

/** `on`/`off` as Go's flags read them; `undefined` for what is neither. */
export function booleanOf(text: string): boolean | undefined {
  if (/^(1|t|true)$/i.test(text)) return true;
  return /^(0|f|false)$/i.test(text) ? false : undefined;
}
