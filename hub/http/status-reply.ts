/** A bare JSON body with a status of its own: health says it is unhealthy with the same members under 503. */
export class StatusReply {
  constructor(
    readonly status: number,
    readonly body: Readonly<Record<string, unknown>>,
  ) {}
}
