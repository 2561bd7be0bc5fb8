import { createHash } from 'node:crypto';
import { ConfigChangeState } from '@roundhouse/proto/agent/v1/device';
import { unifiedDiff } from '@roundhouse/proto/work';
import { AgentFailure } from '../../failure.js';
import { configHash } from './config/lines.js';
import type { Connection } from './connection.js';
import { deviceFailure, reasonOf } from './failure.js';
import type { Active, ConfigFormat, Platform } from './platforms/platform.js';
import type { Guard } from './rollback-guards.js';
import type { LineJudge, RunOptions, Work } from './ssh/session.js';

/** A change that the hub asks for. */
export interface ChangeRequest {
  readonly config: string;
  readonly format: ConfigFormat;
  readonly replace: boolean;
  readonly baseHash: string;
  readonly baseConfig: string;
  readonly confirmTimeoutMs: number;
  readonly changeId: string;
  readonly transient: boolean;
}

/** The result of a change, as the contract's `ApplyConfig` has it. */
export interface AppliedChange {
  readonly changed: boolean;
  readonly protected: boolean;
  readonly confirmed: true;
  readonly saved: boolean;
  readonly diff: string;
  readonly hashBefore: string;
  readonly hashAfter: string;
  readonly method: string;
  readonly appliedAt: number;
}

/** The device whose configuration is changed. */
export interface ChangeHost {
  readonly platform: Platform;
  /** The device by its `addressKey`. */
  readonly address: string;
  /**
   * A new connection in addition to the one in use. If the device allows only one connection and `mayLeave` is set, the agent disconnects
   * and dials again. If the agent knew that limit before the change, it uses the present connection instead.
   * @throws AgentFailure after the time limit.
   */
  fresh(timeoutMs: number, mayLeave: boolean): Promise<Connection>;
  /** Finds out whether the device takes a second connection, if that is not known. */
  probe(): Promise<void>;
  /** Resolves once the guard is on disk. */
  keep(guard: Guard): Promise<void>;
  /** @throws AgentFailure if the site's present policy forbids the change, or if the registration has changed */
  judge(): void;
  /** Judges the lines that read the configuration, whose differences the hub gets. */
  readonly judgeReading: LineJudge;
  /** Judges the lines that the platform types to make the change. */
  readonly judgeStep: LineJudge;
  readonly takeBackMs: number;
}

/** How long one step of a procedure at the device may take, milliseconds: large configurations take long. */
const stepMs = 300_000;
/** A change runs to its end, even if the command is cancelled, so that no device stays half-changed. */
const toItsEnd: RunOptions = { timeoutMs: stepMs, signal: new AbortController().signal };
const defaultConfirmMs = 120_000;

/** Confirming a change, reading the configuration again, taking the change back and tidying up end a change that the site's policy has allowed. */
const unjudged: LineJudge = () => {};

/** The running configuration, as it is and normalised. */
export async function readRunning(
  platform: Platform,
  work: Work,
): Promise<{ text: string; normal: string; hash: string }> {
  const text = await platform.readConfig(work, 'text', '');
  const normal = platform.normalize(text);
  return { text, normal, hash: configHash(normal) };
}

/** Applies a change, confirms it over a new connection, or takes it back. @throws AgentFailure, as `device.proto` says. */
export async function applyChange(
  host: ChangeHost,
  connection: Connection,
  request: ChangeRequest,
): Promise<AppliedChange> {
  const { platform } = host;
  const before = await readRunning(platform, connection.work(toItsEnd, host.judgeReading));
  const { baseHash } = request;
  if (baseHash !== '' && baseHash !== before.hash) throw await conflict(platform, request, before);
  const confirmMs = request.confirmTimeoutMs || defaultConfirmMs;
  const name = `roundhouse-${createHash('sha256').update(request.changeId).digest('hex').slice(0, 12)}`;
  const guard: Guard = {
    changeId: request.changeId,
    state: ConfigChangeState.BEGUN,
    address: host.address,
    hostKey: connection.pins.hostKey,
    name,
    hashBefore: before.hash,
    hashAfter: '',
    at: Date.now(),
    error: '',
    saved: before.text,
  };
  if (!platform.protects(before.text)) await host.probe();
  host.judge();
  await host.keep(guard);
  const settled = (state: ConfigChangeState, hashAfter: string): Promise<void> =>
    host.keep(closed(guard, state, hashAfter));
  const confirmMinutes = Math.min(120, Math.max(1, Math.ceil(confirmMs / 60_000)));
  let now = connection;
  let active: Active | undefined;
  try {
    active = await platform.apply(connection.work(toItsEnd, host.judgeStep), {
      ...request,
      name,
      running: before.text,
      confirmMinutes,
    });
    const common = { confirmed: true, hashBefore: before.hash, method: active.method, appliedAt: Date.now() } as const;
    if (!active.changed) {
      await settled(ConfigChangeState.CONFIRMED, before.hash);
      return { ...common, changed: false, protected: active.protected, saved: false, diff: '', hashAfter: before.hash };
    }
    now = await host.fresh(Math.min(confirmMs, 60_000), active.protected);
    const after = await readRunning(platform, now.work(toItsEnd, unjudged));
    host.judge();
    await active.confirm(now.work(toItsEnd, unjudged));
    await settled(ConfigChangeState.CONFIRMED, after.hash);
    const saved = request.transient ? false : await quietly(platform.save(now.work(toItsEnd, unjudged)));
    await quietly(platform.tidy(now.work(toItsEnd, unjudged), name));
    const diff = await unifiedDiff(before.normal, after.normal);
    const changed = diff !== '';
    return { ...common, changed, protected: active.protected, saved, diff, hashAfter: after.hash };
  } catch (error) {
    throw await takeBack(host, [now, connection], guard, error, active !== undefined);
  }
}

