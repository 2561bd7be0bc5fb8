import { deltaLines, type LineRules } from '../config/delta.js';
import { enterLines, entryLines, rejected, withoutLines } from '../config/lines.js';
import { ciscoDialect, type Dialect } from '../ssh/dialect.js';
import type { Work } from '../ssh/session.js';
import { classifier, word } from './classify.js';
import { type Platform, show, textConfig, unsupported } from './platform.js';

const dialect: Dialect = {
  ...ciscoDialect,
  setup: ['terminal length 0'],
  errors: [
    /^% ?(?:Unknown command|Command incomplete|Ambiguous command|There is no matched|Configuration failed)/i,
    /^% (?!Warning)[A-Z]/,
    /^%% /,
  ],
};

const rules: LineRules = {
  ignored:
    /^(?:frr (?:version|defaults) |service integrated-vtysh-config|Building configuration|Current configuration)/,
  single: /^(hostname|description|log syslog|log file|router-id|ip router-id|bgp router-id|password|enable password)\b/,
  ordered: /^\b$/,
  lasting: /^(?:interface|line vty)\b/,
};

const header = /^(?:Building configuration\.\.\.|Current configuration:)\s*$/;
const volatile = /^(?:(?:Building configuration\.\.\.|Current configuration:|exit|end)\s*$|!)/;
const formats = ['text'] as const;
/** How often the remaining lines are tried: some lines can be removed only after others. */
const passes = 3;

/** FRRouting through `vtysh`. It has no timer that takes a change back. */
export const frr: Platform = {
  name: 'frr',
  dialect,
  // The configuration is read again between the passes of a replacement.
  routine: /^(?:exit|end|show running-config)$/,
  classify: classifier(
    `${word('show', 2)}|${word('ping', 2)}|${word('traceroute', 2)}|${word('terminal', 2)} (?:length|no length|paginate|no paginate)|list`,
  ),
  structured: (command) =>
    /^sho?w? /.test(command) && !/\bjson\b|running-config|\|/.test(command) ? `${command} json` : undefined,
  readFormats: formats,
  writeFormats: formats,
  async info(run) {
    const { output } = await run('show version');
    const [, osVersion, host] = /^FRRouting (\S+)(?: \(([^)]*)\))?/m.exec(output) ?? [];
    const [, system] = / on (\S+)\.$/m.exec(output) ?? [];
    return {
      model: osVersion === undefined ? '' : `FRRouting${system ? ` on ${system}` : ''}`,
      osVersion,
      serial: host && '',
    };
  },
  async readConfig(work, format, section) {
    if (format !== 'text') throw unsupported('frr', format, formats);
    return textConfig(await show(work, 'show running-config'), header, section);
  },
  normalize: (config) => withoutLines(config, volatile),
  protects: () => false,
  async apply(work, { config, replace, running }) {
    const method = 'vtysh';
    const confirm = async (): Promise<void> => {};
    if (!replace) {
      const lines = entryLines(config);
      if (lines.length > 0) await enter(work, lines);
      return { changed: lines.length > 0, protected: false, method, confirm };
    }
    return { changed: await become(work, running, config), protected: false, method, confirm };
  },
  async restore(work, { config, running }) {
    await become(work, running, config);
  },
  async abandon() {},
  async save(work) {
    const { error } = await work.session.run('write memory', work.options);
    if (error !== undefined) throw rejected([{ line: 'write memory', error }]);
  },
  async tidy() {},
};

/** Turns the running configuration into another one. Returns whether they differed. */
async function become(work: Work, running: string, wanted: string): Promise<boolean> {
  let now = running;
  let first: readonly string[] | undefined;
  for (let pass = 0; pass < passes; pass++) {
    const lines = deltaLines(now, wanted, rules);
    if (lines.length === 0) break;
    first ??= lines;
    try {
      await enter(work, lines);
    } catch (error) {
      if (pass === passes - 1) throw error;
      // A second refusal of the same lines confirms that the text is wrong.
      if (lines.join('\n') === first.join('\n') && pass > 0) throw error;
    }
    now = textConfig(await show(work, 'show running-config'), header, '');
  }
  return first !== undefined;
}

async function enter(work: Work, lines: readonly string[]): Promise<void> {
  await work.session.enterConfig(dialect.config.enter, work.options);
  try {
    await enterLines(work, lines, { shorter: true });
  } finally {
    if (work.session.isOpen) await work.session.leaveConfig(work.options);
  }
}
