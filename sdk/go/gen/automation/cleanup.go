// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// CleanupAPI has the operations of MCP Automation System on cleanup.
type CleanupAPI struct{ client *rest.Client }

// Run: Trigger a cleanup.
//
//	POST /automation/api/v1/cleanup/run
func (api *CleanupAPI) Run(ctx context.Context, body *RunCleanupBody, opts ...rest.Option) (*RunCleanupResponse, error) {
	return rest.JSON[*RunCleanupResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/cleanup/run", Body: body, Unwrap: "data"}, opts)
}

// Get: Status of a cleanup. cleanupID: Id of the cleanup, as its start answered.
//
//	GET /automation/api/v1/cleanup/{cleanup_id}
func (api *CleanupAPI) Get(ctx context.Context, cleanupID string, opts ...rest.Option) (*GetCleanupResponse, error) {
	return rest.JSON[*GetCleanupResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/cleanup/{cleanup_id}", Args: []string{cleanupID}, Unwrap: "data"}, opts)
}

// GetStorageStats: Storage usage statistics.
//
//	GET /automation/api/v1/cleanup/stats
func (api *CleanupAPI) GetStorageStats(ctx context.Context, opts ...rest.Option) (*GetStorageStatsResponse, error) {
	return rest.JSON[*GetStorageStatsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/cleanup/stats", Unwrap: "data"}, opts)
}

// RunCleanupBody is the body of CleanupAPI.Run.
type RunCleanupBody struct {
	// Only count the files, and delete nothing. Default: false.
	DryRun *bool `json:"dry_run,omitempty"`

	// `logs`: full log files. `cache`: installed versions of packages that no server runs. `temp`: the rest of
	// unfinished work that is older than an hour. `backups`: backups of servers and of the hub. Default:
	// ["logs","cache","temp"].
	Targets []CleanupTarget `json:"targets,omitempty"`

	// Files that changed later stay. Default: 30.
	RetentionDays *float64 `json:"retention_days,omitempty"`

	// Delete the backups that a rollback needs, too. Default: false.
	Force *bool `json:"force,omitempty"`
}

// RunCleanupResponse is the response of CleanupAPI.Run.
type RunCleanupResponse struct {
	CleanupID string `json:"cleanup_id"`

	// Always "running".
	Status string `json:"status"`

	// UTC, ISO 8601.
	StartedAt time.Time `json:"started_at"`

	Targets []CleanupTarget `json:"targets"`
}

// GetCleanupResponse is the response of CleanupAPI.Get.
type GetCleanupResponse struct {
	CleanupID   string                   `json:"cleanup_id"`
	Status      JobStatus                `json:"status"`
	StartedAt   *time.Time               `json:"started_at"`
	CompletedAt *time.Time               `json:"completed_at"`
	Progress    int64                    `json:"progress"`
	Error       *GetCleanupResponseError `json:"error"`

	// Extension. true: nothing was deleted; the numbers count the files that would be deleted.
	DryRun bool `json:"dry_run"`

	Summary GetCleanupResponseSummary `json:"summary"`
	Details []CleanupResult           `json:"details"`

	// Extension: the hub or agents that could not be cleaned, and why.
	Problems []GetCleanupResponseProblem `json:"problems"`
}

// GetCleanupResponseError is the value of GetCleanupResponse.Error.
type GetCleanupResponseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// GetCleanupResponseSummary is the value of GetCleanupResponse.Summary.
type GetCleanupResponseSummary struct {
	FilesDeleted int64 `json:"files_deleted"`

	// Units of 1,048,576 bytes.
	SpaceFreedMb float64 `json:"space_freed_mb"`

	Errors int64 `json:"errors"`
}

// GetCleanupResponseProblem is the value of GetCleanupResponse.Problems.
type GetCleanupResponseProblem struct {
	Place string `json:"place"`
	Error string `json:"error"`
}

// GetStorageStatsResponse is the response of CleanupAPI.GetStorageStats.
type GetStorageStatsResponse struct {
	// Units of 1,073,741,824 bytes.
	TotalSpaceGb float64 `json:"total_space_gb"`

	UsedSpaceGb     float64                          `json:"used_space_gb"`
	FreeSpaceGb     float64                          `json:"free_space_gb"`
	UsagePercentage float64                          `json:"usage_percentage"`
	Breakdown       GetStorageStatsResponseBreakdown `json:"breakdown"`

	// Extension: agents that could not be reached, which the figures leave out.
	Unavailable []string `json:"unavailable"`
}

// GetStorageStatsResponseBreakdown is the value of GetStorageStatsResponse.Breakdown.
type GetStorageStatsResponseBreakdown struct {
	Logs    DiskUse `json:"logs"`
	Backups DiskUse `json:"backups"`
	Cache   DiskUse `json:"cache"`
	Temp    DiskUse `json:"temp"`
}
