// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package backend

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// MetricsAPI has the operations of MCP Backend on metrics.
type MetricsAPI struct{ client *rest.Client }

// GetSummary: Numbers, success rates and durations of calls, runs and requests.
//
//	GET /backend/api/v1/metrics/summary
func (api *MetricsAPI) GetSummary(ctx context.Context, opts ...rest.Option) (*GetMetricsSummaryResponse, error) {
	return rest.JSON[*GetMetricsSummaryResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/metrics/summary"}, opts)
}

// Get: Metrics in Prometheus format.
//
//	GET /backend/api/v1/metrics
func (api *MetricsAPI) Get(ctx context.Context, opts ...rest.Option) (string, error) {
	return rest.Text(ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/metrics"}, opts)
}

// GetMetricsSummaryResponse is the response of MetricsAPI.GetSummary.
type GetMetricsSummaryResponse struct {
	HTTPRequests       GetMetricsSummaryResponseHTTPRequests       `json:"http_requests"`
	DatabaseOperations GetMetricsSummaryResponseDatabaseOperations `json:"database_operations"`
	WorkflowSteps      GetMetricsSummaryResponseWorkflowSteps      `json:"workflow_steps"`
}

// GetMetricsSummaryResponseHTTPRequests is the value of GetMetricsSummaryResponse.HTTPRequests.
type GetMetricsSummaryResponseHTTPRequests struct {
	Total int64 `json:"total"`

	// 0 to 1; 0 while there was none.
	SuccessRate float64 `json:"success_rate"`

	// Seconds.
	AverageLatency float64 `json:"average_latency"`
}

// GetMetricsSummaryResponseDatabaseOperations is the value of GetMetricsSummaryResponse.DatabaseOperations.
type GetMetricsSummaryResponseDatabaseOperations struct {
	Total int64 `json:"total"`

	// Seconds.
	AverageLatency float64 `json:"average_latency"`
}

// GetMetricsSummaryResponseWorkflowSteps is the value of GetMetricsSummaryResponse.WorkflowSteps.
type GetMetricsSummaryResponseWorkflowSteps struct {
	Total int64 `json:"total"`

	// 0 to 1; 0 while there was none.
	SuccessRate float64 `json:"success_rate"`

	// Seconds; of those that completed.
	AverageDuration float64 `json:"average_duration"`
}
