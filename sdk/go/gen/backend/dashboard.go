// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package backend

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// DashboardAPI has the operations of MCP Backend on dashboard.
type DashboardAPI struct{ client *rest.Client }

// GetSummary: Key figures of the hub.
//
//	GET /backend/api/v1/dashboard/summary
func (api *DashboardAPI) GetSummary(ctx context.Context, opts ...rest.Option) (*GetDashboardSummaryResponse, error) {
	return rest.JSON[*GetDashboardSummaryResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/dashboard/summary"}, opts)
}

// GetDashboardSummaryResponse is the response of DashboardAPI.GetSummary.
type GetDashboardSummaryResponse struct {
	// MCP definitions.
	TotalMCPs int64 `json:"total_mcps"`

	// Runs that wait for a worker or run.
	ActiveWorkflows int64 `json:"active_workflows"`

	// The newest ten, newest first.
	RecentWorkflowRuns []GetDashboardSummaryResponseRecentWorkflowRun `json:"recent_workflow_runs"`

	SystemHealth GetDashboardSummaryResponseSystemHealth `json:"system_health"`
}

// GetDashboardSummaryResponseRecentWorkflowRun is the value of GetDashboardSummaryResponse.RecentWorkflowRuns.
type GetDashboardSummaryResponseRecentWorkflowRun struct {
	ID                   string `json:"id"`
	WorkflowDefinitionID string `json:"workflow_definition_id"`
	Status               string `json:"status"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`
}

// GetDashboardSummaryResponseSystemHealth is the value of GetDashboardSummaryResponse.SystemHealth.
type GetDashboardSummaryResponseSystemHealth struct {
	Status  ComponentHealth     `json:"status"`
	Metrics map[string]*float64 `json:"metrics"`

	// Extension.
	Components map[string]ComponentHealth `json:"components"`
}
