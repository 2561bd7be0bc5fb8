// The known differences between a server through Roundhouse and the same server directly. Any other difference is a fault.

/** Scenarios of an extension that is optional, and that neither the suite's own fixture nor ours has. @param {string} scenario */
export const isOptional = (scenario) => scenario.startsWith('tasks-');

/** The hub answers lists with plain JSON where the fixture opens a stream, and does not hang up in the middle of a call where it does. */
const otherForms = [
  'server-sse-multiple-streams: server-sse-streams-functional (ServerSSEStreamsFunctional)',
  'server-sse-polling: server-sse-disconnect-resume (ServerDisconnectResume)',
];
const on = (/** @type {string[]} */ ways, /** @type {string[]} */ checks) =>
  ways.flatMap((way) => checks.map((check) => `${way}: ${check}`)).sort();

/**
 * By revision: checks that pass directly and not through Roundhouse (`lost`), or are not looked at there since the protocol allows another
 * form of answer (`unseen`), each as `way: scenario: check`.
 * @type {Record<string, { lost: string[], unseen: string[] }>}
 */
export const expected = {
  '2025-11-25': {
    lost: [],
    // A server of the newer era has no streams to hang up: nothing is said before its answer, which then comes as plain JSON.
    unseen: [
      ...on(['bothHttp', 'bothStdio', 'http', 'otherEra', 'stdio'], otherForms),
      ...on(
        ['otherEra'],
        [
          'server-sse-polling: server-sse-priming-event (ServerSendsPrimingEvent)',
          'server-sse-polling: server-sse-retry-field (ServerSendsRetryField)',
        ],
      ),
    ].sort(),
  },
  '2026-07-28': {
    // A server of the older era gives its questions no keys, cannot be told an answer before it has asked, and has no word (-32021) for a
    // capability that it misses: its tool fails.
    lost: on(
      ['otherEra'],
      [
        'input-required-result-basic-elicitation: sep-2322-elicitation-incomplete (InputRequiredResultElicitationIncomplete)',
        'input-required-result-ignore-extra-params: sep-2322-ignore-unexpected-params (IgnoreUnexpectedParams)',
        'server-stateless: sep-2575-missing-capability-http-400 (MissingCapabilityHttp400)',
        'server-stateless: sep-2575-server-rejects-undeclared-capability (ServerRejectsUndeclaredCapability)',
      ],
    ),
    unseen: on(
      ['otherEra'],
      [
        'input-required-result-basic-elicitation: sep-2322-elicitation-complete (InputRequiredResultElicitationComplete)',
      ],
    ),
  },
};
