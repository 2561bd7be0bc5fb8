import t from 'tap';
import { parseMessage } from '../../../hub/http/websocket/conversation.js';

t.test('a message has the bounds of a JSON body', async (t) => {
  const message = (value: string) => () => parseMessage(`{"type":"x","value":${value}}`);
  t.throws(message('['.repeat(64) + ']'.repeat(64)), { code: 'malformed' });
  t.throws(message(`[${'0,'.repeat(140_000)}0]`), { code: 'payload_too_large' });
  t.match(message('['.repeat(63) + ']'.repeat(63))(), { type: 'x' });
  t.throws(() => parseMessage('{'), { code: 'malformed' });
  t.throws(() => parseMessage('[]'), { code: 'invalid_input', details: { field: 'type' } });
});
