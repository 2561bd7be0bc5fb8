import { AgentFailure } from '../failure.js';
import type { Policy } from '../policy/policy.js';
import type { Arguments, OperationName } from './operation.js';

/**
 * `view`: changes nothing at the site. `change`: changes something. `judged`: the part that does it judges it by its arguments, also where the
 * site is read-only. Those are the desired state of servers and devices, the calls of tools, the commands of devices, and statements.
 */
type Effect = 'view' | 'change' | 'judged';

type Effects = { readonly [N in OperationName]: Effect | ((args: Arguments<N>) => Effect) };

/** The effect of each operation. The compiler refuses a table that lacks one. */
const effects: Effects = {
  noop: 'view',
  readLog: 'view',
  searchLog: 'view',
  storageStats: 'view',
  measureUsage: 'view',
  readPolicy: 'view',
  cleanup: ({ dryRun }) => (dryRun ? 'view' : 'change'),
  checkDatabase: 'view',
  queryDatabase: 'judged',

  putServer: 'judged',
  removeServer: 'judged',
  connectServer: 'judged',
  disconnectServer: 'judged',
  authorizeServer: 'judged',
  inspectServer: 'view',
  switchServer: 'judged',
  callTool: 'judged',
  mcpRequest: 'judged',
  mcpNotify: 'judged',
  openPrivate: 'judged',
  closePrivate: 'judged',
  answerAsk: 'judged',
  syncMcp: 'judged',
  syncMcpPart: 'judged',
  runSuite: 'judged',

  checkSource: 'judged',
  downloadSource: 'judged',
  installSource: 'judged',
  verifySource: 'judged',
  listInstalled: 'view',
  removeInstalled: 'change',
  keepInstalled: 'judged',

  putDevice: 'judged',
  removeDevice: 'judged',
  connectDevice: 'judged',
  disconnectDevice: 'judged',
  inspectDevice: 'view',
  runCommands: 'judged',
  getConfig: 'view',
  applyConfig: 'change',
  inspectChange: 'view',

  checkCluster: 'view',
  listNamespaces: 'view',
  createNamespace: 'change',
  listPods: 'view',
  getPod: 'view',
  readPodLog: 'view',
  execPod: 'change',
  openPodTerminal: 'change',
  listDeployments: 'view',
  getDeployment: 'view',
  createDeployment: 'change',
  scaleDeployment: 'change',
  restartDeployment: 'change',

  dockerInfo: 'view',
  listContainers: 'view',
  inspectContainer: 'view',
  readContainerLog: 'view',
  containerStats: 'view',
  listImages: 'view',
  startContainer: 'change',
  stopContainer: 'change',
  restartContainer: 'change',
  removeContainer: 'change',
  runContainer: 'change',
  execContainer: 'change',
  openContainerTerminal: 'change',
  pullImage: 'change',
  removeImage: 'change',

  writeTerminal: 'change',
  resizeTerminal: 'view',
};

/** Refuses an operation that changes something at a site that is read-only. @throws AgentFailure `refused` */
export function judgeEffect<N extends OperationName>({ readOnly }: Policy, name: N, args: Arguments<N>): void {
  if (!readOnly) return;
  const effect: Effects[N] = effects[name];
  if ((typeof effect === 'function' ? effect(args) : effect) !== 'change') return;
  const message = `this site is read-only: '${name}' changes something`;
  throw new AgentFailure('refused', message, { reason: 'read_only', outcome: 'not_run' });
}
