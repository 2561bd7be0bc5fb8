import { deltaLines, type LineRules, parseTree } from '../config/delta.js';
import { enterLines, entryLines, rejected, withoutLines } from '../config/lines.js';
import { upload } from '../config/upload.js';
import { ciscoDialect, type Dialect } from '../ssh/dialect.js';
import { judgeFirstLine, type Work } from '../ssh/session.js';
import { classifier, word } from './classify.js';
import { type Active, type Plan, type Platform, show, textConfig, unsupported } from './platform.js';

const dialect: Dialect = {
  ...ciscoDialect,
  setup: ['terminal width 511', 'terminal length 0'],
  errors: [
    /^% ?(?:Invalid input|Incomplete command|Ambiguous command|Unknown command|Unrecognized command|Bad IP|Bad mask|Login invalid)/i,
    /^%[A-Z][a-z]/,
    /^% ?(?:[A-Z0-9][^-\n]*(?:not|cannot|can't|failed|invalid|error|denied|overlap|must|illegal|unable|exceed)\b)/i,
    /^Command authorization failed/i,
    /^Command rejected/i,
    /^The following commands are failed to apply/,
    /^Rollback aborted/i,
  ],
  interrupt: '\x1e\x03',
  enable: { command: 'enable', password: /password:\s*$/i },
};

const rules: LineRules = {
  ignored:
    /^(?:version |Building configuration|Current configuration|Using \d+ out of|ntp clock-period|boot-(?:start|end)-marker)/,
  single:
    /^(hostname|description|ip address(?! .* secondary)|ip default-gateway|banner \S+|enable secret|bandwidth|mtu|ip domain[ -]name|logging buffered|switchport mode|switchport access vlan)\b/,
  ordered: /^(?:ip access-list|ipv6 access-list|policy-map|ip prefix-list)\b/,
  lasting: /^(?:interface (?!(?:Loopback|Vlan|Tunnel|Port-channel|BVI)\d|\S+\.\d)|line )/i,
};

const header = /^(?:Building configuration\.\.\.\s*$|Current configuration\s*:|Using \d+ out of \d+ bytes)/;
const volatile =
  /^(?:(?:Building configuration\.\.\.|ntp clock-period \d+|end)\s*$|Current configuration\s*:|Using \d+ out of \d+ bytes|!)/;
const formats = ['text'] as const;
const fileOf = (name: string): string => `flash:${name}.cfg`;

/** Cisco IOS and IOS XE. A device with a configured archive takes back changes that are not confirmed. */
export const ciscoIos: Platform = {
  name: 'cisco_ios',
  dialect,
  // In `tclsh` a file is written, which `configure replace` reads.
  routine:
    /^(?:exit|end|configure terminal revert timer \d+|tclsh|tclquit|set rhf \[open .*|puts \$rhf .*|close \$rhf)$/,
  classify: classifier(
    `(?:do )?${word('show', 2)}|${word('ping', 2)}|${word('traceroute', 2)}|dir|more|verify|${word('terminal', 3)} (?:length|width|monitor|no monitor)|where|systat`,
  ),
  structured: () => undefined,
  readFormats: formats,
  writeFormats: formats,
  async info(run) {
    const { output } = await run('show version');
    const first = (pattern: RegExp): string | undefined => pattern.exec(output)?.[1];
    return {
      model: first(/^Model [Nn]umber\s*:\s*(\S+)/m) ?? first(/^[Cc]isco (\S+)(?: \([^)\n]*\))* (?:processor|with \d)/m),
      serial: first(/^System [Ss]erial [Nn]umber\s*:\s*(\S+)/m) ?? first(/^Processor board ID (\S+)/m),
      osVersion: first(/\bVersion ([^\s,]+)/),
      uptime: first(/ uptime is (.+)$/m)?.trim(),
    };
  },
  async readConfig(work, format, section) {
    if (format !== 'text') throw unsupported('cisco_ios', format, formats);
    return textConfig(await show(work, 'show running-config'), header, section);
  },
  normalize: (config) => withoutLines(config, volatile),
  protects: hasArchive,
  async apply(work, plan) {
    return plan.replace ? await replace(work, plan) : await merge(work, plan);
  },
  async restore(work, { name, config, running }) {
    const path = fileOf(name);
    if (await deliver(work, path, config)) return await replaceWith(work, path, '');
    await enter(work, 'configure terminal', deltaLines(running, config, rules));
  },
  async abandon({ session, options }) {
    await session.run('configure revert now', options);
  },
  async save(work) {
    const { error } = await work.session.run('write memory', { ...work.options, answers: [''] });
    if (error !== undefined) throw rejected([{ line: 'write memory', error }]);
  },
  async tidy({ session, options }, name) {
    await session.run(`delete /force ${fileOf(name)}`, { ...options, answers: ['', ''] });
  },
};

async function replace(work: Work, plan: Plan): Promise<Active> {
  const path = fileOf(plan.name);
  const isProtected = hasArchive(plan.running);
  const revert = isProtected ? ` revert trigger error timer ${plan.confirmMinutes}` : '';
  judgeFirstLine(work.options, replacing(path, revert), work.session.mode);
  if (await deliver(work, path, plan.config)) {
    await replaceWith(work, path, revert);
    return active(isProtected, isProtected ? 'configure replace revert trigger' : 'configure replace');
  }
  // If no file can be written at the device, the agent enters the lines that differ.
  const lines = deltaLines(plan.running, plan.config, rules);
  if (lines.length === 0) return { ...active(false, 'none'), changed: false };
  return await enterProtected(work, plan, lines);
}

async function merge(work: Work, plan: Plan): Promise<Active> {
  const lines = entryLines(plan.config);
  if (lines.length === 0) return { ...active(false, 'none'), changed: false };
  return await enterProtected(work, plan, lines);
}

async function enterProtected(work: Work, plan: Plan, lines: readonly string[]): Promise<Active> {
  const isProtected = hasArchive(plan.running);
  const enterBy = isProtected ? `configure terminal revert timer ${plan.confirmMinutes}` : 'configure terminal';
  await enter(work, enterBy, lines);
  return active(isProtected, enterBy.replace(/ \d+$/, ''));
}

function active(isProtected: boolean, method: string): Active {
  return {
    changed: true,
    protected: isProtected,
    method,
    async confirm({ session, options }) {
      if (!isProtected) return;
      const { output, error } = await session.run('configure confirm', options);
      const words = error ?? output.split('\n').find((line) => line.startsWith('%'));
      if (words !== undefined) throw rejected([{ line: 'configure confirm', error: words }]);
    },
  };
}

const replacing = (path: string, revert: string): string => `configure replace ${path} force${revert}`;

async function replaceWith({ session, options }: Work, path: string, revert: string): Promise<void> {
  const line = replacing(path, revert);
  const { output, error } = await session.run(line, options);
  if (error === undefined && /Rollback Done|^The rollback configlet/im.test(output)) return;
  const [, said = ''] = output.split('are failed to apply', 2);
  const [, ...listed] = said.split('\n');
  const from = /^\*+$/.test(listed[0] ?? '') ? 1 : 0;
  const end = listed.findIndex((text, at) => at >= from && text.startsWith('***'));
  const failed = end < 0 ? [] : listed.slice(from, end);
  const words = error ?? output.trim().split('\n').at(-1) ?? '';
  throw rejected(
    failed.length > 0 ? failed.map((bad) => ({ line: bad.trim(), error: words })) : [{ line, error: words }],
  );
}

async function enter(work: Work, command: string, lines: readonly string[]): Promise<void> {
  await work.session.enterConfig(command, work.options);
  try {
    await enterLines(work, lines);
  } finally {
    if (work.session.isOpen) await work.session.leaveConfig(work.options);
  }
}

/** Writes a file to the device, by SFTP or SCP, or else line by line. Returns false if no way works. */
async function deliver(work: Work, path: string, config: string): Promise<boolean> {
  return (await upload(work.client, path, config)) || (await writeByTclsh(work, path, config));
}

/** Whether the device can take changes back: its archive has a path. */
function hasArchive(running: string): boolean {
  const archive = parseTree(running).find(({ line }) => line === 'archive');
  return archive?.children.some(({ line }) => line.startsWith('path ')) ?? false;
}

/** A quoted text for Tcl, with backslashes before its special characters. */
const quoted = (line: string): string => `"${line.replace(/[\\"$[\]{}]/g, '\\$&').replaceAll('?', '\\077')}"`;

/** Writes a file line by line in the Tcl shell of IOS. Returns false if the device has no such shell, or cannot open the file. */
async function writeByTclsh({ session, options }: Work, path: string, text: string): Promise<boolean> {
  const started = await session.run('tclsh', options);
  if (started.error !== undefined) return false;
  let written = true;
  try {
    const run = async (line: string): Promise<void> => {
      if (!written) return;
      const { output, error } = await session.run(line, options);
      written = error === undefined && !/couldn't open|invalid command name|wrong # args/i.test(output);
    };
    await run(`set rhf [open "${path}" w]`);
    for (const line of text.replace(/(?<!\n)\n+$/, '').split('\n')) await run(`puts $rhf ${quoted(line)}`);
    await run('close $rhf');
  } finally {
    if (session.isOpen) await session.run('tclquit', options);
  }
  return written;
}
