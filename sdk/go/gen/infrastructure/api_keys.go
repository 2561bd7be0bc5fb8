// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package infrastructure

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// APIKeysAPI has the operations of MCP Server on api-keys.
type APIKeysAPI struct{ client *rest.Client }

// List: List the current user's API keys.
//
//	GET /infrastructure/api/v1/api-keys
func (api *APIKeysAPI) List(ctx context.Context, params *ListAPIKeysParams, opts ...rest.Option) (*ListAPIKeysResponse, error) {
	return rest.JSON[*ListAPIKeysResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/api-keys", Query: params}, opts)
}

// ListAll: List the current user's API keys. It reads page after page.
//
//	GET /infrastructure/api/v1/api-keys
func (api *APIKeysAPI) ListAll(ctx context.Context, params *ListAPIKeysParams, opts ...rest.Option) *rest.Pages[APIKey] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]APIKey, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.List(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Data, at + 1, result.Metadata.Page < result.Metadata.Pages, nil
	})
}

// Create: Create an API key.
//
//	POST /infrastructure/api/v1/api-keys
func (api *APIKeysAPI) Create(ctx context.Context, body CreateAPIKeyBody, opts ...rest.Option) (*CreateAPIKeyResponse, error) {
	return rest.JSON[*CreateAPIKeyResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/api-keys", Body: body, Unwrap: "data"}, opts)
}

// Delete: Delete one of the current user's API keys; it is refused from the next request on. keyID: Id of the key.
//
//	DELETE /infrastructure/api/v1/api-keys/{key_id}
func (api *APIKeysAPI) Delete(ctx context.Context, keyID string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/infrastructure/api/v1/api-keys/{key_id}", Args: []string{keyID}, Unwrap: "data"}, opts)
}

// ListAPIKeysSort is the value of ListAPIKeysParams.Sort.
type ListAPIKeysSort string

// Values of ListAPIKeysSort.
const (
	ListAPIKeysSortID        ListAPIKeysSort = "id"
	ListAPIKeysSortName      ListAPIKeysSort = "name"
	ListAPIKeysSortPrefix    ListAPIKeysSort = "prefix"
	ListAPIKeysSortCreatedAt ListAPIKeysSort = "created_at"
	ListAPIKeysSortExpiresAt ListAPIKeysSort = "expires_at"
	ListAPIKeysSortLastUsed  ListAPIKeysSort = "last_used"
)

// ListAPIKeysOrder is the value of ListAPIKeysParams.Order.
type ListAPIKeysOrder string

// Values of ListAPIKeysOrder.
const (
	ListAPIKeysOrderAsc  ListAPIKeysOrder = "asc"
	ListAPIKeysOrderDesc ListAPIKeysOrder = "desc"
)

// ListAPIKeysParams is the parameters of APIKeysAPI.List.
type ListAPIKeysParams struct {
	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 100.
	Limit *int64 `query:"limit"`

	// Field to sort by. Default: "created_at".
	Sort *ListAPIKeysSort `query:"sort"`

	// Ascending or descending. Default: "asc".
	Order *ListAPIKeysOrder `query:"order"`

	// Is: text; empty for none.
	ID *string `query:"id"`

	// Is: text; empty for none.
	Name *string `query:"name"`

	// Is: text; empty for none.
	Prefix *string `query:"prefix"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	CreatedAt *string `query:"created_at"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	ExpiresAt *string `query:"expires_at"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	LastUsed *string `query:"last_used"`

	// Conditions on fields: id, name, prefix, created_at, expires_at, last_used.
	Filters []rest.Filter `query:"*"`
}

// ListAPIKeysResponse is the response of APIKeysAPI.List.
type ListAPIKeysResponse struct {
	Data     []APIKey                    `json:"data"`
	Metadata ListAPIKeysResponseMetadata `json:"metadata"`
}

// ListAPIKeysResponseMetadata is the value of ListAPIKeysResponse.Metadata.
type ListAPIKeysResponseMetadata struct {
	Page  int64 `json:"page"`
	Limit int64 `json:"limit"`
	Total int64 `json:"total"`
	Pages int64 `json:"pages"`

	// Extension: `false` if the search took too long; the list holds the items that were found until then.
	Complete bool `json:"complete"`
}

// CreateAPIKeyBody is the body of APIKeysAPI.Create.
type CreateAPIKeyBody struct {
	Name string `json:"name"`

	// Seconds; 0: never. Default: 0.
	ExpiresIn *int64 `json:"expires_in,omitempty"`
}

// CreateAPIKeyResponse is the response of APIKeysAPI.Create.
type CreateAPIKeyResponse struct {
	ID   string `json:"id"`
	Name string `json:"name"`

	// The first characters of the key.
	Prefix string `json:"prefix"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// `null` for never.
	ExpiresAt *time.Time `json:"expires_at"`

	// Shown only once.
	Key string `json:"key"`
}
