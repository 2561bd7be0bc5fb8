/** The address to which users come back after a consent, and the agents' metadata as clients. */
export interface AuthorizationCallback {
  readonly redirectUrl: string;
  /** Empty where the hub cannot be reached from outside by TLS. */
  readonly clientMetadataUrl: string;
}

export const NO_CALLBACK: AuthorizationCallback = { redirectUrl: '', clientMetadataUrl: '' };

/** @param hub its address, as browsers reach it, without a slash at the end */
export function callbackAt(hub: string): AuthorizationCallback {
  const isPublic = hub.startsWith('https:');
  const oauth = `${hub}/connect/api/oauth`;
  return { redirectUrl: `${oauth}/callback`, clientMetadataUrl: isPublic ? `${oauth}/client` : '' };
}

/** The agents' metadata as clients, for authorization servers (OAuth Client ID Metadata Document). */
export function clientMetadata({ redirectUrl, clientMetadataUrl }: AuthorizationCallback) {
  return {
    client_id: clientMetadataUrl,
    client_name: 'Roundhouse',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'web',
  };
}
