import { PassThrough } from 'node:stream';
import t from 'tap';
import { defaultLimits } from '../../../agent/drivers/mcp/limits.js';
import { beginning, redacting } from '../../../agent/drivers/mcp/redact.js';
import { StdioTransport } from '../../../agent/drivers/mcp/transports/stdio.js';
import { Unfinished } from '../../../agent/drivers/mcp/transports/unfinished.js';
import { Secrets } from '../../../agent/drivers/net/secrets.js';
import type { StdioChild } from '../../../agent/drivers/process/group.js';

t.test('no part of a secret stands at the end of a text that is cut', async (t) => {
  const secret = 'abcdefghijklmnopqrstuvwxyz-0123456789';
  const { hide } = new Secrets([secret]);
  for (const before of [0, 20, 480, 499, 500]) {
    const text = `${'x'.repeat(before)}${secret}${'y'.repeat(200_000)}`;
    for (const shown of [beginning(hide, text, 500), beginning(hide, text.slice(0, before + 49_172), 500, true)]) {
      t.ok(shown.length <= 500);
      t.notMatch(shown, /abc/, `${before} characters before it`);
    }
  }
  t.equal(beginning(hide, `${'x'.repeat(10)}${secret}`, 500), `${'x'.repeat(10)}[secret]`);
  t.equal(beginning(hide, `${'x'.repeat(60_000)}${secret.slice(0, 20)}`, 80_000, true), 'x'.repeat(10_868));
  const longest = beginning(hide, `${secret.repeat(2000)}${'x'.repeat(400)}${secret.slice(0, 30)}`, 32_768, true);
  t.notMatch(longest, /abc/, 'a text that has become shorter');
});

t.test('a long line of a server, and the reason of its end, show no part of a secret', async (t) => {
  const secret = 'abcdefghijklmnopqrstuvwxyz-0123456789';
  const { hide } = new Secrets([secret]);
  for (const [before, rest] of [
    [32_750, 100_000],
    [81_900, 100_000],
    [480, 0],
  ] as const) {
    const kept: string[] = [];
    const store = (message: string) => kept.push(message) > 0;
    const none = { hide: (text: string) => text, drained: async () => {} };
    const log = redacting({ append: ({ message }) => store(message), ...none }, hide);
    const stderr = new PassThrough();
    let exit: (end: object) => void = () => {};
    const exited = new Promise<object>((resolve) => {
      exit = resolve;
    });
    const child = { stdin: new PassThrough(), stdout: new PassThrough(), stderr, exited, stop: async () => {} };
    const start = async () => child as unknown as StdioChild;
    const transport = new StdioTransport(start, log, defaultLimits, () => new Unfinished(defaultLimits).begin('s'));
    const closed = new Promise<string>((resolve) => {
      void transport.open({ closed: resolve } as unknown as Parameters<typeof transport.open>[0]);
    });
    stderr.end(`${'x'.repeat(before)}${secret}${'y'.repeat(rest)}\n`);
    await new Promise((resolve) => stderr.once('end', resolve));
    exit({ code: 1, signal: null });
    t.notMatch(await closed, /abc/, `the reason, with ${before} characters before the secret`);
    t.ok(kept.length > 0);
    t.notMatch(kept.join(), /abc/, `the log, with ${before} characters before the secret`);
  }
});
