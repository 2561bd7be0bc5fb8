import type { LogEntry } from '../../logs/entry.js';

const levels = new Set(['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']);

/** The log entry for the params of a server's `notifications/message`. */
export function messageEntry(params: unknown): LogEntry {
  const { level, logger, data } = (params ?? {}) as { level?: unknown; logger?: unknown; data?: unknown };
  const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? '');
  return {
    level: typeof level === 'string' && levels.has(level) ? level : 'info',
    source: 'mcp',
    message: typeof logger === 'string' && logger !== '' ? `${logger}: ${text}` : text,
  };
}
