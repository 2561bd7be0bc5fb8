// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// Alert is a component of the API’s document.
type Alert struct {
	ID          string        `json:"id"`
	Severity    AlertSeverity `json:"severity"`
	Server      *string       `json:"server"`
	Title       string        `json:"title"`
	Description string        `json:"description"`

	// UTC, ISO 8601.
	TriggeredAt time.Time `json:"triggered_at"`

	Acknowledged    bool       `json:"acknowledged"`
	AcknowledgedBy  *string    `json:"acknowledged_by"`
	AcknowledgedAt  *time.Time `json:"acknowledged_at"`
	Acknowledgement *string    `json:"acknowledgement"`

	// Extension.
	Rule string `json:"rule"`

	// Extension: the name of the server, agent or key.
	Subject string `json:"subject"`

	Site *string `json:"site"`

	// Extension: the measured value when the alert was raised, in the rule's unit.
	Value float64 `json:"value"`

	// Extension.
	Threshold float64 `json:"threshold"`

	ResolvedAt *time.Time `json:"resolved_at"`
}

// AlertRuleChange is a component of the API’s document.
type AlertRuleChange struct {
	Rule     AlertRuleName  `json:"rule"`
	Enabled  *bool          `json:"enabled,omitempty"`
	Severity *AlertSeverity `json:"severity,omitempty"`

	// Raised from here on, in the unit of the rule.
	Threshold *float64 `json:"threshold,omitempty"`

	// Resolved only from here on.
	ClearThreshold *float64 `json:"clear_threshold,omitempty"`

	WindowSeconds rest.Nullable[int64] `json:"window_seconds,omitempty"`
	MinimumCalls  rest.Nullable[int64] `json:"minimum_calls,omitempty"`
}

// AlertRuleName is a component of the API’s document.
type AlertRuleName string

// Values of AlertRuleName.
const (
	AlertRuleNameServerDown          AlertRuleName = "server_down"
	AlertRuleNameServerFlapping      AlertRuleName = "server_flapping"
	AlertRuleNameErrorRate           AlertRuleName = "error_rate"
	AlertRuleNameLatency             AlertRuleName = "latency"
	AlertRuleNameBreakerOpen         AlertRuleName = "breaker_open"
	AlertRuleNameUpdateFailed        AlertRuleName = "update_failed"
	AlertRuleNameAgentOffline        AlertRuleName = "agent_offline"
	AlertRuleNameSiteMemory          AlertRuleName = "site_memory"
	AlertRuleNameSiteDisk            AlertRuleName = "site_disk"
	AlertRuleNameServerMemory        AlertRuleName = "server_memory"
	AlertRuleNameServerDisk          AlertRuleName = "server_disk"
	AlertRuleNameCertificateExpiring AlertRuleName = "certificate_expiring"
	AlertRuleNameKeyExpiring         AlertRuleName = "key_expiring"
)

// AlertRules is a component of the API’s document.
type AlertRules struct {
	Rules []AlertRulesRule `json:"rules"`
}

// AlertRulesRule is the value of AlertRules.Rules.
type AlertRulesRule struct {
	Rule  AlertRuleName      `json:"rule"`
	Title string             `json:"title"`
	Unit  AlertRulesRuleUnit `json:"unit"`

	// The side of the threshold on which the hub raises the alert.
	Direction AlertRulesRuleDirection `json:"direction"`

	Enabled  bool          `json:"enabled"`
	Severity AlertSeverity `json:"severity"`

	// Raised from here on, in the unit of the rule.
	Threshold float64 `json:"threshold"`

	// Resolved only from here on.
	ClearThreshold float64 `json:"clear_threshold"`

	WindowSeconds *int64 `json:"window_seconds"`
	MinimumCalls  *int64 `json:"minimum_calls"`
}

// AlertRulesRuleUnit is the value of AlertRulesRule.Unit.
type AlertRulesRuleUnit string

// Values of AlertRulesRuleUnit.
const (
	AlertRulesRuleUnitSeconds      AlertRulesRuleUnit = "seconds"
	AlertRulesRuleUnitCount        AlertRulesRuleUnit = "count"
	AlertRulesRuleUnitRatio        AlertRulesRuleUnit = "ratio"
	AlertRulesRuleUnitMilliseconds AlertRulesRuleUnit = "milliseconds"
	AlertRulesRuleUnitState        AlertRulesRuleUnit = "state"
	AlertRulesRuleUnitDays         AlertRulesRuleUnit = "days"
)

// AlertRulesRuleDirection is the value of AlertRulesRule.Direction.
type AlertRulesRuleDirection string

// Values of AlertRulesRuleDirection.
const (
	AlertRulesRuleDirectionAbove AlertRulesRuleDirection = "above"
	AlertRulesRuleDirectionBelow AlertRulesRuleDirection = "below"
)

// AlertSeverity is a component of the API’s document.
type AlertSeverity string

