import { alertRules } from './alert-rules.js';
import { clusters } from './clusters.js';
import { databases } from './databases.js';
import { devices } from './devices.js';
import { groups } from './groups.js';
import type { Kind } from './kind.js';
import { servers } from './servers.js';
import { sites } from './sites.js';
import { webhooks } from './webhooks.js';
import { workflows } from './workflows.js';

/** All kinds. Each comes after the kinds that its records name. */
export const kinds: readonly Kind[] = [
  sites,
  groups,
  databases,
  clusters,
  devices,
  servers,
  workflows,
  webhooks,
  alertRules,
];
