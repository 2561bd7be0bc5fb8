import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { agentReturned, readableText } from '../agents/answer.js';
import type { Fleet } from '../agents/fleet.js';
import { auditWrite, writtenAfter } from '../audit/audit.js';
import { type Redactor, redactorOf } from '../audit/redactor.js';
import { type Cancellation, CancelSource } from '../cancellation.js';
import type { DatabaseQueries } from '../databases/queries.js';
import { DomainError, invalid, invalidFields, type Problem } from '../errors.js';
import type { JobRun, StepCommand } from '../jobs/kind.js';
import type { CommandTarget, JobRecord } from '../jobs/record.js';
import type { UrlGuard } from '../net/url-guard.js';
import type { ServerRecord } from '../servers/record.js';
import type { Servers } from '../servers/servers.js';
import type { Store } from '../store.js';
import type { Invocations } from '../tools/invocations.js';
import type { Requester } from '../webhooks/deliverer.js';
import { filledInProblems, httpDefaults, sqlDefaults } from './kind-arguments.js';
import { HTTP, kindForms, type OperationKind, operationOf, type StepOperation, type StepOperations } from './kinds.js';

/** Arguments of a step, filled in. */
export type Args = Readonly<Record<string, unknown>>;

export interface OncePartsOfSteps {
  readonly store: Pick<Store, 'apply'>;
  readonly servers: Servers;
  readonly invocations: Invocations;
  readonly redactor: Redactor;
  readonly fleet: () => Fleet;
  readonly queries: DatabaseQueries;
  readonly stepOperations: StepOperations;
  readonly outbound: { readonly guard: UrlGuard; readonly sender: Requester };
}

/**
 * Calls a tool, once. The answer contains no secret of the tool's server: other operators read it, too. If the hub stopped meanwhile, the
 * hub asks the agent that got the call for its outcome; no other agent gets the call.
 */
export async function callTool(
  { invocations, servers, redactor }: OncePartsOfSteps,
  args: Args,
  run: JobRun,
  command: StepCommand,
  secret: boolean,
) {
  const { caller } = run.origin;
  if (!caller) throw new DomainError('forbidden', NO_CALLER);
  const { journal, sentTo } = command;
  const { tool, server, arguments: given = {}, timeout } = args;
  if (typeof tool !== 'string') throw invalid('tool', 'must be the name of a tool');
  const wanted = sentTo?.serverId ?? (typeof server === 'string' ? server : undefined);
  const make = async (signal: Cancellation) => {
    const call = {
      caller,
      tool,
      server: wanted,
      arguments: given as Parameters<Invocations['invoke']>[1]['arguments'],
      timeoutMs: typeof timeout === 'number' ? timeout * 1000 : undefined,
      signal,
      journal,
      // Every operator may read a run that names no personal server.
      isPublic: !isPersonal(run),
    };
    const known = wanted === undefined ? undefined : servers.named(caller, wanted);
    if (run.resumed && known) await invocations.returned(known.id, signal);
    const target = await invocations.find(run.origin, call);
    const { id: serverId, agentId } = target.server;
    if (secret) checkMayLearnSettings(target.server, server);
    await sendTo(command, { serverId, agentId }, 'its server is at another agent now');
    return { ...(await invocations.invoke(run.origin, { ...call, target })), calledServer: target.server };
  };
  const { result, isError, durationMs, calledServer } = await once(run, sentTo, make);
  const secrets = redactorOf(redactor, calledServer).except(JSON.stringify(given));
  const answer = await secrets.stringsInTurns(JSON.parse(await readableText(result)));
  if (isError)
    throw new DomainError('upstream_failed', `the tool '${tool}' reported an error`, { toolText: textOf(answer) });
  return { durationMs, result: answer };
}

/** Finds the tool of a call without calling it. @param open the arguments that are not known @throws DomainError as the call */
export function checkCall(
  { invocations }: OncePartsOfSteps,
  { tool, server }: Args,
  starter: StepStarter,
  open: ReadonlySet<string>,
): void {
  const { caller } = starter.origin;
  if (!caller) throw new DomainError('forbidden', NO_CALLER);
  if (open.has('tool') || open.has('server')) return;
  const wanted = typeof server === 'string' ? server : undefined;
  invocations.look({ caller, tool: String(tool), server: wanted, isPublic: !isPersonal(starter) });
}

const NO_CALLER = 'a step that calls a tool needs a caller';

/**
 * Checks that a server may get the settings of a database: only a shared server with a command may, because only an admin registers such a
 * server. An operator may register a server by URL, and any owner a personal server. @throws DomainError `conflict`.
 */
function checkMayLearnSettings({ id, name, transport, ownerId }: ServerRecord, named: unknown): void {
  const wrong =
    id !== named
      ? 'the step does not name its server by id: define the workflow again'
      : transport.type !== 'stdio' || ownerId !== undefined
        ? `server '${name}' is no shared server that runs by a command`
        : undefined;
  if (wrong !== undefined)
    throw new DomainError('conflict', `the settings of an external database are not sent: ${wrong}`, {
      outcome: 'not_run',
    });
}