// Values of AlertSeverity.
const (
	AlertSeverityCritical AlertSeverity = "critical"
	AlertSeverityWarning  AlertSeverity = "warning"
	AlertSeverityInfo     AlertSeverity = "info"
)

// AvailableUpdate is a component of the API’s document.
type AvailableUpdate struct {
	Name            string  `json:"name"`
	CurrentVersion  *string `json:"current_version"`
	LatestVersion   *string `json:"latest_version"`
	UpdateAvailable bool    `json:"update_available"`

	// `null` where the source has none.
	Changelog *string `json:"changelog"`

	BreakingChanges bool                   `json:"breaking_changes"`
	Source          *AvailableUpdateSource `json:"source"`

	// Newest first.
	Versions []string `json:"versions"`

	URL        *string    `json:"url"`
	CheckedAt  *time.Time `json:"checked_at"`
	AgeSeconds *int64     `json:"age_seconds"`

	// Why nothing newer than that is known.
	Error *string `json:"error"`
}

// AvailableUpdateSource is the value of AvailableUpdate.Source.
type AvailableUpdateSource struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// BegunUpdate is a component of the API’s document.
type BegunUpdate struct {
	UpdateID    string       `json:"update_id"`
	Server      string       `json:"server"`
	FromVersion *string      `json:"from_version"`
	ToVersion   string       `json:"to_version"`
	Status      UpdateStatus `json:"status"`

	// UTC, ISO 8601.
	StartedAt time.Time `json:"started_at"`

	DryRun bool `json:"dry_run"`

	// Whether the major version is higher.
	BreakingChanges bool `json:"breaking_changes"`
}

// CleanupResult is a component of the API’s document.
type CleanupResult struct {
	Target       CleanupTarget `json:"target"`
	FilesDeleted int64         `json:"files_deleted"`

	// Units of 1,048,576 bytes.
	SpaceFreedMb float64 `json:"space_freed_mb"`

	Errors int64 `json:"errors"`
}

// CleanupTarget is a component of the API’s document.
type CleanupTarget string

// Values of CleanupTarget.
const (
	CleanupTargetLogs    CleanupTarget = "logs"
	CleanupTargetCache   CleanupTarget = "cache"
	CleanupTargetTemp    CleanupTarget = "temp"
	CleanupTargetBackups CleanupTarget = "backups"
)

// ComparedWorkflow is a component of the API’s document.
type ComparedWorkflow struct {
	WorkflowID string    `json:"workflow_id"`
	Status     JobStatus `json:"status"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`
}

// ComparedWorkflowStep is a component of the API’s document.
type ComparedWorkflowStep struct {
	Status ComparedWorkflowStepStatus `json:"status"`
	Reason *string                    `json:"reason"`
	Result any                        `json:"result"`
}

// ComparedWorkflowStepStatus is the value of ComparedWorkflowStep.Status.
type ComparedWorkflowStepStatus string

// Values of ComparedWorkflowStepStatus.
const (
	ComparedWorkflowStepStatusPending   ComparedWorkflowStepStatus = "pending"
	ComparedWorkflowStepStatusRunning   ComparedWorkflowStepStatus = "running"
	ComparedWorkflowStepStatusCompleted ComparedWorkflowStepStatus = "completed"
	ComparedWorkflowStepStatusFailed    ComparedWorkflowStepStatus = "failed"
	ComparedWorkflowStepStatusSkipped   ComparedWorkflowStepStatus = "skipped"
)

// ComponentHealth is a component of the API’s document.
type ComponentHealth string

// Values of ComponentHealth.
const (
	ComponentHealthHealthy   ComponentHealth = "healthy"
	ComponentHealthDegraded  ComponentHealth = "degraded"
	ComponentHealthUnhealthy ComponentHealth = "unhealthy"
)

// DiskUse is a component of the API’s document.
type DiskUse struct {
	// Units of 1,048,576 bytes.
	SizeMb float64 `json:"size_mb"`

	FileCount int64 `json:"file_count"`
}

// Job is a component of the API’s document.
type Job struct {
	JobID       string         `json:"job_id"`
	Kind        string         `json:"kind"`
	Status      JobStatus      `json:"status"`
	StartedAt   *time.Time     `json:"started_at"`
	CompletedAt *time.Time     `json:"completed_at"`
	Progress    int64          `json:"progress"`
	Error       *JobError      `json:"error"`
	Message     string         `json:"message"`
	ServerID    *string        `json:"server_id"`
	Site        *string        `json:"site"`
	ParentID    *string        `json:"parent_id"`
	CreatedBy   *string        `json:"created_by"`
	CreatedAt   time.Time      `json:"created_at"`
	Steps       []WorkflowStep `json:"steps"`
}

// JobError is the value of Job.Error.
type JobError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// JobStatus is a component of the API’s document.
type JobStatus string

// Values of JobStatus.
const (
	JobStatusScheduled JobStatus = "scheduled"
	JobStatusQueued    JobStatus = "queued"
	JobStatusRunning   JobStatus = "running"
	JobStatusCompleted JobStatus = "completed"
	JobStatusFailed    JobStatus = "failed"
	JobStatusCancelled JobStatus = "cancelled"
)

