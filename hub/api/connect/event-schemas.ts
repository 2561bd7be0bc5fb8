import { type TProperties, Type } from 'typebox';
import type { EventType } from '../../domain/events/types.js';
import { Id, Time, TimeOrNull } from '../shared/values.js';

/** The data of the events of `GET /api/sse/events`, by type. */

const Text = Type.String();
const text = Type.Optional(Text);
const textOrNull = Type.Union([Text, Type.Null()]);
const flagOrNull = Type.Union([Type.Boolean(), Type.Null()]);
const count = Type.Integer();
const severity = Type.String({ description: 'Such as `warning` or `critical`' });

/** An event's data: it always has the time. */
const about = (title: string, members: TProperties) => Type.Object({ ...members, timestamp: Time }, { title });

const server = { serverId: Id, serverName: Text };
const owner = { ownerId: Type.Optional(Type.String({ description: 'Whose it is, if it is of one person or key' })) };

const ServerDown = about('ServerDownData', { ...server, error: text });
const ToolCall = about('ToolCallData', {
  serverId: Id,
  toolName: Text,
  durationMs: Type.Number(),
  success: Type.Boolean(),
});
const Job = about('JobData', {
  jobId: Id,
  kind: Text,
  status: Text,
  progress: Type.Number({ description: 'Percent' }),
  message: Text,
  error: text,
  ...owner,
});
const update = {
  updateId: Id,
  kind: Text,
  serverId: Type.Union([Id, Type.Null()]),
  serverName: text,
  ...owner,
};
const Alert = about('AlertData', {
  alertId: Id,
  rule: Text,
  severity,
  title: Text,
  subject: Text,
  serverId: Type.Optional(Id),
  serverName: text,
  message: text,
  actor: Type.Optional(Type.String({ description: 'The user or key that acknowledged it' })),
  ...owner,
  leastRole: Type.Optional(Type.String({ description: 'The role that a caller needs to hear it: that of a key' })),
});
const device = { deviceId: Id, deviceName: Text, deviceType: Text, site: Text };
const Device = about('DeviceData', device);
const cluster = { clusterId: Id, clusterName: Text, site: Text };
const Cluster = about('ClusterData', cluster);
const changed = { changed: Type.Array(Text, { description: 'The fields that changed' }) };
const failed = { error: text, reason: text };
const Group = about('GroupData', { groupId: Id, groupName: Text });
const Definition = about('DefinitionData', { definitionId: Id, name: Text, type: Text, version: Text });
const Database = about('DatabaseData', { databaseId: Id, name: Text, type: Text, site: text });

/** A type of event that is missing here is a compile error. */
const data = {
  'server.connected': about('ServerConnectedData', { ...server, toolCount: count }),
  'server.disconnected': ServerDown,
  'server.error': ServerDown,
  'server.health': about('ServerHealthData', {
    ...server,
    health: Type.Enum(['healthy', 'degraded', 'down']),
    reason: text,
  }),
  'tool.invoked': ToolCall,
  'tool.error': ToolCall,
  'circuit.opened': about('CircuitOpenedData', { ...server, failures: count, cooldownEndsAt: TimeOrNull }),
  'circuit.closed': about('CircuitClosedData', server),
  'job.progress': Job,
  'job.completed': Job,
  'job.failed': Job,
  'job.cancelled': Job,
  'cleanup.complete': about('CleanupCompleteData', {
    cleanupId: Id,
    status: Text,
    summary: Type.Object({ filesDeleted: count, bytesFreed: count, errors: count }),
    ...owner,
  }),
  'test.complete': about('TestCompleteData', {
    testId: Id,
    status: Text,
    results: Type.Array(
      Type.Object({
        server: Text,
        tests: Type.Object({ total: count, passed: count, failed: count, skipped: count }),
        failures: Type.Array(Type.Object({ test: Text, type: Text, error: Text })),
      }),
    ),
    ...owner,
  }),
  'update.progress': about('UpdateProgressData', { ...update, progress: Type.Number(), message: Text }),
  'update.complete': about('UpdateCompleteData', {
    ...update,
    version: textOrNull,
    success: Type.Boolean(),
    error: text,
  }),
  'alert.new': Alert,
  'alert.acknowledged': Alert,
  'alert.resolved': Alert,
  'device.added': Device,
  'device.updated': about('DeviceUpdatedData', { ...device, ...changed }),
  'device.removed': Device,
  'device.connected': Device,
  'device.disconnected': Device,
  'device.error': about('DeviceErrorData', { ...device, ...failed }),
  'device.config.changed': about('DeviceConfigChangedData', {
    ...device,
    changeId: Id,
    kind: Text,
    state: Text,
    hashBefore: Text,
    hashAfter: Text,
    protected: flagOrNull,
    saved: flagOrNull,
    by: textOrNull,
  }),
  'cluster.added': Cluster,
  'cluster.updated': about('ClusterUpdatedData', { ...cluster, ...changed }),
  'cluster.removed': Cluster,
  'cluster.connected': Cluster,
  'cluster.disconnected': Cluster,
  'cluster.error': about('ClusterErrorData', { ...cluster, ...failed }),
  'server.state': about('ServerStateData', { ...owner, entryId: Id, oldState: Text, newState: Text }),
  'config.updated': about('ConfigUpdatedData', { ...owner, changes: Type.Array(Text) }),
  'bulk.progress': about('BulkProgressData', {
    ...owner,
    operationId: Id,
    completed: count,
    failed: count,
    total: count,
    status: Type.Enum(['in_progress', 'completed', 'failed']),
  }),
  'group.created': Group,
  'group.updated': Group,
  'group.deleted': Group,
  'definition.created': Definition,
  'definition.updated': Definition,
  'definition.deleted': Definition,
  'database.created': Database,
  'database.updated': Database,
  'database.deleted': Database,
  reset: about('ResetData', { reason: Text, oldestId: Text, latestId: Text }),
} satisfies Record<EventType | 'reset', unknown>;

/** Every event of the stream. `reset` is the stream's own: the hub no longer has the missed events. */
export const ServerEvent = Type.Union(
  Object.entries(data).map(([type, about]) =>
    Type.Object(
      {
        type: Type.Literal(type),
        id: Type.String({ description: 'For `Last-Event-ID`; empty where it is not kept' }),
        data: about,
      },
      { title: `${titleOf(type)}Event` },
    ),
  ),
  { title: 'ServerEvent' },
);

/** `server.connected` → `ServerConnected`. */
function titleOf(type: string): string {
  return type.replace(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
