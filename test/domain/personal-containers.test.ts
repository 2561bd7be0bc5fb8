import t from 'tap';
import type { Operation } from '../../hub/domain/agents/fleet.js';
import { DomainError } from '../../hub/domain/errors.js';
import { startDomain } from '../kit/domain.js';
import { json } from '../kit/scripted-site.js';

t.test('the container of a personal server is visible to its owner and to admins only', async (t) => {
  const hub = await startDomain(t);
  hub.agentComes({ operations: ['dockerInfo'] });
  const ada = await hub.caller('operator');
  const transport = { type: 'stdio', command: 'x', args: [] } as const;
  const belonging = { ownerId: ada.caller.id, curated: true };
  const { record } = await hub.domain.lifecycle.create(ada, { name: 'of-ada', transport }, {}, belonging);
  const all = [
    { id: 'hers', serverId: record.id, command: [] },
    { id: 'other', serverId: '', command: [] },
  ];
  const answer = (name: Operation['case'], make: (container: string) => object) =>
    hub.fleet.answers.set(name, (_, { value }) => json(make((value as { container?: string }).container ?? '')));
  const found = (container: string) => {
    const one = all.find(({ id }) => id === container);
    if (!one) throw new DomainError('not_found', 'no such container');
    return one;
  };
  answer('listContainers', () => ({ containers: all, total: 2 }));
  answer('inspectContainer', found);
  answer('containerStats', (one) => ({ stats: one === '' ? all : [found(one)], total: one === '' ? 2 : 1 }));
  const { containers, logs } = hub.domain.docker;
  const stranger = await hub.caller('operator');
  const query = { all: true, name: '', labels: [], limit: 0 };
  const seen = async (as = stranger) => {
    const listed = await containers.list(as, {}, query);
    const { stats, total } = await containers.stats(as, {}, '');
    t.same(
      stats.map(({ id }) => id),
      listed.containers.map(({ id }) => id),
    );
    t.same([listed.total, total], [listed.containers.length, stats.length]);
    return stats.map(({ id }) => id);
  };
  t.same(await seen(), ['other']);
  for (const as of [ada, hub.admin]) t.same(await seen(as), ['hers', 'other']);
  const range = { lines: 1, sinceMs: 0, untilMs: 0, followMs: 0 };
  answer('stopContainer', (container) => {
    found(container);
    throw new DomainError('conflict', "it runs a server of Roundhouse, 'of-ada'");
  });
  for (const name of ['hers', 'absent']) {
    const answer = { code: 'not_found', message: `container '${name}' not found`, details: { resource: 'container' } };
    await t.rejects(containers.get(stranger, {}, name), answer);
    await t.rejects(containers.stats(stranger, {}, name), answer);
    await t.rejects(containers.stop(stranger, {}, name), answer);
    await t.rejects(logs.read(stranger, {}, name, range), answer);
  }
  await t.rejects(containers.stop(ada, {}, 'hers'), { code: 'conflict' });
  t.match(await containers.get(ada, {}, 'hers'), { id: 'hers' });
});

t.test('the total of a short list counts no container that the caller does not see', async (t) => {
  const hub = await startDomain(t);
  hub.agentComes({ operations: ['dockerInfo'] });
  const ada = await hub.caller('user');
  const transport = { type: 'stdio', command: 'x', args: [] } as const;
  const belonging = { ownerId: ada.caller.id, curated: true };
  const { record } = await hub.domain.lifecycle.create(ada, { name: 'of-ada', transport }, {}, belonging);
  const all = ['seen', 'hers-1', 'hers-2', 'seen-2'].map((name) => ({
    ...{ id: name, name, command: [] },
    serverId: name.startsWith('hers') ? record.id : '',
  }));
  hub.fleet.answers.set('listContainers', (_, { value }) => {
    const { name, limit } = value as { readonly name: string; readonly limit: number };
    const fits = all.filter((one) => one.name.includes(name));
    return json({ containers: fits.slice(0, limit || 1000), total: fits.length });
  });
  const listed = async (origin: typeof ada, name: string) => {
    const query = { all: true, name, labels: [], limit: 1 };
    const { containers, total } = await hub.domain.docker.containers.list(origin, {}, query);
    return { names: containers.map((one) => one.name), total };
  };
  const viewer = await hub.caller('viewer');
  t.same(await listed(viewer, 'hers'), { names: [], total: 0 });
  t.same(await listed(viewer, ''), { names: ['seen'], total: 2 });
  t.same(await listed(ada, 'hers'), { names: ['hers-1'], total: 2 });
});