// LogEntry is a component of the API’s document.
type LogEntry struct {
	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	Level   LogEntryLevel `json:"level"`
	Server  string        `json:"server"`
	Message string        `json:"message"`

	// `source` names the writer: `stderr`, `mcp`, `agent` or `hub`.
	Metadata map[string]any `json:"metadata"`
}

// LogEntryLevel is the value of LogEntry.Level.
type LogEntryLevel string

// Values of LogEntryLevel.
const (
	LogEntryLevelDebug   LogEntryLevel = "DEBUG"
	LogEntryLevelInfo    LogEntryLevel = "INFO"
	LogEntryLevelWarning LogEntryLevel = "WARNING"
	LogEntryLevelError   LogEntryLevel = "ERROR"
)

// NewWorkflowTrigger is a component of the API’s document.
type NewWorkflowTrigger struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Workflow string `json:"workflow"`

	// `null` for an incoming webhook.
	Events []string `json:"events"`

	Filter *string `json:"filter"`

	// Values of parameters; texts may hold expressions over `event`.
	Parameters map[string]any `json:"parameters"`

	Concurrency int64 `json:"concurrency"`

	// Seconds.
	Debounce float64 `json:"debounce"`

	Enabled        bool    `json:"enabled"`
	DisabledReason *string `json:"disabled_reason"`
	Owner          *string `json:"owner"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// The outcome of the last event.
	LastEvent *NewWorkflowTriggerLastEvent `json:"last_event"`

	Secret *string `json:"secret"`
}

// NewWorkflowTriggerLastEvent is the value of NewWorkflowTrigger.LastEvent.
type NewWorkflowTriggerLastEvent struct {
	// `null` for never.
	At *time.Time `json:"at"`

	Outcome    NewWorkflowTriggerLastEventOutcome `json:"outcome"`
	WorkflowID *string                            `json:"workflow_id"`
	Reason     *string                            `json:"reason"`
}

// NewWorkflowTriggerLastEventOutcome is the value of NewWorkflowTriggerLastEvent.Outcome.
type NewWorkflowTriggerLastEventOutcome string

// Values of NewWorkflowTriggerLastEventOutcome.
const (
	NewWorkflowTriggerLastEventOutcomeStarted  NewWorkflowTriggerLastEventOutcome = "started"
	NewWorkflowTriggerLastEventOutcomeJoined   NewWorkflowTriggerLastEventOutcome = "joined"
	NewWorkflowTriggerLastEventOutcomeSkipped  NewWorkflowTriggerLastEventOutcome = "skipped"
	NewWorkflowTriggerLastEventOutcomeFiltered NewWorkflowTriggerLastEventOutcome = "filtered"
	NewWorkflowTriggerLastEventOutcomeFailed   NewWorkflowTriggerLastEventOutcome = "failed"
)

// PerformanceFigures is a component of the API’s document.
type PerformanceFigures struct {
	// Milliseconds.
	StartMs float64 `json:"start_ms"`

	// By the name of the tool; `ping` is of MCP itself.
	Latency map[string]PerformanceFiguresLatency `json:"latency"`

	Memory *PerformanceFiguresMemory `json:"memory"`
}

// PerformanceFiguresLatency is the value of PerformanceFigures.Latency.
type PerformanceFiguresLatency struct {
	Calls  int64 `json:"calls"`
	Errors int64 `json:"errors"`

	// Milliseconds.
	P50Ms float64 `json:"p50_ms"`

	// Milliseconds.
	P95Ms float64 `json:"p95_ms"`

	// Milliseconds.
	P99Ms float64 `json:"p99_ms"`

	// Milliseconds.
	MaxMs float64 `json:"max_ms"`

	CallsPerSecond *float64 `json:"calls_per_second"`
}

// PerformanceFiguresMemory is the value of PerformanceFigures.Memory.
type PerformanceFiguresMemory struct {
	BeforeBytes  int64 `json:"before_bytes"`
	AfterBytes   int64 `json:"after_bytes"`
	Calls        int64 `json:"calls"`
	BytesPerCall int64 `json:"bytes_per_call"`
}

// PlannedWorkflowStep is a component of the API’s document.
type PlannedWorkflowStep struct {
	// As in a run: `deploy`, `deploy[2]`, `nested/deploy`; `deploy[*]` where only a run knows the members.
	Name string `json:"name"`

	Kind string `json:"kind"`

	// `depends`: only a run knows whether, or for what, it is done; `compensate`: it is done if a step that names it
	// fails.
	Outlook PlannedWorkflowStepOutlook `json:"outlook"`

	// Why it is skipped.
	Reason *string `json:"reason"`

	// With the names of the kind of step. If they are too long, only `truncated` and `bytes`.
	Arguments map[string]any `json:"arguments"`

	// The paths of texts that only a run can evaluate.
	Unknown []string `json:"unknown"`

	// Why it would fail.
	Problem *PlannedWorkflowStepProblem `json:"problem"`
}

// PlannedWorkflowStepOutlook is the value of PlannedWorkflowStep.Outlook.
type PlannedWorkflowStepOutlook string

// Values of PlannedWorkflowStepOutlook.
const (
	PlannedWorkflowStepOutlookRun        PlannedWorkflowStepOutlook = "run"
	PlannedWorkflowStepOutlookSkip       PlannedWorkflowStepOutlook = "skip"
	PlannedWorkflowStepOutlookDepends    PlannedWorkflowStepOutlook = "depends"
	PlannedWorkflowStepOutlookCompensate PlannedWorkflowStepOutlook = "compensate"
)

// PlannedWorkflowStepProblem is the value of PlannedWorkflowStep.Problem.
type PlannedWorkflowStepProblem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Server is a component of the API’s document.
type Server struct {
	Name        string        `json:"name"`
	Status      ServerStatus  `json:"status"`
	Version     *string       `json:"version"`
	Description string        `json:"description"`
	State       ServerState   `json:"state"`
	Reason      *string       `json:"reason"`
	ID          string        `json:"id"`
	Site        string        `json:"site"`
	LastCheck   *time.Time    `json:"last_check"`
	Metrics     ServerMetrics `json:"metrics"`
}

// ServerState is the value of Server.State.
type ServerState string

// Values of ServerState.
const (
	ServerStateRunning     ServerState = "running"
	ServerStateDegraded    ServerState = "degraded"
	ServerStateStarting    ServerState = "starting"
	ServerStateStopping    ServerState = "stopping"
	ServerStateStopped     ServerState = "stopped"
	ServerStateError       ServerState = "error"
	ServerStateUnreachable ServerState = "unreachable"
	ServerStateUpdating    ServerState = "updating"
)

// ServerMetrics is the value of Server.Metrics.
type ServerMetrics struct {
	// Seconds since the hub saw it connect; 0 while it is not connected.
	Uptime int64 `json:"uptime"`

	// Tool calls since the hub started.
	RequestCount int64 `json:"request_count"`

	// Share of them that failed, 0 to 1.
	ErrorRate float64 `json:"error_rate"`
}

// ServerDetails is a component of the API’s document.
type ServerDetails struct {
	Name          string                     `json:"name"`
	Status        ServerStatus               `json:"status"`
	Version       *string                    `json:"version"`
	Description   string                     `json:"description"`
	State         ServerDetailsState         `json:"state"`
	Reason        *string                    `json:"reason"`
	ID            string                     `json:"id"`
	Site          string                     `json:"site"`
	Configuration ServerDetailsConfiguration `json:"configuration"`
	Metrics       ServerDetailsMetrics       `json:"metrics"`

	// The last ones, newest first.
	HealthChecks []ServerDetailsHealthCheck `json:"health_checks"`
}

// ServerDetailsState is the value of ServerDetails.State.
type ServerDetailsState string

// Values of ServerDetailsState.
const (
	ServerDetailsStateRunning     ServerDetailsState = "running"
	ServerDetailsStateDegraded    ServerDetailsState = "degraded"
	ServerDetailsStateStarting    ServerDetailsState = "starting"
	ServerDetailsStateStopping    ServerDetailsState = "stopping"
	ServerDetailsStateStopped     ServerDetailsState = "stopped"
	ServerDetailsStateError       ServerDetailsState = "error"
	ServerDetailsStateUnreachable ServerDetailsState = "unreachable"
	ServerDetailsStateUpdating    ServerDetailsState = "updating"
)

// ServerDetailsConfiguration is the value of ServerDetails.Configuration.
type ServerDetailsConfiguration struct {
	// The source of its code: a package, a command, a URL.
	Repository string `json:"repository"`

	// A workflow that updates it is scheduled, and it has versions.
	AutoUpdate bool `json:"auto_update"`

	// Seconds; 0 where health checks are off.
	HealthCheckInterval float64 `json:"health_check_interval"`
}

// ServerDetailsMetrics is the value of ServerDetails.Metrics.
type ServerDetailsMetrics struct {
	// Seconds since the hub saw it connect; 0 while it is not connected.
	Uptime int64 `json:"uptime"`

	// Tool calls since the hub started.
	RequestCount int64 `json:"request_count"`

	// Share of them that failed, 0 to 1.
	ErrorRate float64 `json:"error_rate"`

	// Milliseconds.
	ResponseTimeAvg float64 `json:"response_time_avg"`

	LastError *ServerDetailsMetricsLastError `json:"last_error"`
}

// ServerDetailsMetricsLastError is the value of ServerDetailsMetrics.LastError.
type ServerDetailsMetricsLastError struct {
	Message string `json:"message"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// ServerDetailsHealthCheck is the value of ServerDetails.HealthChecks.
