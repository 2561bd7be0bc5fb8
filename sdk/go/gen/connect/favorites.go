// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// FavoritesAPI has the operations of MCP Connect on favorites.
type FavoritesAPI struct{ client *rest.Client }

// List: Get favorited tools for the authenticated API key, newest first.
//
//	GET /connect/api/favorites
func (api *FavoritesAPI) List(ctx context.Context, opts ...rest.Option) ([]Favorite, error) {
	return rest.JSON[[]Favorite](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/favorites", Unwrap: "data"}, opts)
}

// Add: Add a tool to favorites; a present favorite stays as it is. toolName: Name of the tool.
//
//	POST /connect/api/favorites/{toolName}
func (api *FavoritesAPI) Add(ctx context.Context, toolName string, body *AddFavoriteBody, opts ...rest.Option) (*Favorite, error) {
	return rest.JSON[*Favorite](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/favorites/{toolName}", Args: []string{toolName}, Body: body, Unwrap: "data"}, opts)
}

// Remove: Remove a tool from favorites. toolName: Name of the tool.
//
//	DELETE /connect/api/favorites/{toolName}
func (api *FavoritesAPI) Remove(ctx context.Context, toolName string, params *RemoveFavoriteParams, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/connect/api/favorites/{toolName}", Args: []string{toolName}, Query: params}, opts)
}

// AddFavoriteBody is the body of FavoritesAPI.Add.
type AddFavoriteBody struct {
	// Id or name; needed where several servers have the tool.
	ServerID *string `json:"serverId,omitempty"`
}

// AddFavoriteResponse is the response of FavoritesAPI.Add.
type AddFavoriteResponse = Favorite

// RemoveFavoriteParams is the parameters of FavoritesAPI.Remove.
type RemoveFavoriteParams struct {
	// Id or name; needed where several servers have the tool.
	ServerID *string `query:"serverId"`
}
