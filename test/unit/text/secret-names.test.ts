import { create } from '@bufbuild/protobuf';
import { ServerSpecSchema } from '@roundhouse/proto/agent/v1/server';
import { isSecretField, isSecretVariable } from '@roundhouse/proto/secret-names';
import t from 'tap';
import { redactor } from '../../../agent/drivers/mcp/redact.js';

t.test('a variable is secret by a word of its name, not by letters inside a word', async (t) => {
  for (const name of [
    'STRIPE_KEY',
    'X-Auth',
    'BEARER',
    'DBPASS',
    'OPENAI_API_KEY',
    'jwt',
    'DB_PASSWORD',
    'SESSION_SECRET',
  ])
    t.ok(isSecretVariable(name), name);
  for (const name of ['MONKEY', 'AUTHOR', 'COMPASS', 'KEYBOARD', 'PATH']) t.notOk(isSecretVariable(name), name);
});

t.test('a field of a call is secret by fewer names, as `key` is an ordinary field of many tools', async (t) => {
  t.notOk(isSecretField('key', 'a'));
  t.ok(isSecretField('api_key', 'a'));
});

t.test('the agent hides a short value of a variable that the hub takes for secret', async (t) => {
  const transport = { case: 'stdio' as const, value: { command: 'x', env: { BEARER: 'abc123', MONKEY: 'banana' } } };
  const redact = redactor(create(ServerSpecSchema, { transport }));
  const shown = redact('abc123 banana');
  t.notMatch(shown, 'abc123');
  t.match(shown, 'banana');
});
