import type { Role } from '../../../hub/domain/access/caller.js';
import type { Permission } from '../../../hub/domain/access/permissions.js';

/** The expectation for a permission. */
export interface Expectation {
  /** The least role that has it. */
  readonly least: Role;
  /** Whether keys narrowed to servers, groups or sites have it, for the servers that they cover. */
  readonly narrowed: boolean;
  /** Whether keys narrowed to tools have it. */
  readonly tools: boolean;
}

const any = (least: Role): Expectation => ({ least, narrowed: true, tools: true });
const notByTools = (least: Role): Expectation => ({ least, narrowed: true, tools: false });
const wholeHub = (least: Role): Expectation => ({ least, narrowed: false, tools: false });

/** Written down apart from the product's own tables: a permission that is new, or reaches farther than before, has to be added here on purpose. */
export const expected: Readonly<Record<Permission, Expectation>> = {
  'server.read': any('viewer'),
  'server.write': notByTools('operator'),
  'server.execute': notByTools('admin'),
  'server.operate': notByTools('operator'),
  'server.update': notByTools('operator'),
  'server.logs': notByTools('operator'),
  'group.read': any('viewer'),
  'group.write': notByTools('operator'),
  'template.read': any('viewer'),
  'definition.read': wholeHub('viewer'),
  'definition.write': wholeHub('operator'),
  'database.read': any('viewer'),
  'database.write': notByTools('operator'),
  'database.query': notByTools('operator'),
  'database.change': notByTools('admin'),
  'tool.read': any('viewer'),
  'tool.invoke': any('user'),
  'resource.read': notByTools('user'),
  'cache.read': any('viewer'),
  'cache.clear': notByTools('operator'),
  'monitor.read': any('viewer'),
  'metrics.read': any('viewer'),
  'performance.read': wholeHub('viewer'),
  'audit.read': wholeHub('admin'),
  'event.read': any('viewer'),
  'webhook.manage': any('operator'),
  'agent.read': any('viewer'),
  'agent.enroll': notByTools('admin'),
  'key.manage': any('admin'),
  'user.manage': wholeHub('admin'),
  'backup.create': wholeHub('admin'),
  'alert.read': any('viewer'),
  'alert.acknowledge': notByTools('operator'),
  'alert.configure': wholeHub('operator'),
  'job.read': any('viewer'),
  'job.operate': notByTools('operator'),
  'storage.read': wholeHub('viewer'),
  'test.run': notByTools('operator'),
  'test.declare': notByTools('operator'),
  'cleanup.run': wholeHub('operator'),
  'workflow.execute': wholeHub('operator'),
  'workflow.define': wholeHub('admin'),
  'device.read': any('viewer'),
  'device.command': notByTools('user'),
  'device.write': notByTools('operator'),
  'device.operate': notByTools('operator'),
  'device.change': notByTools('operator'),
  'docker.read': any('viewer'),
  'docker.logs': notByTools('operator'),
  'docker.operate': notByTools('operator'),
  'docker.execute': notByTools('admin'),
  'cluster.read': any('viewer'),
  'cluster.logs': notByTools('operator'),
  'cluster.write': notByTools('operator'),
  'cluster.operate': notByTools('operator'),
  'cluster.execute': notByTools('admin'),
  'catalog.read': any('viewer'),
  'catalog.enable': notByTools('user'),
  'catalog.write': wholeHub('user'),
};
