import { readFile } from 'node:fs/promises';
import type { infrastructure } from '@roundhouse/sdk';
import {
  argument,
  choice,
  command,
  flag,
  type Noun,
  parsed,
  required,
  rest,
  text,
  withDefault,
  yes,
} from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns, Output } from '../../frame/output.js';
import { confirm, readSecret } from '../../frame/prompt.js';
import { all, defined, wholeNumber } from '../../frame/values.js';

const columns: Columns<infrastructure.Cluster> = {
  CLUSTER: ({ name }) => name,
  SITE: ({ site }) => site,
  STATUS: ({ status }) => status,
  VERSION: ({ version }) => version,
  NODES: ({ nodes_count }) => nodes_count,
  ID: ({ id }) => id,
};

const podColumns: Columns<infrastructure.Pod> = {
  POD: ({ name }) => name,
  STATUS: ({ status }) => status,
  READY: ({ ready }) => ready,
  RESTARTS: ({ restart_count }) => restart_count,
  NODE: ({ node }) => node,
  CREATED: ({ created_at }) => created_at,
};

const deploymentColumns: Columns<infrastructure.Deployment> = {
  DEPLOYMENT: ({ name }) => name,
  READY: ({ ready_replicas, replicas }) => `${ready_replicas} of ${replicas}`,
  IMAGES: ({ images }) => images.join(', '),
  CREATED: ({ created_at }) => created_at,
};

const cluster = argument('id or name of the cluster');
const pod = argument('name of the pod');
const namespace = withDefault(text('<name>', 'the namespace'), 'default');
const container = text('<name>', 'the container; needed if the pod has several');

