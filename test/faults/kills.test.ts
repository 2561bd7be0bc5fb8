import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { wait } from '../kit/wait.js';
import { type Hub, runAgentProcess, startAgent, startAgentProcess, startHubProcess } from '../roundhouse.js';
import { fixedAddresses, ledger, note } from '../stream/ledger.js';
import { tempFolder } from '../temp-folder.js';
import { auditedIds, contradictions, Load } from './load.js';
import { Model } from './model.js';
import { chance, rounds, seed } from './seed.js';

t.comment(`seed ${seed}, ${rounds} rounds`);

/** Waits until calls of the ledger's tool go through. */
async function working(hub: Hub, model: Model, round: string): Promise<void> {
  let tries = 0;
  await wait('the server answers', async () => {
    const id = `probe-${round}-${tries++}`;
    const { status, body } = await note(hub, id);
    model.called(id, status === 200 ? 'done' : body?.details?.outcome === 'unknown' ? 'unknown' : 'not done');
    return status === 200;
  });
}

t.test(
  `the hub is killed ${rounds} times under load: nothing that it acknowledged is lost or done twice`,
  async (t) => {
    const [data, env, random] = [tempFolder(t), await fixedAddresses(), chance(seed)];
    const [model, book] = [new Model(), ledger(data)];
    let hub = await startHubProcess(t, { data, env });
    await startAgent(t, hub);
    await hub.connectServer(book.server);
    for (let round = 1; round <= rounds; round++) {
      await working(hub, model, `h${round}`);
      const load = new Load(hub, model, `h${round}`, random);
      const enough = 20 + random() * 200;
      await wait('there is load', () => load.answers > enough);
      await hub.stop('SIGKILL');
      await load.stop();
      hub = await startHubProcess(t, { data, env });
      t.same(await contradictions(hub, model, book.calls()), [], `round ${round} of seed ${seed}`);
    }
    await working(hub, model, 'end');
    t.ok((model.counts.doneCalls ?? 0) > rounds * 10, JSON.stringify(model.counts));
  },
);

t.test(`the agent is killed ${rounds} times under load: no call is done twice, and each is told truly`, async (t) => {
  const [data, random] = [tempFolder(t), chance(seed + 1)];
  const [model, book] = [new Model(), ledger(data)];
  const hub = await startHubProcess(t, { data });
  const joined = await startAgentProcess(t, hub);
  await hub.connectServer(book.server);
  let agent: { stop(signal: NodeJS.Signals): Promise<void> } = joined;
  for (let round = 1; round <= rounds; round++) {
    await working(hub, model, `a${round}`);
    const load = new Load(hub, model, `a${round}`, random);
    const enough = 20 + random() * 200;
    await wait('there is load', () => load.answers > enough);
    await agent.stop('SIGKILL');
    await load.stop();
    agent = runAgentProcess(t, ['--hub', hub.agentAddress, '--data', joined.data]);
  }
  await working(hub, model, 'end');
  t.same(await contradictions(hub, model, book.calls()), [], `seed ${seed}`);
  t.same(model.wrongAudit(await auditedIds(hub)), [], `seed ${seed}`);
  t.ok((model.counts.doneCalls ?? 0) > rounds * 10, JSON.stringify(model.counts));
});

t.test(
  'a store that goes back to an older copy is reported as a loss: the check finds what it looks for',
  async (t) => {
    const [data, env] = [tempFolder(t), await fixedAddresses()];
    const [model, book] = [new Model(), ledger(data)];
    let hub = await startHubProcess(t, { data, env });
    await startAgent(t, hub);
    await hub.connectServer(book.server);
    await working(hub, model, 'before');
    await hub.stop('SIGKILL');
    const files = readdirSync(data).filter((name) => name.startsWith('store'));
    const older = tempFolder(t);
    for (const name of files) copyFileSync(join(data, name), join(older, name));
    hub = await startHubProcess(t, { data, env });
    await working(hub, model, 'between');
    const load = new Load(hub, model, 'x', chance(seed + 2));
    await wait('things were made', () => model.there('group').length > 3 && model.there('server').length > 3);
    await load.stop();
    await hub.stop('SIGKILL');
    for (const name of files) copyFileSync(join(older, name), join(data, name));
    hub = await startHubProcess(t, { data, env });
    const wrong = await contradictions(hub, model, book.calls());
    const lost = [...model.there('group'), ...model.there('server')].length;
    t.equal(wrong.filter((text) => text.startsWith('lost: ')).length, lost);
    t.equal(wrong.length, lost, 'and nothing else');

    const [one, two] = book.calls();
    const told = (effects: readonly string[]) => model.wrongCalls(effects).map((text) => text.split(':')[0]);
    t.same(told(book.calls()), []);
    t.same(told([...book.calls(), String(one)]), ['ran 2 times'], 'an effect that is doubled');
    t.same(told(book.calls().filter((id) => id !== two)), ['answered, and did not run'], 'one that is gone');
    t.same(told([...book.calls(), 'forged']), ['ran without being asked for'], 'one that nobody asked for');
  },
);
