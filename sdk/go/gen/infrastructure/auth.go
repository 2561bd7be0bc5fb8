// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package infrastructure

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// AuthAPI has the operations of MCP Server on auth.
type AuthAPI struct{ client *rest.Client }

// Login: Sign in with user name and password.
//
//	POST /infrastructure/api/v1/auth/login
func (api *AuthAPI) Login(ctx context.Context, body LoginBody, opts ...rest.Option) (*Tokens, error) {
	return rest.JSON[*Tokens](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/auth/login", Body: body, Anonymous: true, Unwrap: "data"}, opts)
}

// Refresh: Exchange a refresh token for a new pair; the old one is spent.
//
//	POST /infrastructure/api/v1/auth/refresh
func (api *AuthAPI) Refresh(ctx context.Context, body RefreshBody, opts ...rest.Option) (*Tokens, error) {
	return rest.JSON[*Tokens](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/auth/refresh", Body: body, Anonymous: true, Unwrap: "data"}, opts)
}

// Logout: Sign out: the access token and its refresh token are refused from now on.
//
//	POST /infrastructure/api/v1/auth/logout
func (api *AuthAPI) Logout(ctx context.Context, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/auth/logout", Unwrap: "data"}, opts)
}

// LoginBody is the body of AuthAPI.Login.
type LoginBody struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// LoginResponse is the response of AuthAPI.Login.
type LoginResponse = Tokens

// RefreshBody is the body of AuthAPI.Refresh.
type RefreshBody struct {
	RefreshToken string `json:"refresh_token"`
}

// RefreshResponse is the response of AuthAPI.Refresh.
type RefreshResponse = Tokens
