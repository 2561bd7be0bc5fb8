// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package backend

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// ExternalDBConfigsAPI has the operations of MCP Backend on external-db-configs.
type ExternalDBConfigsAPI struct{ client *rest.Client }

// List: List external database configurations.
//
//	GET /backend/api/v1/external-db-configs
func (api *ExternalDBConfigsAPI) List(ctx context.Context, params *ListExternalDBConfigsParams, opts ...rest.Option) (*ListExternalDBConfigsResponse, error) {
	return rest.JSON[*ListExternalDBConfigsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/external-db-configs", Query: params}, opts)
}

// ListAll: List external database configurations. It reads page after page.
//
//	GET /backend/api/v1/external-db-configs
func (api *ExternalDBConfigsAPI) ListAll(ctx context.Context, params *ListExternalDBConfigsParams, opts ...rest.Option) *rest.Pages[ExternalDatabase] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Skip, 0), func(at int64) ([]ExternalDatabase, int64, bool, error) {
		asked := asked
		asked.Skip = &at
		result, err := api.List(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Items, at + int64(len(result.Items)), int64(len(result.Items)) > 0 && at+int64(len(result.Items)) < result.Total, nil
	})
}

// Create: Create an external database configuration.
//
//	POST /backend/api/v1/external-db-configs
func (api *ExternalDBConfigsAPI) Create(ctx context.Context, body CreateExternalDBConfigBody, opts ...rest.Option) (*ExternalDatabase, error) {
	return rest.JSON[*ExternalDatabase](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/external-db-configs", Body: body}, opts)
}

// Get: Get an external database configuration. configID: Id or name. The API’s document does not have it.
//
//	GET /backend/api/v1/external-db-configs/{config_id}
func (api *ExternalDBConfigsAPI) Get(ctx context.Context, configID string, opts ...rest.Option) (*ExternalDatabase, error) {
	return rest.JSON[*ExternalDatabase](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/external-db-configs/{config_id}", Args: []string{configID}}, opts)
}

// Update: Update an external database configuration. configID: Id or name. The API’s document does not have it.
//
//	PUT /backend/api/v1/external-db-configs/{config_id}
func (api *ExternalDBConfigsAPI) Update(ctx context.Context, configID string, body UpdateExternalDBConfigBody, opts ...rest.Option) (*ExternalDatabase, error) {
	return rest.JSON[*ExternalDatabase](ctx, api.client, rest.Request{Method: "PUT", Path: "/backend/api/v1/external-db-configs/{config_id}", Args: []string{configID}, Body: body}, opts)
}

// Delete: Delete an external database configuration. configID: Id or name. The API’s document does not have it.
//
//	DELETE /backend/api/v1/external-db-configs/{config_id}
func (api *ExternalDBConfigsAPI) Delete(ctx context.Context, configID string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/backend/api/v1/external-db-configs/{config_id}", Args: []string{configID}}, opts)
}

// Check: Check from a site whether an external database answers. configID: Id or name. The API’s document does not have
// it.
//
//	POST /backend/api/v1/external-db-configs/{config_id}/check
func (api *ExternalDBConfigsAPI) Check(ctx context.Context, configID string, body *CheckExternalDBConfigBody, opts ...rest.Option) (*CheckExternalDBConfigResponse, error) {
	return rest.JSON[*CheckExternalDBConfigResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/external-db-configs/{config_id}/check", Args: []string{configID}, Body: body}, opts)
}

// ListExternalDBConfigsParams is the parameters of ExternalDBConfigsAPI.List.
type ListExternalDBConfigsParams struct {
	// Records to skip. Default: 0.
	Skip *int64 `query:"skip"`

	// Records to return at most. Default: 10.
	Limit *int64 `query:"limit"`
}

// ListExternalDBConfigsResponse is the response of ExternalDBConfigsAPI.List.
type ListExternalDBConfigsResponse struct {
	Items []ExternalDatabase `json:"items"`

	// On all pages.
	Total int64 `json:"total"`

	Skip  int64 `json:"skip"`
	Limit int64 `json:"limit"`
}

// CreateExternalDBConfigBody is the body of ExternalDBConfigsAPI.Create.
type CreateExternalDBConfigBody struct {
	Name     string       `json:"name"`
	DBType   DatabaseType `json:"db_type"`
	Host     string       `json:"host"`
	Port     int64        `json:"port"`
	DBName   string       `json:"db_name"`
	Username string       `json:"username"`

	// Sealed, and never shown.
	Password string `json:"password"`

	// Extension: the site that it belongs to; keys whose grants name that site see it.
	Site rest.Nullable[string] `json:"site,omitempty"`
}

// CreateExternalDBConfigResponse is the response of ExternalDBConfigsAPI.Create.
type CreateExternalDBConfigResponse = ExternalDatabase

// GetExternalDBConfigResponse is the response of ExternalDBConfigsAPI.Get.
type GetExternalDBConfigResponse = ExternalDatabase

// UpdateExternalDBConfigBody is the body of ExternalDBConfigsAPI.Update.
type UpdateExternalDBConfigBody struct {
	Name     *string       `json:"name,omitempty"`
	DBType   *DatabaseType `json:"db_type,omitempty"`
	Host     *string       `json:"host,omitempty"`
	Port     *int64        `json:"port,omitempty"`
	DBName   *string       `json:"db_name,omitempty"`
	Username *string       `json:"username,omitempty"`

	// Sealed, and never shown.
	Password *string `json:"password,omitempty"`

	// Extension: the site that it belongs to; keys whose grants name that site see it.
	Site rest.Nullable[string] `json:"site,omitempty"`
}

// UpdateExternalDBConfigResponse is the response of ExternalDBConfigsAPI.Update.
type UpdateExternalDBConfigResponse = ExternalDatabase

// CheckExternalDBConfigBody is the body of ExternalDBConfigsAPI.Check.
type CheckExternalDBConfigBody struct {
	// Default: the database's own.
	Site *string `json:"site,omitempty"`
}

// CheckExternalDBConfigResponse is the response of ExternalDBConfigsAPI.Check.
type CheckExternalDBConfigResponse struct {
	Site      string   `json:"site"`
	Reachable bool     `json:"reachable"`
	LatencyMs *float64 `json:"latency_ms"`

	// The database's own description, such as its version; empty if it gives none.
	Server string `json:"server"`

	Error string `json:"error"`

	// Such as `refused`, `timeout`, `unresolved`, `not_this_kind`; empty for none.
	Reason string `json:"reason"`
}
