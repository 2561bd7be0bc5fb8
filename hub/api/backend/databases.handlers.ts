import { isoTime } from '../../domain/clock.js';
import type { DatabaseInput } from '../../domain/databases/databases.js';
import type { DatabaseRecord } from '../../domain/databases/record.js';
import type { Domain } from '../../domain/domain.js';
import type { Handlers } from '../../http/endpoint.js';
import type { databaseEndpoints } from './databases.js';
import { given } from './given.js';
import { originOf } from './origin.js';
import { pageOf } from './schemas.js';

export function databaseHandlers({ databases, databaseChecks }: Domain): Handlers<typeof databaseEndpoints> {
  return {
    listExternalDbConfigs: ({ query }, context) => pageOf(databases.list(originOf(context)), query, render),

    async createExternalDbConfig({ body }, context) {
      const { db_type: type, db_name: databaseName, ...same } = body;
      return render(await databases.create(originOf(context), { ...same, type, databaseName }));
    },

    getExternalDbConfig: ({ params }, context) => render(databases.get(originOf(context), params.config_id)),

    async updateExternalDbConfig({ params, body }, context) {
      const { db_type: type, db_name: databaseName, ...same } = body;
      const changes: Partial<DatabaseInput> = { ...same, ...given({ type, databaseName }) };
      return render(await databases.update(originOf(context), params.config_id, changes));
    },

    async deleteExternalDbConfig({ params }, context) {
      await databases.delete(originOf(context), params.config_id);
      return { message: 'External database configuration deleted successfully' };
    },

    async checkExternalDbConfig({ params, body }, context) {
      const { latencyMs: latency_ms, ...found } = await databaseChecks.check(
        originOf(context),
        params.config_id,
        body.site,
        context.signal,
      );
      return { ...found, latency_ms };
    },
  };
}

function render({ id, name, type, host, port, databaseName, username, site, createdAt, updatedAt }: DatabaseRecord) {
  return {
    id,
    name,
    db_type: type,
    host,
    port,
    db_name: databaseName,
    username,
    created_at: isoTime(createdAt),
    updated_at: isoTime(updatedAt),
    site,
  };
}
