// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// OAuthAPI has the operations of MCP Connect on oauth.
type OAuthAPI struct{ client *rest.Client }

// ReturnFromConsent: The redirect address for users after a consent. The API’s document does not have it.
//
//	GET /connect/api/oauth/callback
func (api *OAuthAPI) ReturnFromConsent(ctx context.Context, params ReturnFromConsentParams, opts ...rest.Option) (string, error) {
	return rest.Text(ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/oauth/callback", Query: params, Anonymous: true}, opts)
}

// CompleteConsent: Confirm a consent at the page that the browser has come back to. The API’s document does not have
// it.
//
//	POST /connect/api/oauth/callback
func (api *OAuthAPI) CompleteConsent(ctx context.Context, body CompleteConsentBody, opts ...rest.Option) (string, error) {
	return rest.Text(ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/oauth/callback", Body: body, Anonymous: true}, opts)
}

// ShowClient: The hub's metadata as a client of authorization servers. The API’s document does not have it.
//
//	GET /connect/api/oauth/client
func (api *OAuthAPI) ShowClient(ctx context.Context, opts ...rest.Option) (*ShowClientResponse, error) {
	return rest.JSON[*ShowClientResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/oauth/client", Anonymous: true}, opts)
}

// ReturnFromConsentParams is the parameters of OAuthAPI.ReturnFromConsent.
type ReturnFromConsentParams struct {
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

// CompleteConsentBody is the body of OAuthAPI.CompleteConsent.
type CompleteConsentBody struct {
	// The state that the hub sent.
	State string `json:"state"`

	Code string `json:"code"`

	// Issuer of the answer (RFC 9207).
	Iss *string `json:"iss,omitempty"`
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
