import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import t from 'tap';
import { toolResultReader } from '../../../agent/drivers/mcp/connection/results.js';
import { redactor } from '../../../agent/drivers/mcp/redact.js';
import { hidden, hiddenJson, Secrets } from '../../../agent/drivers/net/secrets.js';

t.test('secrets are hidden in each form in which programs print them', async (t) => {
  const secrets = new Secrets(['gi"ven/&', 'short']);
  secrets.learn('received-token', 'tiny', undefined);
  t.equal(secrets.hide('gi"ven/& and received-token!'), '[secret] and [secret]!');
  t.equal(secrets.hide('abcshortdef'), 'abc[secret]def', 'a given one of any length');
  t.equal(secrets.hide('tiny'), 'tiny');
  t.equal(secrets.hide(encodeURIComponent('gi"ven/&')), '[secret]');
  t.equal(secrets.hide(Buffer.from('received-token').toString('base64')), '[secret]=');
  t.equal(secrets.hide('received-tokenreceived-token'), '[secret][secret]');
  t.same(hidden(secrets.hide, { a: ['x gi"ven/& y'], b: 1 }), { a: ['x [secret] y'], b: 1 });
  const value = { none: true };
  t.equal(hidden(secrets.hide, value), value);
});

t.test('secrets are hidden in any JSON escapes of their characters', async (t) => {
  const secrets = new Secrets(['gi<v>en/&secret']);
  const json = '{"text":"a gi\\u003cv\\u003een\\/\\u0026secret b"}';
  t.equal(secrets.hide(json), '{"text":"a [secret] b"}');
  t.equal(secrets.hide(`{"log":${JSON.stringify(json)}}`), `{"log":${JSON.stringify('{"text":"a [secret] b"}')}}`);
  t.equal(secrets.hide('C:\\temp \\u00'), 'C:\\temp \\u00', 'other texts stay');
});

t.test('a secret that a program prints as a number is removed, and all else stays', async (t) => {
  const transport = { case: 'stdio' as const, value: { command: 'server', args: [], env: { API_PIN: '0083749201' } } };
  const hide = redactor({ transport, auth: { case: undefined } } as unknown as ServerSpec);
  t.same(hidden(hide, { text: 'no', pin: [83749201, 1] }), { text: 'no', pin: ['[secret]', 1] });
  t.equal(hiddenJson(hide, '{"text":"no","pin":[ 83749201,1]}'), '{"text":"no","pin":["[secret]",1]}');
  const secrets = new Secrets(['12345678901234567890']);
  t.equal(
    hiddenJson(secrets.hide, '{"pin":912345678901234567890}'),
    '{"pin":"[secret]"}',
    'a number that a parser rounds',
  );
});

t.test('the password in a URL of a registration is a secret by itself', async (t) => {
  const transport = {
    case: 'stdio' as const,
    value: { command: 'server', args: [], env: { DATABASE: 'postgres://app:pass%40word@db/x' } },
  };
  const hide = redactor({ transport, auth: { case: undefined } } as unknown as ServerSpec);
  t.equal(hide('pass%40word, pass@word'), '[secret], [secret]');
});

t.test('the oldest received secrets are forgotten, given ones never', async (t) => {
  const secrets = new Secrets(['given-secret']);
  for (let n = 0; n < 40; n += 1) secrets.learn(`token-number-${n}-`);
  t.equal(secrets.hide('given-secret token-number-0- token-number-39-'), '[secret] token-number-0- [secret]');
});

t.test('a hostile token takes no more work than any other', async (t) => {
  const text = 'a'.repeat(256 * 1024);
  const spent = (token: string) => {
    const secrets = new Secrets();
    secrets.learn(token);
    const begun = process.cpuUsage();
    t.equal(secrets.hide(text), text);
    const { user, system } = process.cpuUsage(begun);
    return user + system;
  };
  const usual = spent('b'.repeat(4096));
  const hostile = spent(`aaaaaaaaab${'a'.repeat(4086)}`);
  t.ok(hostile < 20 * usual, `${hostile} µs, ${usual} µs`);
});

t.test('the answer of a failed tool, which is searched for secrets, has 1 MiB at most', async (t) => {
  const secrets = new Secrets(['given-secret']);
  const read = toolResultReader(8 * 1024 * 1024, secrets.hide);
  const answer = (isError: boolean, length: number) => {
    const result = { content: [{ type: 'text', text: `given-secret ${'x'.repeat(length)}` }], isError };
    return Buffer.from(read(result, JSON.stringify(result)).json).toString();
  };
  t.match(answer(true, 1000), /^\{"content":\[\{"type":"text","text":"\[secret\] x+"/);
  t.throws(() => answer(true, 1024 * 1024), { message: /the limit is 1048576/ });
  t.match(answer(false, 1024 * 1024), /x{1000}/, 'a tool that did not fail may say more');
});
