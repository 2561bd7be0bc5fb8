import { existsSync } from 'node:fs';
import t from 'tap';
import { settings } from '../../hub/config.js';
import { readme, shellBlocks } from '../kit/readme.js';

/** The rows of the table of settings: the variables of each, and its defaults. */
function rows() {
  const [, table = ''] = /### Settings\n\n\| Setting[^\n]*\n[^\n]*\n((?:\|[^\n]*\n)+)/.exec(readme) ?? [];
  const quoted = (cell = '') => [...cell.matchAll(/`([^`]*)`/g)].map(([, text = '']) => text);
  return table
    .trim()
    .split('\n')
    .map((line) => line.split('|').slice(1, -1))
    .map(([names, , defaults]) => ({ names: quoted(names), defaults: quoted(defaults) }));
}

t.test('the README tells of every setting, and of no other', async (t) => {
  const told = rows().flatMap(({ names }) => names);
  const known = Object.keys(settings).map((name) => `ROUNDHOUSE_${name.toUpperCase()}`);
  t.same([...told].sort(), known.sort());
});

t.test('and of its default', async (t) => {
  const fallbacks = new Map(
    Object.entries(settings).map(([name, setting]) => [
      `ROUNDHOUSE_${name.toUpperCase()}`,
      'fallback' in setting ? setting.fallback : undefined,
    ]),
  );
  for (const { names, defaults } of rows())
    for (const [i, name] of names.entries()) {
      const fallback = fallbacks.get(name);
      // `up` has another default than the hub alone, and its row says both.
      if (fallback) t.ok(defaults.includes(fallback), `${name}: ${fallback}, told as ${defaults[i]}`);
    }
});

t.test('its settings, commands and files exist', async (t) => {
  const known = new Set(Object.keys(settings).map((name) => `ROUNDHOUSE_${name.toUpperCase()}`));
  const others = new Set([
    'ROUNDHOUSE_URL',
    'ROUNDHOUSE_AGENT_',
    'ROUNDHOUSE_TEST_INSTALL',
    'ROUNDHOUSE_TEST_CACHE',
    'ROUNDHOUSE_UNBUNDLED',
  ]);
  for (const [name] of readme.matchAll(/ROUNDHOUSE_[A-Z_]+/g)) t.ok(known.has(name) || others.has(name), name);
  for (const [, path = ''] of readme.matchAll(/\]\((?!https?:|#)([^)#]+)\)/g))
    t.ok(existsSync(new URL(`../../${path}`, import.meta.url)), path);
});

t.test('commands of the README can be pasted into zsh, which knows no comments at a prompt', async (t) => {
  for (const line of shellBlocks().flatMap((block) => block.split('\n'))) {
    // What zsh would take for a quote, a pattern or a pipe is no part of a comment.
    if (line.startsWith('#')) t.match(line, /^# [\w ,.:/-]+$/, line);
    else t.notMatch(line, /(^|\s)#/, line);
  }
});
