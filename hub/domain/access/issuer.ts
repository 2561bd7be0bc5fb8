/** The claims of the identity provider's access token, once its signature, issuer, audience and time are checked. */
export interface TokenClaims {
  readonly sub: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** All of them, as they came. */
  readonly all: Readonly<Record<string, unknown>>;
}

/** The identity provider whose access tokens MCP clients may use; implemented outside the domain. */
export interface TokenIssuer {
  /** As it names itself: the claim `iss`. */
  readonly url: string;
  /**
   * Checks a token that was made for this hub's `/mcp`.
   * @throws DomainError `invalid_credential`, `expired_credential`, `unavailable` (the provider is out of reach).
   */
  verify(token: string): Promise<TokenClaims>;
}
