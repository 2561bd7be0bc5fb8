import { randomUUID } from 'node:crypto';
import type { RunContainer } from '@roundhouse/proto/agent/v1/docker';
import type { ContainerCreateOptions } from 'dockerode';
import { AgentFailure } from '../../../failure.js';
import { emptyRun, type RunOptions, valueFlags } from '../command-line/run-flags.js';
import type { Docker } from '../docker.js';
import { engineName, type ImageReference, referenceText } from '../reference.js';
import { detailsOf, type Found, type HostContainers } from './containers.js';
import { checkVariables } from './exec.js';
import { ask, wrong } from './failure.js';
import { type HostImages, type Note, referenceOf } from './images.js';
import type { Judge } from './policy.js';

/** A container to be made. */
export type RunRequest = Readonly<Omit<RunContainer, '$typeName' | '$unknown'>>;

/** The label by which the agent finds the container of a request whose answer was lost. */
const launchLabel = 'io.roundhouse.launch';

export interface RunParts {
  readonly docker: Docker;
  readonly judge: Judge;
  readonly containers: HostContainers;
  readonly images: HostImages;
}

/** Creates a container and starts it. If that fails, the container is removed. @throws AgentFailure */
export async function runContainer(
  { docker, judge, containers, images }: RunParts,
  request: RunRequest,
  note: Note,
  signal: AbortSignal,
) {
  const reference = referenceOf(request.image);
  const options = createOptions(request, reference);
  const line = ['docker', 'run', ...flagsOf(request), referenceText(reference), ...request.command];
  const judgeAll = () => {
    judge.changes('no container is run');
    judge.image(reference);
    judge.variables(Object.keys(request.env));
    judge.command(line, request.command);
  };
  judgeAll();
  const pulled = request.pull === 'always' || (request.pull !== 'never' && !(await images.has(reference, signal)));
  if (pulled) await images.fetch(reference, undefined, note, signal);
  signal.throwIfAborted();
  const { engine } = docker;
  // A pull may take minutes, and the policy may have changed meanwhile.
  judgeAll();
  const launch = randomUUID();
  const { name } = request;
  const labels = { ...options.Labels, [launchLabel]: launch };
  // Otherwise the library also puts all options into the address, which the engine's log would show.
  const whole = { _query: name === '' ? {} : { name }, _body: { ...options, Labels: labels } };
  try {
    // Not cancelled: the agent has to know whether there is a container now.
    const make = async (abortSignal: AbortSignal) =>
      (await engine.client()).createContainer({ ...whole, abortSignal } as ContainerCreateOptions);
    const made = await ask(engine, 'create the container', make, { subject: 'image' });
    signal.throwIfAborted();
    // A container that is removed at its end may be gone when its start is answered.
    const before = request.autoRemove ? await containers.find(made.id, signal) : undefined;
    await ask(engine, 'start the container', (abortSignal) => made.start({ abortSignal }));
    const { info } = await containers.find(made.id, signal).catch((error: unknown) => {
      if (before && error instanceof AgentFailure && error.kind === 'not_found') return removed(before);
      throw error;
    });
    return { ...detailsOf(info), pulled };
  } catch (error) {
    await takeAway(docker, launch);
    throw error;
  }
}

/** The container as it was before its start, with its outcome. */
function removed(before: Found): Found {
  const { info } = before;
  return { ...before, info: { ...info, State: { ...info.State, Status: 'removed' } } };
}

/** Removes the container of a launch, as far as possible: an engine that did not answer may have made it. */
async function takeAway({ engine }: Docker, launch: string): Promise<void> {
  const filters = { label: [`${launchLabel}=${launch}`] };
  await engine
    .ask('remove the container', async (abortSignal) => {
      const client = await engine.client();
      const left = await client.listContainers({ all: true, filters, abortSignal });
      for (const { Id } of left) await client.getContainer(Id).remove({ force: true, v: true, abortSignal });
    })
    .catch(() => {});
}

/** The parts that a site's policy judges, as `docker run` writes them. */
function flagsOf({ volumes, ports, network, user, entrypoint, workdir, restart, labels }: RunRequest): string[] {
  const single = { '--network': network, '--user': user, '--entrypoint': entrypoint, '--workdir': workdir };
  return [
    ...volumes.flatMap((volume) => ['-v', volume]),
    ...ports.flatMap((port) => ['-p', port]),
    ...Object.entries({ ...single, '--restart': restart === 'no' ? '' : restart }).flatMap(([flag, value]) =>
      value === '' ? [] : [flag, value],
    ),
    ...Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .flatMap((label) => ['--label', label]),
  ];
}

/** @throws AgentFailure `invalid_argument` naming the field. */
function createOptions(request: RunRequest, image: ImageReference): ContainerCreateOptions {
  const { name, command, env, labels, ports, volumes, network, user, workdir, entrypoint, memory, cpus } = request;
  if (name !== '' && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/.test(name))
    wrong('name', 'expected letters, digits, _ . -, two at least');
  if (command.some((word) => word.includes('\0'))) wrong('command', 'must hold no NUL characters');
  if (!/^(missing|always|never|)$/.test(request.pull)) wrong('pull', 'expected missing, always or never');
  checkVariables(env);
  const options = emptyRun();
  for (const [at, volume] of volumes.entries()) set(options, '-v', volume, `volumes.${at}`);
  for (const [at, port] of ports.entries()) set(options, '-p', port, `ports.${at}`);
  for (const [key, value] of Object.entries(labels)) set(options, '--label', `${key}=${value}`, `labels.${key}`);
  const single = { network, user, workdir, entrypoint, memory, cpus };
  for (const [field, value] of Object.entries(single)) if (value !== '') set(options, `--${field}`, value, field);
  const { container, host } = options;
  return {
    ...container,
    Image: engineName(image),
    ...(command.length > 0 && { Cmd: [...command] }),
    Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    HostConfig: {
      ...host,
      ...(request.init && { Init: true }),
      ReadonlyRootfs: request.readOnly,
      AutoRemove: request.autoRemove,
      RestartPolicy: restartPolicy(request.restart),
    },
  };
}

function set(options: RunOptions, flag: string, value: string, field: string): void {
  const problem = valueFlags[flag]?.(options, value);
  if (problem?.wrong !== undefined) wrong(field, problem.wrong);
  if (problem?.left !== undefined) wrong(field, `it ${problem.left}`);
}

function restartPolicy(text: string) {
  const [, name = 'no', times] = /^(no|always|unless-stopped|on-failure(?=$|:))?(?::(\d{1,9}))?$/.exec(text) ?? [
    '',
    wrong('restart', 'expected no, on-failure, on-failure:TIMES, always or unless-stopped'),
  ];
  if (times !== undefined && name !== 'on-failure') wrong('restart', 'only on-failure takes a number');
  return { Name: name, MaximumRetryCount: Number(times ?? 0) };
}
