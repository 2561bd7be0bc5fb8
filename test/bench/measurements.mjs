// What is measured by itself, without a floor beside it.
import { deviceCommands } from './devices.mjs';
import { longLink } from './long-link.mjs';
import { thousandAgents } from './thousand-agents.mjs';

/** @typedef {{ title: string, rows: [string, string][] }} Measured */

/** In the order in which they run. @type {Record<string, (cleanup: (() => Promise<void>)[]) => Promise<Measured>>} */
export const measurements = {
  link: longLink,
  agents: thousandAgents,
  devices: deviceCommands,
};

/** @param {Measured} measured @returns {string} Markdown */
export const table = ({ title, rows }) =>
  [`### ${title}`, '', '| | |', '|---|---:|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
