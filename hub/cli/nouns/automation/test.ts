import type { automation } from '@roundhouse/sdk';
import { argument, choice, command, flag, type Noun, parsed, rest, text, withDefault } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns, Output } from '../../frame/output.js';
import { defined, seconds, wholeNumber } from '../../frame/values.js';

const types = ['unit', 'integration', 'performance', 'security', 'all'] as const;

const columns: Columns<automation.TestRunSummary> = {
  RUN: ({ test_id }) => test_id,
  TYPE: ({ test_type }) => test_type,
  STATUS: ({ status }) => status,
  PASSED: ({ summary: { passed, failed } }) => `${passed} of ${passed + failed}`,
  SERVERS: ({ servers }) => servers.join(', '),
  BEGUN: ({ executed_at }) => executed_at,
};

const run = argument('id of the run');

/** `roundhouse test`. */
export const test: Noun = {
  name: 'test',
  summary: 'tests of MCP servers',
  commands: [
    command({
      name: 'run',
      summary: 'test servers; exit code 6 if a test fails in a run that is waited for',
      example: 'roundhouse test run files --type security --wait',
      args: { servers: rest('names or ids of servers; default: all that are enabled') },
      options: {
        type: withDefault(choice(types, 'which tests'), 'all'),
        timeout: parsed('<duration>', 'how long the tests of a server may take; default: 300s', seconds),
        verbose: flag('list the tests that passed, too'),
        wait: flag('wait for the results'),
      },
      async run({ hub, args, options, out, signal }) {
        const { type, timeout, verbose, wait } = options;
        const servers = args.servers.length > 0 ? args.servers : ['all'];
        const begun = await hub.automation.tests.run({ test_type: type, servers, verbose, ...defined({ timeout }) });
        if (!wait) return out.text(begun.test_id, begun);
        const onProgress = ({ progress }: automation.GetTestResult) => out.progress.show(`tests: ${progress} %`);
        const ended = await hub.automation.tests.wait(begun.test_id, { signal, onProgress });
        out.progress.stop();
        await showRun(out, ended);
        const { status, summary, error } = ended;
        if (status !== 'completed')
          throw new CommandError(`the run is ${status}${error ? `: ${error.message}` : ''}`, 'outcome');
        if (summary.failed > 0)
          throw new CommandError(`failed: ${summary.failed} of ${summary.passed + summary.failed}`, 'outcome');
      },
    }),
    command({
      name: 'list',
      summary: 'list test runs, newest first',
      example: 'roundhouse test list --server files',
      options: {
        server: text('<name>', 'only runs that test this server (name or id)'),
        limit: withDefault(parsed('<number>', 'runs to list at most', wholeNumber), 50),
      },
      async run({ hub, options: { server, limit }, out, signal }) {
        const { tests } = await hub.automation.tests.getHistory({ limit, ...defined({ server }) }, { signal });
        await out.list(tests, columns, ({ test_id }) => test_id, 'no test runs');
      },
    }),
    command({
      name: 'show',
      summary: 'show a test run and what failed',
      example: 'roundhouse test show 0197…',
      args: { run },
      async run({ hub, args, out, signal }) {
        await showRun(out, await hub.automation.tests.get(args.run, { signal }));
      },
    }),
  ],
};

async function showRun(out: Output, run: automation.GetTestResult): Promise<void> {
  const { test_id, test_type, status, summary, duration_seconds, results } = run;
  const facts = {
    ...{ run: test_id, type: test_type, status, seconds: duration_seconds },
    tests: `${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`,
  };
  await out.record(run, facts, test_id);
  if (out.form !== 'people') return;
  out.section('Servers', results, {
    SERVER: ({ server }) => server,
    PASSED: ({ tests }) => tests.passed,
    FAILED: ({ tests }) => tests.failed,
    SKIPPED: ({ tests }) => tests.skipped,
  });
  const rows = results.flatMap(({ server, failures, passed }) => [
    ...failures.map(({ test, type, error }) => ({ server, test, type, outcome: `failed: ${error}` })),
    ...(passed ?? []).map(({ test, type }) => ({ server, test, type, outcome: 'passed' })),
  ]);
  out.section('Tests', rows, {
    SERVER: ({ server }) => server,
    TEST: ({ test }) => test,
    TYPE: ({ type }) => type,
    OUTCOME: ({ outcome }) => outcome,
  });
}
