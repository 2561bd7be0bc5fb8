import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { connected, firstText, never, tempFolder } from './harness.js';

t.test('results arrive as they were sent, with missing members added', async (t) => {
  const { call } = await connected(t, 'answers');
  t.equal(
    await call('numbers'),
    '{"content" :[{"n":1.0,"big":12345678901234567890,"e":1E400,"s":"\\u00e9\\/"}] ,"isError":false}',
  );
  t.equal(await call('no-content'), '{"structuredContent":{"a":1},"content":[],"isError":false}');
  t.equal(await call('empty'), '{"content":[],"isError":false}');
  t.equal(await call('duplicates'), '{"content":["right"],"isError":true}');
  t.equal(firstText(await call('as-string')), 'string id');
  t.equal(firstText(await call('split-utf8')), 'grüße 👋 世界');
  t.equal(await call('batch'), '{"content":[1.0],"isError":false}');
});

t.test(
  'the result of a large answer comes through as it was sent, too, and before the end of its server',
  async (t) => {
    const { call } = await connected(t, 'answers');
    t.ok(
      (await call('many-values')) === `{"content" :[${'1.0, '.repeat(300_000)}12345678901234567890] ,"isError":false}`,
    );
    await t.rejects(call('many-values-in-error'), {
      kind: 'upstream',
      message: /^the answer takes too much work to read: it is longer than 256 KiB and has more than \d+ values$/,
    });
    t.ok((await call('many-values-and-exit')) === `{"content":[${'1,'.repeat(300_000)}1],"isError":true}`);
  },
);

t.test('arguments are sent as they are', async (t) => {
  const { call } = await connected(t, 'answers');
  const sent = JSON.parse(firstText(await call('args', '{"a":"\\u00e9 \\n\\"","n":[1.5,null]}')));
  t.same(sent.args, { a: 'é \n"', n: [1.5, null] });
  t.same(JSON.parse(firstText(await call('args', ''))).args, {}, 'none');
  for (const bad of [
    ...['[]', '{"a":\n1}', '{"a":\r1}', '1', '{} ', '{"a":1', '{"a":1}}'],
    // These texts would call another tool than the checked one, or would be a message of their own.
    ...['{},"name":"echo"', '{},"name":"echo","x":{}', '{}}}\n{"jsonrpc":"2.0","method":"x"}'],
  ]) {
    await t.rejects(call('args', bad), { name: 'AgentFailure', kind: 'invalid_argument' }, JSON.stringify(bad));
  }
});

t.test('unusable results are upstream failures that say why', async (t) => {
  const { call } = await connected(t, 'answers');
  await t.rejects(call('no-object'), {
    name: 'AgentFailure',
    kind: 'upstream',
    details: { reason: 'the result is not an object' },
  });
  await t.rejects(call('no-array'), {
    name: 'AgentFailure',
    kind: 'upstream',
    details: { reason: '`content` is not an array' },
  });
  await t.rejects(call('no-boolean'), {
    name: 'AgentFailure',
    kind: 'upstream',
    details: { reason: '`isError` is not a boolean' },
  });
  const jsonrpc = { code: -32602, message: 'no such thing', data: { a: 1 } };
  await t.rejects(call('rpc-error'), {
    name: 'AgentFailure',
    kind: 'upstream',
    message: 'no such thing',
    details: { jsonrpc },
  });
});

t.test('the agent drops answers without a request', async (t) => {
  const { call, logText } = await connected(t, 'answers');
  t.equal(firstText(await call('twice')), 'first');
  t.equal(firstText(await call('foreign')), 'mine');
  t.equal(firstText(await call('twice')), 'first');
  t.equal(firstText(await call('as-string')), 'string id');
  t.match(await logText('s1'), /answered requests that were not open; 4 so far/);
});

t.test('a message that is too long fails its call and no other', async (t) => {
  const { call, servers } = await connected(t, 'answers', { HUGE_BYTES: '300000' }, { messageBytes: 200_000 });
  const other = call('as-string');
  await t.rejects(call('huge'), {
    name: 'AgentFailure',
    kind: 'upstream',
    message: /300\d{3} bytes; the limit is 200000/,
  });
  t.equal(firstText(await other), 'string id');
  t.equal(servers.reports()[0]?.pid, JSON.parse(firstText(await call('args'))).pid, 'the server was not restarted');
});

t.test('a message for which the agent has no room fails its call and no other', async (t) => {
  const { call } = await connected(t, 'answers', { HUGE_BYTES: '300000' }, { unfinishedServerBytes: 200_000 });
  const message = /300\d{3} bytes; there was no room for it at the agent/;
  for (let i = 0; i < 3; i += 1) await t.rejects(call('huge'), { name: 'AgentFailure', kind: 'upstream', message });
  t.equal(firstText(await call('as-string')), 'string id');
});

