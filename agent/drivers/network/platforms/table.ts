import { ciscoIos } from './cisco-ios.js';
import { ciscoNxos } from './cisco-nxos.js';
import { frr } from './frr.js';
import { juniperJunos } from './juniper-junos.js';
import type { Platform } from './platform.js';

const table: ReadonlyMap<string, Platform> = new Map(
  [ciscoIos, ciscoNxos, juniperJunos, frr].map((platform) => [platform.name, platform]),
);

/** The known platforms, by name. To add a platform: a file in this folder, and its line above. */
export const platforms: ReadonlyMap<string, Platform> = table;
