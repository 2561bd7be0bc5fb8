import { unifiedDiff } from '@roundhouse/proto/work';

/** Lines that change by themselves: times, headers and remarks of devices. */
const volatile =
  /^(?:!|## Last (?:changed|commit):|Current configuration ?:|ntp clock-period |(?:Building configuration\.\.\.)?$)/;

/** A unified diff of two configurations, without the parts that change by themselves; empty if they are the same. */
export function configDiff(before: string, after: string): Promise<string> {
  return unifiedDiff(stable(before), stable(after));
}

function stable(config: string): string {
  const lines = config
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => !volatile.test(line));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
