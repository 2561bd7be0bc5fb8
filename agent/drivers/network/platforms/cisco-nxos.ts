import { tooManyValues } from '@roundhouse/proto/work';
import { deltaLines, type LineRules } from '../config/delta.js';
import { enterLines, entryLines, rejected, withoutLines } from '../config/lines.js';
import { upload } from '../config/upload.js';
import { ciscoDialect, type Dialect } from '../ssh/dialect.js';
import { judgeFirstLine, type Work } from '../ssh/session.js';
import { classifier, word } from './classify.js';
import {
  type Active,
  mostJsonValues,
  noSection,
  type Plan,
  type Platform,
  show,
  textConfig,
  unsupported,
} from './platform.js';

const dialect: Dialect = {
  ...ciscoDialect,
  setup: ['terminal width 511', 'terminal length 0'],
  errors: [
    /^% ?(?:Invalid|Incomplete|Ambiguous|Unknown|Permission denied|Cannot|Bad)/i,
    /^ERROR:/i,
    /^% ?[A-Z0-9].*(?:not|invalid|failed|error|denied|illegal)\b/i,
    /^Error:/,
    /^Syntax error/i,
    /^Rollback failed|^Rollback aborted/i,
  ],
  enable: { command: 'enable', password: /password:\s*$/i },
};

const rules: LineRules = {
  ignored: /^(?:version |vdc |boot nxos|Building configuration|power redundancy-mode)/,
  single:
    /^(hostname|switchname|description|ip address(?! .* secondary)|mtu|bandwidth|switchport mode|switchport access vlan)\b/,
  ordered: /^(?:ip access-list|ipv6 access-list|policy-map)\b/,
  lasting: /^(?:interface (?!(?:loopback|vlan|tunnel|port-channel)\d|\S+\.\d)|line )/i,
};

const header = /^!(?:Command|Time|Running configuration last done at|NVRAM config last update)[ :].*$/;
const volatile = /^!.*$/;
const readFormats = ['text', 'json', 'xml'] as const;
const fileOf = (name: string): string => `bootflash:${name}.cfg`;

/** Cisco NX-OS. A change goes back to a checkpoint. No timer takes a change back. */
export const ciscoNxos: Platform = {
  name: 'cisco_nxos',
  dialect,
  routine: /^(?:exit|end|(?:no )?checkpoint roundhouse-\S+)$/,
  classify: classifier(
    `${word('show', 2)}|${word('ping', 2)}6?|${word('traceroute', 2)}6?|dir|pwd|${word('terminal', 3)} (?:length|width|monitor|no monitor)|where`,
  ),
  structured: (command) => (/^sho?w? /i.test(command) && !/[|;>]/.test(command) ? `${command} | json` : undefined),
  readFormats,
  writeFormats: ['text'],
  async info(run) {
    const { output } = await run('show version');
    const first = (pattern: RegExp): string | undefined => pattern.exec(output)?.[1]?.trim();
    return {
      model: modelIn(first(/^[ \t]*cisco (.+)$/m)),
      serial: first(/Processor [Bb]oard ID (\S+)/),
      osVersion: first(/^[ \t]*(?:NXOS|system): +version (\S+)/m),
      uptime: first(/uptime is (.+)$/m),
    };
  },
  async readConfig(work, format, section) {
    if (format === 'text') return textConfig(await show(work, 'show running-config'), header, section);
    if (format === 'set') throw unsupported('cisco_nxos', format, readFormats);
    // The device finds the section by its name, because this output has no lines to search.
    if (section !== '' && !/^[\w ./:-]+$/.test(section)) throw noSection(section);
    const command = `show running-config${section === '' ? '' : ` ${section}`} | ${format}`;
    const { output, error } = await work.session.run(command, { ...work.options, shows: true });
    if (error !== undefined && section !== '') throw noSection(section);
    if (error !== undefined || !(await isFormat(output, format))) throw unsupported('cisco_nxos', format, ['text']);
    return output.trim();
  },
  normalize: (config) => withoutLines(config, volatile),
  protects: () => false,
  async apply(work, plan) {
    await checkpoint(work, plan.name);
    return plan.replace ? await replace(work, plan) : await enter(work, plan, entryLines(plan.config));
  },
  async restore(work, { name, config, running }) {
    const { error } = await work.session.run(`rollback running-config checkpoint ${name} atomic`, rolling(work));
    if (error === undefined) return;
    const file = fileOf(name);
    if (await upload(work.client, file, asCheckpoint(config))) {
      const again = await work.session.run(`rollback running-config file ${file} atomic`, rolling(work));
      if (again.error === undefined) return;
    }
    await enterAll(work, deltaLines(running, config, rules));
  },
  async abandon() {},
  async save({ session, options }) {
    const { error } = await session.run('copy running-config startup-config', { ...options, answers: ['y', 'y'] });
    if (error !== undefined) throw rejected([{ line: 'copy running-config startup-config', error }]);
  },
  async tidy({ session, options }, name) {
    await session.run(`no checkpoint ${name}`, options);
    await session.run(`delete ${fileOf(name)} no-prompt`, { ...options, answers: ['y'] });
  },
};