t.test('a message that is too long and names no request ends the connection', async (t) => {
  const limits = { messageBytes: 200_000, backoffFirstMs: 1 };
  const { call, report } = await connected(t, 'answers', { HUGE_BYTES: '300000' }, limits);
  await t.rejects(call('huge-hidden'), { name: 'AgentFailure', kind: 'disconnected', details: { outcome: 'unknown' } });
  await report(({ error }) => /a message of 300\d{3} bytes/.test(error));
});

t.test('a tool that throws is a result with isError', async (t) => {
  const { call, servers } = await connected(t, 'throws');
  const { isError } = await servers.callTool('s1', 'throw', Buffer.from('{}'), { signal: never });
  t.equal(isError, true);
  t.same(JSON.parse(await call('throw')), { content: [{ type: 'text', text: 'the tool broke' }], isError: true });
});

t.test("a server's own requests are declined at once, but for ping", async (t) => {
  const { call, logText } = await connected(t, 'asks');
  for (const method of ['sampling/createMessage', 'elicitation/create', 'roots/list']) {
    t.match(JSON.parse(firstText(await call('ask', `{"method":"${method}"}`))), { error: { code: -32601 } }, method);
  }
  t.same(JSON.parse(firstText(await call('ask', '{"method":"ping"}'))).result, {});
  t.match(await logText('s1'), /asked for \\"sampling\/createMessage\\"/);
});

t.test('a cancelled call tells the server, and progress reaches the caller', async (t) => {
  const file = join(tempFolder(t), 'cancelled.json');
  const { servers, call } = await connected(t, 'slow', { CANCEL_FILE: file });
  const abort = new AbortController();
  const progress: string[] = [];
  const started = new Promise<void>((resolve) => {
    const onProgress = (json: Uint8Array) => {
      progress.push(Buffer.from(json).toString());
      resolve();
    };
    const result = servers.callTool('s1', 'wait', Buffer.from('{}'), { signal: abort.signal, onProgress });
    t.rejects(result, { name: 'AgentFailure', kind: 'cancelled' });
  });
  await started;
  t.match(JSON.parse(progress[0] ?? ''), { progress: 1, total: 30 });
  abort.abort();
  // Messages arrive in order: when this one is answered, the cancellation was dealt with.
  t.equal(firstText(await call('quick')), 'quick');
  t.match(JSON.parse(await readFile(file, 'utf8')), { requestId: Number, reason: 'the call was cancelled' });
});

t.test('a log message of a server reaches its caller if the caller is certain, and no other caller', async (t) => {
  const { servers } = await connected(t, 'tells');
  const heard: string[] = [];
  const hears = new EventEmitter();
  const says = (tool: string, word: string, signal: AbortSignal = never, caller = 'one') => {
    const onLog = (json: Uint8Array) => {
      heard.push(`${word} heard ${JSON.parse(Buffer.from(json).toString()).data}`);
      hears.emit(word);
    };
    return servers.callTool('s1', tool, Buffer.from(JSON.stringify({ word })), { signal, onLog, caller });
  };
  const release = () => servers.callTool('s1', 'release', Buffer.from('{}'), { signal: never, caller: 'one' });
  await says('say', 'a');
  t.same(heard.splice(0), ['a heard a'], 'the only call');

  const heardB = once(hears, 'b');
  const b = says('tell', 'b');
  await heardB;
  await says('say', 'c');
  t.same(heard.splice(0), ['b heard b'], 'while two calls are open, a message cannot be given to either');
  await release();
  await b;

  const abort = new AbortController();
  const heardD = once(hears, 'd');
  const d = says('tell', 'd', abort.signal);
  await heardD;
  abort.abort();
  await t.rejects(d, { name: 'AgentFailure', kind: 'cancelled' });
  await says('say', 'e');
  t.same(heard.splice(0), ['d heard d'], 'the server may still be at a call that was given up');
  await release();
  await says('say', 'f');
  t.same(heard.splice(0), ['f heard f'], 'it has answered that call after all');

  await says('later', 'g');
  await says('say', 'h');
  t.same(heard.splice(0), ['h heard g is done', 'h heard h'], 'both of one caller');
  await says('later', 'i');
  await says('say', 'j', never, 'another');
  t.same(heard.splice(0), [], "what comes after an answer is no other caller's");
  await says('later', 'k', never, '');
  await says('say', 'l', never, '');
  t.same(heard, [], 'the agent cannot know whether these two are the same');
});
