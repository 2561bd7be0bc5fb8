// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// KeysAPI has the operations of MCP Connect on keys.
type KeysAPI struct{ client *rest.Client }

// List: List the API keys that are not revoked. The API’s document does not have it.
//
//	GET /connect/api/keys
func (api *KeysAPI) List(ctx context.Context, opts ...rest.Option) ([]Key, error) {
	return rest.JSON[[]Key](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/keys", Unwrap: "data"}, opts)
}

// Create: Make an API key. The API’s document does not have it.
//
//	POST /connect/api/keys
func (api *KeysAPI) Create(ctx context.Context, body CreateKeyBody, opts ...rest.Option) (*CreateKeyResponse, error) {
	return rest.JSON[*CreateKeyResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/keys", Body: body, Unwrap: "data"}, opts)
}

// Revoke: Revoke an API key; refused from the next request on. id: Id of the key. The API’s document does not have it.
//
//	DELETE /connect/api/keys/{id}
func (api *KeysAPI) Revoke(ctx context.Context, id string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/connect/api/keys/{id}", Args: []string{id}}, opts)
}

// CreateKeyBody is the body of KeysAPI.Create.
type CreateKeyBody struct {
	Name             string     `json:"name"`
	Role             *Role      `json:"role,omitempty"`
	Tier             *Tier      `json:"tier,omitempty"`
	Grants           *Grants    `json:"grants,omitempty"`
	Limits           *KeyLimits `json:"limits,omitempty"`
	ExpiresInSeconds *int64     `json:"expiresInSeconds,omitempty"`
}

// CreateKeyResponse is the response of KeysAPI.Create.
type CreateKeyResponse struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Prefix string     `json:"prefix"`
	Role   Role       `json:"role"`
	Tier   Tier       `json:"tier"`
	Grants *Grants    `json:"grants"`
	Limits *KeyLimits `json:"limits"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"createdAt"`

	ExpiresAt  *time.Time `json:"expiresAt"`
	LastUsedAt *time.Time `json:"lastUsedAt"`

	// Shown only once.
	Key string `json:"key"`
}
