import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import type { Terminals } from '../drivers/terminals.js';
import { json, type Operations } from './operation.js';

/** Kubernetes clusters that the agent reaches. */
export const kubernetesOperations = (kubernetes: Kubernetes, terminals: Terminals) =>
  ({
    /** Asks a cluster for a sign of life, and for the facts about it. */
    checkCluster: async (asked, { signal }) => json(await kubernetes.check(asked, signal)),

    listNamespaces: async (asked, { signal }) => json(await kubernetes.listNamespaces(asked, signal)),

    createNamespace: async (asked, { signal }) => json(await kubernetes.createNamespace(asked, signal)),

    /** Lists the pods of a namespace, or of all namespaces. */
    listPods: async (asked, { signal }) => json(await kubernetes.listPods(asked, signal)),

    /** Reads one pod: its containers, volumes, conditions and events. */
    getPod: async (asked, { signal }) => json(await kubernetes.getPod(asked, signal)),

    /** Sends the log of a container in a pod, no faster than the hub takes it. */
    readPodLog: {
      transfer: (asked, { signal }, output) => kubernetes.readLog(asked, (chunk) => output.write(chunk), signal),
    },

    /** Runs a command in a container of a pod, and answers with its output. */
    execPod: async (asked, { signal }) => json(await kubernetes.exec(asked, signal)),

    /** Runs a command at a terminal in a container of a pod. */
    openPodTerminal: {
      transfer({ terminal, ...request }, { signal }, output) {
        return terminals.run(
          terminal,
          (line) => output.write(line),
          (keyboard, sink) => kubernetes.runAtTerminal(request, keyboard, sink, signal),
        );
      },
    },

    /** Lists the deployments of a namespace, or of all namespaces. */
    listDeployments: async (asked, { signal }) => json(await kubernetes.listDeployments(asked, signal)),

    getDeployment: async (asked, { signal }) => json(await kubernetes.getDeployment(asked, signal)),

    createDeployment: async (asked, { signal }) => json(await kubernetes.createDeployment(asked, signal)),

    /** Has a cluster replace the pods of a deployment. */
    restartDeployment: async (asked, { signal }) => json(await kubernetes.restartDeployment(asked, signal)),

    /** Scales a deployment. It waits until that is done, if the command asks for it. */
    async scaleDeployment(asked, context) {
      const tell = (done: object): void => context.progress(Buffer.from(JSON.stringify(done)));
      return json(await kubernetes.scaleDeployment(asked, tell, context.signal));
    },
  }) satisfies Partial<Operations>;
