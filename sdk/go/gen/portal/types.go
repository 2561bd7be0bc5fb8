// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package portal

import (
	"time"
)

// AuditEntry is a component of the API’s document.
type AuditEntry struct {
	ID           string         `json:"id"`
	UserID       *string        `json:"user_id"`
	UserEmail    *string        `json:"user_email"`
	Action       string         `json:"action"`
	ResourceType *string        `json:"resource_type"`
	ResourceID   *string        `json:"resource_id"`
	Details      map[string]any `json:"details"`
	IPAddress    string         `json:"ip_address"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	// Extension: a user, a key, or `null` without a sign-in.
	Actor *AuditEntryActor `json:"actor"`
}

// AuditEntryActor is the value of AuditEntry.Actor.
type AuditEntryActor struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

// BegunOperation is a component of the API’s document.
type BegunOperation struct {
	Message string `json:"message"`

	// For `GET /api/v1/operations/{id}`.
	OperationID string `json:"operation_id"`

	// Seconds.
	EstimatedTime int64 `json:"estimated_time"`
}

// ConfiguredServer is a component of the API’s document.
type ConfiguredServer struct {
	ServerID string      `json:"server_id"`
	Enabled  bool        `json:"enabled"`
	Config   ShownConfig `json:"config"`
}

// ContainerState is a component of the API’s document.
type ContainerState string

// Values of ContainerState.
const (
	ContainerStateRunning     ContainerState = "running"
	ContainerStateStarting    ContainerState = "starting"
	ContainerStateStopped     ContainerState = "stopped"
	ContainerStateError       ContainerState = "error"
	ContainerStateUnreachable ContainerState = "unreachable"
)

// ExportedConfig is a component of the API’s document.
type ExportedConfig struct {
	// Always "1.0".
	Version string `json:"version"`

	// UTC, ISO 8601.
	ExportedAt time.Time `json:"exported_at"`

	User        *string                `json:"user"`
	Servers     []ExportedConfigServer `json:"servers"`
	Preferences Preferences            `json:"preferences"`
}

// ExportedConfigServer is the value of ExportedConfig.Servers.
type ExportedConfigServer struct {
	Name    string      `json:"name"`
	Enabled bool        `json:"enabled"`
	Config  ShownConfig `json:"config"`
}

// LogEntry is a component of the API’s document.
type LogEntry struct {
	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	Level   LogEntryLevel `json:"level"`
	Message string        `json:"message"`

	// Extension: `stderr`, `mcp` (the server over MCP) or `agent` (about the server).
	Source string `json:"source"`
}

// LogEntryLevel is the value of LogEntry.Level.
type LogEntryLevel string

// Values of LogEntryLevel.
const (
	LogEntryLevelDebug LogEntryLevel = "debug"
	LogEntryLevelInfo  LogEntryLevel = "info"
	LogEntryLevelWarn  LogEntryLevel = "warn"
	LogEntryLevelError LogEntryLevel = "error"
)

// Pagination is a component of the API’s document.
type Pagination struct {
	Page       int64 `json:"page"`
	Limit      int64 `json:"limit"`
	Total      int64 `json:"total"`
	TotalPages int64 `json:"total_pages"`
	HasNext    bool  `json:"has_next"`
	HasPrev    bool  `json:"has_prev"`
}

// PolicyConfig is a component of the API’s document.
type PolicyConfig struct {
	// Started as soon as it is enabled; otherwise with the first restart. Default: true.
	AutoStart *bool `json:"auto_start,omitempty"`

	// The action when its process ends by itself. `unless-stopped` is `always`: a stopped server stays stopped.
	// Default: `always`.
	RestartPolicy *PolicyConfigRestartPolicy `json:"restart_policy,omitempty"`
}

// PolicyConfigRestartPolicy is the value of PolicyConfig.RestartPolicy.
type PolicyConfigRestartPolicy string

// Values of PolicyConfigRestartPolicy.
const (
	PolicyConfigRestartPolicyAlways        PolicyConfigRestartPolicy = "always"
	PolicyConfigRestartPolicyUnlessStopped PolicyConfigRestartPolicy = "unless-stopped"
	PolicyConfigRestartPolicyOnFailure     PolicyConfigRestartPolicy = "on-failure"
	PolicyConfigRestartPolicyNo            PolicyConfigRestartPolicy = "no"
)

// PreferenceChanges is a component of the API’s document.
type PreferenceChanges struct {
	Theme         *PreferenceChangesTheme `json:"theme,omitempty"`
	Notifications *bool                   `json:"notifications,omitempty"`
}

// PreferenceChangesTheme is the value of PreferenceChanges.Theme.
type PreferenceChangesTheme string

// Values of PreferenceChangesTheme.
const (
	PreferenceChangesThemeLight  PreferenceChangesTheme = "light"
	PreferenceChangesThemeDark   PreferenceChangesTheme = "dark"
	PreferenceChangesThemeSystem PreferenceChangesTheme = "system"
)

// Preferences is a component of the API’s document.
type Preferences struct {
	Theme         PreferencesTheme `json:"theme"`
	Notifications bool             `json:"notifications"`
}

// PreferencesTheme is the value of Preferences.Theme.
type PreferencesTheme string

// Values of PreferencesTheme.
const (
	PreferencesThemeLight  PreferencesTheme = "light"
	PreferencesThemeDark   PreferencesTheme = "dark"
	PreferencesThemeSystem PreferencesTheme = "system"
)

// Role is a component of the API’s document.
type Role string

// Values of Role.
const (
	RoleSuperAdmin   Role = "super_admin"
	RoleTeamAdmin    Role = "team_admin"
	RoleStandardUser Role = "standard_user"
)

// Server is a component of the API’s document.
type Server struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	Description string `json:"description"`

	// An image's name; of a package `npm:…` or `pypi:…`; of others their command or address.
	Image string `json:"image"`

	CatalogType ServerCatalogType `json:"catalog_type"`
	Category    string            `json:"category"`
	Tags        []string          `json:"tags"`

	// Extension: registered for all, and not enabled by each for themselves.
	Shared bool `json:"shared"`

	// Extension: an entry of the catalog that the caller may change and remove.
	Changeable bool `json:"changeable"`

	// Extension: an entry that another user added and that is not shared; team admins name it by its id.
	Private bool `json:"private"`

	// Extension: the user or key that added the entry, for super admins; otherwise `null`.
	Owner *string `json:"owner"`

	UserConfig ServerUserConfig `json:"user_config"`
}

// ServerCatalogType is the value of Server.CatalogType.
type ServerCatalogType string

// Values of ServerCatalogType.
const (
	ServerCatalogTypePredefined ServerCatalogType = "predefined"
	ServerCatalogTypeCustom     ServerCatalogType = "custom"
)

// ServerUserConfig is the value of Server.UserConfig.
type ServerUserConfig struct {
	Enabled        bool           `json:"enabled"`
	ContainerState ContainerState `json:"container_state"`

	// `null` where it runs in no container.
	ContainerID *string `json:"container_id"`

	LastStateChange *time.Time `json:"last_state_change"`
}

// ServerConfig is a component of the API’s document.
type ServerConfig struct {
	// Started as soon as it is enabled; otherwise with the first restart. Default: true.
	AutoStart *bool `json:"auto_start,omitempty"`

	// The action when its process ends by itself. `unless-stopped` is `always`: a stopped server stays stopped.
	// Default: `always`.
	RestartPolicy *ServerConfigRestartPolicy `json:"restart_policy,omitempty"`

	// Extension: values that the server needs. They are sealed, and only their names are shown; those absent stay.
	Env map[string]string `json:"env,omitempty"`
}

// ServerConfigRestartPolicy is the value of ServerConfig.RestartPolicy.
type ServerConfigRestartPolicy string

// Values of ServerConfigRestartPolicy.
const (
	ServerConfigRestartPolicyAlways        ServerConfigRestartPolicy = "always"
	ServerConfigRestartPolicyUnlessStopped ServerConfigRestartPolicy = "unless-stopped"
	ServerConfigRestartPolicyOnFailure     ServerConfigRestartPolicy = "on-failure"
	ServerConfigRestartPolicyNo            ServerConfigRestartPolicy = "no"
)

// ServerOutcome is a component of the API’s document.
type ServerOutcome struct {
	ServerID string              `json:"server_id"`
	Status   ServerOutcomeStatus `json:"status"`
	Message  string              `json:"message"`
}

// ServerOutcomeStatus is the value of ServerOutcome.Status.
type ServerOutcomeStatus string

// Values of ServerOutcomeStatus.
const (
	ServerOutcomeStatusPending    ServerOutcomeStatus = "pending"
	ServerOutcomeStatusProcessing ServerOutcomeStatus = "processing"
	ServerOutcomeStatusCompleted  ServerOutcomeStatus = "completed"
	ServerOutcomeStatusFailed     ServerOutcomeStatus = "failed"
)

// ServiceStatus is a component of the API’s document.
type ServiceStatus string

// Values of ServiceStatus.
const (
	ServiceStatusOperational ServiceStatus = "operational"
	ServiceStatusDegraded    ServiceStatus = "degraded"
	ServiceStatusOutage      ServiceStatus = "outage"
	ServiceStatusUnavailable ServiceStatus = "unavailable"
)

// ShownConfig is a component of the API’s document.
type ShownConfig struct {
	AutoStart     bool                     `json:"auto_start"`
	RestartPolicy ShownConfigRestartPolicy `json:"restart_policy"`
}

// ShownConfigRestartPolicy is the value of ShownConfig.RestartPolicy.
type ShownConfigRestartPolicy string

// Values of ShownConfigRestartPolicy.
const (
	ShownConfigRestartPolicyAlways        ShownConfigRestartPolicy = "always"
	ShownConfigRestartPolicyUnlessStopped ShownConfigRestartPolicy = "unless-stopped"
	ShownConfigRestartPolicyOnFailure     ShownConfigRestartPolicy = "on-failure"
	ShownConfigRestartPolicyNo            ShownConfigRestartPolicy = "no"
)

// User is a component of the API’s document.
type User struct {
	ID    string  `json:"id"`
	Email *string `json:"email"`
	Name  string  `json:"name"`
	Role  Role    `json:"role"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	LastLogin *time.Time `json:"last_login"`
	IsActive  bool       `json:"is_active"`

	// Servers that the user has enabled.
	ServerCount int64 `json:"server_count"`

	// Of these, those that run.
	ActiveContainers int64 `json:"active_containers"`
}

// Variable is a component of the API’s document.
type Variable struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Required    bool   `json:"required"`
}