type ServerDetailsHealthCheck struct {
	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	Status     ServerDetailsHealthCheckStatus `json:"status"`
	DurationMs int64                          `json:"duration_ms"`
}

// ServerDetailsHealthCheckStatus is the value of ServerDetailsHealthCheck.Status.
type ServerDetailsHealthCheckStatus string

// Values of ServerDetailsHealthCheckStatus.
const (
	ServerDetailsHealthCheckStatusPassed ServerDetailsHealthCheckStatus = "passed"
	ServerDetailsHealthCheckStatusFailed ServerDetailsHealthCheckStatus = "failed"
)

// ServerStatus is a component of the API’s document.
type ServerStatus string

// Values of ServerStatus.
const (
	ServerStatusHealthy   ServerStatus = "healthy"
	ServerStatusUnhealthy ServerStatus = "unhealthy"
	ServerStatusUpdating  ServerStatus = "updating"
)

// ServerTests is a component of the API’s document.
type ServerTests struct {
	Server   string               `json:"server"`
	Tests    ServerTestsTests     `json:"tests"`
	Failures []ServerTestsFailure `json:"failures"`
	Skipped  []ServerTestsSkipped `json:"skipped"`

	// Where the run is verbose.
	Passed []ServerTestsPassed `json:"passed"`

	// The measurements of the performance tests.
	Figures *PerformanceFigures `json:"figures"`

	ServerID string  `json:"server_id"`
	Version  *string `json:"version"`

	// A second instance with blanked credentials; a remote server by its protocol only; nothing at all.
	Subject ServerTestsSubject `json:"subject"`

	// The variables whose values were blanked.
	Blanked []string `json:"blanked"`

	// Seconds.
	DurationSeconds float64 `json:"duration_seconds"`
}

