// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package infrastructure

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// UsersAPI has the operations of MCP Server on users.
type UsersAPI struct{ client *rest.Client }

// List: List all users.
//
//	GET /infrastructure/api/v1/users
func (api *UsersAPI) List(ctx context.Context, params *ListUsersParams, opts ...rest.Option) (*ListUsersResponse, error) {
	return rest.JSON[*ListUsersResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/users", Query: params}, opts)
}

// ListAll: List all users. It reads page after page.
//
//	GET /infrastructure/api/v1/users
func (api *UsersAPI) ListAll(ctx context.Context, params *ListUsersParams, opts ...rest.Option) *rest.Pages[User] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]User, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.List(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Data, at + 1, result.Metadata.Page < result.Metadata.Pages, nil
	})
}

// Create: Create a user.
//
//	POST /infrastructure/api/v1/users
func (api *UsersAPI) Create(ctx context.Context, body CreateUserBody, opts ...rest.Option) (*CreateUserResponse, error) {
	return rest.JSON[*CreateUserResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/users", Body: body, Unwrap: "data"}, opts)
}

// Get: Get a user. userID: Id, or `me`.
//
//	GET /infrastructure/api/v1/users/{user_id}
func (api *UsersAPI) Get(ctx context.Context, userID string, opts ...rest.Option) (*User, error) {
	return rest.JSON[*User](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/users/{user_id}", Args: []string{userID}, Unwrap: "data"}, opts)
}

// Update: Update a user. userID: Id, or `me`.
//
//	PUT /infrastructure/api/v1/users/{user_id}
func (api *UsersAPI) Update(ctx context.Context, userID string, body UpdateUserBody, opts ...rest.Option) (*UpdateUserResponse, error) {
	return rest.JSON[*UpdateUserResponse](ctx, api.client, rest.Request{Method: "PUT", Path: "/infrastructure/api/v1/users/{user_id}", Args: []string{userID}, Body: body, Unwrap: "data"}, opts)
}

// Delete: Delete a user. userID: Id, or `me`.
//
//	DELETE /infrastructure/api/v1/users/{user_id}
func (api *UsersAPI) Delete(ctx context.Context, userID string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/infrastructure/api/v1/users/{user_id}", Args: []string{userID}, Unwrap: "data"}, opts)
}

// ListUsersSort is the value of ListUsersParams.Sort.
type ListUsersSort string

// Values of ListUsersSort.
const (
	ListUsersSortID        ListUsersSort = "id"
	ListUsersSortUsername  ListUsersSort = "username"
	ListUsersSortEmail     ListUsersSort = "email"
	ListUsersSortRole      ListUsersSort = "role"
	ListUsersSortCreatedAt ListUsersSort = "created_at"
	ListUsersSortLastLogin ListUsersSort = "last_login"
)

// ListUsersOrder is the value of ListUsersParams.Order.
type ListUsersOrder string

// Values of ListUsersOrder.
const (
	ListUsersOrderAsc  ListUsersOrder = "asc"
	ListUsersOrderDesc ListUsersOrder = "desc"
)

// ListUsersParams is the parameters of UsersAPI.List.
type ListUsersParams struct {
	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 10.
	Limit *int64 `query:"limit"`

	// Field to sort by. Default: "created_at".
	Sort *ListUsersSort `query:"sort"`

	// Ascending or descending. Default: "asc".
	Order *ListUsersOrder `query:"order"`

	// Is: text; empty for none.
	ID *string `query:"id"`

	// Is: text; empty for none.
	Username *string `query:"username"`

	// Is: text; empty for none.
	Email *string `query:"email"`

	// Is: text; empty for none.
	Role *string `query:"role"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	CreatedAt *string `query:"created_at"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	LastLogin *string `query:"last_login"`

	// Conditions on fields: id, username, email, role, created_at, last_login.
	Filters []rest.Filter `query:"*"`
}

// ListUsersResponse is the response of UsersAPI.List.
type ListUsersResponse struct {
	Data     []User                    `json:"data"`
	Metadata ListUsersResponseMetadata `json:"metadata"`
}

// ListUsersResponseMetadata is the value of ListUsersResponse.Metadata.
type ListUsersResponseMetadata struct {
	Page  int64 `json:"page"`
	Limit int64 `json:"limit"`
	Total int64 `json:"total"`
	Pages int64 `json:"pages"`

	// Extension: `false` if the search took too long; the list holds the items that were found until then.
	Complete bool `json:"complete"`
}

// CreateUserBody is the body of UsersAPI.Create.
type CreateUserBody struct {
	Username string `json:"username"`
	Email    string `json:"email"`

	// 8 to 256 characters; neither user name nor e-mail address, nor one of the most common passwords.
	Password string `json:"password"`

	Role Role `json:"role"`
}

// CreateUserResponse is the response of UsersAPI.Create.
type CreateUserResponse struct {
	ID       string  `json:"id"`
	Username string  `json:"username"`
	Email    *string `json:"email"`
	Role     Role    `json:"role"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`
}

// GetUserResponse is the response of UsersAPI.Get.
type GetUserResponse = User

// UpdateUserBody is the body of UsersAPI.Update.
type UpdateUserBody struct {
	Email *string `json:"email,omitempty"`

	// 8 to 256 characters; neither user name nor e-mail address, nor one of the most common passwords.
	Password *string `json:"password,omitempty"`

	Role *Role `json:"role,omitempty"`

	// Extension: the password as it is; needed to change your own e-mail address or password, but for admins.
	CurrentPassword *string `json:"current_password,omitempty"`
}

// UpdateUserResponse is the response of UsersAPI.Update.
type UpdateUserResponse struct {
	ID       string  `json:"id"`
	Username string  `json:"username"`
	Email    *string `json:"email"`
	Role     Role    `json:"role"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`
}
