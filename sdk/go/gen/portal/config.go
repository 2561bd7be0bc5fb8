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
func (api *ConfigAPI) Export(ctx context.Context, opts ...rest.Option) (*ExportConfigResponse, error) {
	return rest.JSON[*ExportConfigResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/config/export"}, opts)
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

// GetConfigServer is one of what ConfigAPI.Get lists.
type GetConfigServer struct {
	ServerID string                `json:"server_id"`
	Enabled  bool                  `json:"enabled"`
	Config   GetConfigServerConfig `json:"config"`
}

// GetConfigServerConfig is the value of GetConfigServer.Config.
type GetConfigServerConfig struct {
	AutoStart     bool                                                   `json:"auto_start"`
	RestartPolicy GetServerResponseUserConfigConfigMetadataRestartPolicy `json:"restart_policy"`
}

// GetConfigResponse is the response of ConfigAPI.Get.
type GetConfigResponse struct {
	UserID      string                       `json:"user_id"`
	Servers     []GetConfigServer            `json:"servers"`
	Preferences GetConfigResponsePreferences `json:"preferences"`
}

// GetConfigResponsePreferences is the value of GetConfigResponse.Preferences.
type GetConfigResponsePreferences struct {
	Theme         GetConfigResponsePreferencesTheme `json:"theme"`
	Notifications bool                              `json:"notifications"`
}

// GetConfigResponsePreferencesTheme is the value of GetConfigResponsePreferences.Theme.
type GetConfigResponsePreferencesTheme string

// Values of GetConfigResponsePreferencesTheme.
const (
	GetConfigResponsePreferencesThemeLight  GetConfigResponsePreferencesTheme = "light"
	GetConfigResponsePreferencesThemeDark   GetConfigResponsePreferencesTheme = "dark"
	GetConfigResponsePreferencesThemeSystem GetConfigResponsePreferencesTheme = "system"
)

// UpdateConfigBody is the body of ConfigAPI.Update.
type UpdateConfigBody struct {
	Preferences UpdateConfigBodyPreferences `json:"preferences"`
}

// UpdateConfigBodyPreferences is the value of UpdateConfigBody.Preferences.
type UpdateConfigBodyPreferences struct {
	Theme         *GetConfigResponsePreferencesTheme `json:"theme,omitempty"`
	Notifications *bool                              `json:"notifications,omitempty"`
}

// ExportConfigServer is one of what ConfigAPI.Export lists.
type ExportConfigServer struct {
	Name    string                `json:"name"`
	Enabled bool                  `json:"enabled"`
	Config  GetConfigServerConfig `json:"config"`
}

// ExportConfigResponse is the response of ConfigAPI.Export.
type ExportConfigResponse struct {
	// Always "1.0".
	Version string `json:"version"`

	ExportedAt  time.Time                    `json:"exported_at"`
	User        *string                      `json:"user"`
	Servers     []ExportConfigServer         `json:"servers"`
	Preferences GetConfigResponsePreferences `json:"preferences"`
}

// ImportConfigBody is the body of ConfigAPI.Import.
type ImportConfigBody struct {
	// Always "1.0".
	Version string `json:"version"`

	Servers     []ImportConfigBodyServer     `json:"servers"`
	ExportedAt  *time.Time                   `json:"exported_at,omitempty"`
	User        rest.Nullable[string]        `json:"user,omitempty"`
	Preferences *UpdateConfigBodyPreferences `json:"preferences,omitempty"`
}

// ImportConfigBodyServer is the value of ImportConfigBody.Servers.
type ImportConfigBodyServer struct {
	Name    string                 `json:"name"`
	Enabled bool                   `json:"enabled"`
	Config  *BulkServersBodyConfig `json:"config,omitempty"`
}

// ImportConfigError is one of what ConfigAPI.Import lists.
type ImportConfigError struct {
	Name  string `json:"name"`
	Error string `json:"error"`
}

// ImportConfigResponse is the response of ConfigAPI.Import.
type ImportConfigResponse struct {
	Message  string              `json:"message"`
	Imported int64               `json:"imported"`
	Skipped  int64               `json:"skipped"`
	Errors   []ImportConfigError `json:"errors"`

	// Extension: what starts and stops the servers.
	OperationIDs []string `json:"operation_ids"`
}