// ServerTestsTests is the value of ServerTests.Tests.
type ServerTestsTests struct {
	Total  int64 `json:"total"`
	Passed int64 `json:"passed"`
	Failed int64 `json:"failed"`

	// Those that were not run; `skipped` says why.
	Skipped int64 `json:"skipped"`
}

// ServerTestsFailure is the value of ServerTests.Failures.
type ServerTestsFailure struct {
	Test  string `json:"test"`
	Error string `json:"error"`

	// The request and the answer, shortened.
	Trace string `json:"trace"`

	Type SingleTestType `json:"type"`
}

// ServerTestsSkipped is the value of ServerTests.Skipped.
type ServerTestsSkipped struct {
	Test   string         `json:"test"`
	Type   SingleTestType `json:"type"`
	Reason string         `json:"reason"`
}

// ServerTestsPassed is the value of ServerTests.Passed.
type ServerTestsPassed struct {
	Test string         `json:"test"`
	Type SingleTestType `json:"type"`

	// Milliseconds.
	DurationMs float64 `json:"duration_ms"`
}

// ServerTestsSubject is the value of ServerTests.Subject.
type ServerTestsSubject string

// Values of ServerTestsSubject.
const (
	ServerTestsSubjectInstance ServerTestsSubject = "instance"
	ServerTestsSubjectRemote   ServerTestsSubject = "remote"
	ServerTestsSubjectNone     ServerTestsSubject = "none"
)

// SingleTestType is a component of the API’s document.
type SingleTestType string

// Values of SingleTestType.
const (
	SingleTestTypeUnit        SingleTestType = "unit"
	SingleTestTypeIntegration SingleTestType = "integration"
	SingleTestTypePerformance SingleTestType = "performance"
	SingleTestTypeSecurity    SingleTestType = "security"
)

// TestCase is a component of the API’s document.
type TestCase struct {
	Name string `json:"name"`
	Tool string `json:"tool"`

	// Default: {}.
	Arguments map[string]any `json:"arguments"`

	// The call must fail. Default: false.
	ExpectError bool `json:"expect_error"`

	// Text that the answer must contain. Default: "".
	Contains string `json:"contains"`

	// RE2 syntax; the answer must match it. Default: "".
	Matches string `json:"matches"`

	// JSON Schema that the structured answer must satisfy.
	StructuredSchema map[string]any `json:"structured_schema,omitempty"`

	// Seconds; default 10.
	Timeout *float64 `json:"timeout,omitempty"`
}

// TestCaseInput is a component of the API’s document.
type TestCaseInput struct {
	Name string `json:"name"`
	Tool string `json:"tool"`

	// Default: {}.
	Arguments map[string]any `json:"arguments,omitempty"`

	// The call must fail. Default: false.
	ExpectError *bool `json:"expect_error,omitempty"`

	// Text that the answer must contain. Default: "".
	Contains *string `json:"contains,omitempty"`

	// RE2 syntax; the answer must match it. Default: "".
	Matches *string `json:"matches,omitempty"`

	// JSON Schema that the structured answer must satisfy.
	StructuredSchema rest.Nullable[map[string]any] `json:"structured_schema,omitempty"`

	// Seconds; default 10.
	Timeout rest.Nullable[float64] `json:"timeout,omitempty"`
}

