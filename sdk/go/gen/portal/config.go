// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package portal

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// ConfigAPI has the operations of MCP Portal on config.
type ConfigAPI struct{ client *rest.Client }

// Get: Get the user's configuration.
//
//	GET /portal/api/v1/config
func (api *ConfigAPI) Get(ctx context.Context, opts ...rest.Option) (*GetConfigResponse, error) {
	return rest.JSON[*GetConfigResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/config"}, opts)
}

// Update: Update the user's configuration.
//
//	PUT /portal/api/v1/config
func (api *ConfigAPI) Update(ctx context.Context, body UpdateConfigBody, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "PUT", Path: "/portal/api/v1/config", Body: body}, opts)
}

// Export: Export the configuration.
//
//	GET /portal/api/v1/config/export
func (api *ConfigAPI) Export(ctx context.Context, opts ...rest.Option) (*ExportedConfig, error) {
	return rest.JSON[*ExportedConfig](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/config/export"}, opts)
}

// ExportYAML: Export the configuration. As YAML.
//
//	GET /portal/api/v1/config/export
func (api *ConfigAPI) ExportYAML(ctx context.Context, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/config/export", Set: []string{"format", "yaml"}}, opts)
}

// Import: Import a configuration.
//
//	POST /portal/api/v1/config/import
func (api *ConfigAPI) Import(ctx context.Context, body ImportConfigBody, opts ...rest.Option) (*ImportConfigResponse, error) {
	return rest.JSON[*ImportConfigResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/portal/api/v1/config/import", Body: body}, opts)
}

// GetConfigResponse is the response of ConfigAPI.Get.
type GetConfigResponse struct {
	UserID      string             `json:"user_id"`
	Servers     []ConfiguredServer `json:"servers"`
	Preferences Preferences        `json:"preferences"`
}

// UpdateConfigBody is the body of ConfigAPI.Update.
type UpdateConfigBody struct {
	Preferences PreferenceChanges `json:"preferences"`
}

// ExportConfigResponse is the response of ConfigAPI.Export.
type ExportConfigResponse = ExportedConfig

// ExportConfig is an item of ConfigAPI.Export.
type ExportConfig struct {
	Name    string      `json:"name"`
	Enabled bool        `json:"enabled"`
	Config  ShownConfig `json:"config"`
}

// ImportConfigBody is the body of ConfigAPI.Import.
type ImportConfigBody struct {
	// Always "1.0".
	Version string `json:"version"`

	Servers     []ImportConfigBodyServer `json:"servers"`
	ExportedAt  *time.Time               `json:"exported_at,omitempty"`
	User        rest.Nullable[string]    `json:"user,omitempty"`
	Preferences *PreferenceChanges       `json:"preferences,omitempty"`
}

// ImportConfigBodyServer is the value of ImportConfigBody.Servers.
type ImportConfigBodyServer struct {
	Name    string        `json:"name"`
	Enabled bool          `json:"enabled"`
	Config  *ServerConfig `json:"config,omitempty"`
}

// ImportConfigResponse is the response of ConfigAPI.Import.
type ImportConfigResponse struct {
	Message  string                      `json:"message"`
	Imported int64                       `json:"imported"`
	Skipped  int64                       `json:"skipped"`
	Errors   []ImportConfigResponseError `json:"errors"`

	// Extension: the operations that start and stop the servers.
	OperationIDs []string `json:"operation_ids"`
}

// ImportConfigResponseError is the value of ImportConfigResponse.Errors.
type ImportConfigResponseError struct {
	Name  string `json:"name"`
	Error string `json:"error"`
}
