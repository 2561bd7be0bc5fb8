// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package portal

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// ServersAPI has the operations of MCP Portal on servers.
type ServersAPI struct{ client *rest.Client }

// List: List all available MCP servers, each with the configuration of the caller.
//
//	GET /portal/api/v1/servers
func (api *ServersAPI) List(ctx context.Context, params *ListServersParams, opts ...rest.Option) (*ListServersResponse, error) {
	return rest.JSON[*ListServersResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/servers", Query: params}, opts)
}

// ListAll: List all available MCP servers, each with the configuration of the caller. It reads page after page.
//
//	GET /portal/api/v1/servers
func (api *ServersAPI) ListAll(ctx context.Context, params *ListServersParams, opts ...rest.Option) *rest.Pages[Server] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]Server, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.List(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Servers, at + 1, result.Pagination.HasNext, nil
	})
}

// Get: Detailed information about a server. id: Id or name.
//
//	GET /portal/api/v1/servers/{id}
func (api *ServersAPI) Get(ctx context.Context, id string, opts ...rest.Option) (*GetServerResponse, error) {
	return rest.JSON[*GetServerResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/servers/{id}", Args: []string{id}}, opts)
}

// Enable: Enable a server for the current user. id: Id or name.
//
//	POST /portal/api/v1/servers/{id}/enable
func (api *ServersAPI) Enable(ctx context.Context, id string, body *EnableServerBody, opts ...rest.Option) (*BegunOperation, error) {
	return rest.JSON[*BegunOperation](ctx, api.client, rest.Request{Method: "POST", Path: "/portal/api/v1/servers/{id}/enable", Args: []string{id}, Body: body}, opts)
}

// Disable: Disable a server for the current user. id: Id or name.
//
//	POST /portal/api/v1/servers/{id}/disable
func (api *ServersAPI) Disable(ctx context.Context, id string, opts ...rest.Option) (*BegunOperation, error) {
	return rest.JSON[*BegunOperation](ctx, api.client, rest.Request{Method: "POST", Path: "/portal/api/v1/servers/{id}/disable", Args: []string{id}}, opts)
}

// Restart: Restart a server's container. id: Id or name.
//
//	POST /portal/api/v1/servers/{id}/restart
func (api *ServersAPI) Restart(ctx context.Context, id string, opts ...rest.Option) (*BegunOperation, error) {
	return rest.JSON[*BegunOperation](ctx, api.client, rest.Request{Method: "POST", Path: "/portal/api/v1/servers/{id}/restart", Args: []string{id}}, opts)
}

// GetLogs: Get a server's log. id: Id or name.
//
//	GET /portal/api/v1/servers/{id}/logs
func (api *ServersAPI) GetLogs(ctx context.Context, id string, params *GetServerLogsParams, opts ...rest.Option) (*GetServerLogsResponse, error) {
	return rest.JSON[*GetServerLogsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/servers/{id}/logs", Args: []string{id}, Query: params}, opts)
}

// GetLogsStream: Get a server's log. The lines come as they are written, until the stream is closed; with Follow false,
// those that are there. id: Id or name.
//
//	GET /portal/api/v1/servers/{id}/logs
func (api *ServersAPI) GetLogsStream(ctx context.Context, id string, params *GetServerLogsParams, opts ...rest.Option) (*rest.Lines[LogEntry], error) {
	return rest.OpenLines[LogEntry](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/servers/{id}/logs", Args: []string{id}, Query: params, Default: []string{"follow", "true"}}, opts)
}

// Bulk: Enable, disable or restart several servers.
//
//	POST /portal/api/v1/servers/bulk
func (api *ServersAPI) Bulk(ctx context.Context, body BulkServersBody, opts ...rest.Option) (*BulkServersResponse, error) {
	return rest.JSON[*BulkServersResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/portal/api/v1/servers/bulk", Body: body}, opts)
}

// ListServersCatalogType is the value of ListServersParams.CatalogType.
type ListServersCatalogType string

// Values of ListServersCatalogType.
const (
	ListServersCatalogTypePredefined ListServersCatalogType = "predefined"
	ListServersCatalogTypeCustom     ListServersCatalogType = "custom"
	ListServersCatalogTypeAll        ListServersCatalogType = "all"
)

// ListServersParams is the parameters of ServersAPI.List.
type ListServersParams struct {
	// Only predefined or only custom servers. Default: "all".
	CatalogType *ListServersCatalogType `query:"catalog_type"`

	// Only servers of this category.
	Category *string `query:"category"`

	// Extension: only servers that are registered for all (`true`), or only entries of the catalog (`false`).
	Shared *bool `query:"shared"`

	// In name or description.
	Search *string `query:"search"`

	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 20.
	Limit *int64 `query:"limit"`
}

// ListServersResponse is the response of ServersAPI.List.
type ListServersResponse struct {
	Servers    []Server   `json:"servers"`
	Pagination Pagination `json:"pagination"`
}

// GetServerResponse is the response of ServersAPI.Get.
type GetServerResponse struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	Description string `json:"description"`

	// An image's name; of a package `npm:…` or `pypi:…`; of others their command or address.
	Image string `json:"image"`

	CatalogType GetServerResponseCatalogType `json:"catalog_type"`
	Category    string                       `json:"category"`
	Tags        []string                     `json:"tags"`

	// Extension: registered for all, and not enabled by each for themselves.
	Shared bool `json:"shared"`

	// Extension: an entry of the catalog that the caller may change and remove.
	Changeable bool `json:"changeable"`

	// Extension: an entry that another user added and that is not shared; team admins name it by its id.
	Private bool `json:"private"`

	// Extension: the user or key that added the entry, for super admins; otherwise `null`.
	Owner *string `json:"owner"`

	Metadata   GetServerResponseMetadata   `json:"metadata"`
	UserConfig GetServerResponseUserConfig `json:"user_config"`

	// Present use of its container or processes; `null` while it does not run.
	ContainerStats *GetServerResponseContainerStats `json:"container_stats"`
}

// GetServerResponseCatalogType is the value of GetServerResponse.CatalogType.
type GetServerResponseCatalogType string

// Values of GetServerResponseCatalogType.
const (
	GetServerResponseCatalogTypePredefined GetServerResponseCatalogType = "predefined"
	GetServerResponseCatalogTypeCustom     GetServerResponseCatalogType = "custom"
)

// GetServerResponseMetadata is the value of GetServerResponse.Metadata.
type GetServerResponseMetadata struct {
	// The version that runs or is installed; `latest` before that.
	Version string `json:"version"`

	Author        string `json:"author"`
	Documentation string `json:"documentation"`

	// Extension: it runs with the rights of the site's agent, so only super admins enable it.
	Restricted bool `json:"restricted"`

	// Extension: values that it takes in `config.env`, where that is known.
	Variables []Variable `json:"variables"`
}

// GetServerResponseUserConfig is the value of GetServerResponse.UserConfig.
type GetServerResponseUserConfig struct {
	Enabled        bool           `json:"enabled"`
	ContainerState ContainerState `json:"container_state"`

	// `null` where it runs in no container.
	ContainerID *string `json:"container_id"`

	LastStateChange *time.Time                                `json:"last_state_change"`
	ConfigMetadata  GetServerResponseUserConfigConfigMetadata `json:"config_metadata"`

	// Extension: why it does not run.
	Error *string `json:"error"`
}

// GetServerResponseUserConfigConfigMetadata is the value of GetServerResponseUserConfig.ConfigMetadata.
type GetServerResponseUserConfigConfigMetadata struct {
	AutoStart     bool                                                   `json:"auto_start"`
	RestartPolicy GetServerResponseUserConfigConfigMetadataRestartPolicy `json:"restart_policy"`

	// Extension: names of the values that were given to it.
	Env []string `json:"env"`
}

// GetServerResponseUserConfigConfigMetadataRestartPolicy is the value of
// GetServerResponseUserConfigConfigMetadata.RestartPolicy.
type GetServerResponseUserConfigConfigMetadataRestartPolicy string

// Values of GetServerResponseUserConfigConfigMetadataRestartPolicy.
const (
	GetServerResponseUserConfigConfigMetadataRestartPolicyAlways        GetServerResponseUserConfigConfigMetadataRestartPolicy = "always"
	GetServerResponseUserConfigConfigMetadataRestartPolicyUnlessStopped GetServerResponseUserConfigConfigMetadataRestartPolicy = "unless-stopped"
	GetServerResponseUserConfigConfigMetadataRestartPolicyOnFailure     GetServerResponseUserConfigConfigMetadataRestartPolicy = "on-failure"
	GetServerResponseUserConfigConfigMetadataRestartPolicyNo            GetServerResponseUserConfigConfigMetadataRestartPolicy = "no"
)

// GetServerResponseContainerStats is the value of GetServerResponse.ContainerStats.
type GetServerResponseContainerStats struct {
	CPUUsage    *string `json:"cpu_usage"`
	MemoryUsage *string `json:"memory_usage"`
	Uptime      string  `json:"uptime"`
}

// EnableServerBody is the body of ServersAPI.Enable.
type EnableServerBody struct {
	Config *ServerConfig `json:"config,omitempty"`
}

// EnableServerResponse is the response of ServersAPI.Enable.
type EnableServerResponse = BegunOperation

// DisableServerResponse is the response of ServersAPI.Disable.
type DisableServerResponse = BegunOperation

// RestartServerResponse is the response of ServersAPI.Restart.
type RestartServerResponse = BegunOperation

// GetServerLogsParams is the parameters of ServersAPI.GetLogs.
type GetServerLogsParams struct {
	// How many of the last lines. Default: 100.
	Lines *int64 `query:"lines"`

	// Only lines from this time on (RFC 3339).
	Since *time.Time `query:"since"`

	// Answer with the log as it grows. Default: false.
	Follow *bool `query:"follow"`
}

// GetServerLogsResponse is the response of ServersAPI.GetLogs.
type GetServerLogsResponse struct {
	Logs []LogEntry `json:"logs"`
}

// BulkServersBody is the body of ServersAPI.Bulk.
type BulkServersBody struct {
	Operation BulkServersBodyOperation `json:"operation"`
	ServerIDs []string                 `json:"server_ids"`
	Config    *PolicyConfig            `json:"config,omitempty"`
}

// BulkServersBodyOperation is the value of BulkServersBody.Operation.
type BulkServersBodyOperation string

// Values of BulkServersBodyOperation.
const (
	BulkServersBodyOperationEnable  BulkServersBodyOperation = "enable"
	BulkServersBodyOperationDisable BulkServersBodyOperation = "disable"
	BulkServersBodyOperationRestart BulkServersBodyOperation = "restart"
)

// BulkServersResponse is the response of ServersAPI.Bulk.
type BulkServersResponse struct {
	OperationID  string `json:"operation_id"`
	TotalServers int64  `json:"total_servers"`

	// Always "processing".
	Status string `json:"status"`

	ProgressURL string `json:"progress_url"`
}
