// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// UsersAPI has the operations of MCP Connect on users.
type UsersAPI struct{ client *rest.Client }

// Create: Make a user. The API’s document does not have it.
//
//	POST /connect/api/users
func (api *UsersAPI) Create(ctx context.Context, body CreateUserBody, opts ...rest.Option) (*User, error) {
	return rest.JSON[*User](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/users", Body: body, Unwrap: "data"}, opts)
}

// SetPassword: Set a user's password; earlier sign-ins of this user end. username: Name of the user. The API’s document
// does not have it.
//
//	PUT /connect/api/users/{username}/password
func (api *UsersAPI) SetPassword(ctx context.Context, username string, body SetPasswordBody, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "PUT", Path: "/connect/api/users/{username}/password", Args: []string{username}, Body: body}, opts)
}

// CreateUserBody is the body of UsersAPI.Create.
type CreateUserBody struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Role     *Role  `json:"role,omitempty"`
}

// CreateUserResponse is the response of UsersAPI.Create.
type CreateUserResponse = User

// SetPasswordBody is the body of UsersAPI.SetPassword.
type SetPasswordBody struct {
	Password string `json:"password"`
}
