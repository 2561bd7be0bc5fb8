import { alertOperations } from './alerts.js';
import { findTools } from './find-tools.js';
import { jobOperations } from './jobs.js';
import { logOperations } from './logs.js';
import type { ToolOperation } from './operation.js';
import { serverOperations } from './servers.js';

/** The hub's own tools, by name. Adding some: a file beside this one, and its line here. */
export const operations: readonly ToolOperation[] = [
  findTools,
  ...serverOperations,
  ...logOperations,
  ...jobOperations,
  ...alertOperations,
].sort((a, b) => (a.name < b.name ? -1 : 1));