const DOUBT = 'it is not known whether the call took effect';

/** Failures by which an agent tells the outcome of a command that it has run. */
const outcomes = new Set(['upstream_failed', 'timeout', 'cancelled']);

/** Failures of the request for the outcome: it did not reach the agent's journal. */
const unasked = new Set(['agent_unreachable', 'unavailable', 'unimplemented']);

/** The error for an earlier attempt. If the failure is not the outcome of the attempt, its outcome stays unknown. */
function asOutcome(error: unknown, isAnswer: boolean): unknown {
  if (!(error instanceof DomainError) || outcomes.has(error.code)) return withDoubt(error);
  if (isAnswer && !unasked.has(error.code)) return withDoubt(error);
  const reason = `the hub stopped during this step, and ${DOUBT} (${error.message})`;
  return new DomainError('conflict', reason, { outcome: 'unknown' });
}

/** Adds to a failure that the outcome is unknown, if it is. */
function withDoubt(error: unknown): unknown {
  if (!(error instanceof DomainError) || error.details.outcome !== 'unknown') return error;
  return new DomainError(error.code, `${error.message}: ${DOUBT}`, error.details);
}

/** Cancels the work with the run. If the hub stops, the work goes on: the hub asks for its outcome after its next start. */
function untilLeft<T>(run: JobRun, work: (signal: Cancellation) => Promise<T>): Promise<T> {
  const signal = new CancelSource();
  signal.trace = run.signal.trace;
  return new Promise((resolve, reject) => {
    const abort = () => {
      if (run.left) reject(run.signal.reason);
      else signal.abort(run.signal.reason);
    };
    run.signal.addEventListener('abort', abort);
    if (run.signal.aborted) abort();
    work(signal)
      .then(resolve, reject)
      .finally(() => run.signal.removeEventListener('abort', abort));
  });
}

/** The text of a tool's answer; a server may answer with anything. */
function textOf(answer: unknown): string | undefined {
  const { content } = answer as { readonly content?: unknown };
  if (!Array.isArray(content)) return undefined;
  const texts = content.flatMap(({ text }: { readonly text?: unknown }) => (typeof text === 'string' ? [text] : []));
  return texts.length === 0 ? undefined : texts.join('\n');
}

/**
 * Does work that must not take effect twice. @param sentTo the agent that got an earlier attempt
 * @param isAsked whether the agent was asked for the outcome: then its failures are the outcome, whatever their code
 * @throws DomainError that says so if the outcome is unknown
 */
function once<T>(
  run: JobRun,
  sentTo: CommandTarget | undefined,
  work: (signal: Cancellation) => Promise<T>,
  isAsked = () => false,
): Promise<T> {
  return untilLeft(run, (signal) =>
    work(signal).catch((error: unknown) => {
      throw sentTo ? asOutcome(error, isAsked()) : withDoubt(error);
    }),
  );
}

/**
 * Records the agent that gets a command, before the hub sends it. @throws DomainError `conflict` if the hub cannot ask for the outcome of
 * an earlier attempt
 */
async function sendTo(
  { sentTo, isForgotten, sending }: StepCommand,
  target: CommandTarget,
  elsewhere: string,
): Promise<void> {
  if (!sentTo) await sending(target);
  else if (isForgotten || target.agentId !== sentTo.agentId)
    throw new DomainError('conflict', isForgotten ? 'it was too long ago' : elsewhere);
}

/**
 * Does work once whose outcome only the hub learns: if the hub stopped meanwhile, the outcome is unknown.
 * @param repeatable the work may be done twice
 */
function withoutJournal<T>(
  run: JobRun,
  command: StepCommand,
  repeatable: boolean,
  work: (signal: Cancellation) => Promise<T>,
): Promise<T> {
  if (repeatable) return work(run.signal);
  const { sentTo, sending } = command;
  return once(run, sentTo, async (signal) => {
    if (sentTo) throw new DomainError('conflict', 'no outcome of it is kept');
    await sending({ agentId: '', serverId: '' });
    return work(signal);
  });
}

/** The caller and the owner of a run, or of a planned run. */
export interface StepStarter {
  readonly origin: RequestOrigin;
  readonly record: Pick<JobRecord, 'ownerId'>;
}

/** Whether only the caller of a run, and admins, may read the run. The steps of all other runs see no personal servers. */
export function isPersonal({ origin: { caller }, record }: StepStarter): boolean {
  return caller !== null && record.ownerId === ownerOf(caller);
}

/** The origin of the work of a step; see {@link isPersonal}. */
export function originOf(run: StepStarter): RequestOrigin {
  const { origin } = run;
  const { caller } = origin;
  return !caller || isPersonal(run) ? origin : { ...origin, caller: { ...caller, sharedOnly: true } };
}

function check(problems: readonly Problem[]): void {
  const [first, ...others] = problems;
  if (first) throw invalidFields(first, ...others);
}

/**
 * Does an operation on a part of the fleet. The agents keep the outcomes of its named commands: if the hub stopped meanwhile, the operation
 * runs again, and the agents answer commands that they got before with their outcomes.
 */