/**
 * Restores the old configuration, if the device has another one, and reports the outcome. @throws AgentFailure if the device is lost
 * meanwhile.
 */
export async function recover(platform: Platform, connection: Connection, guard: Guard): Promise<Guard> {
  const work = connection.work(toItsEnd, unjudged);
  await work.session.leaveConfig(toItsEnd);
  await platform.abandon(work, guard.name);
  let running = await readRunning(platform, work);
  let problem = '';
  if (running.hash !== guard.hashBefore) {
    try {
      await platform.restore(work, { name: guard.name, config: guard.saved ?? '', running: running.text });
    } catch (error) {
      if (!(error instanceof AgentFailure) || !connection.isOpen) throw error;
      problem = error.message;
    }
    running = await readRunning(platform, work);
  }
  await quietly(platform.tidy(work, guard.name));
  const state = running.hash === guard.hashBefore ? ConfigChangeState.REVERTED : ConfigChangeState.FAILED;
  return {
    ...closed(guard, state, running.hash),
    error: state === ConfigChangeState.FAILED ? problem || 'not the same' : '',
  };
}

/** Takes the change back. Returns the failure for the hub, which says in which state the device is. `inForce`: the change had been made. */
async function takeBack(
  host: ChangeHost,
  connections: readonly Connection[],
  guard: Guard,
  error: unknown,
  inForce: boolean,
): Promise<unknown> {
  const cause = error instanceof Error ? error.message : String(error);
  const details = error instanceof AgentFailure ? error.details : {};
  const until = performance.now() + host.takeBackMs;
  const [now, old] = connections;
  // The old connection may hold the lock.
  if (old !== now && old?.isOpen) await quietly(old.session.leaveConfig({ ...toItsEnd, timeoutMs: 5_000 }));
  const open = [...new Set(connections)].filter(({ isOpen }) => isOpen);
  for (let first = open.shift(); ; first = open.shift()) {
    const left = until - performance.now();
    try {
      if (first === undefined && left <= 0) break;
      const settled = await recover(host.platform, first ?? (await host.fresh(left, true)), guard);
      await host.keep(settled);
      if (settled.state === ConfigChangeState.FAILED) {
        const message = `${cause}; the old configuration could not be restored: ${settled.error}`;
        return deviceFailure('upstream', 'rejected', message, { ...details, restored: false });
      }
      if (reasonOf(error) === 'rejected' || reasonOf(error) === 'locked') return error;
      if (reasonOf(error) === 'policy' && !inForce) return error;
      return deviceFailure('upstream', 'reverted', `${cause}; the old configuration is back`, { cause: details });
    } catch (failure) {
      if (!(failure instanceof AgentFailure)) return failure;
      if (failure.kind === 'cancelled') break;
    }
  }
  await host.keep({ ...guard, state: ConfigChangeState.RESTORE_PENDING, at: Date.now(), error: cause });
  const message = `${cause}; the old configuration is restored as soon as the device can be reached`;
  return deviceFailure('upstream', 'restore_pending', message, { cause: details, outcome: 'unknown' });
}

/** The guard of a change that the agent cannot take back, because the registration names another device. */
export function closedElsewhere(guard: Guard): Guard {
  const error = 'the change was not taken back: the registration names another device now';
  return { ...closed(guard, ConfigChangeState.FAILED, ''), error };
}

/** A guard whose change has ended: it does not need the old configuration any longer. */
function closed({ saved: _, ...guard }: Guard, state: ConfigChangeState, hashAfter: string): Guard {
  return { ...guard, state, hashAfter, at: Date.now() };
}

async function conflict(
  platform: Platform,
  { baseConfig, baseHash }: ChangeRequest,
  { normal, hash }: { normal: string; hash: string },
): Promise<AgentFailure> {
  const diff = baseConfig === '' ? '' : await unifiedDiff(platform.normalize(baseConfig), normal);
  const message = 'the configuration has changed since the change was made for it';
  return deviceFailure('conflict', 'config_changed', message, { diff, hash, baseHash, outcome: 'not_run' });
}

async function quietly(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (!(error instanceof AgentFailure)) throw error;
    return false;
  }
}
