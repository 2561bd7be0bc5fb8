// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// GroupsAPI has the operations of MCP Connect on groups.
type GroupsAPI struct{ client *rest.Client }

// List: List all server groups.
//
//	GET /connect/api/groups
func (api *GroupsAPI) List(ctx context.Context, opts ...rest.Option) ([]Group, error) {
	return rest.JSON[[]Group](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/groups", Unwrap: "data"}, opts)
}

// Create: Create a new server group.
//
//	POST /connect/api/groups
func (api *GroupsAPI) Create(ctx context.Context, body CreateGroupBody, opts ...rest.Option) (*Group, error) {
	return rest.JSON[*Group](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/groups", Body: body, Unwrap: "data"}, opts)
}

// Update: Update a server group; absent fields stay. id: Id or name.
//
//	PUT /connect/api/groups/{id}
func (api *GroupsAPI) Update(ctx context.Context, id string, body UpdateGroupBody, opts ...rest.Option) (*Group, error) {
	return rest.JSON[*Group](ctx, api.client, rest.Request{Method: "PUT", Path: "/connect/api/groups/{id}", Args: []string{id}, Body: body, Unwrap: "data"}, opts)
}

// Delete: Delete a server group; its servers are ungrouped. id: Id or name.
//
//	DELETE /connect/api/groups/{id}
func (api *GroupsAPI) Delete(ctx context.Context, id string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/connect/api/groups/{id}", Args: []string{id}}, opts)
}

// AddServersTo: Add servers to a group, all or none; a server leaves the group that it was in. id: Id or name.
//
//	POST /connect/api/groups/{id}/servers
func (api *GroupsAPI) AddServersTo(ctx context.Context, id string, body AddServersToGroupBody, opts ...rest.Option) (*Group, error) {
	return rest.JSON[*Group](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/groups/{id}/servers", Args: []string{id}, Body: body, Unwrap: "data"}, opts)
}

// CreateGroupBody is the body of GroupsAPI.Create.
type CreateGroupBody struct {
	Name        string  `json:"name"`
	Description *string `json:"description,omitempty"`

	// #rrggbb.
	Color *string `json:"color,omitempty"`

	Icon *string `json:"icon,omitempty"`

	// Default 0.
	SortOrder *int64 `json:"sortOrder,omitempty"`
}

// CreateGroupResponse is the response of GroupsAPI.Create.
type CreateGroupResponse = Group

// UpdateGroupBody is the body of GroupsAPI.Update.
type UpdateGroupBody struct {
	Name        *string `json:"name,omitempty"`
	Description *string `json:"description,omitempty"`

	// #rrggbb.
	Color *string `json:"color,omitempty"`

	Icon *string `json:"icon,omitempty"`

	// Default 0.
	SortOrder *int64 `json:"sortOrder,omitempty"`
}

// UpdateGroupResponse is the response of GroupsAPI.Update.
type UpdateGroupResponse = Group

// AddServersToGroupBody is the body of GroupsAPI.AddServersTo.
type AddServersToGroupBody struct {
	ServerIDs []string `json:"serverIds"`
}

// AddServersToGroupResponse is the response of GroupsAPI.AddServersTo.
type AddServersToGroupResponse = Group