// TestDeclaration is a component of the API’s document.
type TestDeclaration struct {
	Server    string                   `json:"server"`
	ServerID  string                   `json:"server_id"`
	SafeTools []string                 `json:"safe_tools"`
	Cases     []TestCase               `json:"cases"`
	Approved  *TestDeclarationApproved `json:"approved"`
}

// TestDeclarationApproved is the value of TestDeclaration.Approved.
type TestDeclarationApproved struct {
	Tools []string `json:"tools"`

	// UTC, ISO 8601.
	ApprovedAt time.Time `json:"approved_at"`

	ApprovedBy *string `json:"approved_by"`

	// Tools whose definition is another than the approved one, as last seen; null where that is not known.
	Changed []string `json:"changed"`
}

// TestRunSummary is a component of the API’s document.
type TestRunSummary struct {
	TestID   string    `json:"test_id"`
	TestType TestType  `json:"test_type"`
	Status   JobStatus `json:"status"`

	// Share of the tests that ran and passed, 0 to 1; 0 where none ran.
	PassRate float64 `json:"pass_rate"`

	// Seconds.
	DurationSeconds float64 `json:"duration_seconds"`

	// UTC, ISO 8601.
	ExecutedAt time.Time `json:"executed_at"`

	Servers []string              `json:"servers"`
	Summary TestRunSummarySummary `json:"summary"`
}

// TestRunSummarySummary is the value of TestRunSummary.Summary.
type TestRunSummarySummary struct {
	Total  int64 `json:"total"`
	Passed int64 `json:"passed"`
	Failed int64 `json:"failed"`

	// Those that were not run; `skipped` says why.
	Skipped int64 `json:"skipped"`
}

// TestType is a component of the API’s document.
type TestType string

// Values of TestType.
const (
	TestTypeUnit        TestType = "unit"
	TestTypeIntegration TestType = "integration"
	TestTypePerformance TestType = "performance"
	TestTypeSecurity    TestType = "security"
	TestTypeAll         TestType = "all"
)

// Tokens is a component of the API’s document.
type Tokens struct {
	AccessToken string `json:"access_token"`

	// Always "Bearer".
	TokenType string `json:"token_type"`

	// Seconds.
	ExpiresIn int64 `json:"expires_in"`

	RefreshToken string `json:"refresh_token"`
}

// UnansweredSite is a component of the API’s document.
type UnansweredSite struct {
	Site   string `json:"site"`
	Agent  string `json:"agent"`
	Reason string `json:"reason"`
}

// UpdatePlan is a component of the API’s document.
type UpdatePlan struct {
	Steps []UpdatePlanStep `json:"steps"`

	// The new version is installed already.
	Installed bool `json:"installed"`

	// Of the new version, where it is installed.
	Bytes *int64 `json:"bytes"`

	KeepsOld bool `json:"keeps_old"`
}

// UpdatePlanStep is the value of UpdatePlan.Steps.
type UpdatePlanStep struct {
	Name   string `json:"name"`
	Action string `json:"action"`
}

// UpdateStatus is a component of the API’s document.
type UpdateStatus string

// Values of UpdateStatus.
const (
	UpdateStatusInProgress UpdateStatus = "in_progress"
	UpdateStatusCompleted  UpdateStatus = "completed"
	UpdateStatusFailed     UpdateStatus = "failed"
)

// UpdateStep is a component of the API’s document.
type UpdateStep struct {
	Name   string           `json:"name"`
	Status UpdateStepStatus `json:"status"`

	// Seconds.
	Duration float64 `json:"duration"`

	// Extension: why it failed or was skipped.
	Reason *string `json:"reason"`
}

// UpdateStepStatus is the value of UpdateStep.Status.
type UpdateStepStatus string

// Values of UpdateStepStatus.
const (
	UpdateStepStatusPending   UpdateStepStatus = "pending"
	UpdateStepStatusRunning   UpdateStepStatus = "running"
	UpdateStepStatusCompleted UpdateStepStatus = "completed"
	UpdateStepStatusFailed    UpdateStepStatus = "failed"
	UpdateStepStatusSkipped   UpdateStepStatus = "skipped"
)

// UpdateTools is a component of the API’s document.
type UpdateTools struct {
	Added   []string             `json:"added"`
	Removed []string             `json:"removed"`
	Changed []UpdateToolsChanged `json:"changed"`
}

// UpdateToolsChanged is the value of UpdateTools.Changed.
type UpdateToolsChanged struct {
	Name string `json:"name"`

	// Members of its definition that differ.
	Members []string `json:"members"`
}

// Workflow is a component of the API’s document.
type Workflow struct {
	Name        string                       `json:"name"`
	Description string                       `json:"description"`
	Parameters  map[string]WorkflowParameter `json:"parameters"`
	Steps       []WorkflowStepDefinition     `json:"steps"`
	Shipped     bool                         `json:"shipped"`
}

// WorkflowCompensation is a component of the API’s document.
type WorkflowCompensation struct {
	Compensate []string `json:"compensate"`
}

