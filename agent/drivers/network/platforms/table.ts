import { ciscoIos } from './cisco-ios.js';
import { ciscoNxos } from './cisco-nxos.js';
import { frr } from './frr.js';
import { juniperJunos } from './juniper-junos.js';
import type { Platform } from './platform.js';

const table: ReadonlyMap<string, Platform> = new Map(
  [ciscoIos, ciscoNxos, juniperJunos, frr].map((platform) => [platform.name, platform]),
);

/** The platforms that are known, by name. Adding one: a file beside this one, and its line above. */
export const platforms: ReadonlyMap<string, Platform> = table;
