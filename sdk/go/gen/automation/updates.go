// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// UpdatesAPI has the operations of MCP Automation System on updates.
type UpdatesAPI struct{ client *rest.Client }

// Check: Check servers for available updates.
//
//	GET /automation/api/v1/updates/check
func (api *UpdatesAPI) Check(ctx context.Context, params *CheckUpdatesParams, opts ...rest.Option) (*CheckUpdatesResponse, error) {
	return rest.JSON[*CheckUpdatesResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/updates/check", Query: params, Unwrap: "data"}, opts)
}

// UpdateServer: Initiate an update of a server. serverName: Name or id.
//
//	POST /automation/api/v1/updates/{server_name}
func (api *UpdatesAPI) UpdateServer(ctx context.Context, serverName string, body *UpdateServerBody, opts ...rest.Option) (*BegunUpdate, error) {
	return rest.JSON[*BegunUpdate](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/updates/{server_name}", Args: []string{serverName}, Body: body, Unwrap: "data"}, opts)
}

// Get: Status of an update or rollback. serverName: Id of the update or rollback.
//
//	GET /automation/api/v1/updates/{server_name}
func (api *UpdatesAPI) Get(ctx context.Context, serverName string, opts ...rest.Option) (*GetUpdateResponse, error) {
	return rest.JSON[*GetUpdateResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/updates/{server_name}", Args: []string{serverName}, Unwrap: "data"}, opts)
}

// RollbackServer: Roll a server back to an earlier version. serverName: Name or id.
//
//	POST /automation/api/v1/updates/{server_name}/rollback
func (api *UpdatesAPI) RollbackServer(ctx context.Context, serverName string, body *RollbackServerBody, opts ...rest.Option) (*BegunUpdate, error) {
	return rest.JSON[*BegunUpdate](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/updates/{server_name}/rollback", Args: []string{serverName}, Body: body, Unwrap: "data"}, opts)
}

// CheckUpdatesParams is the parameters of UpdatesAPI.Check.
type CheckUpdatesParams struct {
	// Name or id of one server.
	Server *string `query:"server"`

	// Extension: ask the registries again, also for versions that the hub knows. Default: false.
	Refresh *bool `query:"refresh"`
}

// CheckUpdatesResponse is the response of UpdatesAPI.Check.
type CheckUpdatesResponse struct {
	UpdatesAvailable bool              `json:"updates_available"`
	Servers          []AvailableUpdate `json:"servers"`
	TotalUpdates     int64             `json:"total_updates"`
}

// UpdateServerBody is the body of UpdatesAPI.UpdateServer.
type UpdateServerBody struct {
	// A version of the source, or `latest`. Default: "latest".
	Version *string `json:"version,omitempty"`

	// `false`: a new version that could be installed stays chosen, also if it does not answer. Default: true.
	RollbackOnFailure *bool `json:"rollback_on_failure,omitempty"`

	// Only plan the update, and change nothing. Default: false.
	DryRun *bool `json:"dry_run,omitempty"`

	// `false`: remove the old version afterwards. Default: true.
	Backup *bool `json:"backup,omitempty"`

	// Update also if the version runs already. Default: false.
	Force *bool `json:"force,omitempty"`
}

// UpdateServerResponse is the response of UpdatesAPI.UpdateServer.
type UpdateServerResponse = BegunUpdate

// GetUpdateResponse is the response of UpdatesAPI.Get.
type GetUpdateResponse struct {
	UpdateID    string       `json:"update_id"`
	Server      string       `json:"server"`
	FromVersion *string      `json:"from_version"`
	ToVersion   string       `json:"to_version"`
	Status      UpdateStatus `json:"status"`

	// UTC, ISO 8601.
	StartedAt time.Time `json:"started_at"`

	CompletedAt *time.Time `json:"completed_at"`

	// So far, while it goes on.
	DurationSeconds float64 `json:"duration_seconds"`

	Steps            []UpdateStep          `json:"steps"`
	Kind             GetUpdateResponseKind `json:"kind"`
	DryRun           bool                  `json:"dry_run"`
	RequestedVersion string                `json:"requested_version"`
	BreakingChanges  bool                  `json:"breaking_changes"`
	Progress         int64                 `json:"progress"`
	Message          string                `json:"message"`

	// The version that the server is set to at the end; `null` until then.
	RunningVersion *string `json:"running_version"`

	// The new version was given up.
	RolledBack bool `json:"rolled_back"`

	// How the tool list changed.
	Tools *UpdateTools `json:"tools"`

	// Of a dry run.
	Plan *UpdatePlan `json:"plan"`

	Error *GetUpdateResponseError `json:"error"`
}

// GetUpdateResponseKind is the value of GetUpdateResponse.Kind.
type GetUpdateResponseKind string

// Values of GetUpdateResponseKind.
const (
	GetUpdateResponseKindUpdate   GetUpdateResponseKind = "update"
	GetUpdateResponseKindRollback GetUpdateResponseKind = "rollback"
)

// GetUpdateResponseError is the value of GetUpdateResponse.Error.
type GetUpdateResponseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// RollbackServerBody is the body of UpdatesAPI.RollbackServer.
type RollbackServerBody struct {
	// Default: "auto".
	TargetVersion *string `json:"target_version,omitempty"`

	// Default: false.
	Force *bool `json:"force,omitempty"`
}

// RollbackServerResponse is the response of UpdatesAPI.RollbackServer.
type RollbackServerResponse = BegunUpdate