/** `roundhouse cluster`. */
export const clusterNoun: Noun = {
  name: 'cluster',
  summary: 'Kubernetes clusters',
  commands: [
    command({
      name: 'list',
      summary: 'list the clusters',
      example: 'roundhouse cluster list',
      async run({ hub, out, signal }) {
        const found = hub.infrastructure.kubernetes.listClustersAll({ limit: 100 }, { signal });
        await out.list(await all(found), columns, ({ name }) => name, 'no clusters');
      },
    }),
    command({
      name: 'show',
      summary: 'show a cluster',
      example: 'roundhouse cluster show prod',
      args: { cluster },
      async run({ hub, args, out }) {
        await showCluster(out, await hub.infrastructure.kubernetes.getCluster(args.cluster));
      },
    }),
    command({
      name: 'add',
      summary: 'register a cluster by its kubeconfig or by its address and a token',
      example: 'roundhouse cluster add prod --kubeconfig ~/.kube/config --site berlin',
      args: { name: argument('name of the cluster') },
      options: {
        kubeconfig: text('<file>', 'file with the kubeconfig; the hub keeps it sealed'),
        kubeContext: text('<name>', "context of the kubeconfig; default: the kubeconfig's current one"),
        address: text('<url>', 'address of the API server, in place of a kubeconfig'),
        tokenFile: text('<file>', 'file with the token for --address; default: standard input'),
        caFile: text('<file>', 'CA certificate of --address, PEM'),
        agent: choice(['in_cluster', 'kubeconfig'], "the agent's own access, in place of both"),
        site: text('<name>', 'the site whose agent connects to it'),
        description: text('<text>', 'the purpose of the cluster'),
      },
      async run({ hub, args, options, out, signal }) {
        const { kubeconfig, kubeContext, address, tokenFile, caFile, agent, site, description } = options;
        if ([kubeconfig, address, agent].filter((given) => given !== undefined).length !== 1)
          throw new CommandError('give one of --kubeconfig, --address and --agent', 'usage');
        const config: infrastructure.ClusterConfig = defined({
          kubeconfig: kubeconfig === undefined ? undefined : await base64(kubeconfig),
          context: kubeContext,
          host: address,
          token: address === undefined ? undefined : await readSecret(out, 'Token of the cluster', tokenFile),
          ca_cert: caFile === undefined ? undefined : await base64(caFile),
          agent,
        });
        const body = { name: args.name, config, ...defined({ site, description }) };
        const made = await out.progress.during(
          `checking ${args.name}`,
          hub.infrastructure.kubernetes.createCluster(body, { signal }),
        );
        await out.done(`${made.name} is registered: ${made.status}`, made);
      },
    }),
    command({
      name: 'check',
      summary: 'check a cluster now; exit code 6 if it cannot be reached',
      example: 'roundhouse cluster check prod',
      args: { cluster },
      async run({ hub, args, out, signal }) {
        const found = await out.progress.during(
          `checking ${args.cluster}`,
          hub.infrastructure.kubernetes.checkCluster(args.cluster, { signal }),
        );
        await showCluster(out, found);
        if (found.status === 'error') throw new CommandError(found.error ?? 'the cluster cannot be reached', 'outcome');
      },
    }),
    command({
      name: 'namespaces',
      summary: 'list the namespaces of a cluster',
      example: 'roundhouse cluster namespaces prod',
      args: { cluster },
      async run({ hub, args, out, signal }) {
        const found = await all(
          hub.infrastructure.kubernetes.listNamespacesAll(args.cluster, { limit: 100 }, { signal }),
        );
        type Namespace = (typeof found)[number];
        const shown = {
          NAMESPACE: ({ name }: Namespace) => name,
          STATUS: ({ status }: Namespace) => status,
          CREATED: ({ created_at }: Namespace) => created_at,
        };
        await out.list(found, shown, ({ name }) => name, 'no namespaces');
      },
    }),
    command({
      name: 'pods',
      summary: 'list the pods of a namespace',
      example: 'roundhouse cluster pods prod --namespace web',
      args: { cluster },
      options: { namespace },
      async run({ hub, args, options, out, signal }) {
        const query = { limit: 100 };
        const found = hub.infrastructure.kubernetes.listPodsAll(args.cluster, options.namespace, query, { signal });
        await out.list(await all(found), podColumns, ({ name }) => name, 'no pods');
      },
    }),
    command({
      name: 'logs',
      summary: 'print the log of a pod, and follow it with -f',
      example: 'roundhouse cluster logs prod web-0 --namespace web -f',
      isPlain: true,
      args: { cluster, pod },
      options: {
        namespace,
        container,
        follow: flag('go on with new lines until Ctrl-C', 'f'),
        lines: parsed('<number>', 'how many of the last lines; default: all', wholeNumber),
      },
      async run({ hub, args, options, out, signal }) {
        const { kubernetes } = hub.infrastructure;
        const query = defined({ container: options.container, tail_lines: options.lines });
        if (!options.follow) {
          const { logs } = await kubernetes.readPodLog(args.cluster, options.namespace, args.pod, query, { signal });
          return out.text(logs);
        }
        const lines = kubernetes.followPodLog(args.cluster, options.namespace, args.pod, query, { signal });
        for await (const line of lines) await out.item(line, line);
      },
    }),
    command({
      name: 'exec',
      summary: 'run a program in a pod; exit code 6 if it fails',
      example: 'roundhouse cluster exec prod web-0 --namespace web -- ls /srv',
      args: { cluster, pod, command: rest('-- and the command line') },
      options: { namespace, container },
      async run({ hub, args, options, out, signal }) {
        const body = { command: args.command, ...defined({ container: options.container }) };
        const { kubernetes } = hub.infrastructure;
        const result = await out.progress.during(
          `running in ${args.pod}`,
          kubernetes.execInPod(args.cluster, options.namespace, args.pod, body, { signal }),
        );
        if (out.form === 'people') {
          if (result.stderr !== '') out.say(result.stderr.replace(/\n$/, ''));
          await out.text(result.stdout);
        } else await out.record(result, {}, String(result.exit_code));
        if (result.exit_code !== 0) throw new CommandError(`the program ended with ${result.exit_code}`, 'outcome');
      },
    }),
    command({
      name: 'deployments',
      summary: 'list the deployments of a namespace',
      example: 'roundhouse cluster deployments prod --namespace web',
      args: { cluster },
      options: { namespace },
      async run({ hub, args, options, out, signal }) {
        const { kubernetes } = hub.infrastructure;
        const found = kubernetes.listDeploymentsAll(args.cluster, options.namespace, { limit: 100 }, { signal });
        await out.list(await all(found), deploymentColumns, ({ name }) => name, 'no deployments');
      },
    }),
    command({
      name: 'scale',
      summary: 'give a deployment another number of replicas',
      example: 'roundhouse cluster scale prod web --namespace web --replicas 3',
      args: { cluster, deployment: argument('name of the deployment') },
      options: { namespace, replicas: required(parsed('<number>', 'how many; 0 for none', replicasOf)) },
      async run({ hub, args, options: { namespace, replicas }, out }) {
        const { kubernetes } = hub.infrastructure;
        const changed = await kubernetes.scaleDeployment(args.cluster, namespace, args.deployment, { replicas });
        await out.done(`${args.deployment} has ${replicas} replicas`, changed);
      },
    }),
    command({
      name: 'restart',
      summary: 'let the cluster replace all pods of a deployment',
      example: 'roundhouse cluster restart prod web --namespace web',
      args: { cluster, deployment: argument('name of the deployment') },
      options: { namespace },
      async run({ hub, args, options, out }) {
        const { kubernetes } = hub.infrastructure;
        const restarted = await kubernetes.restartDeployment(args.cluster, options.namespace, args.deployment);
        await out.done(`the cluster replaces the pods of ${args.deployment}`, restarted);
      },
    }),
    command({
      name: 'remove',
      summary: 'forget a cluster and its credentials; the cluster itself stays',
      example: 'roundhouse cluster remove prod --yes',
      args: { cluster },
      options: { yes },
      async run({ hub, args, options, out }) {
        await confirm(out, `Forget cluster '${args.cluster}'?`, options.yes);
        await hub.infrastructure.kubernetes.deleteCluster(args.cluster);
        await out.done(`${args.cluster} is forgotten`, { cluster: args.cluster, removed: true });
      },
    }),
  ],
};

async function showCluster(out: Output, found: infrastructure.GetClusterResult): Promise<void> {
  const facts = {
    ...{ cluster: found.name, id: found.id, description: found.description, site: found.site, status: found.status },
    reason: found.error,
    version: found.version,
    platform: found.platform,
    nodes: found.nodes_count,
    namespaces: found.namespaces_count,
    pods: found.pods_count,
    access: `${found.access.type} ${found.access.host}`,
    'may not see': found.forbidden.join(', '),
    checked: found.checked_at,
  };
  await out.record(found, facts, found.id);
}

function replicasOf(text: string): number {
  return text === '0' ? 0 : wholeNumber(text);
}

async function base64(file: string): Promise<string> {
  return (await readFile(file)).toString('base64');
}