async function replace(work: Work, plan: Plan): Promise<Active> {
  const file = fileOf(plan.name);
  const line = `rollback running-config file ${file} atomic`;
  judgeFirstLine(work.options, line, work.session.mode);
  if (!(await upload(work.client, file, asCheckpoint(plan.config)))) {
    return await enter(work, plan, deltaLines(plan.running, plan.config, rules));
  }
  const { output, error } = await work.session.run(line, rolling(work));
  if (error !== undefined || !/Rollback completed|successful/i.test(output)) {
    throw rejected([{ line, error: error ?? output.trim().split('\n').at(-1) ?? '' }]);
  }
  return active('rollback running-config', true);
}

async function enter(work: Work, _plan: Plan, lines: readonly string[]): Promise<Active> {
  if (lines.length > 0) await enterAll(work, lines);
  return active('checkpoint', lines.length > 0);
}

async function enterAll(work: Work, lines: readonly string[]): Promise<void> {
  await work.session.enterConfig(dialect.config.enter, work.options);
  try {
    await enterLines(work, lines);
  } finally {
    if (work.session.isOpen) await work.session.leaveConfig(work.options);
  }
}

const active = (method: string, changed: boolean): Active => ({
  changed,
  protected: false,
  method,
  confirm: async () => {},
});

async function checkpoint({ session, options }: Work, name: string): Promise<void> {
  // A checkpoint of this name may be left from an earlier attempt.
  await session.run(`no checkpoint ${name}`, options);
  const { error } = await session.run(`checkpoint ${name}`, options);
  if (error !== undefined) throw rejected([{ line: `checkpoint ${name}`, error }]);
}

/** The configuration as a checkpoint file: a rollback takes only a file with this header. */
function asCheckpoint(config: string): string {
  return config.startsWith('!Command: Checkpoint') ? config : `!Command: Checkpoint cmd vdc 1\n${config}`;
}

const rolling = (work: Work): Work['options'] => ({ ...work.options, answers: ['y', 'y'] });

async function isFormat(output: string, format: 'json' | 'xml'): Promise<boolean> {
  if (format === 'xml') return /^\s*<\?xml|^\s*<[a-z]/i.test(output);
  try {
    if ((await tooManyValues(output, mostJsonValues)) !== undefined) return false;
    JSON.parse(output);
    return true;
  } catch {
    return false;
  }
}

/** The model in the device's text, such as `Nexus9000 C93180YC-EX` in `Nexus9000 C93180YC-EX (8 Slot) Chassis`. */
function modelIn(text: string | undefined): string | undefined {
  const bare = text?.replace(/(?<!\s)\s*[Cc]hassis$/, '');
  return bare?.endsWith(')') ? bare.replace(/(?<!\s)\s+\(.*$/, '') : bare;
}
