import t from 'tap';
import { ServerMessages } from '../../../agent/link/session/server-messages.js';
import { wait } from '../../kit/wait.js';

type Frame = Parameters<ConstructorParameters<typeof ServerMessages>[0]>[0];

/** The messages of servers on a link that takes frames only while it is free. */
function onLink(isFree: () => boolean) {
  const sent: string[] = [];
  const warned: object[] = [];
  const messages = new ServerMessages(
    (frame: Frame) => {
      if (!isFree()) return false;
      sent.push(frame?.case === 'mcpNotice' ? `${frame.value.serverId} ${frame.value.method}` : `${frame?.case}`);
      return true;
    },
    { warn: (facts: object) => warned.push(facts) } as never,
  );
  return { messages, sent, warned };
}

t.test(
  'a change of a list is reported once, when the link is free again; messages about a passing moment are left out',
  async (t) => {
    let isFree = false;
    let tries = 0;
    const { messages, sent } = onLink(() => {
      tries += 1;
      return isFree;
    });
    messages.shared('s', 'notifications/tools/list_changed', '{}');
    t.equal(messages.notice({ serverId: 's', instanceId: '' }, 'notifications/message', '{}'), false);
    messages.shared('s', 'notifications/tools/list_changed', '{}');
    messages.ended({ serverId: 's', instanceId: 'i' }, 'idle');
    const before = tries;
    await wait('the notice is tried again', () => tries > before + 2);
    t.same(sent, []);
    isFree = true;
    await wait('both notices are sent', () => sent.length >= 2);
    messages.shared('other', 'notifications/prompts/list_changed', '{}');
    t.same(sent, ['s notifications/tools/list_changed', 'privateEnded', 'other notifications/prompts/list_changed']);
  },
);

t.test('a notice that repeats within a moment is sent twice: at once, and at the end', async (t) => {
  const { messages, sent } = onLink(() => true);
  for (let i = 0; i < 30; i += 1) messages.shared('s', 'notifications/tools/list_changed', '{}');
  t.equal(sent.length, 1);
  await wait('both notices are sent', () => sent.length === 2);
  messages.shared('s', 'notifications/tools/list_changed', '{}');
  t.equal(sent.length, 2, 'again within the moment after the second');
});

t.test(
  'notifications that wait for the hub: 4 MiB of a server, 32 MiB of all, and the end of an instance always',
  async (t) => {
    let isFree = false;
    const { messages, sent, warned } = onLink(() => isFree);
    /** How many of so many notifications of a quarter of a mebibyte are kept. */
    const kept = (serverId: string, count: number) =>
      Array.from({ length: count }, (_, n) => `{"uri":"${serverId}-${n}-${'x'.repeat(256 * 1024 - 100)}"}`).filter(
        (params) => messages.notice({ serverId, instanceId: '' }, 'notifications/resources/updated', params),
      ).length;
    t.equal(kept('a', 32), 16);
    t.match(warned[0], { serverId: 'a', dropped: 1 }, 'the log names the server');
    t.equal(warned.length, 5, 'a flood of them is told at 1, 2, 4, 8 and 16');
    t.equal(kept('b', 1), 1, 'another server has room of its own');
    for (let n = 0; n < 10; n += 1) kept(`s${n}`, 16);
    t.equal(kept('last', 16), 0, 'all servers share 32 MiB');
    t.same(sent, []);
    messages.ended({ serverId: 'a', instanceId: 'i' }, 'idle');
    isFree = true;
    await wait('the end is told', () => sent.includes('privateEnded'));
  },
);
