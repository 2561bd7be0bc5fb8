import t, { type Test } from 'tap';
import { CancelSource } from '../../hub/domain/cancellation.js';
import { DomainError } from '../../hub/domain/errors.js';
import { type Asker, startDomain } from '../kit/domain.js';

/** The stream of a log that says one line, and then waits for more. */
function endless() {
  let end = (_: Error) => {};
  const ended = new Promise<never>((_, reject) => {
    end = reject;
  });
  ended.catch(() => {});
  return {
    async *[Symbol.asyncIterator]() {
      yield Buffer.from('{"message":"a"}\n');
      await ended;
    },
    cancel: (reason: string) => end(new DomainError('cancelled', reason)),
  };
}

const range = { lines: 0, sinceMs: 0, follow: true };

/** Follows the log of a server in a group as an operator whose key is narrowed to that group, and has read its first line. */
async function start(t: Test) {
  const hub = await startDomain(t);
  const { domain, admin } = hub;
  hub.fleet.open = async () => endless();
  const { record: group } = await domain.groups.create(admin, { name: 'team' });
  const { id } = await hub.register('one', {}, { groupId: group.id });
  const follow = async (asker: Asker) => {
    const reader = (await domain.logs.open(asker, id, range, new CancelSource()))[Symbol.asyncIterator]();
    t.match(String((await reader.next()).value), /"a"/);
    return reader;
  };
  return { hub, domain, admin, id, follow, narrowed: await hub.caller('operator', { groups: [group.id] }) };
}

t.test('a log follow ends when its server leaves the grants of its reader', async (t) => {
  const { domain, admin, id, follow, narrowed } = await start(t);
  const [cut, kept] = [await follow(narrowed), await follow(admin)];
  const next = cut.next();
  await domain.lifecycle.update(admin, id, { groupId: null });
  await t.rejects(next, { code: 'not_found' });
  t.same(await kept.return?.(undefined), { value: undefined, done: true }, 'the admin still reads');
});

t.test('a log follow ends when its reader may not read logs any more', async (t) => {
  const { hub, domain, admin, follow } = await start(t);
  const user = await domain.users.create(admin, {
    username: 'olga',
    email: 'olga@example.com',
    password: 'correct horse battery',
    role: 'operator',
  });
  const reader = await follow(await hub.caller('operator', null, { userId: user.id }));
  const next = reader.next();
  await domain.users.update(admin, admin.caller, user.id, { role: 'user' });
  await t.rejects(next, { code: 'forbidden' });
});

t.test('a log follow ends when the key of its reader expires', async (t) => {
  const { hub, follow } = await start(t);
  const expiresAt = Date.now() + 60_000;
  const reader = await follow(await hub.caller('operator', null, { expiresAt }));
  const next = reader.next();
  await hub.clock.move(61_000);
  hub.domain.streams.look();
  await t.rejects(next, { code: /credential/ });
});
