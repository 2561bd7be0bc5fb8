import t from 'tap';
import { wait } from '../kit/wait.js';
import { runAgentProcess, startAgentProcess, startHub } from '../roundhouse.js';
import { ledger } from '../stream/ledger.js';
import { tempFolder } from '../temp-folder.js';
import { auditedIds, contradictions, Load, makeWorkflow, working } from './load.js';
import { Model } from './model.js';
import { chance, rounds, seed } from './seed.js';

t.comment(`seed ${seed}, ${rounds} kills`);

t.test(`the agent is killed ${rounds} times under load: no call is done twice, and each is told truly`, async (t) => {
  const [data, random] = [tempFolder(t), chance(seed + 1)];
  const [model, book] = [new Model(), ledger(data)];
  const hub = await startHub(t, { data });
  const joined = await startAgentProcess(t, hub);
  await hub.connectServer(book.server);
  await makeWorkflow(hub);
  let agent: { stop(signal: NodeJS.Signals): Promise<void> } = joined;
  for (let round = 1; round <= rounds; round++) {
    await working(hub, model, `a${round}`);
    const load = new Load(hub, model, `a${round}`, random);
    const enough = 20 + random() * 60;
    await wait('there is load', () => load.answers > enough);
    await agent.stop('SIGKILL');
    await load.stop();
    const start = () => runAgentProcess(t, ['--hub', hub.agentAddress, '--data', joined.data]);
    if (random() < 0.25) {
      const starting = start();
      await starting.logged(() => true);
      await starting.stop('SIGKILL');
    }
    agent = start();
  }
  await working(hub, model, 'end');
  t.same(await contradictions(hub, model, book.calls), [], `seed ${seed}`);
  t.same(model.wrongAudit(await auditedIds(hub)), [], `seed ${seed}`);
  t.ok((model.counts.doneCalls ?? 0) > rounds * 10, JSON.stringify(model.counts));
});