export async function doOperation(
  { stepOperations, fleet }: OncePartsOfSteps,
  kind: OperationKind,
  args: Args,
  run: JobRun,
  command: StepCommand,
): Promise<object> {
  const { operation: name, ...given } = args;
  const operation = operationOf(stepOperations, { kind, with: args });
  if (!operation) throw invalid('operation', `there is no operation '${String(name)}' of kind '${kind}'`);
  authorize(run.origin.caller, operation.permission);
  const { sentTo, journal, sending } = command;
  if (!sentTo) await admitted(operation, run);
  if (operation.repeatable) return operation.run(given, originOf(run), run.signal);
  let sent = 0;
  const work = async (signal: Cancellation) => {
    if (sentTo?.agentId === '') throw new DomainError('conflict', 'no outcome of it is kept');
    if (sentTo) await agentReturned(fleet(), sentTo.agentId, signal);
    else await sending({ agentId: '', serverId: '' });
    const sendingOnce = async (agentId: string) => {
      if (sentTo) await sendTo(command, { agentId, serverId: '' }, 'another agent does it now');
      else await sending({ agentId, serverId: '' });
      sent += 1;
      return sent === 1 ? journal : `${journal}.${sent}`;
    };
    const sentBefore = sentTo && journal;
    return operation.run(given, { ...originOf(run), sendingOnce, sentBefore }, signal);
  };
  return once(run, sentTo, work, () => sent > 0);
}

/** Waits until an operation has a place in the limits of the APIs: so a loop over many devices takes longer, and does not fail. */
export async function admitted(operation: StepOperation | undefined, run: JobRun): Promise<void> {
  for (;;)
    try {
      operation?.admit?.(run.origin);
      return;
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'rate_limited') throw error;
      await run.pause(Date.now() + Number(error.details.retryAfter) * 1000);
    }
}

/** Runs a statement at an external database. A statement that changes something is sent once: the agent keeps its outcome. */
export async function query({ queries, fleet }: OncePartsOfSteps, args: Args, run: JobRun, command: StepCommand) {
  check(filledInProblems('sql', args));
  const given = { ...sqlDefaults, ...args } as typeof sqlDefaults & {
    readonly database: string;
    readonly statement: string;
  };
  const { statement, values, change, max_rows: maxRows, max_bytes: maxBytes, timeout } = given;
  const asked = { statement, values, change, maxRows, maxBytes, timeoutMs: timeout * 1000 };
  const make = async (signal: Cancellation) => {
    const find = () => queries.find(run.origin, given.database, change);
    if (run.resumed) await agentReturned(fleet(), find().from.agentId, signal);
    const target = find();
    const { agentId } = target.from;
    if (change) await sendTo(command, { agentId, serverId: '' }, 'another agent reaches its database now');
    return queries.run(run.origin, target, asked, { signal, journal: command.journal });
  };
  return change ? once(run, command.sentTo, make) : make(run.signal);
}

/** Methods whose requests change nothing. */
const reading: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Makes an HTTP request from the hub. It may go to the same addresses as webhooks. */
export async function request({ store, outbound }: OncePartsOfSteps, args: Args, run: JobRun, command: StepCommand) {
  check(filledInProblems('http', args));
  const { url, method, headers, body, timeout } = { ...httpDefaults, ...args } as typeof httpDefaults & {
    readonly url: string;
  };
  await outbound.guard.check(url, 'url');
  const text = body === null ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const isJson = body !== null && typeof body !== 'string';
  const sent = { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers };
  return withoutJournal(run, command, reading.has(method), async (signal) => {
    const ending = new AbortController();
    const abort = () => ending.abort(signal.reason);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    const asked = { url, method, headers: sent, body: text, timeoutMs: timeout * 1000, signal: ending.signal };
    // The look for the address of the host takes its time.
    authorize(run.origin.caller, kindForms[HTTP].permission);
    const { statusCode, durationMs, error, answer } = await outbound.sender.request(asked);
    signal.removeEventListener('abort', abort);
    const { host } = new URL(url);
    const isOpen = statusCode === null && !reading.has(method) && !error?.startsWith('Refused');
    const details = { method, host, status: statusCode, ...(isOpen ? { outcome: 'unknown' } : {}) };
    const resource = { type: 'url', id: host };
    const success = statusCode !== null;
    const audit = auditWrite(run.origin, { action: 'http.request', resource, details, success, durationMs });
    const entry = store.apply({ by: null, writes: [audit] });
    await (reading.has(method) ? entry : writtenAfter(entry));
    if (signal.aborted) throw signal.reason;
    if (statusCode === null || !answer) {
      throw new DomainError('upstream_failed', error ?? 'no answer', isOpen ? { outcome: 'unknown' } : {});
    }
    if (statusCode < 200 || statusCode > 299)
      throw new DomainError('upstream_failed', `${host} answers with status ${statusCode}`, {
        toolText: answer.text.slice(0, 1000),
      });
    return { status: statusCode, type: answer.type, body: answer.text, cut: answer.cut ? 'bytes' : null, durationMs };
  });
}
