/** Collects a driver's reports, and waits for later ones. */
export function collectReports<R>(onReport: (listener: (report: R) => void) => void) {
  const reports: R[] = [];
  const waiting = new Set<() => void>();
  onReport((report) => {
    reports.push(report);
    for (const look of [...waiting]) look();
  });
  /** Resolves with the first report, past or to come, that fits. */
  const report = (fits: (report: R) => boolean): Promise<R> =>
    new Promise((resolve) => {
      const look = () => {
        const found = reports.find(fits);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return { reports, report };
}
