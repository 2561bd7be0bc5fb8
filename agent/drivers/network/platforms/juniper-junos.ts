import { rejected, withoutLines } from '../config/lines.js';
import { deviceFailure } from '../failure.js';
import { commonQuestions, type Dialect } from '../ssh/dialect.js';
import type { Work } from '../ssh/session.js';
import { classifier, word } from './classify.js';
import { type ConfigFormat, noSection, type Plan, type Platform, unsupported } from './platform.js';

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

const dialect: Dialect = {
  anyPrompt: /^(?:\{[\w:.-]+\}\s?)?[A-Za-z0-9][\w.-]{0,63}@[\w.:-]{1,100}(?:[>#%]|:[^\n]{0,60}[#%$]) *$/,
  base: (prompt) => prompt.replace(/[>#%] *$/, ''),
  promptOf: (base) => new RegExp(`^${escaped(base)}[>#%] *$`),
  mode: (prompt) => (/% *$|:[^:\n]*[#%$] *$/.test(prompt) ? 'shell' : /# *$/.test(prompt) ? 'config' : 'privileged'),
  setup: ['set cli screen-width 511', 'set cli screen-length 0', 'set cli complete-on-space off'],
  pager: /(?<![ \t])[ \t]*---\(more[^)\n]*\)---\s*$/i,
  questions: commonQuestions,
  errors: [
    /^\s*(?:unknown command|syntax error|error:|invalid (?:numeric )?value|missing (?:argument|mandatory)|'[^']*' is ambiguous|is ambiguous)/i,
    /^\s*warning: statement not found/i,
    /(?:^|\s)error: /,
  ],
  promptLines:
    /^(?:\[edit[^\]]*\]|# commit confirmed will be rolled back in [^\n]*|\{(?:master|backup|linecard|primary|secondary)(?::\d+)?\})\s*$/,
  interrupt: '\x03',
  startCommandLine: 'cli',
  config: { enter: 'configure exclusive', leave: 'exit configuration-mode' },
};

const header = /^## Last (?:commit|changed): /;
const readFormats = ['text', 'set', 'json', 'xml'] as const;
const writeFormats = ['text', 'set', 'json', 'xml'] as const;

/** Junos. A change is a candidate configuration, which is checked, committed, and taken back without a confirmation. */
export const juniperJunos: Platform = {
  name: 'juniper_junos',
  dialect,
  routine:
    /^(?:load (?:merge|set)(?: \w+)? terminal|show \| compare|commit(?: check| confirmed \d+)?|rollback 0|exit configuration-mode)$/,
  classify: classifier(
    `${word('show', 2)}|${word('ping', 1)}|${word('traceroute', 2)}|file (?:show|list|compare)|help|set cli screen-(?:width|length)`,
  ),
  structured: (command) => (/^sho?w? /i.test(command) && !/\|/.test(command) ? `${command} | display json` : undefined),
  readFormats,
  writeFormats,
  async info(run) {
    const version = (await run('show version')).output;
    const hardware = (await run('show chassis hardware')).output;
    const uptime = (await run('show system uptime')).output;
    return {
      model: /^Model: (.+)$/m.exec(version)?.[1]?.trim(),
      osVersion: /^(?:Junos: (\S+)|JUNOS [^[\n]*\[([^\]\n]+)\])/m.exec(version)?.slice(1).find(Boolean),
      serial: /^Chassis\s+(\S+)/m.exec(hardware)?.[1],
      uptime: /^System booted: [^(\n]*\(([^()\n]+) ago\)/m.exec(uptime)?.[1],
    };
  },
  async readConfig(work, format, section) {
    // The path becomes part of the command, and must not contain another command.
    if (section !== '' && !/^[\w ./:*"-]+$/.test(section)) throw noSection(section);
    const part = section === '' ? '' : ` ${section.trim()}`;
    const display = format === 'text' ? '' : ` | display ${format}`;
    const { output, error } = await work.session.run(`show configuration${part}${display}`, {
      ...work.options,
      shows: true,
    });
    if (error !== undefined) throw section === '' ? unsupported('juniper_junos', format, ['text']) : noSection(section);
    const config = output
      .split('\n')
      .filter((line) => !header.test(line))
      .join('\n')
      .trim();
    if (config === '' && section !== '') throw noSection(section);
    return `${config}\n`;
  },
  normalize: (config) => withoutLines(config, /^##/),
  protects: () => true,
  async apply(work, plan) {
    const { session, options } = work;
    await lock(work);
    try {
      await load(work, plan);
      const compared = await session.run('show | compare', { ...options, shows: true });
      const changed = compared.output.trim() !== '';
      if (!changed) {
        await leave(work);
        return { changed, protected: true, method: 'commit confirmed', confirm: async () => {} };
      }
      await checked(work, 'commit check', /configuration check succeeds/i);
      await checked(work, `commit confirmed ${plan.confirmMinutes}`, /commit complete/i);
      return { changed, protected: true, method: 'commit confirmed', confirm: (fresh) => confirm(work, fresh) };
    } catch (error) {
      if (session.isOpen && session.mode === 'config') await leave(work);
      throw error;
    }
  },
  async restore(work, { name, config }) {
    await lock(work);
    try {
      const plan = { name, config, format: 'text', replace: true, running: '', confirmMinutes: 0 } as const;
      await load(work, plan);
      await checked(work, 'commit', /commit complete/i);
    } finally {
      if (work.session.isOpen) await leave(work);
    }
  },
  async abandon(work) {
    const { session, options } = work;
    const pending = await session.run('show system commit', { ...options, shows: true });
    const lines = pending.output.split('\n');
    // Only the newest commit counts, on one line or two: the earlier commits have been confirmed.
    const at = lines.findIndex((line) => line.startsWith('0 '));
    const newest = at < 0 ? [] : lines.slice(at, at + 2).filter((line) => !line.startsWith('1 '));
    if (!newest.some((line) => line.includes('commit confirmed, rollback in'))) return;
    await lock(work);
    try {
      await session.run('rollback 1', options);
      await checked(work, 'commit', /commit complete/i);
    } finally {
      if (session.isOpen) await leave(work);
    }
  },
  async save() {
    // The device starts from the committed configuration.
  },
  async tidy() {},
};

/** How much of the answer is searched for the holder of the lock, characters. */
const lockLength = 4096;

/** @throws AgentFailure `locked` */
async function lock({ session, options }: Work): Promise<void> {
  const entered = await session.run(dialect.config.enter, options);
  const output = entered.output.slice(0, lockLength);
  const holder = /(?:database locked by|locked by):?\s*([\s\S]*?)(?:\n\s*exclusive|\n\n|$)/i.exec(output)?.[1]?.trim();
  if (session.mode === 'config' && holder === undefined && !/configuration database modified/i.test(output)) return;
  if (session.mode === 'config') await session.leaveConfig(options);
  const message = holder === undefined ? 'the configuration has uncommitted changes' : `locked by ${holder}`;
  throw deviceFailure('upstream', 'locked', `the configuration cannot be locked: ${message}`, { holder: holder ?? '' });
}

async function leave(work: Work): Promise<void> {
  await work.session.run('rollback 0', work.options);
  await work.session.leaveConfig(work.options);
}

const loads: Readonly<Record<ConfigFormat, string>> = { text: '', set: '', json: ' json', xml: ' xml' };

async function load(work: Work, { config, format, replace }: Plan): Promise<void> {
  const { session, options } = work;
  if (replace && format === 'set') {
    await checked(work, 'delete', /^/, ['yes']);
  }
  const how = format === 'set' ? 'set' : `${replace ? 'override' : 'merge'}${loads[format]}`;
  const clean = config.replaceAll('\r', '').replaceAll('\x04', '').trimEnd();
  const text = format === 'xml' ? configurationOf(clean) : clean;
  const { output, error } = await session.run(`load ${how} terminal\n${text}\n\x04`, { ...options, noEcho: true });
  const given = text.split('\n');
  const located = [...output.matchAll(/^terminal:(\d+):\(\d+\) (.*)$/gm)];
  const errors = located.map(([, at, words = '']) => ({
    line: given[Number(at) - 1]?.trim() ?? '',
    error: words.trimEnd(),
  }));
  if (errors.length > 0) throw rejected(errors);
  if (!/load complete/i.test(output) || /load complete \(\d+ errors?\)/i.test(output))
    throw rejected([{ line: '', error: error ?? 'the device did not load it' }]);
}

const configurationEnd = '</configuration>';

/** The configuration in an XML answer, without the elements around it, and without the device's attributes. */
function configurationOf(xml: string): string {
  const start = xml.search(/<configuration\b/);
  const end = xml.lastIndexOf(configurationEnd);
  const found = start < 0 || end < start ? xml : xml.slice(start, end + configurationEnd.length);
  return found.replace(/<[^<>]*>/g, (tag) => tag.replace(/\sjunos:[\w-]+="[^"]*"/g, ''));
}

async function checked({ session, options }: Work, line: string, good: RegExp, answers: string[] = []): Promise<void> {
  const { output, error } = await session.run(line, { ...options, answers });
  if (good.test(output) && !/^error:/m.test(output)) return;
  const words = output.split('\n').filter((text) => /error|failed|missing|must|invalid/i.test(text));
  throw rejected([{ line, error: error ?? words[0]?.trim() ?? output.trim().split('\n').at(-1) ?? '' }]);
}

/**
 * Confirms a commit, once the device has answered on a new connection. The session that holds the lock confirms, if it is alive, and
 * releases the lock.
 */
async function confirm(work: Work, fresh: Work): Promise<void> {
  if (work.session.isOpen && work.session.mode === 'config') {
    await checked(work, 'commit', /commit complete/i);
    await work.session.leaveConfig(work.options);
    return;
  }
  await lock(fresh);
  try {
    await checked(fresh, 'commit', /commit complete/i);
  } finally {
    if (fresh.session.isOpen) await fresh.session.leaveConfig(fresh.options);
  }
}
