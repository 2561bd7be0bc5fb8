// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package backend

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// WorkflowRunsAPI has the operations of MCP Backend on workflow-runs.
type WorkflowRunsAPI struct{ client *rest.Client }

// Start: Start a workflow run.
//
//	POST /backend/api/v1/workflow-runs
func (api *WorkflowRunsAPI) Start(ctx context.Context, body StartWorkflowRunBody, opts ...rest.Option) (*StartWorkflowRunResponse, error) {
	return rest.JSON[*StartWorkflowRunResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/workflow-runs", Body: body}, opts)
}

// List: List workflow runs, newest first. The API’s document does not have it.
//
//	GET /backend/api/v1/workflow-runs
func (api *WorkflowRunsAPI) List(ctx context.Context, params *ListWorkflowRunsParams, opts ...rest.Option) (*ListWorkflowRunsResponse, error) {
	return rest.JSON[*ListWorkflowRunsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/workflow-runs", Query: params}, opts)
}

// ListAll: List workflow runs, newest first. It reads page after page. The API’s document does not have it.
//
//	GET /backend/api/v1/workflow-runs
func (api *WorkflowRunsAPI) ListAll(ctx context.Context, params *ListWorkflowRunsParams, opts ...rest.Option) *rest.Pages[StartWorkflowRunResponse] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Skip, 0), func(at int64) ([]StartWorkflowRunResponse, int64, bool, error) {
		asked := asked
		asked.Skip = &at
		result, err := api.List(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Items, at + int64(len(result.Items)), int64(len(result.Items)) > 0 && at+int64(len(result.Items)) < result.Total, nil
	})
}

// Get: Get a workflow run.
//
//	GET /backend/api/v1/workflow-runs/{run_id}
func (api *WorkflowRunsAPI) Get(ctx context.Context, runID string, opts ...rest.Option) (*GetWorkflowRunResponse, error) {
	return rest.JSON[*GetWorkflowRunResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/workflow-runs/{run_id}", Args: []string{runID}}, opts)
}

// Stream: Server-Sent Events of a workflow run. The stream resumes where it was after a lost connection.
//
//	GET /backend/api/v1/workflow-runs/{run_id}/stream
func (api *WorkflowRunsAPI) Stream(ctx context.Context, runID string, params *StreamWorkflowRunParams, opts ...rest.Option) (*rest.Events, error) {
	return rest.Follow(ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/workflow-runs/{run_id}/stream", Args: []string{runID}, Query: params}, rest.RunIsOver, opts)
}

// Cancel: Call a workflow run off. The API’s document does not have it.
//
//	POST /backend/api/v1/workflow-runs/{run_id}/cancel
func (api *WorkflowRunsAPI) Cancel(ctx context.Context, runID string, opts ...rest.Option) (*GetWorkflowRunResponse, error) {
	return rest.JSON[*GetWorkflowRunResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/workflow-runs/{run_id}/cancel", Args: []string{runID}}, opts)
}

// StartWorkflowRunBody is the body of WorkflowRunsAPI.Start.
type StartWorkflowRunBody struct {
	WorkflowDefinitionID string         `json:"workflow_definition_id"`
	Parameters           map[string]any `json:"parameters,omitempty"`
}

// StartWorkflowRunResponse is the response of WorkflowRunsAPI.Start.
type StartWorkflowRunResponse struct {
	ID string `json:"id"`

	// Of a workflow that no definition keeps: its name.
	WorkflowDefinitionID string `json:"workflow_definition_id"`

	Status     StartWorkflowRunResponseStatus `json:"status"`
	Parameters map[string]any                 `json:"parameters"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`
}

// StartWorkflowRunResponseStatus is the value of StartWorkflowRunResponse.Status.
type StartWorkflowRunResponseStatus string

// Values of StartWorkflowRunResponseStatus.
const (
	StartWorkflowRunResponseStatusScheduled StartWorkflowRunResponseStatus = "scheduled"
	StartWorkflowRunResponseStatusQueued    StartWorkflowRunResponseStatus = "queued"
	StartWorkflowRunResponseStatusRunning   StartWorkflowRunResponseStatus = "running"
	StartWorkflowRunResponseStatusCompleted StartWorkflowRunResponseStatus = "completed"
	StartWorkflowRunResponseStatusFailed    StartWorkflowRunResponseStatus = "failed"
	StartWorkflowRunResponseStatusCancelled StartWorkflowRunResponseStatus = "cancelled"
)

// ListWorkflowRunsParams is what WorkflowRunsAPI.List may be asked.
type ListWorkflowRunsParams struct {
	// Records to skip. Default: 0.
	Skip *int64 `query:"skip"`

	// Records to return at most. Default: 10.
	Limit *int64 `query:"limit"`

	Status *StartWorkflowRunResponseStatus `query:"status"`
}

// ListWorkflowRunsResponse is the response of WorkflowRunsAPI.List.
type ListWorkflowRunsResponse struct {
	Items []StartWorkflowRunResponse `json:"items"`

	// On all pages.
	Total int64 `json:"total"`

	Skip  int64 `json:"skip"`
	Limit int64 `json:"limit"`
}

// GetWorkflowRunStep is one of what WorkflowRunsAPI.Get lists.
type GetWorkflowRunStep struct {
	Name   string `json:"name"`
	Status string `json:"status"`

	// `null` for never.
	StartedAt *time.Time `json:"started_at"`

	// `null` for never.
	CompletedAt *time.Time `json:"completed_at"`

	Reason string `json:"reason"`
}

// GetWorkflowRunResponse is the response of WorkflowRunsAPI.Get.
type GetWorkflowRunResponse struct {
	ID string `json:"id"`

	// Of a workflow that no definition keeps: its name.
	WorkflowDefinitionID string `json:"workflow_definition_id"`

	Status     StartWorkflowRunResponseStatus `json:"status"`
	Parameters map[string]any                 `json:"parameters"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`

	// What each completed step gave, by its name.
	Result map[string]any `json:"result"`

	// Extension.
	Progress int64 `json:"progress"`

	// Extension.
	Steps []GetWorkflowRunStep `json:"steps"`

	// Extension.
	Error *GetWorkflowRunResponseError `json:"error"`
}

// GetWorkflowRunResponseError is the value of GetWorkflowRunResponse.Error.
type GetWorkflowRunResponseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// StreamWorkflowRunParams is what WorkflowRunsAPI.Stream may be asked.
type StreamWorkflowRunParams struct {
	// Extension: stands for `Last-Event-ID`, where that cannot be sent.
	LastEventID *string `query:"last_event_id"`

	// Extension: stands for the credential; see `POST /api/sse/tickets`.
	Ticket *string `query:"ticket"`
}

// CancelWorkflowRunResponse is the response of WorkflowRunsAPI.Cancel.
type CancelWorkflowRunResponse = GetWorkflowRunResponse
