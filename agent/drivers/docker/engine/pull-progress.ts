/** Layers come in many small steps; people are told this often, milliseconds. */
const tellMs = 5000;
const mebibyte = 1024 ** 2;

/** What a pull has fetched so far, told from time to time. */
export class PullProgress {
  readonly #layers = new Map<string, { readonly current: number; readonly total: number }>();
  #told = performance.now();

  constructor(private readonly note: (line: string) => void) {}

  tell(message: {
    readonly id?: string;
    readonly status?: string;
    readonly progressDetail?: { readonly current?: number; readonly total?: number };
  }): void {
    const { id, status = '', progressDetail: { current, total } = {} } = message;
    if (/^(Digest|Status): /.test(status)) this.note(status);
    if (id === undefined || status !== 'Downloading' || current === undefined) return;
    this.#layers.set(id, { current, total: total ?? current });
    if (performance.now() - this.#told < tellMs) return;
    this.#told = performance.now();
    let [fetched, all] = [0, 0];
    for (const layer of this.#layers.values()) {
      fetched += layer.current;
      all += layer.total;
    }
    this.note(`pulled ${Math.round(fetched / mebibyte)} of ${Math.round(all / mebibyte)} MiB`);
  }
}
