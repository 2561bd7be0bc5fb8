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
func (api *WorkflowRunsAPI) Start(ctx context.Context, body StartWorkflowRunBody, opts ...rest.Option) (*WorkflowRun, error) {
	return rest.JSON[*WorkflowRun](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/workflow-runs", Body: body}, opts)
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
func (api *WorkflowRunsAPI) ListAll(ctx context.Context, params *ListWorkflowRunsParams, opts ...rest.Option) *rest.Pages[WorkflowRun] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Skip, 0), func(at int64) ([]WorkflowRun, int64, bool, error) {
		asked := asked
		asked.Skip = &at
		result, err := api.List(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Items, at + int64(len(result.Items)), int64(len(result.Items)) > 0 && at+int64(len(result.Items)) < result.Total, nil
	})
}

// Get: Get a workflow run. runID: Id of the run.
//
//	GET /backend/api/v1/workflow-runs/{run_id}
func (api *WorkflowRunsAPI) Get(ctx context.Context, runID string, opts ...rest.Option) (*WorkflowRunDetails, error) {
	return rest.JSON[*WorkflowRunDetails](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/workflow-runs/{run_id}", Args: []string{runID}}, opts)
}

// Stream: Server-Sent Events of a workflow run. The stream resumes where it was after a lost connection. runID: Id of
// the run.
//
//	GET /backend/api/v1/workflow-runs/{run_id}/stream
func (api *WorkflowRunsAPI) Stream(ctx context.Context, runID string, params *StreamWorkflowRunParams, opts ...rest.Option) (*rest.EventsOf[RunEvent], error) {
	return rest.FollowOf[RunEvent](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/workflow-runs/{run_id}/stream", Args: []string{runID}, Query: params}, rest.RunIsOver, opts)
}

// Cancel: Cancel a workflow run. runID: Id of the run. The API’s document does not have it.
//
//	POST /backend/api/v1/workflow-runs/{run_id}/cancel
func (api *WorkflowRunsAPI) Cancel(ctx context.Context, runID string, opts ...rest.Option) (*WorkflowRunDetails, error) {
	return rest.JSON[*WorkflowRunDetails](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/workflow-runs/{run_id}/cancel", Args: []string{runID}}, opts)
}

// Retry: Repeat a workflow run from a step. runID: Id of the run. The API’s document does not have it.
//
//	POST /backend/api/v1/workflow-runs/{run_id}/retry
func (api *WorkflowRunsAPI) Retry(ctx context.Context, runID string, body RetryWorkflowRunBody, opts ...rest.Option) (*WorkflowRunDetails, error) {
	return rest.JSON[*WorkflowRunDetails](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/workflow-runs/{run_id}/retry", Args: []string{runID}, Body: body}, opts)
}

// DecideStep: Decide about a step that waits for a person. runID: Id of the run. The API’s document does not have it.
//
//	POST /backend/api/v1/workflow-runs/{run_id}/decide
func (api *WorkflowRunsAPI) DecideStep(ctx context.Context, runID string, body DecideWorkflowRunStepBody, opts ...rest.Option) (*WorkflowRunDetails, error) {
	return rest.JSON[*WorkflowRunDetails](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/workflow-runs/{run_id}/decide", Args: []string{runID}, Body: body}, opts)
}

// StartWorkflowRunBody is the body of WorkflowRunsAPI.Start.
type StartWorkflowRunBody struct {
	WorkflowDefinitionID string         `json:"workflow_definition_id"`
	Parameters           map[string]any `json:"parameters,omitempty"`
}

// StartWorkflowRunResponse is the response of WorkflowRunsAPI.Start.
type StartWorkflowRunResponse = WorkflowRun

// ListWorkflowRunsParams is the parameters of WorkflowRunsAPI.List.
type ListWorkflowRunsParams struct {
	// Records to skip. Default: 0.
	Skip *int64 `query:"skip"`

	// Records to return at most. Default: 10.
	Limit *int64 `query:"limit"`

	// Only runs with this status.
	Status *WorkflowRunStatus `query:"status"`
}

// ListWorkflowRunsResponse is the response of WorkflowRunsAPI.List.
type ListWorkflowRunsResponse struct {
	Items []WorkflowRun `json:"items"`

	// On all pages.
	Total int64 `json:"total"`

	Skip  int64 `json:"skip"`
	Limit int64 `json:"limit"`
}

// GetWorkflowRunResponse is the response of WorkflowRunsAPI.Get.
type GetWorkflowRunResponse = WorkflowRunDetails

// GetWorkflowRun is an item of WorkflowRunsAPI.Get.
type GetWorkflowRun struct {
	Name   string `json:"name"`
	Status string `json:"status"`

	// `null` for never.
	StartedAt *time.Time `json:"started_at"`

	// `null` for never.
	CompletedAt *time.Time `json:"completed_at"`

	Reason string `json:"reason"`

	// Extension: the decision of a person that the step waits for.
	WaitsFor *WorkflowQuestion `json:"waits_for"`
}

// StreamWorkflowRunParams is the parameters of WorkflowRunsAPI.Stream.
type StreamWorkflowRunParams struct {
	// Extension: stands for `Last-Event-ID`, where that cannot be sent.
	LastEventID *string `query:"last_event_id"`

	// Extension: stands for the credential; see `POST /api/sse/tickets`.
	Ticket *string `query:"ticket"`
}

// CancelWorkflowRunResponse is the response of WorkflowRunsAPI.Cancel.
type CancelWorkflowRunResponse = WorkflowRunDetails

// CancelWorkflowRun is an item of WorkflowRunsAPI.Cancel.
type CancelWorkflowRun struct {
	Name   string `json:"name"`
	Status string `json:"status"`

	// `null` for never.
	StartedAt *time.Time `json:"started_at"`

	// `null` for never.
	CompletedAt *time.Time `json:"completed_at"`

	Reason string `json:"reason"`

	// Extension: the decision of a person that the step waits for.
	WaitsFor *WorkflowQuestion `json:"waits_for"`
}

// RetryWorkflowRunBody is the body of WorkflowRunsAPI.Retry.
type RetryWorkflowRunBody struct {
	// Id of a step of the workflow; default: the steps that did not complete.
	From *string `json:"from,omitempty"`
}

// RetryWorkflowRunResponse is the response of WorkflowRunsAPI.Retry.
type RetryWorkflowRunResponse = WorkflowRunDetails

// RetryWorkflowRun is an item of WorkflowRunsAPI.Retry.
type RetryWorkflowRun struct {
	Name   string `json:"name"`
	Status string `json:"status"`

	// `null` for never.
	StartedAt *time.Time `json:"started_at"`

	// `null` for never.
	CompletedAt *time.Time `json:"completed_at"`

	Reason string `json:"reason"`

	// Extension: the decision of a person that the step waits for.
	WaitsFor *WorkflowQuestion `json:"waits_for"`
}

// DecideWorkflowRunStepBody is the body of WorkflowRunsAPI.DecideStep.
type DecideWorkflowRunStepBody struct {
	// Its name in the run, such as `ask` or `nested/ask[2]`.
	Step string `json:"step"`

	// Of an approval: `approve` or `refuse`; of a step whose effect is unknown: `resume`, `skip` or `fail`.
	Decision DecideWorkflowRunStepBodyDecision `json:"decision"`

	// For people: with the failure of the step, and in its result. Default: "".
	Comment *string `json:"comment,omitempty"`

	// Of an approval: the values of its form.
	Values map[string]any `json:"values,omitempty"`
}

// DecideWorkflowRunStepBodyDecision is the value of DecideWorkflowRunStepBody.Decision.
type DecideWorkflowRunStepBodyDecision string

// Values of DecideWorkflowRunStepBodyDecision.
const (
	DecideWorkflowRunStepBodyDecisionApprove DecideWorkflowRunStepBodyDecision = "approve"
	DecideWorkflowRunStepBodyDecisionRefuse  DecideWorkflowRunStepBodyDecision = "refuse"
	DecideWorkflowRunStepBodyDecisionResume  DecideWorkflowRunStepBodyDecision = "resume"
	DecideWorkflowRunStepBodyDecisionSkip    DecideWorkflowRunStepBodyDecision = "skip"
	DecideWorkflowRunStepBodyDecisionFail    DecideWorkflowRunStepBodyDecision = "fail"
)

// DecideWorkflowRunStepResponse is the response of WorkflowRunsAPI.DecideStep.
type DecideWorkflowRunStepResponse = WorkflowRunDetails

// DecideWorkflowRunStep is an item of WorkflowRunsAPI.DecideStep.
type DecideWorkflowRunStep struct {
	Name   string `json:"name"`
	Status string `json:"status"`

	// `null` for never.
	StartedAt *time.Time `json:"started_at"`

	// `null` for never.
	CompletedAt *time.Time `json:"completed_at"`

	Reason string `json:"reason"`

	// Extension: the decision of a person that the step waits for.
	WaitsFor *WorkflowQuestion `json:"waits_for"`
}
