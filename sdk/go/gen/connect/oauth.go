// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// OAuthAPI has the operations of MCP Connect on oauth.
type OAuthAPI struct{ client *rest.Client }

// CompleteConsent: The redirect address for users after a consent. The API’s document does not have it.
//
//	GET /connect/api/oauth/callback
func (api *OAuthAPI) CompleteConsent(ctx context.Context, params CompleteConsentParams, opts ...rest.Option) (string, error) {
	return rest.Text(ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/oauth/callback", Query: params, Anonymous: true}, opts)
}

// ShowClient: The hub's metadata as a client of authorization servers. The API’s document does not have it.
//
//	GET /connect/api/oauth/client
func (api *OAuthAPI) ShowClient(ctx context.Context, opts ...rest.Option) (*ShowClientResponse, error) {
	return rest.JSON[*ShowClientResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/oauth/client", Anonymous: true}, opts)
}

// CompleteConsentParams is the parameters of OAuthAPI.CompleteConsent.
type CompleteConsentParams struct {
	// The state that the hub sent.
	State string `query:"state"`

	// Authorization code, where the person consented.
	Code *string `query:"code"`

	// Issuer of the answer (RFC 9207).
	Iss *string `query:"iss"`

	// Error code of OAuth 2.0, where the person did not consent.
	Error *string `query:"error"`

	// Explanation of the error.
	ErrorDescription *string `query:"error_description"`
}

// ShowClientResponse is the response of OAuthAPI.ShowClient.
type ShowClientResponse struct {
	ClientID                string   `json:"client_id"`
	ClientName              string   `json:"client_name"`
	RedirectURIs            []string `json:"redirect_uris"`
	GrantTypes              []string `json:"grant_types"`
	ResponseTypes           []string `json:"response_types"`
	TokenEndpointAuthMethod string   `json:"token_endpoint_auth_method"`
	ApplicationType         string   `json:"application_type"`
}
