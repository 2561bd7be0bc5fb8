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

// GetWorkflow: Status of a workflow execution.
//
//	GET /automation/api/v1/orchestration/workflows/{workflow_id}
func (api *OrchestrationAPI) GetWorkflow(ctx context.Context, workflowID string, opts ...rest.Option) (*GetWorkflowResponse, error) {
	return rest.JSON[*GetWorkflowResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/orchestration/workflows/{workflow_id}", Args: []string{workflowID}, Unwrap: "data"}, opts)
}

// CancelWorkflow: Call a workflow execution off. The API’s document does not have it.
//
//	POST /automation/api/v1/orchestration/workflows/{workflow_id}/cancel
func (api *OrchestrationAPI) CancelWorkflow(ctx context.Context, workflowID string, opts ...rest.Option) (*GetWorkflowResponse, error) {
	return rest.JSON[*GetWorkflowResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/orchestration/workflows/{workflow_id}/cancel", Args: []string{workflowID}, Unwrap: "data"}, opts)
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

	// Default: "immediate".
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
	Schedule *ExecuteWorkflowResponseSchedule `json:"schedule"`
}

// ExecuteWorkflowResponseStatus is the value of ExecuteWorkflowResponse.Status.
type ExecuteWorkflowResponseStatus string

// Values of ExecuteWorkflowResponseStatus.
const (
	ExecuteWorkflowResponseStatusQueued    ExecuteWorkflowResponseStatus = "queued"
	ExecuteWorkflowResponseStatusScheduled ExecuteWorkflowResponseStatus = "scheduled"
)

// ExecuteWorkflowResponseSchedule is the value of ExecuteWorkflowResponse.Schedule.
type ExecuteWorkflowResponseSchedule struct {
	ID             string    `json:"id"`
	Cron           string    `json:"cron"`
	Timezone       string    `json:"timezone"`
	NextWorkflowID string    `json:"next_workflow_id"`
	NextAt         time.Time `json:"next_at"`
}

// GetWorkflowStep is one of what OrchestrationAPI.GetWorkflow lists.
type GetWorkflowStep struct {
	Name   string              `json:"name"`
	Status GetUpdateStepStatus `json:"status"`

	// Seconds.
	DurationSeconds float64 `json:"duration_seconds"`

	// Extension: why it failed or was skipped.
	Reason *string `json:"reason"`
}

// GetWorkflowResponse is the response of OrchestrationAPI.GetWorkflow.
type GetWorkflowResponse struct {
	WorkflowID  string                  `json:"workflow_id"`
	Workflow    string                  `json:"workflow"`
	Status      GetTestHistoryStatus    `json:"status"`
	StartedAt   *time.Time              `json:"started_at"`
	CompletedAt *time.Time              `json:"completed_at"`
	Progress    int64                   `json:"progress"`
	Error       *GetUpdateResponseError `json:"error"`
	ScheduledAt time.Time               `json:"scheduled_at"`
	Steps       []GetWorkflowStep       `json:"steps"`

	// What each completed step gave, by its name.
	Results map[string]any `json:"results"`

	// Extension: the series that this run belongs to, while that goes on.
	Schedule *ExecuteWorkflowResponseSchedule `json:"schedule"`
}

// CancelWorkflowResponse is the response of OrchestrationAPI.CancelWorkflow.
type CancelWorkflowResponse = GetWorkflowResponse

// Workflow is one of what OrchestrationAPI.ListWorkflows lists.
type Workflow struct {
	Name        string                       `json:"name"`
	Description string                       `json:"description"`
	Parameters  map[string]WorkflowParameter `json:"parameters"`
	Steps       []WorkflowStep               `json:"steps"`
	Shipped     bool                         `json:"shipped"`
}

// WorkflowParameter is the value of Workflow.Parameters.
type WorkflowParameter struct {
	Type        WorkflowParameterType `json:"type"`
	Default     any                   `json:"default"`
	Description *string               `json:"description,omitempty"`
}

// WorkflowParameterType is the value of WorkflowParameter.Type.
type WorkflowParameterType string

// Values of WorkflowParameterType.
const (
	WorkflowParameterTypeBoolean WorkflowParameterType = "boolean"
	WorkflowParameterTypeNumber  WorkflowParameterType = "number"
	WorkflowParameterTypeString  WorkflowParameterType = "string"
	WorkflowParameterTypeStrings WorkflowParameterType = "strings"
)

// WorkflowStep is the value of Workflow.Steps.
type WorkflowStep struct {
	Name    string               `json:"name"`
	Kind    string               `json:"kind"`
	When    *string              `json:"when,omitempty"`
	OnError *WorkflowStepOnError `json:"on_error,omitempty"`
	With    map[string]any       `json:"with,omitempty"`
}

// WorkflowStepOnError is the value of WorkflowStep.OnError.
type WorkflowStepOnError string

// Values of WorkflowStepOnError.
const (
	WorkflowStepOnErrorStop     WorkflowStepOnError = "stop"
	WorkflowStepOnErrorContinue WorkflowStepOnError = "continue"
)

// ListWorkflowsResponse is the response of OrchestrationAPI.ListWorkflows.
type ListWorkflowsResponse struct {
	Workflows []Workflow `json:"workflows"`
	Total     int64      `json:"total"`
}

// CreateWorkflowBody is the body of OrchestrationAPI.CreateWorkflow.
type CreateWorkflowBody struct {
	Name        string                                 `json:"name"`
	Description string                                 `json:"description"`
	Parameters  map[string]CreateWorkflowBodyParameter `json:"parameters"`
	Steps       []CreateWorkflowBodyStep               `json:"steps"`
}

// CreateWorkflowBodyParameter is the value of CreateWorkflowBody.Parameters.
type CreateWorkflowBodyParameter struct {
	Type        WorkflowParameterType `json:"type"`
	Default     any                   `json:"default"`
	Description *string               `json:"description,omitempty"`
}

// CreateWorkflowBodyStep is the value of CreateWorkflowBody.Steps.
type CreateWorkflowBodyStep struct {
	Name    string               `json:"name"`
	Kind    string               `json:"kind"`
	When    *string              `json:"when,omitempty"`
	OnError *WorkflowStepOnError `json:"on_error,omitempty"`
	With    map[string]any       `json:"with,omitempty"`
}

// CreateWorkflowResponse is the response of OrchestrationAPI.CreateWorkflow.
type CreateWorkflowResponse = Workflow
