import type { infrastructure } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { FollowedLog } from '../followed-log.js';
import { Confirm, Parts, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Facts, Failure, Moment, number, Page } from '../ui.js';
import { Commands } from './commands.js';
import { AGAIN_MS, ContainerState, containerPath, HostName } from './docker.js';
import { Terminals } from './terminals.js';

const { docker } = hub.infrastructure;

type Container = infrastructure.GetContainerResult;
interface Shown {
  readonly host: string;
  readonly container: Container;
}

/** How many of the last lines the log begins with. */
const FIRST_LINES = 200;
const MIB = 1024 * 1024;

export default function ContainerPage(props: {
  readonly host: string;
  readonly name: string;
  readonly part?: string | undefined;
}) {
  const may = useMay();
  const { host, name, part } = props;
  const { data: container, error } = useQuery({
    queryKey: ['container', host, name],
    queryFn: ({ signal }) => docker.getContainer(host, name, { signal }),
    refetchInterval: AGAIN_MS,
  });
  if (!container) return <Page title={name}>{error ? <Failure error={error} /> : <p>Loading …</p>}</Page>;
  const address = containerPath(host, name);
  const parts = [
    { href: address, title: 'State' },
    ...(may('docker.logs') ? [{ href: `${address}/log`, title: 'Log' }] : []),
    ...(may('docker.execute') && container.server_id === null
      ? [
          { href: `${address}/terminal`, title: 'Terminal' },
          { href: `${address}/command`, title: 'Run a command' },
        ]
      : []),
  ];
  const current = parts.find(({ href }) => href === `${address}/${part}`)?.href ?? address;
  const isOpen = may('docker.operate') && container.server_id === null;
  return (
    <Page title={container.name} actions={isOpen && <Actions host={host} container={container} />}>
      {error && <Failure error={error} />}
      <p>
        <ContainerState state={container.state} /> on <HostName host={host} /> · {container.image}
      </p>
      {container.server_id !== null && (
        <p>
          It runs <Link href={`/servers/${container.server_id}`}>a server</Link>. Start and stop it there.
        </p>
      )}
      <Parts label="Parts of the container" current={current} parts={parts} />
      {current === `${address}/log` ? (
        <FollowedLog
          id={container.id}
          follow={(signal) =>
            docker.followContainerLog(host, container.id, { tail_lines: FIRST_LINES, timestamps: true }, { signal })
          }
          textOf={(line) => line}
        />
      ) : current === `${address}/terminal` ? (
        <Terminals
          subject={container.name}
          ticket={(command, options) => docker.openContainerTerminal(host, container.id, { command }, options)}
        />
      ) : current === `${address}/command` ? (
        <Commands
          subject={container.name}
          run={(command, options) => docker.execInContainer(host, container.id, { command }, options)}
        />
      ) : (
        <State container={container} />
      )}
    </Page>
  );
}

/** Uses the id of the container that the page shows, because another container may have its name by now. */
function Actions({ host, container: { id, name, site, state } }: Shown) {
  const act = useAct(
    (verb: 'start' | 'stop' | 'restart') => {
      const patient = { timeoutMs: 0 };
      if (verb === 'start') return docker.startContainer(host, id, patient);
      return verb === 'stop'
        ? docker.stopContainer(host, id, {}, patient)
        : docker.restartContainer(host, id, {}, patient);
    },
    'container',
    'containers',
    'docker-hosts',
  );
  const subject = `${name} at ${site}`;
  const isUp = state === 'running' || state === 'paused' || state === 'restarting';
  return (
    <div className="actions">
      {isUp ? (
        <>
          <Confirm
            action="Restart"
            subject={subject}
            isPending={act.isPending}
            onConfirm={() => act.mutate('restart')}
          />
          <Confirm action="Stop" subject={subject} isPending={act.isPending} onConfirm={() => act.mutate('stop')} />
        </>
      ) : (
        <Confirm action="Start" subject={subject} isPending={act.isPending} onConfirm={() => act.mutate('start')} />
      )}
      {act.isPending && <output>The engine is working …</output>}
      {act.error && <Failure error={act.error} />}
    </div>
  );
}

function State({ container }: { readonly container: Container }) {
  const { ports, mounts, networks, labels, env, memory_bytes, cpus } = container;
  const facts: [string, ReactNode][] = [
    ['Id', container.id],
    ['Command', container.command.join(' ')],
    ['Made', <Moment key="made" at={container.created_at} />],
    ['Started', <Moment key="started" at={container.started_at} />],
    ['Ended', <Moment key="ended" at={container.finished_at} />],
    ['Exit code', container.exit_code],
    ['Error', container.error],
    ['Health', container.health],
    ['Restarts', `${number(container.restart_count)}, policy ${container.restart}`],
    ['User', container.user],
    ['Ports', ports.join(', ')],
    ['Networks', networks.map(({ name, ip }) => (ip === '' ? name : `${name} (${ip})`)).join(', ')],
    ['Memory', memory_bytes === 0 ? 'no limit' : `${number(Math.round(memory_bytes / MIB))} MiB at most`],
    ['Processors', cpus === 0 ? 'no limit' : `${number(cpus)} at most`],
    ['Mounts', mounts.map(({ source, target }) => `${source} at ${target}`).join(', ')],
    ['Variables', env.join(', ')],
    [
      'Labels',
      Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(', '),
    ],
  ];
  return <Facts facts={facts} />;
}
