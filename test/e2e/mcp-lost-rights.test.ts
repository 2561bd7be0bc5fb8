import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { fixtureServer } from '../automation.js';
import { wait } from '../kit/wait.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

/** A client with a session of version 2025-11-25, that sends its requests by itself. */
async function session(hub: Hub, first: string) {
  const headers = { Accept: 'application/json, text/event-stream', 'MCP-Protocol-Version': '2025-11-25' };
  let id = '';
  const post = (key: string, message: object) =>
    fetch(`${hub.url}/mcp`, {
      method: 'POST',
      headers: {
        ...headers,
        Authorization: `Bearer ${key}`,
        'Content-Type': 'application/json',
        ...(id && { 'Mcp-Session-Id': id }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    });
  const clientInfo = { name: 'raw', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const opened = await post(first, { id: 1, method: 'initialize', params });
  id = opened.headers.get('mcp-session-id') ?? '';
  /** The first text of the stream of the client's first call, for a client that has none of its messages. */
  const resumed = async (key: string): Promise<string> => {
    const more = { Authorization: `Bearer ${key}`, 'Mcp-Session-Id': id, 'Last-Event-ID': '1-0' };
    const { body } = await fetch(`${hub.url}/mcp`, { headers: { ...headers, ...more } });
    return firstOf(body, (text) => text !== '');
  };
  return { post, resumed };
}

/** Reads a body until its text is as wanted, and leaves. */
async function firstOf(body: Response['body'], isWanted: (text: string) => boolean): Promise<string> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (reader && !isWanted(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
    if (isWanted(text)) break;
  }
  await reader?.cancel();
  return text;
}

/** A hub with a server `slow` in a group, and a call of its tool that has told of its progress. */
async function start(t: Test) {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const { body } = await hub.call('POST', '/api/groups', { name: 'team' });
  const groupId: string = body.data.id;
  const file = join(tempFolder(t), 'cancelled');
  const slow = fixtureServer('slow', 'slow', { CANCEL_FILE: file });
  const serverId = await hub.connectServer({ ...slow, groupId });
  const begin = async (key: string) => {
    const client = await session(hub, key);
    const params = { name: 'slow__wait', arguments: {}, _meta: { progressToken: 'p' } };
    const { body } = await client.post(key, { id: 2, method: 'tools/call', params });
    t.match(await firstOf(body, (text) => text.includes('progress')), /"progress":1/);
    t.match(await client.resumed(key), /"progress":1/, 'the client comes back to its call');
    return client;
  };
  const cancelled = () => wait('the call is cancelled at the server', () => existsSync(file));
  return { hub, groupId, serverId, begin, cancelled };
}

t.test('a person who is demoted during a call comes back to nothing of it', async (t) => {
  const { hub, begin, cancelled } = await start(t);
  const user = { username: 'ada', email: 'ada@example.org', password: 'a long password 1', role: 'operator' };
  const { body } = await hub.call('POST', '/infrastructure/api/v1/users', user);
  const signIn = async (): Promise<string> => {
    const { username, password } = user;
    const login = await hub.call('POST', '/infrastructure/api/v1/auth/login', { username, password }, null);
    return login.body.access_token ?? login.body.data.access_token;
  };
  const { resumed } = await begin(await signIn());
  const { status } = await hub.call('PUT', `/infrastructure/api/v1/users/${body.data?.id ?? body.id}`, {
    role: 'viewer',
  });
  t.equal(status, 200);
  await cancelled();
  t.notMatch(await resumed(await signIn()), /"progress"|"id":2/);
});

t.test('a key comes back to nothing of a call once the server has left its grants', async (t) => {
  const { hub, groupId, serverId, begin, cancelled } = await start(t);
  const key = await hub.key('user', { grants: { groups: [groupId] } });
  const { resumed } = await begin(key);
  await hub.call('PUT', `/api/servers/${serverId}`, { groupId: null });
  await cancelled();
  t.notMatch(await resumed(key), /"progress"|"id":2/);
});
