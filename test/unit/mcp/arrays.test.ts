import t from 'tap';
import type { Method } from '../../../hub/api/mcp/call.js';
import { readMessage } from '../../../hub/api/mcp/json-rpc.js';
import { MessageStream } from '../../../hub/api/mcp/message-stream.js';
import { PostReply } from '../../../hub/api/mcp/post-reply.js';
import { answerAlone } from '../../../hub/api/mcp/rev2025-11-25/sessionless.js';
import { CancelSource } from '../../../hub/domain/cancellation.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { type Context, RawReply, type SseReply } from '../../../hub/http/endpoint.js';
import { caller } from '../mcp-door/caller.js';

const MIB = 1024 * 1024;

/** The answers to an array of requests, in order of their ids. */
async function answersTo(methods: Readonly<Record<string, Method>>, names: readonly string[]) {
  const messages = names.map((method, id) => readMessage({ jsonrpc: '2.0', id, method }));
  const context = { caller, signal: new CancelSource() } as unknown as Context;
  const onError = (error: unknown) => {
    throw error;
  };
  const keepBody = () => () => {};
  const around = { origin: {} as never, view: new McpView(caller, {}), trace: undefined, keepBody, onError };
  const form = { isBatch: true, accepts: { events: false } };
  const reply = await answerAlone(new Map(Object.entries(methods)), messages, form, context, around);
  if (!(reply instanceof RawReply)) throw new Error('not one answer');
  type Answer = { id: number; result?: unknown; error?: { message: string; data?: object } };
  const answers = JSON.parse(String(reply.body)) as Answer[];
  return answers.sort((a, b) => a.id - b.id);
}

t.test('answers to an array that are too long together become errors that say so', async (t) => {
  const long = JSON.stringify({ text: 'ä'.repeat(3 * MIB) });
  const answers = await answersTo({ long: () => long, short: () => '{}' }, ['long', 'long', 'long', 'short']);
  t.same(
    answers.map(({ result }) => result !== undefined),
    [true, true, false, true],
    'bytes count, and a short answer still has room',
  );
  t.match(answers[2]?.error, { message: /carried out.*16777216 bytes.*by itself/, data: { maxBytes: 16 * MIB } });
});

t.test('an answer of the same length is given whole to a request that comes by itself', async (t) => {
  const options = { requests: 1, caller, stream: undefined, priming: false, headers: {} };
  const post = new PostReply({ ...options, isBatch: false });
  const result = JSON.stringify('x'.repeat(17 * MIB));
  post.answer(1, { result });
  const reply = await post.reply;
  t.equal((reply as RawReply).body, `{"jsonrpc":"2.0","id":1,"result":${result}}`);
});

t.test('answers that come before their stream begins are all there, however long they are', async (t) => {
  const options = { requests: 4, isBatch: true, caller, stream: () => new MessageStream(1, true) };
  const post = new PostReply(options);
  for (const id of [1, 2, 3]) post.answer(id, { result: JSON.stringify('x'.repeat(MIB)) });
  post.send('{"jsonrpc":"2.0","method":"notifications/message"}');
  const { source } = (await post.reply) as SseReply;
  let got = '';
  const send = (text: string) => {
    got += text;
    return true;
  };
  source.start({ send, keeps: () => {}, close: () => {}, end: () => {} });
  t.same(got.match(/"id":\d/g), ['"id":1', '"id":2', '"id":3']);
  post.drop();
});
