/** A token whose server does not say how long it lasts is used for so long, unless it is refused earlier; milliseconds. */
const assumedLifeMs = 60 * 60_000;

/** A new token is fetched so long before the old one ends, but no more than this part of its life before. */
const earlyMs = 60_000;
const earlyPart = 0.2;

/** A token is not used in its last moments, which may be over when the request arrives. */
const marginMs = 5000;
const marginPart = 0.05;

/** Milliseconds since 1970: from when on a new token is fetched, and from when on the old one is not used. */
export interface TokenLife {
  readonly renewAt: number;
  readonly endsAt: number;
}

/** How long a token that came just now may be used. @param expiresInS `undefined` where its server does not say */
export function tokenLife(expiresInS: number | undefined): TokenLife {
  const now = Date.now();
  const life = expiresInS === undefined ? assumedLifeMs : expiresInS * 1000;
  return {
    renewAt: now + life - Math.min(earlyMs, life * earlyPart),
    endsAt: now + life - Math.min(marginMs, life * marginPart),
  };
}
