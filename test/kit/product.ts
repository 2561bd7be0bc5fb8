// The only module of the tests that loads the product as a whole. Hub and agent are loaded when the first of them starts,
// from the compiled code that users run.
type HubProduct = typeof import('../../hub/dist/main.js') & {
  readonly readConfig: typeof import('../../hub/dist/config.js').readConfig;
  readonly createLog: typeof import('../../hub/dist/log.js').createLog;
  readonly LogFiles: typeof import('../../hub/dist/log-files.js').LogFiles;
  readonly Redactor: typeof import('../../hub/dist/domain/audit/redactor.js').Redactor;
};

type AgentProduct = typeof import('../../agent/dist/main.js') & {
  readonly readConfig: typeof import('../../agent/dist/config.js').readConfig;
  readonly createLog: typeof import('../../agent/dist/log.js').createLog;
};

/** What a hub consists of. */
export async function loadHub(): Promise<HubProduct> {
  const [main, { readConfig }, { createLog }, { LogFiles }, { Redactor }] = await Promise.all([
    import('../../hub/dist/main.js'),
    import('../../hub/dist/config.js'),
    import('../../hub/dist/log.js'),
    import('../../hub/dist/log-files.js'),
    import('../../hub/dist/domain/audit/redactor.js'),
  ]);
  return { ...main, readConfig, createLog, LogFiles, Redactor };
}

/** What an agent consists of. */
export async function loadAgent(): Promise<AgentProduct> {
  const [main, { readConfig }, { createLog }] = await Promise.all([
    import('../../agent/dist/main.js'),
    import('../../agent/dist/config.js'),
    import('../../agent/dist/log.js'),
  ]);
  return { ...main, readConfig, createLog };
}
