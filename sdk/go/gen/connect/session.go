// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// SessionAPI has the operations of MCP Connect on session.
type SessionAPI struct{ client *rest.Client }

// Get: The session of this browser, and the ways to sign in. The API’s document does not have it.
//
//	GET /connect/api/session
func (api *SessionAPI) Get(ctx context.Context, opts ...rest.Option) (*GetSessionResponse, error) {
	return rest.JSON[*GetSessionResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/session", Anonymous: true, Unwrap: "data"}, opts)
}

// SignIn: Sign a browser in with user name and password. The API’s document does not have it.
//
//	POST /connect/api/session
func (api *SessionAPI) SignIn(ctx context.Context, body SignInBody, opts ...rest.Option) (*BrowserSession, error) {
	return rest.JSON[*BrowserSession](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/session", Body: body, Anonymous: true, Unwrap: "data"}, opts)
}

// SignOut: Sign this browser out. The API’s document does not have it.
//
//	DELETE /connect/api/session
func (api *SessionAPI) SignOut(ctx context.Context, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/connect/api/session"}, opts)
}

// BeginSignIn: Begin to sign a browser in at the identity provider. The API’s document does not have it.
//
//	POST /connect/api/session/provider
func (api *SessionAPI) BeginSignIn(ctx context.Context, body BeginSignInBody, opts ...rest.Option) (*BeginSignInResponse, error) {
	return rest.JSON[*BeginSignInResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/session/provider", Body: body, Anonymous: true, Unwrap: "data"}, opts)
}

// FinishSignIn: Sign a browser in with the code of the identity provider. The API’s document does not have it.
//
//	POST /connect/api/session/provider/callback
func (api *SessionAPI) FinishSignIn(ctx context.Context, body FinishSignInBody, opts ...rest.Option) (*BrowserSession, error) {
	return rest.JSON[*BrowserSession](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/session/provider/callback", Body: body, Anonymous: true, Unwrap: "data"}, opts)
}

// GetSessionResponse is the response of SessionAPI.Get.
type GetSessionResponse struct {
	Session *BrowserSession `json:"session"`

	// Users can sign in at the identity provider.
	Provider bool `json:"provider"`
}

// SignInBody is the body of SessionAPI.SignIn.
type SignInBody struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// SignInResponse is the response of SessionAPI.SignIn.
type SignInResponse = BrowserSession

// BeginSignInBody is the body of SessionAPI.BeginSignIn.
type BeginSignInBody struct {
	// A page of this hub.
	RedirectURI string `json:"redirectUri"`
}

// BeginSignInResponse is the response of SessionAPI.BeginSignIn.
type BeginSignInResponse struct {
	Location string `json:"location"`
}

// FinishSignInBody is the body of SessionAPI.FinishSignIn.
type FinishSignInBody struct {
	Code  string `json:"code"`
	State string `json:"state"`
}

// FinishSignInResponse is the response of SessionAPI.FinishSignIn.
type FinishSignInResponse = BrowserSession
