// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// OrchestrationAPI has the operations of MCP Automation System on orchestration.
type OrchestrationAPI struct{ client *rest.Client }

// GetStatus: Status and configuration of the job engine.
//
//	GET /automation/api/v1/orchestration/status
func (api *OrchestrationAPI) GetStatus(ctx context.Context, opts ...rest.Option) (*GetOrchestrationStatusResponse, error) {
	return rest.JSON[*GetOrchestrationStatusResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/orchestration/status", Unwrap: "data"}, opts)
}

// ExecuteWorkflow: Execute a predefined workflow.
//
//	POST /automation/api/v1/orchestration/workflows/execute
func (api *OrchestrationAPI) ExecuteWorkflow(ctx context.Context, body ExecuteWorkflowBody, opts ...rest.Option) (*ExecuteWorkflowResponse, error) {
	return rest.JSON[*ExecuteWorkflowResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/orchestration/workflows/execute", Body: body, Unwrap: "data"}, opts)
}

// GetWorkflow: Status of a workflow execution. workflowID: Id of the execution.
//
//	GET /automation/api/v1/orchestration/workflows/{workflow_id}
func (api *OrchestrationAPI) GetWorkflow(ctx context.Context, workflowID string, opts ...rest.Option) (*GetWorkflowResponse, error) {
	return rest.JSON[*GetWorkflowResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/orchestration/workflows/{workflow_id}", Args: []string{workflowID}, Unwrap: "data"}, opts)
}

// CancelWorkflow: Call a workflow execution off. workflowID: Id of the execution. The API’s document does not have it.
//
//	POST /automation/api/v1/orchestration/workflows/{workflow_id}/cancel
func (api *OrchestrationAPI) CancelWorkflow(ctx context.Context, workflowID string, opts ...rest.Option) (*CancelWorkflowResponse, error) {
	return rest.JSON[*CancelWorkflowResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/orchestration/workflows/{workflow_id}/cancel", Args: []string{workflowID}, Unwrap: "data"}, opts)
}

// DecideWorkflowStep: Decide about a step that waits for a person. workflowID: Id of the execution. The API’s document
// does not have it.
//
//	POST /automation/api/v1/orchestration/workflows/{workflow_id}/decide
func (api *OrchestrationAPI) DecideWorkflowStep(ctx context.Context, workflowID string, body DecideWorkflowStepBody, opts ...rest.Option) (*DecideWorkflowStepResponse, error) {
	return rest.JSON[*DecideWorkflowStepResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/orchestration/workflows/{workflow_id}/decide", Args: []string{workflowID}, Body: body, Unwrap: "data"}, opts)
}

// ListWorkflows: List the definitions of workflows. The API’s document does not have it.
//
//	GET /automation/api/v1/orchestration/workflows
func (api *OrchestrationAPI) ListWorkflows(ctx context.Context, opts ...rest.Option) (*ListWorkflowsResponse, error) {
	return rest.JSON[*ListWorkflowsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/orchestration/workflows", Unwrap: "data"}, opts)
}

// CreateWorkflow: Add the definition of a workflow. The API’s document does not have it.
//
//	POST /automation/api/v1/orchestration/workflows
func (api *OrchestrationAPI) CreateWorkflow(ctx context.Context, body CreateWorkflowBody, opts ...rest.Option) (*Workflow, error) {
	return rest.JSON[*Workflow](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/orchestration/workflows", Body: body, Unwrap: "data"}, opts)
}

// GetOrchestrationStatusResponse is the response of OrchestrationAPI.GetStatus.
type GetOrchestrationStatusResponse struct {
	Status GetOrchestrationStatusResponseStatus `json:"status"`

	// Always "automatic".
	Mode string `json:"mode"`

	Workers       GetOrchestrationStatusResponseWorkers       `json:"workers"`
	Queue         GetOrchestrationStatusResponseQueue         `json:"queue"`
	Configuration GetOrchestrationStatusResponseConfiguration `json:"configuration"`
}

// GetOrchestrationStatusResponseStatus is the value of GetOrchestrationStatusResponse.Status.
type GetOrchestrationStatusResponseStatus string

// Values of GetOrchestrationStatusResponseStatus.
const (
	GetOrchestrationStatusResponseStatusRunning  GetOrchestrationStatusResponseStatus = "running"
	GetOrchestrationStatusResponseStatusStopping GetOrchestrationStatusResponseStatus = "stopping"
)

// GetOrchestrationStatusResponseWorkers is the value of GetOrchestrationStatusResponse.Workers.
type GetOrchestrationStatusResponseWorkers struct {
	Active int64 `json:"active"`
	Idle   int64 `json:"idle"`
	Total  int64 `json:"total"`
}

// GetOrchestrationStatusResponseQueue is the value of GetOrchestrationStatusResponse.Queue.
type GetOrchestrationStatusResponseQueue struct {
	Pending    int64 `json:"pending"`
	Processing int64 `json:"processing"`
	Completed  int64 `json:"completed"`

	// Extension: jobs that wait for their time.
	Scheduled int64 `json:"scheduled"`
}

// GetOrchestrationStatusResponseConfiguration is the value of GetOrchestrationStatusResponse.Configuration.
type GetOrchestrationStatusResponseConfiguration struct {
	MaxWorkers int64 `json:"max_workers"`
	QueueSize  int64 `json:"queue_size"`

	// Seconds.
	TimeoutSeconds float64 `json:"timeout_seconds"`

	// Extension.
	JobsPerSite int64 `json:"jobs_per_site"`
}

// ExecuteWorkflowBody is the body of OrchestrationAPI.ExecuteWorkflow.
type ExecuteWorkflowBody struct {
	Workflow   string         `json:"workflow"`
	Parameters map[string]any `json:"parameters,omitempty"`

	// `immediate`, an ISO 8601 time with its zone, or a cron expression of five fields (six with seconds). Default:
	// "immediate".
	Schedule *string `json:"schedule,omitempty"`

	// Extension: IANA name. Default: "UTC".
	Timezone *string `json:"timezone,omitempty"`
}

// ExecuteWorkflowResponse is the response of OrchestrationAPI.ExecuteWorkflow.
type ExecuteWorkflowResponse struct {
	WorkflowID  string                        `json:"workflow_id"`
	Workflow    string                        `json:"workflow"`
	Status      ExecuteWorkflowResponseStatus `json:"status"`
	ScheduledAt time.Time                     `json:"scheduled_at"`

	// Extension: the series that this run belongs to, while that goes on.
	Schedule *WorkflowSchedule `json:"schedule"`
}

// ExecuteWorkflowResponseStatus is the value of ExecuteWorkflowResponse.Status.
type ExecuteWorkflowResponseStatus string

// Values of ExecuteWorkflowResponseStatus.
const (
	ExecuteWorkflowResponseStatusQueued    ExecuteWorkflowResponseStatus = "queued"
	ExecuteWorkflowResponseStatusScheduled ExecuteWorkflowResponseStatus = "scheduled"
)

// GetWorkflowResponse is the response of OrchestrationAPI.GetWorkflow.
type GetWorkflowResponse struct {
	WorkflowID  string                    `json:"workflow_id"`
	Workflow    string                    `json:"workflow"`
	Status      JobStatus                 `json:"status"`
	StartedAt   *time.Time                `json:"started_at"`
	CompletedAt *time.Time                `json:"completed_at"`
	Progress    int64                     `json:"progress"`
	Error       *GetWorkflowResponseError `json:"error"`
	ScheduledAt time.Time                 `json:"scheduled_at"`
	Steps       []WorkflowStep            `json:"steps"`

	// What each completed step gave, by its name.
	Results map[string]any `json:"results"`

	// Extension: the series that this run belongs to, while that goes on.
	Schedule *WorkflowSchedule `json:"schedule"`
}

// GetWorkflowResponseError is the value of GetWorkflowResponse.Error.
type GetWorkflowResponseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// CancelWorkflowResponse is the response of OrchestrationAPI.CancelWorkflow.
type CancelWorkflowResponse struct {
	WorkflowID  string                       `json:"workflow_id"`
	Workflow    string                       `json:"workflow"`
	Status      JobStatus                    `json:"status"`
	StartedAt   *time.Time                   `json:"started_at"`
	CompletedAt *time.Time                   `json:"completed_at"`
	Progress    int64                        `json:"progress"`
	Error       *CancelWorkflowResponseError `json:"error"`
	ScheduledAt time.Time                    `json:"scheduled_at"`
	Steps       []WorkflowStep               `json:"steps"`

	// What each completed step gave, by its name.
	Results map[string]any `json:"results"`

	// Extension: the series that this run belongs to, while that goes on.
	Schedule *WorkflowSchedule `json:"schedule"`
}

// CancelWorkflowResponseError is the value of CancelWorkflowResponse.Error.
type CancelWorkflowResponseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// DecideWorkflowStepBody is the body of OrchestrationAPI.DecideWorkflowStep.
type DecideWorkflowStepBody struct {
	// Its name in the run, such as `ask` or `nested/ask[2]`.
	Step string `json:"step"`

	// Of an approval: `approve` or `refuse`; of a step whose effect is unknown: `resume`, `skip` or `fail`.
	Decision DecideWorkflowStepBodyDecision `json:"decision"`

	// For people: with the failure of the step, and in its result. Default: "".
	Comment *string `json:"comment,omitempty"`

	// Of an approval: the values of its form.
	Values map[string]any `json:"values,omitempty"`
}

// DecideWorkflowStepBodyDecision is the value of DecideWorkflowStepBody.Decision.
type DecideWorkflowStepBodyDecision string

// Values of DecideWorkflowStepBodyDecision.
const (
	DecideWorkflowStepBodyDecisionApprove DecideWorkflowStepBodyDecision = "approve"
	DecideWorkflowStepBodyDecisionRefuse  DecideWorkflowStepBodyDecision = "refuse"
	DecideWorkflowStepBodyDecisionResume  DecideWorkflowStepBodyDecision = "resume"
	DecideWorkflowStepBodyDecisionSkip    DecideWorkflowStepBodyDecision = "skip"
	DecideWorkflowStepBodyDecisionFail    DecideWorkflowStepBodyDecision = "fail"
)

// DecideWorkflowStepResponse is the response of OrchestrationAPI.DecideWorkflowStep.
type DecideWorkflowStepResponse struct {
	WorkflowID  string                           `json:"workflow_id"`
	Workflow    string                           `json:"workflow"`
	Status      JobStatus                        `json:"status"`
	StartedAt   *time.Time                       `json:"started_at"`
	CompletedAt *time.Time                       `json:"completed_at"`
	Progress    int64                            `json:"progress"`
	Error       *DecideWorkflowStepResponseError `json:"error"`
	ScheduledAt time.Time                        `json:"scheduled_at"`
	Steps       []WorkflowStep                   `json:"steps"`

	// What each completed step gave, by its name.
	Results map[string]any `json:"results"`

	// Extension: the series that this run belongs to, while that goes on.
	Schedule *WorkflowSchedule `json:"schedule"`
}

// DecideWorkflowStepResponseError is the value of DecideWorkflowStepResponse.Error.
type DecideWorkflowStepResponseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// ListWorkflowsResponse is the response of OrchestrationAPI.ListWorkflows.
type ListWorkflowsResponse struct {
	Workflows []Workflow `json:"workflows"`
	Total     int64      `json:"total"`
}

// CreateWorkflowBody is the body of OrchestrationAPI.CreateWorkflow.
type CreateWorkflowBody struct {
	Name        string                       `json:"name"`
	Description string                       `json:"description"`
	Parameters  map[string]WorkflowParameter `json:"parameters"`
	Steps       []WorkflowStepDefinition     `json:"steps"`
}

// CreateWorkflowResponse is the response of OrchestrationAPI.CreateWorkflow.
type CreateWorkflowResponse = Workflow
