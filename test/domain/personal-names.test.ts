import t, { type Test } from 'tap';
import { startDomain } from '../kit/domain.js';

const transport = { type: 'http', url: 'http://192.0.2.1/mcp' } as const;

/** Starts a domain in which a key has a personal server `time-ada`. */
async function start(t: Test) {
  const hub = await startDomain(t);
  const ada = await hub.caller('user');
  const input = { name: 'time-ada', transport };
  const belonging = { ownerId: ada.caller.id, curated: true };
  const { record } = await hub.domain.lifecycle.create(ada, input, {}, belonging);
  const nameNow = () => hub.domain.servers.get(ada, record.id).record.name;
  return { hub, nameNow, stranger: await hub.caller('operator') };
}

t.test('a new server may have the name of a personal server that its maker does not see', async (t) => {
  const { hub, nameNow, stranger } = await start(t);
  const { record } = await hub.domain.lifecycle.create(stranger, { name: 'Time-Ada', transport });
  t.equal(record.name, 'Time-Ada');
  t.match(nameNow(), /^time-ada-[0-9a-f]{10}$/, 'the personal server gets digits of its own');
});

t.test('a server may be renamed to the name of a personal server that the caller does not see', async (t) => {
  const { hub, nameNow, stranger } = await start(t);
  await hub.domain.lifecycle.create(stranger, { name: 'mine', transport });
  const { record } = await hub.domain.lifecycle.update(stranger, 'mine', { name: 'time-ada' });
  t.equal(record.name, 'time-ada');
  t.match(nameNow(), /^time-ada-[0-9a-f]{10}$/);
});

t.test('an admin sees personal servers, and learns that the name is taken', async (t) => {
  const { hub, nameNow } = await start(t);
  await t.rejects(hub.domain.lifecycle.create(hub.admin, { name: 'time-ada', transport }), { code: 'already_exists' });
  t.equal(nameNow(), 'time-ada');
});
