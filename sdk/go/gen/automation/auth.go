// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// AuthAPI has the operations of MCP Automation System on auth.
type AuthAPI struct{ client *rest.Client }

// CreateToken: Obtain a token with user name and password.
//
//	POST /automation/api/v1/auth/token
func (api *AuthAPI) CreateToken(ctx context.Context, body CreateTokenBody, opts ...rest.Option) (*Tokens, error) {
	return rest.JSON[*Tokens](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/auth/token", Body: body, Anonymous: true}, opts)
}

// RefreshToken: Exchange a refresh token for a new pair; the old one is spent.
//
//	POST /automation/api/v1/auth/refresh
func (api *AuthAPI) RefreshToken(ctx context.Context, body RefreshTokenBody, opts ...rest.Option) (*Tokens, error) {
	return rest.JSON[*Tokens](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/auth/refresh", Body: body, Anonymous: true, Unwrap: "data"}, opts)
}

// CreateTokenBody is the body of AuthAPI.CreateToken.
type CreateTokenBody struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// CreateTokenResponse is the response of AuthAPI.CreateToken.
type CreateTokenResponse = Tokens

// RefreshTokenBody is the body of AuthAPI.RefreshToken.
type RefreshTokenBody struct {
	RefreshToken string `json:"refresh_token"`
}

// RefreshTokenResponse is the response of AuthAPI.RefreshToken.
type RefreshTokenResponse = Tokens
