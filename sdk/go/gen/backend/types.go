// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package backend

import (
	"encoding/json"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// APIKey is a component of the API’s document.
type APIKey struct {
	ID   string `json:"id"`
	Name string `json:"name"`

	// The first characters of the key.
	Prefix string `json:"prefix"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// `null` for never.
	LastUsedAt *time.Time `json:"last_used_at"`
}

// APIKeyAuth is a component of the API’s document.
type APIKeyAuth struct {
	Key    string  `json:"key"`
	Header *string `json:"header,omitempty"`
	Prefix *string `json:"prefix,omitempty"`
}

// Auth is a component of the API’s document. One of its members is set.
type Auth struct {
	// Type says which member is set, in answers of the hub. In requests, it need not be set.
	Type string

	None   *NoAuth
	APIKey *APIKeyAuth
	Oauth2 *OAuth2Auth

	// Raw is the answer of the hub, if this version of the module does not know the type.
	Raw json.RawMessage
}

// MarshalJSON writes the member that is set.
func (u Auth) MarshalJSON() ([]byte, error) {
	return rest.EncodeUnion("type", u.Raw, []rest.Variant{
		{Type: "none", Value: u.None},
		{Type: "api_key", Value: u.APIKey},
		{Type: "oauth2", Value: u.Oauth2},
	})
}

// UnmarshalJSON sets the member that the JSON is of.
func (u *Auth) UnmarshalJSON(text []byte) error {
	*u = Auth{}
	return rest.DecodeUnion(text, "type", &u.Type, &u.Raw, []rest.Variant{
		{Type: "none", Value: &u.None},
		{Type: "api_key", Value: &u.APIKey},
		{Type: "oauth2", Value: &u.Oauth2},
	})
}

// ComponentHealth is a component of the API’s document.
type ComponentHealth string

// Values of ComponentHealth.
const (
	ComponentHealthHealthy   ComponentHealth = "healthy"
	ComponentHealthDegraded  ComponentHealth = "degraded"
	ComponentHealthUnhealthy ComponentHealth = "unhealthy"
)

// DatabaseType is a component of the API’s document.
type DatabaseType string

// Values of DatabaseType.
const (
	DatabaseTypePostgresql DatabaseType = "postgresql"
	DatabaseTypeMysql      DatabaseType = "mysql"
	DatabaseTypeMariadb    DatabaseType = "mariadb"
	DatabaseTypeMssql      DatabaseType = "mssql"
	DatabaseTypeOracle     DatabaseType = "oracle"
	DatabaseTypeMongodb    DatabaseType = "mongodb"
	DatabaseTypeRedis      DatabaseType = "redis"
)

// DefinitionConfig is a component of the API’s document. One of its members is set.
type DefinitionConfig struct {
	// Type says which member is set, in answers of the hub. In requests, it need not be set.
	Type string

	Stdio     *StdioConfig
	Npm       *NpmConfig
	Pypi      *PypiConfig
	Docker    *DockerConfig
	HTTP      *HTTPConfig
	SSE       *SSEConfig
	WebSocket *WebSocketConfig
	Workflow  *WorkflowConfig

	// Raw is the answer of the hub, if this version of the module does not know the type.
	Raw json.RawMessage
}

// MarshalJSON writes the member that is set.
func (u DefinitionConfig) MarshalJSON() ([]byte, error) {
	return rest.EncodeUnion("type", u.Raw, []rest.Variant{
		{Type: "stdio", Value: u.Stdio},
		{Type: "npm", Value: u.Npm},
		{Type: "pypi", Value: u.Pypi},
		{Type: "docker", Value: u.Docker},
		{Type: "http", Value: u.HTTP},
		{Type: "sse", Value: u.SSE},
		{Type: "websocket", Value: u.WebSocket},
		{Type: "workflow", Value: u.Workflow},
	})
}

// UnmarshalJSON sets the member that the JSON is of.
func (u *DefinitionConfig) UnmarshalJSON(text []byte) error {
	*u = DefinitionConfig{}
	return rest.DecodeUnion(text, "type", &u.Type, &u.Raw, []rest.Variant{
		{Type: "stdio", Value: &u.Stdio},
		{Type: "npm", Value: &u.Npm},
		{Type: "pypi", Value: &u.Pypi},
		{Type: "docker", Value: &u.Docker},
		{Type: "http", Value: &u.HTTP},
		{Type: "sse", Value: &u.SSE},
		{Type: "websocket", Value: &u.WebSocket},
		{Type: "workflow", Value: &u.Workflow},
	})
}

// DockerConfig is a component of the API’s document.
type DockerConfig struct {
	Image string `json:"image"`

	// Further flags of `docker run`.
	Options []string `json:"options,omitempty"`

	// Arguments of the server itself.
	Args []string `json:"args,omitempty"`

	// `{{database:NAME}}` stands for an external database.
	Env map[string]string `json:"env,omitempty"`
}

// EntityType is a component of the API’s document.
type EntityType string

// Values of EntityType.
const (
	EntityTypeServer           EntityType = "server"
	EntityTypeGroup            EntityType = "group"
	EntityTypeAgent            EntityType = "agent"
	EntityTypeSite             EntityType = "site"
	EntityTypeDevice           EntityType = "device"
	EntityTypeCluster          EntityType = "cluster"
	EntityTypeCatalogEntry     EntityType = "catalog_entry"
	EntityTypeJob              EntityType = "job"
	EntityTypeWorkflowRun      EntityType = "workflow_run"
	EntityTypeMCPDefinition    EntityType = "mcp_definition"
	EntityTypeExternalDBConfig EntityType = "external_db_config"
	EntityTypeUser             EntityType = "user"
	EntityTypeAPIKey           EntityType = "api_key"
)

// ExternalDatabase is a component of the API’s document.
type ExternalDatabase struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	DBType   DatabaseType `json:"db_type"`
	Host     string       `json:"host"`
	Port     int64        `json:"port"`
	DBName   string       `json:"db_name"`
	Username string       `json:"username"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`

	// Extension: the site that it belongs to; keys whose grants name that site see it.
	Site *string `json:"site"`
}

// HTTPConfig is a component of the API’s document.
type HTTPConfig struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Auth    *Auth             `json:"auth,omitempty"`
}

// LogEvent is a component of the API’s document.
type LogEvent struct {
	// Empty where it is not kept.
	ID string `json:"id"`

	Data LogEventData `json:"data"`
}

// LogEventData is the value of LogEvent.Data.
type LogEventData struct {
	ID         string            `json:"id"`
	Level      LogEventDataLevel `json:"level"`
	Message    string            `json:"message"`
	Progress   *float64          `json:"progress,omitempty"`
	Step       *string           `json:"step,omitempty"`
	StepStatus *string           `json:"step_status,omitempty"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// LogEventDataLevel is the value of LogEventData.Level.
type LogEventDataLevel string

// Values of LogEventDataLevel.
const (
	LogEventDataLevelInfo  LogEventDataLevel = "info"
	LogEventDataLevelError LogEventDataLevel = "error"
)

// MCPDefinition is a component of the API’s document.
type MCPDefinition struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	MCPType     MCPType `json:"mcp_type"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`

	LatestVersion MCPDefinitionLatestVersion `json:"latest_version"`
}

// MCPDefinitionLatestVersion is the value of MCPDefinition.LatestVersion.
type MCPDefinitionLatestVersion struct {
	ID string `json:"id"`

	// From `1` on.
	Version string `json:"version"`

	Config DefinitionConfig `json:"config"`
}

// MCPDefinitionVersion is a component of the API’s document.
type MCPDefinitionVersion struct {
	ID string `json:"id"`

	// From `1` on.
	Version string `json:"version"`

	Config DefinitionConfig `json:"config"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`
}

// MCPType is a component of the API’s document.
type MCPType string

// Values of MCPType.
const (
	MCPTypeStdio     MCPType = "stdio"
	MCPTypeNpm       MCPType = "npm"
	MCPTypePypi      MCPType = "pypi"
	MCPTypeDocker    MCPType = "docker"
	MCPTypeHTTP      MCPType = "http"
	MCPTypeSSE       MCPType = "sse"
	MCPTypeWebSocket MCPType = "websocket"
	MCPTypeWorkflow  MCPType = "workflow"
)

// Message is a component of the API’s document.
type Message struct {
	Message string `json:"message"`
}

// NoAuth is a component of the API’s document.
type NoAuth struct{}

// NpmConfig is a component of the API’s document.
type NpmConfig struct {
	Package string  `json:"package"`
	Version *string `json:"version,omitempty"`

	// Arguments of the server itself.
	Args []string `json:"args,omitempty"`

	// `{{database:NAME}}` stands for an external database.
	Env map[string]string `json:"env,omitempty"`
}

// OAuth2Auth is a component of the API’s document.
type OAuth2Auth struct {
	GrantType    *OAuth2AuthGrantType `json:"grant_type,omitempty"`
	ClientID     *string              `json:"client_id,omitempty"`
	ClientSecret *string              `json:"client_secret,omitempty"`
	PrivateKey   *string              `json:"private_key,omitempty"`
	TokenURL     *string              `json:"token_url,omitempty"`
	Scopes       []string             `json:"scopes,omitempty"`
}

// OAuth2AuthGrantType is the value of OAuth2Auth.GrantType.
type OAuth2AuthGrantType string

// Values of OAuth2AuthGrantType.
const (
	OAuth2AuthGrantTypeClientCredentials OAuth2AuthGrantType = "client_credentials"
	OAuth2AuthGrantTypeAuthorizationCode OAuth2AuthGrantType = "authorization_code"
)

// PypiConfig is a component of the API’s document.
type PypiConfig struct {
	Package string  `json:"package"`
	Version *string `json:"version,omitempty"`

	// Arguments of the server itself.
	Args []string `json:"args,omitempty"`

	// `{{database:NAME}}` stands for an external database.
	Env map[string]string `json:"env,omitempty"`
}

// RelatedEntity is a component of the API’s document.
type RelatedEntity struct {
	ID              string                       `json:"id"`
	Type            EntityType                   `json:"type"`
	Data            map[string]any               `json:"data"`
	RelatedEntities []RelatedEntityRelatedEntity `json:"related_entities"`
}

// RelatedEntityRelatedEntity is the value of RelatedEntity.RelatedEntities.
type RelatedEntityRelatedEntity struct {
	ID           string     `json:"id"`
	Type         EntityType `json:"type"`
	Relationship string     `json:"relationship"`
}

// ResultPreviewEvent is a component of the API’s document.
type ResultPreviewEvent struct {
	// Empty where it is not kept.
	ID string `json:"id"`

	Data ResultPreviewEventData `json:"data"`
}

// ResultPreviewEventData is the value of ResultPreviewEvent.Data.
type ResultPreviewEventData struct {
	ID     string `json:"id"`
	Step   string `json:"step"`
	Result any    `json:"result"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// RunEvent is a component of the API’s document. One of its members is set.
type RunEvent struct {
	// Type says which member is set, in answers of the hub. In requests, it need not be set.
	Type string

	StatusChange  *StatusChangeEvent
	Log           *LogEvent
	ResultPreview *ResultPreviewEvent

	// Raw is the answer of the hub, if this version of the module does not know the type.
	Raw json.RawMessage
}

// MarshalJSON writes the member that is set.
func (u RunEvent) MarshalJSON() ([]byte, error) {
	return rest.EncodeUnion("type", u.Raw, []rest.Variant{
		{Type: "status_change", Value: u.StatusChange},
		{Type: "log", Value: u.Log},
		{Type: "result_preview", Value: u.ResultPreview},
	})
}

// UnmarshalJSON sets the member that the JSON is of.
func (u *RunEvent) UnmarshalJSON(text []byte) error {
	*u = RunEvent{}
	return rest.DecodeUnion(text, "type", &u.Type, &u.Raw, []rest.Variant{
		{Type: "status_change", Value: &u.StatusChange},
		{Type: "log", Value: &u.Log},
		{Type: "result_preview", Value: &u.ResultPreview},
	})
}

// Server is a component of the API’s document.
type Server struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Site         string `json:"site"`
	DefinitionID string `json:"definition_id"`
	VersionID    string `json:"version_id"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`
}

// SSEConfig is a component of the API’s document.
type SSEConfig struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Auth    *Auth             `json:"auth,omitempty"`
}

// StatusChangeEvent is a component of the API’s document.
type StatusChangeEvent struct {
	// Empty where it is not kept.
	ID string `json:"id"`

	Data StatusChangeEventData `json:"data"`
}

// StatusChangeEventData is the value of StatusChangeEvent.Data.
type StatusChangeEventData struct {
	ID                   string                      `json:"id"`
	WorkflowDefinitionID string                      `json:"workflow_definition_id"`
	Status               WorkflowRunStatus           `json:"status"`
	Error                *StatusChangeEventDataError `json:"error,omitempty"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// StatusChangeEventDataError is the value of StatusChangeEventData.Error.
type StatusChangeEventDataError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// StdioConfig is a component of the API’s document.
type StdioConfig struct {
	Command string `json:"command"`

	// Arguments of the server itself.
	Args []string `json:"args,omitempty"`

	// `{{database:NAME}}` stands for an external database.
	Env map[string]string `json:"env,omitempty"`
}

// WebSocketConfig is a component of the API’s document.
type WebSocketConfig struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Auth    *Auth             `json:"auth,omitempty"`
}

// WorkflowCompensation is a component of the API’s document.
type WorkflowCompensation struct {
	Compensate []string `json:"compensate"`
}

// WorkflowConfig is a component of the API’s document.
type WorkflowConfig struct {
	Parameters map[string]WorkflowParameter `json:"parameters,omitempty"`
	Steps      []WorkflowStep               `json:"steps"`
}

// WorkflowParameter is a component of the API’s document.
type WorkflowParameter struct {
	Type        WorkflowParameterType `json:"type"`
	Default     any                   `json:"default"`
	Description *string               `json:"description,omitempty"`
}

// WorkflowParameterType is a component of the API’s document.
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

// WorkflowRun is a component of the API’s document.
type WorkflowRun struct {
	ID string `json:"id"`

	// Of a workflow that no definition keeps: its name.
	WorkflowDefinitionID string `json:"workflow_definition_id"`

	Status     WorkflowRunStatus `json:"status"`
	Parameters map[string]any    `json:"parameters"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`
}

// WorkflowRunDetails is a component of the API’s document.
type WorkflowRunDetails struct {
	ID string `json:"id"`

	// Of a workflow that no definition keeps: its name.
	WorkflowDefinitionID string `json:"workflow_definition_id"`

	Status     WorkflowRunStatus `json:"status"`
	Parameters map[string]any    `json:"parameters"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`

	// The result of each completed step, by its name.
	Result map[string]any `json:"result"`

	// Extension.
	Progress int64 `json:"progress"`

	// Extension.
	Steps []WorkflowRunDetailsStep `json:"steps"`

	// Extension.
	Error *WorkflowRunDetailsError `json:"error"`
}

// WorkflowRunDetailsStep is the value of WorkflowRunDetails.Steps.
type WorkflowRunDetailsStep struct {
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

// WorkflowRunDetailsError is the value of WorkflowRunDetails.Error.
type WorkflowRunDetailsError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// WorkflowRunStatus is a component of the API’s document.
type WorkflowRunStatus string

// Values of WorkflowRunStatus.
const (
	WorkflowRunStatusScheduled WorkflowRunStatus = "scheduled"
	WorkflowRunStatusQueued    WorkflowRunStatus = "queued"
	WorkflowRunStatusRunning   WorkflowRunStatus = "running"
	WorkflowRunStatusCompleted WorkflowRunStatus = "completed"
	WorkflowRunStatusFailed    WorkflowRunStatus = "failed"
	WorkflowRunStatusCancelled WorkflowRunStatus = "cancelled"
)

// WorkflowStep is a component of the API’s document.
type WorkflowStep struct {
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
