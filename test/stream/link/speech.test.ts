import t from 'tap';
import { ServerMessages } from '../../../agent/link/session/server-messages.js';
import { wait } from '../../kit/wait.js';

type Frame = Parameters<ConstructorParameters<typeof ServerMessages>[0]>[0];

/** The messages of servers on a link that takes frames only while it is free. */
function onLink(isFree: () => boolean): { messages: ServerMessages; sent: string[] } {
  const sent: string[] = [];
  const messages = new ServerMessages((frame: Frame) => {
    if (!isFree()) return false;
    sent.push(frame?.case === 'mcpNotice' ? `${frame.value.serverId} ${frame.value.method}` : `${frame?.case}`);
    return true;
  });
  return { messages, sent };
}

t.test(
  'that a list changed is told once the link is free again, and once; what is only of the moment is not',
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

t.test('a notice that is repeated within a moment is sent twice: at once, and at the end', async (t) => {
  const { messages, sent } = onLink(() => true);
  for (let i = 0; i < 30; i += 1) messages.shared('s', 'notifications/tools/list_changed', '{}');
  t.equal(sent.length, 1);
  await wait('both notices are sent', () => sent.length === 2);
  messages.shared('s', 'notifications/tools/list_changed', '{}');
  t.equal(sent.length, 2, 'again within the moment after the second');
});
