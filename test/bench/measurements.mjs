// Measurements without a floor to compare with.
import { commandLine } from './command-line.mjs';
import { consolePages } from './console.mjs';
import { deviceCommands } from './devices.mjs';
import { firstCall } from './first-call.mjs';
import { followers } from './followers.mjs';
import { longLink } from './long-link.mjs';
import { many } from './many.mjs';
import { mcp } from './mcp.mjs';
import { oneProcess } from './one-process.mjs';
import { runs } from './runs.mjs';
import { severalHubs } from './several-hubs.mjs';
import { thousandAgents } from './thousand-agents.mjs';
import { traces } from './traces.mjs';

/** @typedef {{ title: string, columns?: string[], rows: string[][] }} Measured a row's first cell is its name */

/** In the order in which they run. @type {Record<string, (cleanup: (() => Promise<void>)[]) => Promise<Measured>>} */
export const measurements = {
  cli: commandLine,
  console: consolePages,
  door: firstCall,
  link: longLink,
  agents: thousandAgents,
  many,
  devices: deviceCommands,
  followers,
  mcp,
  'one-process': oneProcess,
  runs,
  hubs: severalHubs,
  traces,
};

/** @param {Measured} measured @returns {string} Markdown */
export const table = ({ title, columns = [''], rows }) =>
  [
    `### ${title}`,
    '',
    `| | ${columns.join(' | ')} |`,
    `|---|${columns.map(() => '---:|').join('')}`,
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
