// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package backend

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// APIKeysAPI has the operations of MCP Backend on api-keys.
type APIKeysAPI struct{ client *rest.Client }

// List: List the caller's API keys.
//
//	GET /backend/api/v1/api-keys
func (api *APIKeysAPI) List(ctx context.Context, params *ListAPIKeysParams, opts ...rest.Option) (*ListAPIKeysResponse, error) {
	return rest.JSON[*ListAPIKeysResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/api-keys", Query: params}, opts)
}

// ListAll: List the caller's API keys. It reads page after page.
//
//	GET /backend/api/v1/api-keys
func (api *APIKeysAPI) ListAll(ctx context.Context, params *ListAPIKeysParams, opts ...rest.Option) *rest.Pages[APIKey] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Skip, 0), func(at int64) ([]APIKey, int64, bool, error) {
		asked := asked
		asked.Skip = &at
		result, err := api.List(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Items, at + int64(len(result.Items)), int64(len(result.Items)) > 0 && at+int64(len(result.Items)) < result.Total, nil
	})
}

// Create: Create an API key.
//
//	POST /backend/api/v1/api-keys
func (api *APIKeysAPI) Create(ctx context.Context, body CreateAPIKeyBody, opts ...rest.Option) (*CreateAPIKeyResponse, error) {
	return rest.JSON[*CreateAPIKeyResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/api-keys", Body: body}, opts)
}

// Delete: Delete one of the caller's API keys; it is refused from the next request on. keyID: Id of the key.
//
//	DELETE /backend/api/v1/api-keys/{key_id}
func (api *APIKeysAPI) Delete(ctx context.Context, keyID string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/backend/api/v1/api-keys/{key_id}", Args: []string{keyID}}, opts)
}

// ListAPIKeysParams is the parameters of APIKeysAPI.List.
type ListAPIKeysParams struct {
	// Records to skip. Default: 0.
	Skip *int64 `query:"skip"`

	// Records to return at most. Default: 10.
	Limit *int64 `query:"limit"`
}

// ListAPIKeysResponse is the response of APIKeysAPI.List.
type ListAPIKeysResponse struct {
	Items []APIKey `json:"items"`

	// On all pages.
	Total int64 `json:"total"`

	Skip  int64 `json:"skip"`
	Limit int64 `json:"limit"`
}

// CreateAPIKeyBody is the body of APIKeysAPI.Create.
type CreateAPIKeyBody struct {
	Name string `json:"name"`

	// Extension: seconds; 0: never. Default: 0.
	ExpiresIn *int64 `json:"expires_in,omitempty"`
}

// CreateAPIKeyResponse is the response of APIKeysAPI.Create.
type CreateAPIKeyResponse struct {
	ID   string `json:"id"`
	Name string `json:"name"`

	// Shown only once.
	Key string `json:"key"`

	// The first characters of the key.
	Prefix string `json:"prefix"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`
}
