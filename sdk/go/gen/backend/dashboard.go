// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package backend

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// DashboardAPI has the operations of MCP Backend on dashboard.
type DashboardAPI struct{ client *rest.Client }

// GetSummary: How everything is, in a few numbers.
//
//	GET /backend/api/v1/dashboard/summary
func (api *DashboardAPI) GetSummary(ctx context.Context, opts ...rest.Option) (*GetDashboardSummaryResponse, error) {
	return rest.JSON[*GetDashboardSummaryResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/dashboard/summary"}, opts)
}

// GetDashboardSummaryRecentWorkflowRun is one of what DashboardAPI.GetSummary lists.
type GetDashboardSummaryRecentWorkflowRun struct {
	ID                   string `json:"id"`
	WorkflowDefinitionID string `json:"workflow_definition_id"`
	Status               string `json:"status"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`
}

// GetDashboardSummaryResponse is the response of DashboardAPI.GetSummary.
type GetDashboardSummaryResponse struct {
	// MCP definitions.
	TotalMCPs int64 `json:"total_mcps"`

	// Runs that wait for a worker or run.
	ActiveWorkflows int64 `json:"active_workflows"`

	// The newest ten, newest first.
	RecentWorkflowRuns []GetDashboardSummaryRecentWorkflowRun `json:"recent_workflow_runs"`

	SystemHealth GetDashboardSummaryResponseSystemHealth `json:"system_health"`
}

// GetDashboardSummaryResponseSystemHealth is the value of GetDashboardSummaryResponse.SystemHealth.
type GetDashboardSummaryResponseSystemHealth struct {
	Status  GetDashboardSummaryResponseSystemHealthStatus `json:"status"`
	Metrics map[string]*float64                           `json:"metrics"`

	// Extension.
	Components map[string]GetDashboardSummaryResponseSystemHealthStatus `json:"components"`
}

// GetDashboardSummaryResponseSystemHealthStatus is the value of GetDashboardSummaryResponseSystemHealth.Status.
type GetDashboardSummaryResponseSystemHealthStatus string

// Values of GetDashboardSummaryResponseSystemHealthStatus.
const (
	GetDashboardSummaryResponseSystemHealthStatusHealthy   GetDashboardSummaryResponseSystemHealthStatus = "healthy"
	GetDashboardSummaryResponseSystemHealthStatusDegraded  GetDashboardSummaryResponseSystemHealthStatus = "degraded"
	GetDashboardSummaryResponseSystemHealthStatusUnhealthy GetDashboardSummaryResponseSystemHealthStatus = "unhealthy"
)
