import t from 'tap';
import type { ConnectedAgent, Fleet } from '../../../hub/domain/agents/fleet.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { containerSummary } from '../../../hub/domain/docker/answers.js';
import { DockerPort } from '../../../hub/domain/docker/port.js';

/** What the hub makes of an agent's answer to the request for a list of containers. */
function read(answer: string) {
  const fleet = { execute: async () => ({ case: 'json', value: Buffer.from(answer) }) } as unknown as Fleet;
  const port = new DockerPort(() => fleet, new Redactor(), { byId: () => undefined });
  const operation = { case: 'listContainers', value: { all: true, name: '', labels: [], limit: 10 } } as const;
  const shape = { containers: [containerSummary], total: 'number' } as const;
  return port.ask({ id: 'a' } as ConnectedAgent, operation, shape, { kind: 'read', timeoutMs: 1000 });
}

const container = {
  ...{ id: 'c1', name: 'web', image: 'nginx:1', state: 'running', status: 'Up', createdAt: 1, ports: ['80/tcp'] },
  ...{ labels: { a: 'b' }, serverId: '' },
};
const answered = (change: object) => JSON.stringify({ containers: [{ ...container, ...change }], total: 1 });

t.test('an answer keeps its documented members; members that an older agent leaves out are empty', async (t) => {
  t.same(await read(answered({})), { containers: [container], total: 1 });
  t.same(await read(answered({ secret: 1, labels: undefined, createdAt: null })), {
    containers: [{ ...container, labels: {}, createdAt: 0 }],
    total: 1,
  });
  t.same(await read('{}'), { containers: [], total: 0 });
});

t.test('an answer of another form is refused', async (t) => {
  const refused = { code: 'internal', message: 'the agent gave an answer that cannot be read' };
  for (const answer of [
    ...['', 'null', '[]', '1', '{"containers":{}}', '{"containers":[null,1]}', '{"total":"1"}'],
    ...[answered({ name: 1 }), answered({ name: {} }), answered({ ports: 'x' }), answered({ ports: [{}] })],
    ...[answered({ labels: { a: { b: 1 } } }), answered({ labels: [] })],
    `{"containers":[],"x":[${'[],'.repeat(300_000)}1]}`,
  ])
    await t.rejects(read(answer), refused, answer.slice(0, 80));
});
