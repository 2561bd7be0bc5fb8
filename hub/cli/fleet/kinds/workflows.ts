import type { backend } from '@roundhouse/sdk';
import { CommandError } from '../../frame/failures.js';
import { all, pick } from '../../frame/values.js';
import { keyOf } from '../document.js';
import type { WorkflowEntry } from '../format.js';
import { isObject } from '../secrets.js';
import { type Access, type Found, ifThere, type KindOf, SHIPPED } from './kind.js';

type Steps = WorkflowEntry['steps'];

/** Workflows. The hub gets them as definitions, which can be changed and deleted. */
export const workflows: KindOf<WorkflowEntry> = {
  section: 'workflows',
  noun: 'workflow',
  isPlain: true,
  async read(access) {
    const { hub, options } = access;
    const names = await serverNames(access);
    const listed = await all(hub.backend.mcpDefinitions.listAll({ limit: 100, mcp_type: 'workflow' }, options));
    const defined = listed.map((definition) => foundOf(definition, names));
    const known = new Set(defined.map(({ name }) => keyOf(name)));
    const others = (await hub.automation.orchestration.listWorkflows(options)).workflows
      .filter(({ name }) => !known.has(keyOf(name)))
      .map(({ name, description, parameters, steps, shipped }): Found => {
        const kept = shipped
          ? SHIPPED
          : 'it was added through the Automation API, which neither changes nor deletes workflows';
        return { id: '', name, kept, state: { description, parameters, steps: withNames(steps as Steps, names) } };
      });
    return [...defined, ...others];
  },
  async look(access, { id }) {
    const now = await ifThere(access.hub.backend.mcpDefinitions.get(id, access.options));
    const [latest_version] = now?.versions ?? [];
    return now && latest_version && foundOf({ ...now, latest_version }, await serverNames(access));
  },
  stateOf: ({ description, parameters, steps }) => ({ description, parameters, steps }),
  needsSecrets: () => false,
  async create(access, name, { description, ...entry }) {
    const body = { name, description: description ?? '', mcp_type: 'workflow' as const };
    await access.hub.backend.mcpDefinitions.create({ ...body, config: await configOf(access, entry) }, access.options);
  },
  async update(access, { id }, entry, { fields }) {
    const body = {
      ...pick({ description: entry.description ?? '' }, fields),
      ...(fields.has('parameters') || fields.has('steps') ? { config: await configOf(access, entry) } : {}),
    };
    await access.hub.backend.mcpDefinitions.update(id, body, access.options);
  },
  remove: ({ hub, options }, { id }) => hub.backend.mcpDefinitions.delete(id, options),
  entryOf: (state) => state,
};

function foundOf(definition: Omit<backend.McpDefinition, 'created_at' | 'updated_at'>, names: Names): Found {
  const { id, name, description, latest_version } = definition;
  const { parameters = {}, steps } = latest_version.config as backend.WorkflowConfig;
  return { id, name, state: { description, parameters, steps: withNames(steps as Steps, names) } };
}

type Names = ReadonlyMap<string, string>;

/** The names of the servers, by id. */
async function serverNames({ hub, options }: Access): Promise<Names> {
  return new Map((await hub.connect.servers.list({}, options)).map(({ id, name }) => [id, name]));
}

/** Steps with the names of their servers in place of ids, which another hub does not know. */
function withNames(steps: Steps, names: Names): Steps {
  return withServers(steps, (given) => names.get(given) ?? given);
}

/** The hub wants the id of a server that gets the settings of a database, because another server may get the name later. */
async function configOf(access: Access, { parameters = {}, steps }: Pick<WorkflowEntry, 'parameters' | 'steps'>) {
  const ids = new Map([...(await serverNames(access))].map(([id, name]) => [keyOf(name), id]));
  const named = steps.map((step) => {
    if (!JSON.stringify(step.with?.arguments ?? null).includes('{{database:')) return step;
    const [changed = step] = withServers([step], (given) => {
      const id = ids.get(keyOf(given)) ?? (ids.size > 0 && [...ids.values()].find((each) => each === given));
      if (!id) throw new CommandError(`step '${step.name}' names the server '${given}', which does not exist`);
      return id;
    });
    return changed;
  });
  return { type: 'workflow' as const, parameters, steps: named } as backend.WorkflowConfig;
}

/** Steps with renamed servers in their arguments. */
function withServers(steps: Steps, replace: (given: string) => string): Steps {
  const changed = (value: unknown) => (typeof value === 'string' ? replace(value) : value);
  return steps.map((step) => {
    if (!isObject(step.with)) return step;
    const { server, servers } = step.with;
    return {
      ...step,
      with: {
        ...step.with,
        ...(server === undefined ? {} : { server: changed(server) }),
        ...(Array.isArray(servers) ? { servers: servers.map(changed) } : {}),
      },
    };
  });
}
