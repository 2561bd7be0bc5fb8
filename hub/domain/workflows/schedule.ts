import { Cron } from 'croner';
import type { RequestOrigin } from '../access/caller.js';
import { invalid } from '../errors.js';
import { collection } from '../store.js';
import type { Parameters } from './definition.js';

/** A series of runs of a workflow. The runs are jobs, and one of them is always planned. */
export interface ScheduleRecord {
  readonly id: string;
  readonly workflow: string;
  readonly parameters: Parameters;
  readonly cron: string;
  /** IANA name. */
  readonly timezone: string;
  readonly origin: RequestOrigin;
  /** The job of the next run. */
  readonly nextJobId: string;
  /** Milliseconds since 1970. */
  readonly nextAt: number;
  readonly revision: number;
}

export const scheduleRecords = collection<ScheduleRecord>('workflow_schedules', 'schedule');

export type When =
  | { readonly kind: 'once'; readonly at: number }
  | { readonly kind: 'cron'; readonly at: number; readonly cron: string };

/** A time in the past, up to this long ago, counts as now: clocks differ. */
const PAST_MS = 60_000;
/**
 * The rarest day of all, 29 February on a given day of the week, comes again within this time, years. A longer search would hold up the
 * event loop.
 */
const SEARCHED_YEARS = 40;
const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads `immediate`, an ISO time with its zone, or a cron expression of five fields (six with seconds).
 * @throws DomainError `invalid_input`.
 */
export function readSchedule(schedule: string, timezone: string, now = Date.now()): When {
  checkTimezone(timezone);
  if (schedule === 'immediate') return { kind: 'once', at: now };
  if (/^\d{4}-/.test(schedule)) {
    const at = isoTime.test(schedule) ? Date.parse(schedule) : Number.NaN;
    if (Number.isNaN(at))
      throw invalid('schedule', 'must be an ISO time with Z or an offset, such as 2026-01-31T03:00:00Z');
    if (at < now - PAST_MS) throw invalid('schedule', 'must not lie in the past');
    return { kind: 'once', at: Math.max(at, now) };
  }
  const at = nextTime(schedule, timezone, now);
  if (at === undefined) throw invalid('schedule', 'must be a cron expression with a time to come');
  return { kind: 'cron', at, cron: schedule };
}

/** The next time of a cron expression, milliseconds since 1970; `undefined` if it has none. @throws DomainError `invalid_input`. */
export function nextTime(cron: string, timezone: string, now = Date.now()): number | undefined {
  try {
    return new Cron(withYears(cron, now), { timezone, paused: true }).nextRun(new Date(now))?.getTime();
  } catch {
    throw invalid('schedule', "must be 'immediate', an ISO time or a cron expression such as '0 3 * * *'");
  }
}

/** The same expression with the years that are searched. @throws RangeError for more than six fields. */
function withYears(cron: string, now: number): string {
  if (cron.startsWith('@')) return cron;
  const fields = cron.trim().split(/\s+/);
  if (fields.length > 6) throw new RangeError('a field too many');
  const first = new Date(now).getUTCFullYear();
  return [...(fields.length === 5 ? ['0'] : []), ...fields, `${first}-${first + SEARCHED_YEARS}`].join(' ');
}

function checkTimezone(timezone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    throw invalid('timezone', 'must be the IANA name of a time zone, such as Europe/Berlin');
  }
}