// WorkflowDifferenceOfDefinition is a component of the API’s document.
type WorkflowDifferenceOfDefinition struct {
	Name  string                  `json:"name"`
	Left  *WorkflowStepDefinition `json:"left"`
	Right *WorkflowStepDefinition `json:"right"`
}

// WorkflowDifferenceOfParameter is a component of the API’s document.
type WorkflowDifferenceOfParameter struct {
	Name  string `json:"name"`
	Left  any    `json:"left"`
	Right any    `json:"right"`
}

// WorkflowDifferenceOfStep is a component of the API’s document.
type WorkflowDifferenceOfStep struct {
	Name  string                `json:"name"`
	Left  *ComparedWorkflowStep `json:"left"`
	Right *ComparedWorkflowStep `json:"right"`
}

// WorkflowParameter is a component of the API’s document.
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

// WorkflowQuestion is a component of the API’s document.
type WorkflowQuestion struct {
	Kind WorkflowQuestionKind `json:"kind"`

	// `null` for callers who may not read it.
	Question *string `json:"question"`

	// The least role that decides.
	Role string `json:"role"`

	// A JSON Schema.
	Form map[string]any `json:"form"`

	// UTC, ISO 8601.
	Since time.Time `json:"since"`

	// The step fails if no person decides by then.
	Until *time.Time `json:"until"`
}

// WorkflowQuestionKind is the value of WorkflowQuestion.Kind.
type WorkflowQuestionKind string

// Values of WorkflowQuestionKind.
const (
	WorkflowQuestionKindApproval  WorkflowQuestionKind = "approval"
	WorkflowQuestionKindAttention WorkflowQuestionKind = "attention"
)

// WorkflowRetry is a component of the API’s document.
type WorkflowRetry struct {
	// The most attempts, the first included.
	Attempts int64 `json:"attempts"`

	// The first pause; each further one is twice as long.
	BackoffSeconds *float64 `json:"backoff_seconds,omitempty"`

	// The failures after which the step begins again; default: all that leave no doubt about the effect.
	On []WorkflowRetryOn `json:"on,omitempty"`
}

// WorkflowRetryOn is the value of WorkflowRetry.On.
type WorkflowRetryOn string

// Values of WorkflowRetryOn.
const (
	WorkflowRetryOnInvalidInput           WorkflowRetryOn = "invalid_input"
	WorkflowRetryOnMalformed              WorkflowRetryOn = "malformed"
	WorkflowRetryOnUnauthenticated        WorkflowRetryOn = "unauthenticated"
	WorkflowRetryOnInvalidCredential      WorkflowRetryOn = "invalid_credential"
	WorkflowRetryOnExpiredCredential      WorkflowRetryOn = "expired_credential"
	WorkflowRetryOnInvalidLogin           WorkflowRetryOn = "invalid_login"
	WorkflowRetryOnForbidden              WorkflowRetryOn = "forbidden"
	WorkflowRetryOnNotFound               WorkflowRetryOn = "not_found"
	WorkflowRetryOnMethodNotAllowed       WorkflowRetryOn = "method_not_allowed"
	WorkflowRetryOnConflict               WorkflowRetryOn = "conflict"
	WorkflowRetryOnAlreadyExists          WorkflowRetryOn = "already_exists"
	WorkflowRetryOnPayloadTooLarge        WorkflowRetryOn = "payload_too_large"
	WorkflowRetryOnUnsupportedMediaType   WorkflowRetryOn = "unsupported_media_type"
	WorkflowRetryOnRateLimited            WorkflowRetryOn = "rate_limited"
	WorkflowRetryOnServerDisconnected     WorkflowRetryOn = "server_disconnected"
	WorkflowRetryOnCircuitOpen            WorkflowRetryOn = "circuit_open"
	WorkflowRetryOnAgentUnreachable       WorkflowRetryOn = "agent_unreachable"
	WorkflowRetryOnUnavailable            WorkflowRetryOn = "unavailable"
	WorkflowRetryOnTimeout                WorkflowRetryOn = "timeout"
	WorkflowRetryOnUpstreamFailed         WorkflowRetryOn = "upstream_failed"
	WorkflowRetryOnDeviceUnreachable      WorkflowRetryOn = "device_unreachable"
	WorkflowRetryOnDeviceCommandFailed    WorkflowRetryOn = "device_command_failed"
	WorkflowRetryOnDeviceConfigFailed     WorkflowRetryOn = "device_config_failed"
	WorkflowRetryOnClusterUnreachable     WorkflowRetryOn = "cluster_unreachable"
	WorkflowRetryOnClusterOperationFailed WorkflowRetryOn = "cluster_operation_failed"
	WorkflowRetryOnUnimplemented          WorkflowRetryOn = "unimplemented"
	WorkflowRetryOnRefused                WorkflowRetryOn = "refused"
	WorkflowRetryOnCancelled              WorkflowRetryOn = "cancelled"
	WorkflowRetryOnInternal               WorkflowRetryOn = "internal"
)

