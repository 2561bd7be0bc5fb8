import t from 'tap';
import { startDomain } from '../kit/domain.js';
import { readOnly } from '../kit/scripted-site.js';

t.test('while a server is away, no other server with a tool of the same name gets its calls', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('right', { tell: readOnly() });
  t.match(await hub.call('tell', { text: 'private' }), { isError: false });
  const { server: other, id: otherId } = await hub.connect('other', { tell: readOnly() });
  const calls = () => other.calls;
  const ambiguous = { code: 'invalid_input', details: { field: 'serverId', servers: { length: 2 } } };
  await t.rejects(hub.call('tell'), ambiguous);
  hub.report(id, { state: 'error', error: 'it ended' });
  await t.rejects(hub.call('tell', { text: 'private' }), ambiguous, 'the server should run and is away');
  t.equal(calls(), 0);
  await hub.domain.lifecycle.disconnect(hub.admin, id);
  t.match(await hub.call('tell'), { isError: false }, 'an operator has stopped the server');
  t.equal(calls(), 1);
  await hub.domain.lifecycle.disconnect(hub.admin, otherId);
  await t.rejects(hub.call('tell'), ambiguous);
});
