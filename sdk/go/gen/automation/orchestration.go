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

// PlanWorkflow: Show what a workflow execution would do. The API’s document does not have it.
//
//	POST /automation/api/v1/orchestration/workflows/dry-run
func (api *OrchestrationAPI) PlanWorkflow(ctx context.Context, body PlanWorkflowBody, opts ...rest.Option) (*PlanWorkflowResponse, error) {
	return rest.JSON[*PlanWorkflowResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/orchestration/workflows/dry-run", Body: body, Unwrap: "data"}, opts)
}

// GetWorkflow: Status of a workflow execution. workflowID: Id of the execution.
//
//	GET /automation/api/v1/orchestration/workflows/{workflow_id}
func (api *OrchestrationAPI) GetWorkflow(ctx context.Context, workflowID string, opts ...rest.Option) (*GetWorkflowResponse, error) {
	return rest.JSON[*GetWorkflowResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/orchestration/workflows/{workflow_id}", Args: []string{workflowID}, Unwrap: "data"}, opts)
}

// CancelWorkflow: Cancel a workflow execution. workflowID: Id of the execution. The API’s document does not have it.
//
//	POST /automation/api/v1/orchestration/workflows/{workflow_id}/cancel
func (api *OrchestrationAPI) CancelWorkflow(ctx context.Context, workflowID string, opts ...rest.Option) (*CancelWorkflowResponse, error) {
	return rest.JSON[*CancelWorkflowResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/orchestration/workflows/{workflow_id}/cancel", Args: []string{workflowID}, Unwrap: "data"}, opts)
}

// RetryWorkflow: Repeat a workflow execution from a step. workflowID: Id of the execution. The API’s document does not
// have it.
//
//	POST /automation/api/v1/orchestration/workflows/{workflow_id}/retry
func (api *OrchestrationAPI) RetryWorkflow(ctx context.Context, workflowID string, body RetryWorkflowBody, opts ...rest.Option) (*RetryWorkflowResponse, error) {
	return rest.JSON[*RetryWorkflowResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/orchestration/workflows/{workflow_id}/retry", Args: []string{workflowID}, Body: body, Unwrap: "data"}, opts)
}

// DiffWorkflows: Compare two executions of one workflow. workflowID: Id of the execution. otherID: Id of the execution
// to compare it with. The API’s document does not have it.
//
//	GET /automation/api/v1/orchestration/workflows/{workflow_id}/diff/{other_id}
func (api *OrchestrationAPI) DiffWorkflows(ctx context.Context, workflowID, otherID string, opts ...rest.Option) (*DiffWorkflowsResponse, error) {
	return rest.JSON[*DiffWorkflowsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/orchestration/workflows/{workflow_id}/diff/{other_id}", Args: []string{workflowID, otherID}, Unwrap: "data"}, opts)
}

// DecideWorkflowStep: Decide about a step that waits for a person. workflowID: Id of the execution. The API’s document
// does not have it.
//
//	POST /automation/api/v1/orchestration/workflows/{workflow_id}/decide
func (api *OrchestrationAPI) DecideWorkflowStep(ctx context.Context, workflowID string, body DecideWorkflowStepBody, opts ...rest.Option) (*DecideWorkflowStepResponse, error) {
	return rest.JSON[*DecideWorkflowStepResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/orchestration/workflows/{workflow_id}/decide", Args: []string{workflowID}, Body: body, Unwrap: "data"}, opts)
}

// ListSchedules: List the series of workflow executions, the next one first. The API’s document does not have it.
//
//	GET /automation/api/v1/orchestration/schedules
func (api *OrchestrationAPI) ListSchedules(ctx context.Context, opts ...rest.Option) (*ListSchedulesResponse, error) {
	return rest.JSON[*ListSchedulesResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/orchestration/schedules", Unwrap: "data"}, opts)
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

// ListTriggers: List the triggers of workflows. The API’s document does not have it.
//
//	GET /automation/api/v1/orchestration/triggers
func (api *OrchestrationAPI) ListTriggers(ctx context.Context, opts ...rest.Option) (*ListTriggersResponse, error) {
	return rest.JSON[*ListTriggersResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/orchestration/triggers", Unwrap: "data"}, opts)
}

// CreateTrigger: Start a workflow when something happens. The API’s document does not have it.
//
//	POST /automation/api/v1/orchestration/triggers
func (api *OrchestrationAPI) CreateTrigger(ctx context.Context, body CreateTriggerBody, opts ...rest.Option) (*NewWorkflowTrigger, error) {
	return rest.JSON[*NewWorkflowTrigger](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/orchestration/triggers", Body: body, Unwrap: "data"}, opts)
}

// SetTrigger: Enable or disable a trigger. triggerID: Id or name. The API’s document does not have it.
//
//	PATCH /automation/api/v1/orchestration/triggers/{trigger_id}
func (api *OrchestrationAPI) SetTrigger(ctx context.Context, triggerID string, body SetTriggerBody, opts ...rest.Option) (*WorkflowTrigger, error) {
	return rest.JSON[*WorkflowTrigger](ctx, api.client, rest.Request{Method: "PATCH", Path: "/automation/api/v1/orchestration/triggers/{trigger_id}", Args: []string{triggerID}, Body: body, Unwrap: "data"}, opts)
}

// DeleteTrigger: Delete a trigger. triggerID: Id or name. The API’s document does not have it.
//
//	DELETE /automation/api/v1/orchestration/triggers/{trigger_id}
func (api *OrchestrationAPI) DeleteTrigger(ctx context.Context, triggerID string, opts ...rest.Option) (*DeleteTriggerResponse, error) {
	return rest.JSON[*DeleteTriggerResponse](ctx, api.client, rest.Request{Method: "DELETE", Path: "/automation/api/v1/orchestration/triggers/{trigger_id}", Args: []string{triggerID}, Unwrap: "data"}, opts)
}

// ReceiveTrigger: A signed message for an incoming webhook. triggerID: Id of the trigger. The API’s document does not
// have it.
//
//	POST /automation/api/v1/orchestration/triggers/{trigger_id}/receive
func (api *OrchestrationAPI) ReceiveTrigger(ctx context.Context, triggerID string, body any, opts ...rest.Option) (*ReceiveTriggerResponse, error) {
	return rest.JSON[*ReceiveTriggerResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/orchestration/triggers/{trigger_id}/receive", Args: []string{triggerID}, Body: body, Anonymous: true, Unwrap: "data"}, opts)
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
	WorkflowID string                        `json:"workflow_id"`
	Workflow   string                        `json:"workflow"`
	Status     ExecuteWorkflowResponseStatus `json:"status"`

	// UTC, ISO 8601.
	ScheduledAt time.Time `json:"scheduled_at"`

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

// PlanWorkflowBody is the body of OrchestrationAPI.PlanWorkflow.
type PlanWorkflowBody struct {
	Workflow   string         `json:"workflow"`
	Parameters map[string]any `json:"parameters,omitempty"`
}

// PlanWorkflowResponse is the response of OrchestrationAPI.PlanWorkflow.
type PlanWorkflowResponse struct {
	Workflow string                `json:"workflow"`
	Steps    []PlannedWorkflowStep `json:"steps"`

	// How many steps have a problem.
	Problems int64 `json:"problems"`
}

// GetWorkflowResponse is the response of OrchestrationAPI.GetWorkflow.
type GetWorkflowResponse struct {
	WorkflowID  string                    `json:"workflow_id"`
	Workflow    string                    `json:"workflow"`
	Status      JobStatus                 `json:"status"`
	StartedAt   *time.Time                `json:"started_at"`
	CompletedAt *time.Time                `json:"completed_at"`
	Progress    int64                     `json:"progress"`
	Error       *GetWorkflowResponseError `json:"error"`

	// UTC, ISO 8601.
	ScheduledAt time.Time `json:"scheduled_at"`

	Steps []WorkflowStep `json:"steps"`

	// The result of each completed step, by its name.
	Results map[string]any `json:"results"`

	// Extension: the series that this run belongs to, while that goes on.
	Schedule *WorkflowSchedule `json:"schedule"`

	// Extension: the run that this one repeats.
	RetryOf *string `json:"retry_of"`
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

	// UTC, ISO 8601.
	ScheduledAt time.Time `json:"scheduled_at"`

	Steps []WorkflowStep `json:"steps"`

	// The result of each completed step, by its name.
	Results map[string]any `json:"results"`

	// Extension: the series that this run belongs to, while that goes on.
	Schedule *WorkflowSchedule `json:"schedule"`

	// Extension: the run that this one repeats.
	RetryOf *string `json:"retry_of"`
}

// CancelWorkflowResponseError is the value of CancelWorkflowResponse.Error.
type CancelWorkflowResponseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// RetryWorkflowBody is the body of OrchestrationAPI.RetryWorkflow.
type RetryWorkflowBody struct {
	// Id of a step of the workflow; default: the steps that did not complete.
	From *string `json:"from,omitempty"`
}

// RetryWorkflowResponse is the response of OrchestrationAPI.RetryWorkflow.
type RetryWorkflowResponse struct {
	WorkflowID  string                      `json:"workflow_id"`
	Workflow    string                      `json:"workflow"`
	Status      JobStatus                   `json:"status"`
	StartedAt   *time.Time                  `json:"started_at"`
	CompletedAt *time.Time                  `json:"completed_at"`
	Progress    int64                       `json:"progress"`
	Error       *RetryWorkflowResponseError `json:"error"`

	// UTC, ISO 8601.
	ScheduledAt time.Time `json:"scheduled_at"`

	Steps []WorkflowStep `json:"steps"`

	// The result of each completed step, by its name.
	Results map[string]any `json:"results"`

	// Extension: the series that this run belongs to, while that goes on.
	Schedule *WorkflowSchedule `json:"schedule"`

	// Extension: the run that this one repeats.
	RetryOf *string `json:"retry_of"`
}

// RetryWorkflowResponseError is the value of RetryWorkflowResponse.Error.
type RetryWorkflowResponseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// DiffWorkflowsResponse is the response of OrchestrationAPI.DiffWorkflows.
type DiffWorkflowsResponse struct {
	Workflow string           `json:"workflow"`
	Left     ComparedWorkflow `json:"left"`
	Right    ComparedWorkflow `json:"right"`

	// Steps of nested workflows as `workflow/step`.
	Definition []WorkflowDifferenceOfDefinition `json:"definition"`

	Parameters []WorkflowDifferenceOfParameter `json:"parameters"`
	Steps      []WorkflowDifferenceOfStep      `json:"steps"`
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

	// UTC, ISO 8601.
	ScheduledAt time.Time `json:"scheduled_at"`

	Steps []WorkflowStep `json:"steps"`

	// The result of each completed step, by its name.
	Results map[string]any `json:"results"`

	// Extension: the series that this run belongs to, while that goes on.
	Schedule *WorkflowSchedule `json:"schedule"`

	// Extension: the run that this one repeats.
	RetryOf *string `json:"retry_of"`
}

// DecideWorkflowStepResponseError is the value of DecideWorkflowStepResponse.Error.
type DecideWorkflowStepResponseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// ListSchedulesResponse is the response of OrchestrationAPI.ListSchedules.
type ListSchedulesResponse struct {
	Schedules []WorkflowSeries `json:"schedules"`
	Total     int64            `json:"total"`
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

// ListTriggersResponse is the response of OrchestrationAPI.ListTriggers.
type ListTriggersResponse struct {
	Triggers []WorkflowTrigger `json:"triggers"`
	Total    int64             `json:"total"`
}

// CreateTriggerBody is the body of OrchestrationAPI.CreateTrigger.
type CreateTriggerBody struct {
	Name     string                   `json:"name"`
	Workflow string                   `json:"workflow"`
	Events   []CreateTriggerBodyEvent `json:"events,omitempty"`

	// An expression over `event`; only `true` starts a run.
	Filter *string `json:"filter,omitempty"`

	// Values of parameters; texts may hold expressions over `event`.
	Parameters map[string]any `json:"parameters,omitempty"`

	// Runs that go on at once; further events start none. Default 1.
	Concurrency *int64 `json:"concurrency,omitempty"`

	// Seconds: events within this time after the first one start one run together, at its end.
	Debounce *float64 `json:"debounce,omitempty"`

	// Of an incoming webhook, as of Standard Webhooks; default: random.
	Secret *string `json:"secret,omitempty"`
}

// CreateTriggerBodyEvent is the value of CreateTriggerBody.Events.
type CreateTriggerBodyEvent string

// Values of CreateTriggerBodyEvent.
const (
	CreateTriggerBodyEventServerConnected     CreateTriggerBodyEvent = "server.connected"
	CreateTriggerBodyEventServerDisconnected  CreateTriggerBodyEvent = "server.disconnected"
	CreateTriggerBodyEventServerError         CreateTriggerBodyEvent = "server.error"
	CreateTriggerBodyEventServerHealth        CreateTriggerBodyEvent = "server.health"
	CreateTriggerBodyEventCircuitOpened       CreateTriggerBodyEvent = "circuit.opened"
	CreateTriggerBodyEventCircuitClosed       CreateTriggerBodyEvent = "circuit.closed"
	CreateTriggerBodyEventJobCompleted        CreateTriggerBodyEvent = "job.completed"
	CreateTriggerBodyEventJobFailed           CreateTriggerBodyEvent = "job.failed"
	CreateTriggerBodyEventJobCancelled        CreateTriggerBodyEvent = "job.cancelled"
	CreateTriggerBodyEventCleanupComplete     CreateTriggerBodyEvent = "cleanup.complete"
	CreateTriggerBodyEventTestComplete        CreateTriggerBodyEvent = "test.complete"
	CreateTriggerBodyEventUpdateComplete      CreateTriggerBodyEvent = "update.complete"
	CreateTriggerBodyEventAlertNew            CreateTriggerBodyEvent = "alert.new"
	CreateTriggerBodyEventAlertAcknowledged   CreateTriggerBodyEvent = "alert.acknowledged"
	CreateTriggerBodyEventAlertResolved       CreateTriggerBodyEvent = "alert.resolved"
	CreateTriggerBodyEventDeviceAdded         CreateTriggerBodyEvent = "device.added"
	CreateTriggerBodyEventDeviceUpdated       CreateTriggerBodyEvent = "device.updated"
	CreateTriggerBodyEventDeviceRemoved       CreateTriggerBodyEvent = "device.removed"
	CreateTriggerBodyEventDeviceConnected     CreateTriggerBodyEvent = "device.connected"
	CreateTriggerBodyEventDeviceDisconnected  CreateTriggerBodyEvent = "device.disconnected"
	CreateTriggerBodyEventDeviceError         CreateTriggerBodyEvent = "device.error"
	CreateTriggerBodyEventDeviceConfigChanged CreateTriggerBodyEvent = "device.config.changed"
	CreateTriggerBodyEventClusterAdded        CreateTriggerBodyEvent = "cluster.added"
	CreateTriggerBodyEventClusterUpdated      CreateTriggerBodyEvent = "cluster.updated"
	CreateTriggerBodyEventClusterRemoved      CreateTriggerBodyEvent = "cluster.removed"
	CreateTriggerBodyEventClusterConnected    CreateTriggerBodyEvent = "cluster.connected"
	CreateTriggerBodyEventClusterDisconnected CreateTriggerBodyEvent = "cluster.disconnected"
	CreateTriggerBodyEventClusterError        CreateTriggerBodyEvent = "cluster.error"
	CreateTriggerBodyEventServerState         CreateTriggerBodyEvent = "server.state"
	CreateTriggerBodyEventConfigUpdated       CreateTriggerBodyEvent = "config.updated"
	CreateTriggerBodyEventGroupCreated        CreateTriggerBodyEvent = "group.created"
	CreateTriggerBodyEventGroupUpdated        CreateTriggerBodyEvent = "group.updated"
	CreateTriggerBodyEventGroupDeleted        CreateTriggerBodyEvent = "group.deleted"
	CreateTriggerBodyEventDefinitionCreated   CreateTriggerBodyEvent = "definition.created"
	CreateTriggerBodyEventDefinitionUpdated   CreateTriggerBodyEvent = "definition.updated"
	CreateTriggerBodyEventDefinitionDeleted   CreateTriggerBodyEvent = "definition.deleted"
	CreateTriggerBodyEventDatabaseCreated     CreateTriggerBodyEvent = "database.created"
	CreateTriggerBodyEventDatabaseUpdated     CreateTriggerBodyEvent = "database.updated"
	CreateTriggerBodyEventDatabaseDeleted     CreateTriggerBodyEvent = "database.deleted"
)

// CreateTriggerResponse is the response of OrchestrationAPI.CreateTrigger.
type CreateTriggerResponse = NewWorkflowTrigger

// SetTriggerBody is the body of OrchestrationAPI.SetTrigger.
type SetTriggerBody struct {
	Enabled bool `json:"enabled"`
}

// SetTriggerResponse is the response of OrchestrationAPI.SetTrigger.
type SetTriggerResponse = WorkflowTrigger

// DeleteTriggerResponse is the response of OrchestrationAPI.DeleteTrigger.
type DeleteTriggerResponse struct {
	TriggerID string `json:"trigger_id"`
	Deleted   bool   `json:"deleted"`
}

// ReceiveTriggerResponse is the response of OrchestrationAPI.ReceiveTrigger.
type ReceiveTriggerResponse struct {
	WorkflowID *string `json:"workflow_id"`
}
