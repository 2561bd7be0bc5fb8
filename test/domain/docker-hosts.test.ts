import t from 'tap';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { startDomain, type TestDomain } from '../kit/domain.js';

/** Enrols an agent that can use a Docker Engine, and connects it; gives its id. */
async function comes({ domain, fleet }: TestDomain, name: string, site: string): Promise<string> {
  const { secret } = await domain.joinTokens.create(SYSTEM, site, 60);
  const { agentId: id } = await domain.agents.redeem(secret, { name, key: secret });
  const agent = { id, name, site, version: '0.0.0', platform: 'linux', capabilities: ['docker/28'] };
  fleet.connected.set(id, { ...agent, operations: ['dockerInfo'], connectedAt: Date.now(), roundTripMs: 1 });
  return id;
}

t.test('an agent cannot replace a Docker host that is away by taking its name', async (t) => {
  const hub = await startDomain(t);
  const { admin, fleet } = hub;
  const { hosts } = hub.domain.docker;
  const id = await comes(hub, 'depot', 'oslo');
  const impostor = await comes(hub, id, 'rome');
  const find = (choice: Parameters<typeof hosts.find>[1]) => hosts.find(admin, choice, 'docker.execute');
  for (const choice of [{ host: id }, { agent: id }, { host: 'depot' }, { agent: 'depot' }])
    t.equal((await find(choice)).id, id, JSON.stringify(choice));
  t.equal((await find({ host: impostor })).id, impostor);

  fleet.connected.delete(id);
  const away = { code: 'agent_unreachable', details: { outcome: 'not_run' } };
  for (const choice of [{ host: id }, { agent: id }, { host: 'depot' }, { agent: 'depot' }, { site: 'oslo' }])
    await t.rejects(find(choice), away, JSON.stringify(choice));
  const unnamed = { code: 'invalid_input', details: { field: 'site', sites: ['local', 'oslo', 'rome'] } };
  await t.rejects(find({}), unnamed, 'the engine may be that of the agent that is away');
  await comes(hub, 'depot', 'rome');
  const both = { code: 'conflict', message: /several agents have the name 'depot'/ };
  for (const choice of [{ host: 'depot' }, { agent: 'depot' }]) await t.rejects(find(choice), both);
  await t.rejects(find({ agent: 'depot', site: 'oslo' }), away);
  // An agent cannot choose its site: none takes the other's place, or makes it unknown.
  const ofRome = await comes(hub, 'depot@oslo', 'rome');
  for (const choice of [{ host: 'depot@oslo' }, { agent: 'depot@oslo' }]) await t.rejects(find(choice), away);
  t.equal(hub.domain.agents.find(admin, 'depot@oslo')?.record.id, id);
  t.equal((await find({ agent: 'depot@rome' })).site, 'rome');
  t.equal((await find({ agent: ofRome })).id, ofRome);

  await hub.domain.agents.revoke(admin, id);
  await t.rejects(find({ host: id }), { code: 'not_found' }, 'an id is not looked for among the names');
});

t.test('the hub refuses an image whose registry is a metadata address', async (t) => {
  const hub = await startDomain(t);
  const agent = await comes(hub, 'depot', 'oslo');
  const { images } = hub.domain.docker;
  const { catalog } = hub.domain.portal;
  const refused = { code: 'invalid_input', details: { field: 'image' } };
  for (const image of ['169.254.169.254/latest/x:1.0.0', '[::ffff:a9fe:a9fe]:80/z/z']) {
    await t.rejects(images.pull(hub.admin, { agent }, { image, platform: '' }), refused, image);
    await t.rejects(catalog.add(hub.admin, hub.admin.caller, { name: 'x', image }), refused, image);
  }
});
