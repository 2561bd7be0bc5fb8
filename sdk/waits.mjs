// The operations that follow long work, in the SDKs whose `wait` belongs to a noun.

/** API → noun → the operation that returns its status. @type {Readonly<Record<string, Readonly<Record<string, string>>>>} */
export const waits = {
  automation: {
    updates: 'getUpdate',
    tests: 'getTest',
    cleanup: 'getCleanup',
    orchestration: 'getWorkflow',
    jobs: 'getJob',
  },
  portal: { operations: 'getOperation' },
  backend: { 'workflow-runs': 'getWorkflowRun' },
};