// WorkflowSchedule is a component of the API’s document.
type WorkflowSchedule struct {
	ID             string `json:"id"`
	Cron           string `json:"cron"`
	Timezone       string `json:"timezone"`
	NextWorkflowID string `json:"next_workflow_id"`

	// UTC, ISO 8601.
	NextAt time.Time `json:"next_at"`
}

// WorkflowSeries is a component of the API’s document.
type WorkflowSeries struct {
	ID             string `json:"id"`
	Cron           string `json:"cron"`
	Timezone       string `json:"timezone"`
	NextWorkflowID string `json:"next_workflow_id"`

	// UTC, ISO 8601.
	NextAt time.Time `json:"next_at"`

	Workflow string `json:"workflow"`
}

// WorkflowStep is a component of the API’s document.
type WorkflowStep struct {
	Name   string             `json:"name"`
	Status WorkflowStepStatus `json:"status"`

	// Seconds.
	DurationSeconds float64 `json:"duration_seconds"`

	// Extension: why it failed or was skipped.
	Reason *string `json:"reason"`

	// Extension: the decision of a person that the step waits for.
	WaitsFor *WorkflowQuestion `json:"waits_for"`
}

// WorkflowStepStatus is the value of WorkflowStep.Status.
type WorkflowStepStatus string

// Values of WorkflowStepStatus.
const (
	WorkflowStepStatusPending   WorkflowStepStatus = "pending"
	WorkflowStepStatusRunning   WorkflowStepStatus = "running"
	WorkflowStepStatusCompleted WorkflowStepStatus = "completed"
	WorkflowStepStatusFailed    WorkflowStepStatus = "failed"
	WorkflowStepStatusSkipped   WorkflowStepStatus = "skipped"
)

// WorkflowStepDefinition is a component of the API’s document.
type WorkflowStepDefinition struct {
	// The word by which expressions, `needs` and results name the step.
	ID *string `json:"id,omitempty"`

	// In place of `id`; expressions say `steps["name"]`.
	Name *string `json:"name,omitempty"`

	Kind string `json:"kind"`

	// A boolean parameter.
	When *string `json:"when,omitempty"`

	// An expression: false leaves the step out.
	If *string `json:"if,omitempty"`

	// The steps that end before it begins; default: the step before it.
	Needs []string `json:"needs,omitempty"`

	// A list, or an expression that gives one: the step is done for each member, which is `item`.
	ForEach any `json:"for_each,omitempty"`

	// How many members are worked on at once; default 1.
	MaxParallel *int64 `json:"max_parallel,omitempty"`

	Retry *WorkflowRetry `json:"retry,omitempty"`

	// Seconds of one attempt.
	Timeout *float64 `json:"timeout,omitempty"`

	// Where it is not known whether the step took effect, a person decides how the run goes on.
	Once *bool `json:"once,omitempty"`

	OnError any `json:"on_error,omitempty"`

	// Texts with expressions, which also read `result`: they are the result of the step.
	Outputs map[string]string `json:"outputs,omitempty"`

	// Arguments of the step’s kind.
	With map[string]any `json:"with,omitempty"`
}

// WorkflowTrigger is a component of the API’s document.
type WorkflowTrigger struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Workflow string `json:"workflow"`

	// `null` for an incoming webhook.
	Events []string `json:"events"`

	Filter *string `json:"filter"`

	// Values of parameters; texts may hold expressions over `event`.
	Parameters map[string]any `json:"parameters"`

	Concurrency int64 `json:"concurrency"`

	// Seconds.
	Debounce float64 `json:"debounce"`

	Enabled        bool    `json:"enabled"`
	DisabledReason *string `json:"disabled_reason"`
	Owner          *string `json:"owner"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// The outcome of the last event.
	LastEvent *WorkflowTriggerLastEvent `json:"last_event"`
}

// WorkflowTriggerLastEvent is the value of WorkflowTrigger.LastEvent.
type WorkflowTriggerLastEvent struct {
	// `null` for never.
	At *time.Time `json:"at"`

	Outcome    WorkflowTriggerLastEventOutcome `json:"outcome"`
	WorkflowID *string                         `json:"workflow_id"`
	Reason     *string                         `json:"reason"`
}

// WorkflowTriggerLastEventOutcome is the value of WorkflowTriggerLastEvent.Outcome.
type WorkflowTriggerLastEventOutcome string

// Values of WorkflowTriggerLastEventOutcome.
const (
	WorkflowTriggerLastEventOutcomeStarted  WorkflowTriggerLastEventOutcome = "started"
	WorkflowTriggerLastEventOutcomeJoined   WorkflowTriggerLastEventOutcome = "joined"
	WorkflowTriggerLastEventOutcomeSkipped  WorkflowTriggerLastEventOutcome = "skipped"
	WorkflowTriggerLastEventOutcomeFiltered WorkflowTriggerLastEventOutcome = "filtered"
	WorkflowTriggerLastEventOutcomeFailed   WorkflowTriggerLastEventOutcome = "failed"
)
