import { setImmediate as turn } from 'node:timers/promises';
import { type Bench, named } from '../bench.js';
import { Finding } from '../recorder.js';
import { approvedDefinitions, stableDefinitions } from './definitions.js';
import { descriptions } from './descriptions.js';
import { fuzzTests } from './fuzz.js';
import { hiddenText } from './hidden-text.js';
import { instructionIn } from './instruction-rules.js';

const type = 'security';

/** Tests for harm to the server's users: in its descriptions, in its handling of inputs, and in its exposure of the environment. */
export async function securityTests(bench: Bench): Promise<void> {
  await definitionTests(bench);
  await stableDefinitions(bench);
  await fuzzTests(bench);
  await echoTests(bench);
}

/** Tests that send no request to the server. */
export async function definitionTests(bench: Bench): Promise<void> {
  await descriptionTests(bench);
  await approvedDefinitions(bench);
}

async function descriptionTests({ recorder, lists }: Bench): Promise<void> {
  for (const { name, texts } of await descriptions(lists)) {
    // Calls of other servers go on in between.
    await turn();
    await recorder.test(type, named('test_hidden_text', name), () => {
      for (const { where, text } of texts) {
        const hidden = hiddenText(text);
        if (hidden) throw new Finding(`${where} hides ${hidden.name}: ${hidden.shown}`, text);
      }
    });
    await recorder.test(type, named('test_instructions', name), () => {
      for (const { where, text } of texts) {
        const found = instructionIn(text);
        if (found) throw new Finding(`${where} ${found.rule.means} (${found.rule.name}): '${found.quote}'`, text);
      }
    });
  }
}

/** Judged at the end: whatever was asked of the instance, in tests of other types too, counts. */
async function echoTests({ recorder, subject }: Bench): Promise<void> {
  const { watch } = subject;
  if (watch.names.length === 0) {
    const reason = subject.own
      ? 'nothing in its environment looks like a secret'
      : 'a remote server is not given canaries in place of secrets';
    recorder.skip(type, 'test_secret_echo', reason);
    return;
  }
  for (const name of watch.names) {
    await recorder.test(type, named('test_secret_echo', name), () => {
      const echo = watch.echoes.find((each) => each.name === name);
      if (!echo) return;
      const during = echo.during === '' ? 'when it started' : `during ${echo.during}`;
      const how = echo.form === 'plain' ? '' : `, ${echo.form}`;
      throw new Finding(`the value of ${name} was shown in ${echo.where}${how}, ${during}`, '');
    });
  }
}
