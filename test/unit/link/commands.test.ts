import t from 'tap';
import { echo, read, startAgent, startHub } from './rig.js';

t.test('a command comes back with its answer', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const reply = await hub.fleet.execute(agent.id, echo('{"a":1}'), read);
  t.equal(reply.case, 'json');
  t.equal(Buffer.from(reply.value as Uint8Array).toString(), '{"a":1}');
});
