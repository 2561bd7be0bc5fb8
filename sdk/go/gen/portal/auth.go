// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package portal

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// AuthAPI has the operations of MCP Portal on auth.
type AuthAPI struct{ client *rest.Client }

// Login: Begin to sign in at the identity provider.
//
//	POST /portal/api/v1/auth/login
func (api *AuthAPI) Login(ctx context.Context, body LoginBody, opts ...rest.Option) (string, error) {
	return rest.Location(ctx, api.client, rest.Request{Method: "POST", Path: "/portal/api/v1/auth/login", Body: body, Anonymous: true}, opts)
}

// Callback: Exchange the code of the identity provider for tokens.
//
//	POST /portal/api/v1/auth/callback
func (api *AuthAPI) Callback(ctx context.Context, body CallbackBody, opts ...rest.Option) (*CallbackResponse, error) {
	return rest.JSON[*CallbackResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/portal/api/v1/auth/callback", Body: body, Anonymous: true}, opts)
}

// Refresh: Get a new access token.
//
//	POST /portal/api/v1/auth/refresh
func (api *AuthAPI) Refresh(ctx context.Context, body RefreshBody, opts ...rest.Option) (*RefreshResponse, error) {
	return rest.JSON[*RefreshResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/portal/api/v1/auth/refresh", Body: body, Anonymous: true}, opts)
}

// Logout: Sign out.
//
//	POST /portal/api/v1/auth/logout
func (api *AuthAPI) Logout(ctx context.Context, body *LogoutBody, opts ...rest.Option) error {
	return rest.Nothing(ctx, api.client, rest.Request{Method: "POST", Path: "/portal/api/v1/auth/logout", Body: body}, opts)
}

// GetMe: The user who is signed in.
//
//	GET /portal/api/v1/auth/me
func (api *AuthAPI) GetMe(ctx context.Context, opts ...rest.Option) (*GetMeResponse, error) {
	return rest.JSON[*GetMeResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/auth/me"}, opts)
}

// LoginBody is the body of AuthAPI.Login.
type LoginBody struct {
	RedirectURI string `json:"redirect_uri"`
}

// CallbackBody is the body of AuthAPI.Callback.
type CallbackBody struct {
	Code  string `json:"code"`
	State string `json:"state"`
}

// CallbackResponse is the response of AuthAPI.Callback.
type CallbackResponse struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`

	// Lifetime of the access token, seconds.
	ExpiresIn int64 `json:"expires_in"`

	User CallbackResponseUser `json:"user"`
}

// CallbackResponseUser is the value of CallbackResponse.User.
type CallbackResponseUser struct {
	ID    string                   `json:"id"`
	Email *string                  `json:"email"`
	Name  string                   `json:"name"`
	Role  CallbackResponseUserRole `json:"role"`
}

// CallbackResponseUserRole is the value of CallbackResponseUser.Role.
type CallbackResponseUserRole string

// Values of CallbackResponseUserRole.
const (
	CallbackResponseUserRoleSuperAdmin   CallbackResponseUserRole = "super_admin"
	CallbackResponseUserRoleTeamAdmin    CallbackResponseUserRole = "team_admin"
	CallbackResponseUserRoleStandardUser CallbackResponseUserRole = "standard_user"
)

// RefreshBody is the body of AuthAPI.Refresh.
type RefreshBody struct {
	RefreshToken string `json:"refresh_token"`
}

// RefreshResponse is the response of AuthAPI.Refresh.
type RefreshResponse struct {
	AccessToken string `json:"access_token"`

	// Lifetime of the access token, seconds.
	ExpiresIn int64 `json:"expires_in"`
}

// LogoutBody is the body of AuthAPI.Logout.
type LogoutBody struct {
	RefreshToken *string `json:"refresh_token,omitempty"`
}

// GetMeResponse is the response of AuthAPI.GetMe.
type GetMeResponse struct {
	ID    string            `json:"id"`
	Email *string           `json:"email"`
	Name  string            `json:"name"`
	Role  GetMeResponseRole `json:"role"`

	// `null` for an API key without a user.
	CreatedAt *time.Time `json:"created_at"`

	LastLogin *time.Time `json:"last_login"`
}

// GetMeResponseRole is the value of GetMeResponse.Role.
type GetMeResponseRole string

// Values of GetMeResponseRole.
const (
	GetMeResponseRoleSuperAdmin   GetMeResponseRole = "super_admin"
	GetMeResponseRoleTeamAdmin    GetMeResponseRole = "team_admin"
	GetMeResponseRoleStandardUser GetMeResponseRole = "standard_user"
)
