// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"encoding/json"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// Activity is a component of the API’s document.
type Activity struct {
	// Number in the event journal.
	ID int64 `json:"id"`

	Type string `json:"type"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	Data map[string]any `json:"data"`
}

// Agent is a component of the API’s document.
type Agent struct {
	ID           string      `json:"id"`
	Name         string      `json:"name"`
	Site         string      `json:"site"`
	Status       AgentStatus `json:"status"`
	Version      *string     `json:"version"`
	Platform     *string     `json:"platform"`
	Capabilities []string    `json:"capabilities"`
	Operations   []string    `json:"operations"`
	RoundTripMs  *float64    `json:"roundTripMs"`
	ServerCount  int64       `json:"serverCount"`

	// UTC, ISO 8601.
	EnrolledAt time.Time `json:"enrolledAt"`

	ConnectedAt          *time.Time `json:"connectedAt"`
	CertificateExpiresAt *time.Time `json:"certificateExpiresAt"`
}

// AgentStatus is the value of Agent.Status.
type AgentStatus string

// Values of AgentStatus.
const (
	AgentStatusConnected    AgentStatus = "connected"
	AgentStatusDisconnected AgentStatus = "disconnected"
)

// AlertAcknowledgedEvent is a component of the API’s document.
type AlertAcknowledgedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data AlertData `json:"data"`
}

// AlertData is a component of the API’s document.
type AlertData struct {
	AlertID string `json:"alertId"`
	Rule    string `json:"rule"`

	// Such as `warning` or `critical`.
	Severity string `json:"severity"`

	Title      string  `json:"title"`
	Subject    string  `json:"subject"`
	ServerID   *string `json:"serverId,omitempty"`
	ServerName *string `json:"serverName,omitempty"`
	Message    *string `json:"message,omitempty"`

	// The user or key that acknowledged it.
	Actor *string `json:"actor,omitempty"`

	// The owner, if it belongs to one user or key.
	OwnerID *string `json:"ownerId,omitempty"`

	// The role that a caller needs to hear it: that of a key.
	LeastRole *string `json:"leastRole,omitempty"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// AlertNewEvent is a component of the API’s document.
type AlertNewEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data AlertData `json:"data"`
}

// AlertResolvedEvent is a component of the API’s document.
type AlertResolvedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data AlertData `json:"data"`
}

// APIKeyAuth is a component of the API’s document.
type APIKeyAuth struct {
	Key    string  `json:"key"`
	Header *string `json:"header,omitempty"`
	Prefix *string `json:"prefix,omitempty"`
}

// AudioContent is a component of the API’s document.
type AudioContent struct {
	// The sound, base64.
	Data string `json:"data"`

	MimeType    string              `json:"mimeType"`
	Annotations *ContentAnnotations `json:"annotations,omitempty"`

	// Further members of the server, by name.
	Meta map[string]any `json:"_meta,omitempty"`
}

// AuditEntry is a component of the API’s document.
type AuditEntry struct {
	ID string `json:"id"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	Action   string              `json:"action"`
	Actor    AuditEntryActor     `json:"actor"`
	Resource *AuditEntryResource `json:"resource"`

	// `durationMs` and `success` always; of tool calls `arguments`, with secrets redacted; `error` of a failure.
	Details map[string]any `json:"details"`

	IP        string `json:"ip"`
	UserAgent string `json:"userAgent"`
}

// AuditEntryActor is the value of AuditEntry.Actor.
type AuditEntryActor struct {
	Type AuditEntryActorType `json:"type"`
	ID   string              `json:"id"`
	Name string              `json:"name"`
}

// AuditEntryActorType is the value of AuditEntryActor.Type.
type AuditEntryActorType string

// Values of AuditEntryActorType.
const (
	AuditEntryActorTypeAPIKey    AuditEntryActorType = "api_key"
	AuditEntryActorTypeUser      AuditEntryActorType = "user"
	AuditEntryActorTypeAgent     AuditEntryActorType = "agent"
	AuditEntryActorTypeSystem    AuditEntryActorType = "system"
	AuditEntryActorTypeAnonymous AuditEntryActorType = "anonymous"
)

// AuditEntryResource is the value of AuditEntry.Resource.
type AuditEntryResource struct {
	Type     string  `json:"type"`
	ID       string  `json:"id"`
	ServerID *string `json:"serverId,omitempty"`
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

// BrowserSession is a component of the API’s document.
type BrowserSession struct {
	User BrowserSessionUser `json:"user"`

	// Send it in `X-CSRF-Token` with each request that is not a GET.
	CsrfToken string `json:"csrfToken"`

	// UTC, ISO 8601.
	ExpiresAt time.Time `json:"expiresAt"`
}

// BrowserSessionUser is the value of BrowserSession.User.
type BrowserSessionUser struct {
	ID   string                 `json:"id"`
	Name string                 `json:"name"`
	Role BrowserSessionUserRole `json:"role"`

	// What the role may do, such as `server.operate`.
	Permissions []string `json:"permissions"`
}

// BrowserSessionUserRole is the value of BrowserSessionUser.Role.
type BrowserSessionUserRole string

// Values of BrowserSessionUserRole.
const (
	BrowserSessionUserRoleViewer   BrowserSessionUserRole = "viewer"
	BrowserSessionUserRoleUser     BrowserSessionUserRole = "user"
	BrowserSessionUserRoleOperator BrowserSessionUserRole = "operator"
	BrowserSessionUserRoleAdmin    BrowserSessionUserRole = "admin"
)

// BulkProgressData is a component of the API’s document.
type BulkProgressData struct {
	// The owner, if it belongs to one user or key.
	OwnerID *string `json:"ownerId,omitempty"`

	OperationID string                 `json:"operationId"`
	Completed   int64                  `json:"completed"`
	Failed      int64                  `json:"failed"`
	Total       int64                  `json:"total"`
	Status      BulkProgressDataStatus `json:"status"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// BulkProgressDataStatus is the value of BulkProgressData.Status.
type BulkProgressDataStatus string

// Values of BulkProgressDataStatus.
const (
	BulkProgressDataStatusInProgress BulkProgressDataStatus = "in_progress"
	BulkProgressDataStatusCompleted  BulkProgressDataStatus = "completed"
	BulkProgressDataStatusFailed     BulkProgressDataStatus = "failed"
)

// BulkProgressEvent is a component of the API’s document.
type BulkProgressEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data BulkProgressData `json:"data"`
}

// Cache is a component of the API’s document.
type Cache struct {
	Tools map[string]CacheTool `json:"tools"`
}

// CacheTool is the value of Cache.Tools.
type CacheTool struct {
	TTLSeconds int64 `json:"ttlSeconds"`
}

// CallLimits is a component of the API’s document.
type CallLimits struct {
	MaxConcurrentCalls *int64                 `json:"maxConcurrentCalls,omitempty"`
	MaxQueue           *int64                 `json:"maxQueue,omitempty"`
	MaxResultBytes     *int64                 `json:"maxResultBytes,omitempty"`
	CallsPerSecond     rest.Nullable[float64] `json:"callsPerSecond,omitempty"`
}

// CircuitBreaker is a component of the API’s document.
type CircuitBreaker struct {
	ServerID   string       `json:"serverId"`
	ServerName string       `json:"serverName"`
	State      CircuitState `json:"state"`

	// In a row; while open, those that opened it.
	Failures int64 `json:"failures"`

	// Since the last change of state.
	SuccessCount int64 `json:"successCount"`

	// UTC, ISO 8601.
	LastStateChange time.Time `json:"lastStateChange"`

	// UTC, ISO 8601.
	CooldownEndsAt *time.Time `json:"cooldownEndsAt,omitempty"`
}

// CircuitBreakerSummary is a component of the API’s document.
type CircuitBreakerSummary struct {
	ServerID    string       `json:"serverId"`
	ServerName  string       `json:"serverName"`
	State       CircuitState `json:"state"`
	Failures    int64        `json:"failures"`
	LastFailure *time.Time   `json:"lastFailure"`
}

// CircuitClosedData is a component of the API’s document.
type CircuitClosedData struct {
	ServerID   string `json:"serverId"`
	ServerName string `json:"serverName"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// CircuitClosedEvent is a component of the API’s document.
type CircuitClosedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data CircuitClosedData `json:"data"`
}

// CircuitOpenedData is a component of the API’s document.
type CircuitOpenedData struct {
	ServerID       string     `json:"serverId"`
	ServerName     string     `json:"serverName"`
	Failures       int64      `json:"failures"`
	CooldownEndsAt *time.Time `json:"cooldownEndsAt"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// CircuitOpenedEvent is a component of the API’s document.
type CircuitOpenedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data CircuitOpenedData `json:"data"`
}

// CircuitState is a component of the API’s document.
type CircuitState string

// Values of CircuitState.
const (
	CircuitStateClosed   CircuitState = "closed"
	CircuitStateOpen     CircuitState = "open"
	CircuitStateHalfOpen CircuitState = "half-open"
)

// CleanupCompleteData is a component of the API’s document.
type CleanupCompleteData struct {
	CleanupID string                     `json:"cleanupId"`
	Status    string                     `json:"status"`
	Summary   CleanupCompleteDataSummary `json:"summary"`

	// The owner, if it belongs to one user or key.
	OwnerID *string `json:"ownerId,omitempty"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// CleanupCompleteDataSummary is the value of CleanupCompleteData.Summary.
type CleanupCompleteDataSummary struct {
	FilesDeleted int64 `json:"filesDeleted"`
	BytesFreed   int64 `json:"bytesFreed"`
	Errors       int64 `json:"errors"`
}

// CleanupCompleteEvent is a component of the API’s document.
type CleanupCompleteEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data CleanupCompleteData `json:"data"`
}

// ClusterAddedEvent is a component of the API’s document.
type ClusterAddedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ClusterData `json:"data"`
}

// ClusterConnectedEvent is a component of the API’s document.
type ClusterConnectedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ClusterData `json:"data"`
}

// ClusterData is a component of the API’s document.
type ClusterData struct {
	ClusterID   string `json:"clusterId"`
	ClusterName string `json:"clusterName"`
	Site        string `json:"site"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// ClusterDisconnectedEvent is a component of the API’s document.
type ClusterDisconnectedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ClusterData `json:"data"`
}

// ClusterErrorData is a component of the API’s document.
type ClusterErrorData struct {
	ClusterID   string  `json:"clusterId"`
	ClusterName string  `json:"clusterName"`
	Site        string  `json:"site"`
	Error       *string `json:"error,omitempty"`
	Reason      *string `json:"reason,omitempty"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// ClusterErrorEvent is a component of the API’s document.
type ClusterErrorEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ClusterErrorData `json:"data"`
}

// ClusterRemovedEvent is a component of the API’s document.
type ClusterRemovedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ClusterData `json:"data"`
}

// ClusterUpdatedData is a component of the API’s document.
type ClusterUpdatedData struct {
	ClusterID   string `json:"clusterId"`
	ClusterName string `json:"clusterName"`
	Site        string `json:"site"`

	// The fields that changed.
	Changed []string `json:"changed"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// ClusterUpdatedEvent is a component of the API’s document.
type ClusterUpdatedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ClusterUpdatedData `json:"data"`
}

// ConfigUpdatedData is a component of the API’s document.
type ConfigUpdatedData struct {
	// The owner, if it belongs to one user or key.
	OwnerID *string `json:"ownerId,omitempty"`

	Changes []string `json:"changes"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// ConfigUpdatedEvent is a component of the API’s document.
type ConfigUpdatedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ConfigUpdatedData `json:"data"`
}

// ConnectOutcome is a component of the API’s document.
type ConnectOutcome struct {
	ServerID  string               `json:"serverId"`
	Status    ConnectOutcomeStatus `json:"status"`
	ToolCount *int64               `json:"toolCount,omitempty"`
	Error     *string              `json:"error,omitempty"`
}

// ConnectOutcomeStatus is the value of ConnectOutcome.Status.
type ConnectOutcomeStatus string

// Values of ConnectOutcomeStatus.
const (
	ConnectOutcomeStatusConnected ConnectOutcomeStatus = "connected"
	ConnectOutcomeStatusError     ConnectOutcomeStatus = "error"
)

// ContentAnnotations is a component of the API’s document.
type ContentAnnotations struct {
	Audience []string `json:"audience,omitempty"`

	// 0 to 1.
	Priority *float64 `json:"priority,omitempty"`

	// ISO 8601.
	LastModified *string `json:"lastModified,omitempty"`
}

// ContentBlock is a component of the API’s document. One of its members is set.
type ContentBlock struct {
	// Type says which member is set, in answers of the hub. In requests, it need not be set.
	Type string

	Text         *TextContent
	Image        *ImageContent
	Audio        *AudioContent
	ResourceLink *ResourceLink
	Resource     *EmbeddedResource

	// Raw is the answer of the hub, if this version of the module does not know the type.
	Raw json.RawMessage
}

// MarshalJSON writes the member that is set.
func (u ContentBlock) MarshalJSON() ([]byte, error) {
	return rest.EncodeUnion("type", u.Raw, []rest.Variant{
		{Type: "text", Value: u.Text},
		{Type: "image", Value: u.Image},
		{Type: "audio", Value: u.Audio},
		{Type: "resource_link", Value: u.ResourceLink},
		{Type: "resource", Value: u.Resource},
	})
}

// UnmarshalJSON sets the member that the JSON is of.
func (u *ContentBlock) UnmarshalJSON(text []byte) error {
	*u = ContentBlock{}
	return rest.DecodeUnion(text, "type", &u.Type, &u.Raw, []rest.Variant{
		{Type: "text", Value: &u.Text},
		{Type: "image", Value: &u.Image},
		{Type: "audio", Value: &u.Audio},
		{Type: "resource_link", Value: &u.ResourceLink},
		{Type: "resource", Value: &u.Resource},
	})
}

// DatabaseCreatedEvent is a component of the API’s document.
type DatabaseCreatedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DatabaseData `json:"data"`
}

// DatabaseData is a component of the API’s document.
type DatabaseData struct {
	DatabaseID string  `json:"databaseId"`
	Name       string  `json:"name"`
	Type       string  `json:"type"`
	Site       *string `json:"site,omitempty"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// DatabaseDeletedEvent is a component of the API’s document.
type DatabaseDeletedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DatabaseData `json:"data"`
}

// DatabaseUpdatedEvent is a component of the API’s document.
type DatabaseUpdatedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DatabaseData `json:"data"`
}

// DefinitionCreatedEvent is a component of the API’s document.
type DefinitionCreatedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DefinitionData `json:"data"`
}

// DefinitionData is a component of the API’s document.
type DefinitionData struct {
	DefinitionID string `json:"definitionId"`
	Name         string `json:"name"`
	Type         string `json:"type"`
	Version      string `json:"version"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// DefinitionDeletedEvent is a component of the API’s document.
type DefinitionDeletedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DefinitionData `json:"data"`
}

// DefinitionUpdatedEvent is a component of the API’s document.
type DefinitionUpdatedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DefinitionData `json:"data"`
}

// DeviceAddedEvent is a component of the API’s document.
type DeviceAddedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DeviceData `json:"data"`
}

// DeviceConfigChangedData is a component of the API’s document.
type DeviceConfigChangedData struct {
	DeviceID   string  `json:"deviceId"`
	DeviceName string  `json:"deviceName"`
	DeviceType string  `json:"deviceType"`
	Site       string  `json:"site"`
	ChangeID   string  `json:"changeId"`
	Kind       string  `json:"kind"`
	State      string  `json:"state"`
	HashBefore string  `json:"hashBefore"`
	HashAfter  string  `json:"hashAfter"`
	Protected  *bool   `json:"protected"`
	Saved      *bool   `json:"saved"`
	By         *string `json:"by"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// DeviceConfigChangedEvent is a component of the API’s document.
type DeviceConfigChangedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DeviceConfigChangedData `json:"data"`
}

// DeviceConnectedEvent is a component of the API’s document.
type DeviceConnectedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DeviceData `json:"data"`
}

// DeviceData is a component of the API’s document.
type DeviceData struct {
	DeviceID   string `json:"deviceId"`
	DeviceName string `json:"deviceName"`
	DeviceType string `json:"deviceType"`
	Site       string `json:"site"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// DeviceDisconnectedEvent is a component of the API’s document.
type DeviceDisconnectedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DeviceData `json:"data"`
}

// DeviceErrorData is a component of the API’s document.
type DeviceErrorData struct {
	DeviceID   string  `json:"deviceId"`
	DeviceName string  `json:"deviceName"`
	DeviceType string  `json:"deviceType"`
	Site       string  `json:"site"`
	Error      *string `json:"error,omitempty"`
	Reason     *string `json:"reason,omitempty"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// DeviceErrorEvent is a component of the API’s document.
type DeviceErrorEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DeviceErrorData `json:"data"`
}

// DeviceRemovedEvent is a component of the API’s document.
type DeviceRemovedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DeviceData `json:"data"`
}

// DeviceUpdatedData is a component of the API’s document.
type DeviceUpdatedData struct {
	DeviceID   string `json:"deviceId"`
	DeviceName string `json:"deviceName"`
	DeviceType string `json:"deviceType"`
	Site       string `json:"site"`

	// The fields that changed.
	Changed []string `json:"changed"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// DeviceUpdatedEvent is a component of the API’s document.
type DeviceUpdatedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data DeviceUpdatedData `json:"data"`
}

// DisconnectOutcome is a component of the API’s document.
type DisconnectOutcome struct {
	ServerID  string                  `json:"serverId"`
	Status    DisconnectOutcomeStatus `json:"status"`
	ToolCount *int64                  `json:"toolCount,omitempty"`
	Error     *string                 `json:"error,omitempty"`
}

// DisconnectOutcomeStatus is the value of DisconnectOutcome.Status.
type DisconnectOutcomeStatus string

// Values of DisconnectOutcomeStatus.
const (
	DisconnectOutcomeStatusDisconnected DisconnectOutcomeStatus = "disconnected"
	DisconnectOutcomeStatusError        DisconnectOutcomeStatus = "error"
)

// EmbeddedResource is a component of the API’s document.
type EmbeddedResource struct {
	Resource    EmbeddedResourceResource `json:"resource"`
	Annotations *ContentAnnotations      `json:"annotations,omitempty"`

	// Further members of the server, by name.
	Meta map[string]any `json:"_meta,omitempty"`
}

// EmbeddedResourceResource is the value of EmbeddedResource.Resource.
type EmbeddedResourceResource struct {
	URI      string  `json:"uri"`
	MimeType *string `json:"mimeType,omitempty"`

	// Of a text resource.
	Text *string `json:"text,omitempty"`

	// Of a binary resource: its bytes, base64.
	Blob *string `json:"blob,omitempty"`

	// Further members of the server, by name.
	Meta map[string]any `json:"_meta,omitempty"`
}

// EventType is a component of the API’s document.
type EventType string

// Values of EventType.
const (
	EventTypeServerConnected     EventType = "server.connected"
	EventTypeServerDisconnected  EventType = "server.disconnected"
	EventTypeServerError         EventType = "server.error"
	EventTypeServerHealth        EventType = "server.health"
	EventTypeToolInvoked         EventType = "tool.invoked"
	EventTypeToolError           EventType = "tool.error"
	EventTypeCircuitOpened       EventType = "circuit.opened"
	EventTypeCircuitClosed       EventType = "circuit.closed"
	EventTypeJobProgress         EventType = "job.progress"
	EventTypeJobCompleted        EventType = "job.completed"
	EventTypeJobFailed           EventType = "job.failed"
	EventTypeJobCancelled        EventType = "job.cancelled"
	EventTypeCleanupComplete     EventType = "cleanup.complete"
	EventTypeTestComplete        EventType = "test.complete"
	EventTypeUpdateProgress      EventType = "update.progress"
	EventTypeUpdateComplete      EventType = "update.complete"
	EventTypeAlertNew            EventType = "alert.new"
	EventTypeAlertAcknowledged   EventType = "alert.acknowledged"
	EventTypeAlertResolved       EventType = "alert.resolved"
	EventTypeDeviceAdded         EventType = "device.added"
	EventTypeDeviceUpdated       EventType = "device.updated"
	EventTypeDeviceRemoved       EventType = "device.removed"
	EventTypeDeviceConnected     EventType = "device.connected"
	EventTypeDeviceDisconnected  EventType = "device.disconnected"
	EventTypeDeviceError         EventType = "device.error"
	EventTypeDeviceConfigChanged EventType = "device.config.changed"
	EventTypeClusterAdded        EventType = "cluster.added"
	EventTypeClusterUpdated      EventType = "cluster.updated"
	EventTypeClusterRemoved      EventType = "cluster.removed"
	EventTypeClusterConnected    EventType = "cluster.connected"
	EventTypeClusterDisconnected EventType = "cluster.disconnected"
	EventTypeClusterError        EventType = "cluster.error"
	EventTypeServerState         EventType = "server.state"
	EventTypeConfigUpdated       EventType = "config.updated"
	EventTypeBulkProgress        EventType = "bulk.progress"
	EventTypeGroupCreated        EventType = "group.created"
	EventTypeGroupUpdated        EventType = "group.updated"
	EventTypeGroupDeleted        EventType = "group.deleted"
	EventTypeDefinitionCreated   EventType = "definition.created"
	EventTypeDefinitionUpdated   EventType = "definition.updated"
	EventTypeDefinitionDeleted   EventType = "definition.deleted"
	EventTypeDatabaseCreated     EventType = "database.created"
	EventTypeDatabaseUpdated     EventType = "database.updated"
	EventTypeDatabaseDeleted     EventType = "database.deleted"
)

// Favorite is a component of the API’s document.
type Favorite struct {
	ToolName   string `json:"toolName"`
	ServerID   string `json:"serverId"`
	ServerName string `json:"serverName"`

	// UTC, ISO 8601.
	FavoritedAt time.Time `json:"favoritedAt"`
}

// Grants is a component of the API’s document.
type Grants struct {
	// Ids or names; the hub keeps ids.
	Servers []string `json:"servers,omitempty"`

	// Ids or names; the hub keeps ids.
	Groups []string `json:"groups,omitempty"`

	Tools []string `json:"tools,omitempty"`
	Sites []string `json:"sites,omitempty"`
}

// Group is a component of the API’s document.
type Group struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Color       string `json:"color"`
	Icon        string `json:"icon"`
	SortOrder   int64  `json:"sortOrder"`
	ServerCount int64  `json:"serverCount"`
}

// GroupCreatedEvent is a component of the API’s document.
type GroupCreatedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data GroupData `json:"data"`
}

// GroupData is a component of the API’s document.
type GroupData struct {
	GroupID   string `json:"groupId"`
	GroupName string `json:"groupName"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// GroupDeletedEvent is a component of the API’s document.
type GroupDeletedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data GroupData `json:"data"`
}

// GroupUpdatedEvent is a component of the API’s document.
type GroupUpdatedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data GroupData `json:"data"`
}

// HealthCheck is a component of the API’s document.
type HealthCheck struct {
	Enabled    *bool  `json:"enabled,omitempty"`
	IntervalMs *int64 `json:"intervalMs,omitempty"`
	TimeoutMs  *int64 `json:"timeoutMs,omitempty"`
}

// HTTPTransport is a component of the API’s document.
type HTTPTransport struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
}

// ImageContent is a component of the API’s document.
type ImageContent struct {
	// The image, base64.
	Data string `json:"data"`

	MimeType    string              `json:"mimeType"`
	Annotations *ContentAnnotations `json:"annotations,omitempty"`

	// Further members of the server, by name.
	Meta map[string]any `json:"_meta,omitempty"`
}

// JobCancelledEvent is a component of the API’s document.
type JobCancelledEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data JobData `json:"data"`
}

// JobCompletedEvent is a component of the API’s document.
type JobCompletedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data JobData `json:"data"`
}

// JobData is a component of the API’s document.
type JobData struct {
	JobID  string `json:"jobId"`
	Kind   string `json:"kind"`
	Status string `json:"status"`

	// Percent.
	Progress float64 `json:"progress"`

	Message string  `json:"message"`
	Error   *string `json:"error,omitempty"`

	// The owner, if it belongs to one user or key.
	OwnerID *string `json:"ownerId,omitempty"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// JobFailedEvent is a component of the API’s document.
type JobFailedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data JobData `json:"data"`
}

// JobProgressEvent is a component of the API’s document.
type JobProgressEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data JobData `json:"data"`
}

// JoinToken is a component of the API’s document.
type JoinToken struct {
	ID   string `json:"id"`
	Site string `json:"site"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"createdAt"`

	// UTC, ISO 8601.
	ExpiresAt time.Time `json:"expiresAt"`
}

// Key is a component of the API’s document.
type Key struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Prefix string     `json:"prefix"`
	Role   Role       `json:"role"`
	Tier   Tier       `json:"tier"`
	Grants *Grants    `json:"grants"`
	Limits *KeyLimits `json:"limits"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"createdAt"`

	ExpiresAt  *time.Time `json:"expiresAt"`
	LastUsedAt *time.Time `json:"lastUsedAt"`
}

// KeyLimits is a component of the API’s document.
type KeyLimits struct {
	PerMinute *int64 `json:"perMinute,omitempty"`
	PerDay    *int64 `json:"perDay,omitempty"`
}

// LogEntry is a component of the API’s document.
type LogEntry struct {
	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	Level   string `json:"level"`
	Source  string `json:"source"`
	Message string `json:"message"`
}

// MonitoredServer is a component of the API’s document.
type MonitoredServer struct {
	ID        string                `json:"id"`
	Name      string                `json:"name"`
	Status    MonitoredServerStatus `json:"status"`
	ToolCount int64                 `json:"toolCount"`
	Site      string                `json:"site"`
	Error     *string               `json:"error"`
}

// MonitoredServerStatus is the value of MonitoredServer.Status.
type MonitoredServerStatus string

// Values of MonitoredServerStatus.
const (
	MonitoredServerStatusConnected    MonitoredServerStatus = "connected"
	MonitoredServerStatusDisconnected MonitoredServerStatus = "disconnected"
	MonitoredServerStatusError        MonitoredServerStatus = "error"
)

// NewServer is a component of the API’s document.
type NewServer struct {
	Name        string                    `json:"name"`
	Transport   TransportInput            `json:"transport"`
	Description *string                   `json:"description,omitempty"`
	Auth        *Auth                     `json:"auth,omitempty"`
	HealthCheck *HealthCheck              `json:"healthCheck,omitempty"`
	RateLimits  rest.Nullable[RateLimits] `json:"rateLimits,omitempty"`
	Limits      rest.Nullable[CallLimits] `json:"limits,omitempty"`
	Cache       rest.Nullable[Cache]      `json:"cache,omitempty"`
	Metadata    *ServerMetadata           `json:"metadata,omitempty"`
	GroupID     rest.Nullable[string]     `json:"groupId,omitempty"`
	Enabled     *bool                     `json:"enabled,omitempty"`
	Site        *string                   `json:"site,omitempty"`
}

// NoAuth is a component of the API’s document.
type NoAuth struct{}

// OAuth2Auth is a component of the API’s document.
type OAuth2Auth struct {
	GrantType    *OAuth2AuthGrantType `json:"grantType,omitempty"`
	ClientID     *string              `json:"clientId,omitempty"`
	ClientSecret *string              `json:"clientSecret,omitempty"`
	PrivateKey   *string              `json:"privateKey,omitempty"`
	TokenURL     *string              `json:"tokenUrl,omitempty"`
	Scopes       []string             `json:"scopes,omitempty"`
}

// OAuth2AuthGrantType is the value of OAuth2Auth.GrantType.
type OAuth2AuthGrantType string

// Values of OAuth2AuthGrantType.
const (
	OAuth2AuthGrantTypeClientCredentials OAuth2AuthGrantType = "client_credentials"
	OAuth2AuthGrantTypeAuthorizationCode OAuth2AuthGrantType = "authorization_code"
)

// Prompt is a component of the API’s document.
type Prompt struct {
	Name string `json:"name"`

	// Empty: not said.
	Title string `json:"title"`

	Description string           `json:"description"`
	Arguments   []PromptArgument `json:"arguments"`
}

// PromptArgument is a component of the API’s document.
type PromptArgument struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Required    bool   `json:"required"`
}

// RateLimits is a component of the API’s document.
type RateLimits struct {
	RequestsPerMinute rest.Nullable[int64] `json:"requestsPerMinute,omitempty"`
	RequestsPerDay    rest.Nullable[int64] `json:"requestsPerDay,omitempty"`
}

// RegistryServer is a component of the API’s document.
type RegistryServer struct {
	Name        string `json:"name"`
	Version     string `json:"version"`
	Title       string `json:"title"`
	Description string `json:"description"`

	// `active`, `deprecated` or `deleted`; empty: not said.
	Status string `json:"status"`

	StatusMessage string        `json:"statusMessage"`
	Website       string        `json:"website"`
	Repository    string        `json:"repository"`
	Ways          []RegistryWay `json:"ways"`
}

// RegistryValue is a component of the API’s document.
type RegistryValue struct {
	Name        string `json:"name"`
	Description string `json:"description"`

	// And without a default.
	Required bool `json:"required"`

	// The hub seals it.
	Secret bool `json:"secret"`

	// It takes several values.
	Repeated bool `json:"repeated"`

	// `string`, `number`, `boolean`, `filepath`; empty: not said.
	Format string `json:"format"`

	Default *string `json:"default"`

	// Empty: any value.
	Choices []string `json:"choices"`
}

// RegistryWay is a component of the API’s document.
type RegistryWay struct {
	// `npm`, `pypi`, `oci`, `http`, `sse`, or a kind with a problem.
	Kind string `json:"kind"`

	// The package or the address.
	Source string `json:"source"`

	// The whole command line or address, with `{NAME}` where a value goes; empty if it cannot be added.
	Line string `json:"line"`

	// It runs a program at the site, which needs role admin.
	Runs bool `json:"runs"`

	// Why it cannot be added; empty: it can.
	Problem string `json:"problem"`

	Values []RegistryValue `json:"values"`
}

// ResetData is a component of the API’s document.
type ResetData struct {
	Reason   string `json:"reason"`
	OldestID string `json:"oldestId"`
	LatestID string `json:"latestId"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// ResetEvent is a component of the API’s document.
type ResetEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ResetData `json:"data"`
}

// Resource is a component of the API’s document.
type Resource struct {
	URI  string `json:"uri"`
	Name string `json:"name"`

	// Empty: not said.
	Title string `json:"title"`

	Description string `json:"description"`
	MimeType    string `json:"mimeType"`
}

// ResourceLink is a component of the API’s document.
type ResourceLink struct {
	URI         string  `json:"uri"`
	Name        string  `json:"name"`
	Title       *string `json:"title,omitempty"`
	Description *string `json:"description,omitempty"`
	MimeType    *string `json:"mimeType,omitempty"`

	// Bytes.
	Size *int64 `json:"size,omitempty"`

	Annotations *ContentAnnotations `json:"annotations,omitempty"`

	// Further members of the server, by name.
	Meta map[string]any `json:"_meta,omitempty"`
}

// ResourceTemplate is a component of the API’s document.
type ResourceTemplate struct {
	// RFC 6570.
	URITemplate string `json:"uriTemplate"`

	Name string `json:"name"`

	// Empty: not said.
	Title string `json:"title"`

	Description string `json:"description"`
	MimeType    string `json:"mimeType"`
}

// Role is a component of the API’s document.
type Role string

// Values of Role.
const (
	RoleViewer   Role = "viewer"
	RoleUser     Role = "user"
	RoleOperator Role = "operator"
	RoleAdmin    Role = "admin"
)

// Server is a component of the API’s document.
type Server struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Status      ServerStatus      `json:"status"`
	ToolCount   int64             `json:"toolCount"`
	Transport   Transport         `json:"transport"`
	Auth        Auth              `json:"auth"`
	HealthCheck ServerHealthCheck `json:"healthCheck"`
	RateLimits  RateLimits        `json:"rateLimits"`
	Metadata    ServerMetadata    `json:"metadata"`
	GroupID     *string           `json:"groupId"`
	Enabled     bool              `json:"enabled"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"createdAt"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updatedAt"`

	Limits  CallLimits `json:"limits"`
	Cache   *Cache     `json:"cache"`
	Site    string     `json:"site"`
	AgentID string     `json:"agentId"`

	// Extension: `true` if the server belongs to one user or key; absent for a shared server.
	Personal *bool `json:"personal,omitempty"`

	Runtime ServerRuntime `json:"runtime"`
}

// ServerHealthCheck is the value of Server.HealthCheck.
type ServerHealthCheck struct {
	Enabled    bool  `json:"enabled"`
	IntervalMs int64 `json:"intervalMs"`
	TimeoutMs  int64 `json:"timeoutMs"`
}

// ServerRuntime is the value of Server.Runtime.
type ServerRuntime struct {
	Error            *string              `json:"error"`
	Connecting       bool                 `json:"connecting"`
	AuthorizationURL *string              `json:"authorizationUrl"`
	Pid              *int64               `json:"pid"`
	Version          *string              `json:"version"`
	Attempt          int64                `json:"attempt"`
	NextAttemptAt    *time.Time           `json:"nextAttemptAt"`
	Health           *ServerRuntimeHealth `json:"health"`
	HealthReason     *string              `json:"healthReason"`
}

// ServerRuntimeHealth is the value of ServerRuntime.Health.
type ServerRuntimeHealth string

// Values of ServerRuntimeHealth.
const (
	ServerRuntimeHealthHealthy  ServerRuntimeHealth = "healthy"
	ServerRuntimeHealthDegraded ServerRuntimeHealth = "degraded"
	ServerRuntimeHealthDown     ServerRuntimeHealth = "down"
)

// ServerChanges is a component of the API’s document.
type ServerChanges struct {
	Name        *string                   `json:"name,omitempty"`
	Transport   *TransportInput           `json:"transport,omitempty"`
	Description *string                   `json:"description,omitempty"`
	Auth        *Auth                     `json:"auth,omitempty"`
	HealthCheck *HealthCheck              `json:"healthCheck,omitempty"`
	RateLimits  rest.Nullable[RateLimits] `json:"rateLimits,omitempty"`
	Limits      rest.Nullable[CallLimits] `json:"limits,omitempty"`
	Cache       rest.Nullable[Cache]      `json:"cache,omitempty"`
	Metadata    *ServerMetadata           `json:"metadata,omitempty"`
	GroupID     rest.Nullable[string]     `json:"groupId,omitempty"`
	Enabled     *bool                     `json:"enabled,omitempty"`
	Site        *string                   `json:"site,omitempty"`
}

// ServerConnectedData is a component of the API’s document.
type ServerConnectedData struct {
	ServerID   string `json:"serverId"`
	ServerName string `json:"serverName"`
	ToolCount  int64  `json:"toolCount"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// ServerConnectedEvent is a component of the API’s document.
type ServerConnectedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ServerConnectedData `json:"data"`
}

// ServerDisconnectedEvent is a component of the API’s document.
type ServerDisconnectedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ServerDownData `json:"data"`
}

// ServerDownData is a component of the API’s document.
type ServerDownData struct {
	ServerID   string  `json:"serverId"`
	ServerName string  `json:"serverName"`
	Error      *string `json:"error,omitempty"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// ServerErrorEvent is a component of the API’s document.
type ServerErrorEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ServerDownData `json:"data"`
}

// ServerEvent is a component of the API’s document. One of its members is set.
type ServerEvent struct {
	// Type says which member is set, in answers of the hub. In requests, it need not be set.
	Type string

	ServerConnected     *ServerConnectedEvent
	ServerDisconnected  *ServerDisconnectedEvent
	ServerError         *ServerErrorEvent
	ServerHealth        *ServerHealthEvent
	ToolInvoked         *ToolInvokedEvent
	ToolError           *ToolErrorEvent
	CircuitOpened       *CircuitOpenedEvent
	CircuitClosed       *CircuitClosedEvent
	JobProgress         *JobProgressEvent
	JobCompleted        *JobCompletedEvent
	JobFailed           *JobFailedEvent
	JobCancelled        *JobCancelledEvent
	CleanupComplete     *CleanupCompleteEvent
	TestComplete        *TestCompleteEvent
	UpdateProgress      *UpdateProgressEvent
	UpdateComplete      *UpdateCompleteEvent
	AlertNew            *AlertNewEvent
	AlertAcknowledged   *AlertAcknowledgedEvent
	AlertResolved       *AlertResolvedEvent
	DeviceAdded         *DeviceAddedEvent
	DeviceUpdated       *DeviceUpdatedEvent
	DeviceRemoved       *DeviceRemovedEvent
	DeviceConnected     *DeviceConnectedEvent
	DeviceDisconnected  *DeviceDisconnectedEvent
	DeviceError         *DeviceErrorEvent
	DeviceConfigChanged *DeviceConfigChangedEvent
	ClusterAdded        *ClusterAddedEvent
	ClusterUpdated      *ClusterUpdatedEvent
	ClusterRemoved      *ClusterRemovedEvent
	ClusterConnected    *ClusterConnectedEvent
	ClusterDisconnected *ClusterDisconnectedEvent
	ClusterError        *ClusterErrorEvent
	ServerState         *ServerStateEvent
	ConfigUpdated       *ConfigUpdatedEvent
	BulkProgress        *BulkProgressEvent
	GroupCreated        *GroupCreatedEvent
	GroupUpdated        *GroupUpdatedEvent
	GroupDeleted        *GroupDeletedEvent
	DefinitionCreated   *DefinitionCreatedEvent
	DefinitionUpdated   *DefinitionUpdatedEvent
	DefinitionDeleted   *DefinitionDeletedEvent
	DatabaseCreated     *DatabaseCreatedEvent
	DatabaseUpdated     *DatabaseUpdatedEvent
	DatabaseDeleted     *DatabaseDeletedEvent
	Reset               *ResetEvent

	// Raw is the answer of the hub, if this version of the module does not know the type.
	Raw json.RawMessage
}

// MarshalJSON writes the member that is set.
func (u ServerEvent) MarshalJSON() ([]byte, error) {
	return rest.EncodeUnion("type", u.Raw, []rest.Variant{
		{Type: "server.connected", Value: u.ServerConnected},
		{Type: "server.disconnected", Value: u.ServerDisconnected},
		{Type: "server.error", Value: u.ServerError},
		{Type: "server.health", Value: u.ServerHealth},
		{Type: "tool.invoked", Value: u.ToolInvoked},
		{Type: "tool.error", Value: u.ToolError},
		{Type: "circuit.opened", Value: u.CircuitOpened},
		{Type: "circuit.closed", Value: u.CircuitClosed},
		{Type: "job.progress", Value: u.JobProgress},
		{Type: "job.completed", Value: u.JobCompleted},
		{Type: "job.failed", Value: u.JobFailed},
		{Type: "job.cancelled", Value: u.JobCancelled},
		{Type: "cleanup.complete", Value: u.CleanupComplete},
		{Type: "test.complete", Value: u.TestComplete},
		{Type: "update.progress", Value: u.UpdateProgress},
		{Type: "update.complete", Value: u.UpdateComplete},
		{Type: "alert.new", Value: u.AlertNew},
		{Type: "alert.acknowledged", Value: u.AlertAcknowledged},
		{Type: "alert.resolved", Value: u.AlertResolved},
		{Type: "device.added", Value: u.DeviceAdded},
		{Type: "device.updated", Value: u.DeviceUpdated},
		{Type: "device.removed", Value: u.DeviceRemoved},
		{Type: "device.connected", Value: u.DeviceConnected},
		{Type: "device.disconnected", Value: u.DeviceDisconnected},
		{Type: "device.error", Value: u.DeviceError},
		{Type: "device.config.changed", Value: u.DeviceConfigChanged},
		{Type: "cluster.added", Value: u.ClusterAdded},
		{Type: "cluster.updated", Value: u.ClusterUpdated},
		{Type: "cluster.removed", Value: u.ClusterRemoved},
		{Type: "cluster.connected", Value: u.ClusterConnected},
		{Type: "cluster.disconnected", Value: u.ClusterDisconnected},
		{Type: "cluster.error", Value: u.ClusterError},
		{Type: "server.state", Value: u.ServerState},
		{Type: "config.updated", Value: u.ConfigUpdated},
		{Type: "bulk.progress", Value: u.BulkProgress},
		{Type: "group.created", Value: u.GroupCreated},
		{Type: "group.updated", Value: u.GroupUpdated},
		{Type: "group.deleted", Value: u.GroupDeleted},
		{Type: "definition.created", Value: u.DefinitionCreated},
		{Type: "definition.updated", Value: u.DefinitionUpdated},
		{Type: "definition.deleted", Value: u.DefinitionDeleted},
		{Type: "database.created", Value: u.DatabaseCreated},
		{Type: "database.updated", Value: u.DatabaseUpdated},
		{Type: "database.deleted", Value: u.DatabaseDeleted},
		{Type: "reset", Value: u.Reset},
	})
}

// UnmarshalJSON sets the member that the JSON is of.
func (u *ServerEvent) UnmarshalJSON(text []byte) error {
	*u = ServerEvent{}
	return rest.DecodeUnion(text, "type", &u.Type, &u.Raw, []rest.Variant{
		{Type: "server.connected", Value: &u.ServerConnected},
		{Type: "server.disconnected", Value: &u.ServerDisconnected},
		{Type: "server.error", Value: &u.ServerError},
		{Type: "server.health", Value: &u.ServerHealth},
		{Type: "tool.invoked", Value: &u.ToolInvoked},
		{Type: "tool.error", Value: &u.ToolError},
		{Type: "circuit.opened", Value: &u.CircuitOpened},
		{Type: "circuit.closed", Value: &u.CircuitClosed},
		{Type: "job.progress", Value: &u.JobProgress},
		{Type: "job.completed", Value: &u.JobCompleted},
		{Type: "job.failed", Value: &u.JobFailed},
		{Type: "job.cancelled", Value: &u.JobCancelled},
		{Type: "cleanup.complete", Value: &u.CleanupComplete},
		{Type: "test.complete", Value: &u.TestComplete},
		{Type: "update.progress", Value: &u.UpdateProgress},
		{Type: "update.complete", Value: &u.UpdateComplete},
		{Type: "alert.new", Value: &u.AlertNew},
		{Type: "alert.acknowledged", Value: &u.AlertAcknowledged},
		{Type: "alert.resolved", Value: &u.AlertResolved},
		{Type: "device.added", Value: &u.DeviceAdded},
		{Type: "device.updated", Value: &u.DeviceUpdated},
		{Type: "device.removed", Value: &u.DeviceRemoved},
		{Type: "device.connected", Value: &u.DeviceConnected},
		{Type: "device.disconnected", Value: &u.DeviceDisconnected},
		{Type: "device.error", Value: &u.DeviceError},
		{Type: "device.config.changed", Value: &u.DeviceConfigChanged},
		{Type: "cluster.added", Value: &u.ClusterAdded},
		{Type: "cluster.updated", Value: &u.ClusterUpdated},
		{Type: "cluster.removed", Value: &u.ClusterRemoved},
		{Type: "cluster.connected", Value: &u.ClusterConnected},
		{Type: "cluster.disconnected", Value: &u.ClusterDisconnected},
		{Type: "cluster.error", Value: &u.ClusterError},
		{Type: "server.state", Value: &u.ServerState},
		{Type: "config.updated", Value: &u.ConfigUpdated},
		{Type: "bulk.progress", Value: &u.BulkProgress},
		{Type: "group.created", Value: &u.GroupCreated},
		{Type: "group.updated", Value: &u.GroupUpdated},
		{Type: "group.deleted", Value: &u.GroupDeleted},
		{Type: "definition.created", Value: &u.DefinitionCreated},
		{Type: "definition.updated", Value: &u.DefinitionUpdated},
		{Type: "definition.deleted", Value: &u.DefinitionDeleted},
		{Type: "database.created", Value: &u.DatabaseCreated},
		{Type: "database.updated", Value: &u.DatabaseUpdated},
		{Type: "database.deleted", Value: &u.DatabaseDeleted},
		{Type: "reset", Value: &u.Reset},
	})
}

// ServerHealthData is a component of the API’s document.
type ServerHealthData struct {
	ServerID   string                 `json:"serverId"`
	ServerName string                 `json:"serverName"`
	Health     ServerHealthDataHealth `json:"health"`
	Reason     *string                `json:"reason,omitempty"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// ServerHealthDataHealth is the value of ServerHealthData.Health.
type ServerHealthDataHealth string

// Values of ServerHealthDataHealth.
const (
	ServerHealthDataHealthHealthy  ServerHealthDataHealth = "healthy"
	ServerHealthDataHealthDegraded ServerHealthDataHealth = "degraded"
	ServerHealthDataHealthDown     ServerHealthDataHealth = "down"
)

// ServerHealthEvent is a component of the API’s document.
type ServerHealthEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ServerHealthData `json:"data"`
}

// ServerIDs is a component of the API’s document.
type ServerIDs struct {
	ServerIDs []string `json:"serverIds"`
}

// ServerMetadata is a component of the API’s document.
type ServerMetadata struct {
	Category rest.Nullable[string] `json:"category,omitempty"`
	Tags     []string              `json:"tags,omitempty"`
	Version  rest.Nullable[string] `json:"version,omitempty"`

	// Extension: where the server itself has metrics for Prometheus, at the host of its URL;
	// `/sd/prometheus?servers=true` lists it.
	MetricsPath rest.Nullable[string] `json:"metricsPath,omitempty"`
}

// ServerStateData is a component of the API’s document.
type ServerStateData struct {
	// The owner, if it belongs to one user or key.
	OwnerID *string `json:"ownerId,omitempty"`

	EntryID  string `json:"entryId"`
	OldState string `json:"oldState"`
	NewState string `json:"newState"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// ServerStateEvent is a component of the API’s document.
type ServerStateEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ServerStateData `json:"data"`
}

// ServerStatus is a component of the API’s document.
type ServerStatus string

// Values of ServerStatus.
const (
	ServerStatusConnected    ServerStatus = "connected"
	ServerStatusDisconnected ServerStatus = "disconnected"
	ServerStatusError        ServerStatus = "error"
)

// ServerWithTools is a component of the API’s document.
type ServerWithTools struct {
	ID          string                     `json:"id"`
	Name        string                     `json:"name"`
	Description string                     `json:"description"`
	Status      ServerStatus               `json:"status"`
	ToolCount   int64                      `json:"toolCount"`
	Transport   Transport                  `json:"transport"`
	Auth        Auth                       `json:"auth"`
	HealthCheck ServerWithToolsHealthCheck `json:"healthCheck"`
	RateLimits  RateLimits                 `json:"rateLimits"`
	Metadata    ServerMetadata             `json:"metadata"`
	GroupID     *string                    `json:"groupId"`
	Enabled     bool                       `json:"enabled"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"createdAt"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updatedAt"`

	Limits  CallLimits `json:"limits"`
	Cache   *Cache     `json:"cache"`
	Site    string     `json:"site"`
	AgentID string     `json:"agentId"`

	// Extension: `true` if the server belongs to one user or key; absent for a shared server.
	Personal *bool `json:"personal,omitempty"`

	Runtime      ServerWithToolsRuntime        `json:"runtime"`
	Tools        []ServerWithToolsTool         `json:"tools"`
	HealthChecks []ServerWithToolsHealthCheck2 `json:"healthChecks"`
}

// ServerWithToolsHealthCheck is the value of ServerWithTools.HealthCheck.
type ServerWithToolsHealthCheck struct {
	Enabled    bool  `json:"enabled"`
	IntervalMs int64 `json:"intervalMs"`
	TimeoutMs  int64 `json:"timeoutMs"`
}

// ServerWithToolsRuntime is the value of ServerWithTools.Runtime.
type ServerWithToolsRuntime struct {
	Error            *string                       `json:"error"`
	Connecting       bool                          `json:"connecting"`
	AuthorizationURL *string                       `json:"authorizationUrl"`
	Pid              *int64                        `json:"pid"`
	Version          *string                       `json:"version"`
	Attempt          int64                         `json:"attempt"`
	NextAttemptAt    *time.Time                    `json:"nextAttemptAt"`
	Health           *ServerWithToolsRuntimeHealth `json:"health"`
	HealthReason     *string                       `json:"healthReason"`
}

// ServerWithToolsRuntimeHealth is the value of ServerWithToolsRuntime.Health.
type ServerWithToolsRuntimeHealth string

// Values of ServerWithToolsRuntimeHealth.
const (
	ServerWithToolsRuntimeHealthHealthy  ServerWithToolsRuntimeHealth = "healthy"
	ServerWithToolsRuntimeHealthDegraded ServerWithToolsRuntimeHealth = "degraded"
	ServerWithToolsRuntimeHealthDown     ServerWithToolsRuntimeHealth = "down"
)

// ServerWithToolsTool is the value of ServerWithTools.Tools.
type ServerWithToolsTool struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	InputSchema any    `json:"inputSchema"`
}

// ServerWithToolsHealthCheck2 is the value of ServerWithTools.HealthChecks.
type ServerWithToolsHealthCheck2 struct {
	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	Status     ServerWithToolsHealthCheck2Status `json:"status"`
	DurationMs int64                             `json:"durationMs"`
}

// ServerWithToolsHealthCheck2Status is the value of ServerWithToolsHealthCheck2.Status.
type ServerWithToolsHealthCheck2Status string

// Values of ServerWithToolsHealthCheck2Status.
const (
	ServerWithToolsHealthCheck2StatusPassed ServerWithToolsHealthCheck2Status = "passed"
	ServerWithToolsHealthCheck2StatusFailed ServerWithToolsHealthCheck2Status = "failed"
)

// Site is a component of the API’s document.
type Site struct {
	Name            string `json:"name"`
	AgentCount      int64  `json:"agentCount"`
	ConnectedAgents int64  `json:"connectedAgents"`
	ServerCount     int64  `json:"serverCount"`
}

// SitePolicy is a component of the API’s document.
type SitePolicy struct {
	ReadOnly       *bool                     `json:"read_only,omitempty"`
	Commands       *SitePolicyCommands       `json:"commands,omitempty"`
	Environment    *SitePolicyEnvironment    `json:"environment,omitempty"`
	URLs           *SitePolicyURLs           `json:"urls,omitempty"`
	Images         *SitePolicyImages         `json:"images,omitempty"`
	Namespaces     *SitePolicyNamespaces     `json:"namespaces,omitempty"`
	DeviceCommands *SitePolicyDeviceCommands `json:"device_commands,omitempty"`
}

// SitePolicyCommands is the value of SitePolicy.Commands.
type SitePolicyCommands struct {
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
}

// SitePolicyEnvironment is the value of SitePolicy.Environment.
type SitePolicyEnvironment struct {
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
}

// SitePolicyURLs is the value of SitePolicy.URLs.
type SitePolicyURLs struct {
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
}

// SitePolicyImages is the value of SitePolicy.Images.
type SitePolicyImages struct {
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
}

// SitePolicyNamespaces is the value of SitePolicy.Namespaces.
type SitePolicyNamespaces struct {
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
}

// SitePolicyDeviceCommands is the value of SitePolicy.DeviceCommands.
type SitePolicyDeviceCommands struct {
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
}

// SSETransport is a component of the API’s document.
type SSETransport struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
}

// StdioTransport is a component of the API’s document.
type StdioTransport struct {
	Command string            `json:"command"`
	Args    []string          `json:"args,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
}

// TargetGroup is a component of the API’s document.
type TargetGroup struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// Template is a component of the API’s document.
type Template struct {
	// builtin-….
	ID string `json:"id"`

	Name        string `json:"name"`
	Description string `json:"description"`
	Icon        string `json:"icon"`
	Category    string `json:"category"`

	// Always "stdio".
	Transport string `json:"transport"`

	Command         string                   `json:"command"`
	Args            []string                 `json:"args"`
	EnvPlaceholders []TemplateEnvPlaceholder `json:"envPlaceholders"`
	Documentation   string                   `json:"documentation"`
	NpmPackage      *string                  `json:"npmPackage"`
	PypiPackage     *string                  `json:"pypiPackage"`
}

// TemplateEnvPlaceholder is the value of Template.EnvPlaceholders.
type TemplateEnvPlaceholder struct {
	Key         string `json:"key"`
	Description string `json:"description"`
	Required    bool   `json:"required"`
}

// TestCompleteData is a component of the API’s document.
type TestCompleteData struct {
	TestID  string                   `json:"testId"`
	Status  string                   `json:"status"`
	Results []TestCompleteDataResult `json:"results"`

	// The owner, if it belongs to one user or key.
	OwnerID *string `json:"ownerId,omitempty"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// TestCompleteDataResult is the value of TestCompleteData.Results.
type TestCompleteDataResult struct {
	Server   string                          `json:"server"`
	Tests    TestCompleteDataResultTests     `json:"tests"`
	Failures []TestCompleteDataResultFailure `json:"failures"`
}

// TestCompleteDataResultTests is the value of TestCompleteDataResult.Tests.
type TestCompleteDataResultTests struct {
	Total   int64 `json:"total"`
	Passed  int64 `json:"passed"`
	Failed  int64 `json:"failed"`
	Skipped int64 `json:"skipped"`
}

// TestCompleteDataResultFailure is the value of TestCompleteDataResult.Failures.
type TestCompleteDataResultFailure struct {
	Test string `json:"test"`
	Type string `json:"type"`
}

// TestCompleteEvent is a component of the API’s document.
type TestCompleteEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data TestCompleteData `json:"data"`
}

// TextContent is a component of the API’s document.
type TextContent struct {
	Text        string              `json:"text"`
	Annotations *ContentAnnotations `json:"annotations,omitempty"`

	// Further members of the server, by name.
	Meta map[string]any `json:"_meta,omitempty"`
}

// Tier is a component of the API’s document.
type Tier string

// Values of Tier.
const (
	TierFree       Tier = "free"
	TierPro        Tier = "pro"
	TierEnterprise Tier = "enterprise"
)

// Tool is a component of the API’s document.
type Tool struct {
	Name        string     `json:"name"`
	ServerID    string     `json:"serverId"`
	ServerName  string     `json:"serverName"`
	Description string     `json:"description"`
	InputSchema any        `json:"inputSchema"`
	Category    *string    `json:"category"`
	Tags        []string   `json:"tags"`
	UsageCount  int64      `json:"usageCount"`
	LastUsedAt  *time.Time `json:"lastUsedAt"`
}

// ToolActivityPoint is a component of the API’s document.
type ToolActivityPoint struct {
	// UTC, ISO 8601.
	Start time.Time `json:"start"`

	Calls  int64 `json:"calls"`
	Errors int64 `json:"errors"`

	// `null` without calls.
	AverageMs *float64 `json:"averageMs"`

	// `null` without calls.
	SlowestMs *float64 `json:"slowestMs"`
}

// ToolCall is a component of the API’s document.
type ToolCall struct {
	ID string `json:"id"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	ServerID   string         `json:"serverId"`
	ServerName string         `json:"serverName"`
	DurationMs float64        `json:"durationMs"`
	Success    bool           `json:"success"`
	Error      *string        `json:"error,omitempty"`
	Caller     ToolCallCaller `json:"caller"`
	Cached     bool           `json:"cached"`
}

// ToolCallCaller is the value of ToolCall.Caller.
type ToolCallCaller struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ToolCallData is a component of the API’s document.
type ToolCallData struct {
	ServerID   string  `json:"serverId"`
	ToolName   string  `json:"toolName"`
	DurationMs float64 `json:"durationMs"`
	Success    bool    `json:"success"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// ToolCategory is a component of the API’s document.
type ToolCategory struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// ToolErrorEvent is a component of the API’s document.
type ToolErrorEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ToolCallData `json:"data"`
}

// ToolInvokedEvent is a component of the API’s document.
type ToolInvokedEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data ToolCallData `json:"data"`
}

// ToolResult is a component of the API’s document.
type ToolResult struct {
	Content []ContentBlock `json:"content"`

	// The result as data, as the tool’s `outputSchema` has it; an object of most servers.
	StructuredContent any `json:"structuredContent,omitempty"`

	// The tool failed; `content` says why.
	IsError bool `json:"isError"`

	// Further members of the server, by name.
	Meta map[string]any `json:"_meta,omitempty"`
}

// Transport is a component of the API’s document. One of its members is set.
type Transport struct {
	// Type says which member is set, in answers of the hub. In requests, it need not be set.
	Type string

	Stdio     *StdioTransport
	SSE       *SSETransport
	HTTP      *HTTPTransport
	WebSocket *WebSocketTransport

	// Raw is the answer of the hub, if this version of the module does not know the type.
	Raw json.RawMessage
}

// MarshalJSON writes the member that is set.
func (u Transport) MarshalJSON() ([]byte, error) {
	return rest.EncodeUnion("type", u.Raw, []rest.Variant{
		{Type: "stdio", Value: u.Stdio},
		{Type: "sse", Value: u.SSE},
		{Type: "http", Value: u.HTTP},
		{Type: "websocket", Value: u.WebSocket},
	})
}

// UnmarshalJSON sets the member that the JSON is of.
func (u *Transport) UnmarshalJSON(text []byte) error {
	*u = Transport{}
	return rest.DecodeUnion(text, "type", &u.Type, &u.Raw, []rest.Variant{
		{Type: "stdio", Value: &u.Stdio},
		{Type: "sse", Value: &u.SSE},
		{Type: "http", Value: &u.HTTP},
		{Type: "websocket", Value: &u.WebSocket},
	})
}

// TransportInput is a component of the API’s document. One of its members is set.
type TransportInput struct {
	// Type says which member is set, in answers of the hub. In requests, it need not be set.
	Type string

	Stdio     *StdioTransport
	SSE       *SSETransport
	HTTP      *HTTPTransport
	WebSocket *WebSocketTransportInput

	// Raw is the answer of the hub, if this version of the module does not know the type.
	Raw json.RawMessage
}

// MarshalJSON writes the member that is set.
func (u TransportInput) MarshalJSON() ([]byte, error) {
	return rest.EncodeUnion("type", u.Raw, []rest.Variant{
		{Type: "stdio", Value: u.Stdio},
		{Type: "sse", Value: u.SSE},
		{Type: "http", Value: u.HTTP},
		{Type: "websocket", Value: u.WebSocket},
	})
}

// UnmarshalJSON sets the member that the JSON is of.
func (u *TransportInput) UnmarshalJSON(text []byte) error {
	*u = TransportInput{}
	return rest.DecodeUnion(text, "type", &u.Type, &u.Raw, []rest.Variant{
		{Type: "stdio", Value: &u.Stdio},
		{Type: "sse", Value: &u.SSE},
		{Type: "http", Value: &u.HTTP},
		{Type: "websocket", Value: &u.WebSocket},
	})
}

// UpdateCompleteData is a component of the API’s document.
type UpdateCompleteData struct {
	UpdateID   string  `json:"updateId"`
	Kind       string  `json:"kind"`
	ServerID   *string `json:"serverId"`
	ServerName *string `json:"serverName,omitempty"`

	// The owner, if it belongs to one user or key.
	OwnerID *string `json:"ownerId,omitempty"`

	Version *string `json:"version"`
	Success bool    `json:"success"`
	Error   *string `json:"error,omitempty"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// UpdateCompleteEvent is a component of the API’s document.
type UpdateCompleteEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data UpdateCompleteData `json:"data"`
}

// UpdateProgressData is a component of the API’s document.
type UpdateProgressData struct {
	UpdateID   string  `json:"updateId"`
	Kind       string  `json:"kind"`
	ServerID   *string `json:"serverId"`
	ServerName *string `json:"serverName,omitempty"`

	// The owner, if it belongs to one user or key.
	OwnerID *string `json:"ownerId,omitempty"`

	Progress float64 `json:"progress"`
	Message  string  `json:"message"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`
}

// UpdateProgressEvent is a component of the API’s document.
type UpdateProgressEvent struct {
	// For `Last-Event-ID`; empty where it is not kept.
	ID string `json:"id"`

	Data UpdateProgressData `json:"data"`
}

// User is a component of the API’s document.
type User struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Role     Role   `json:"role"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"createdAt"`

	LastLogin *time.Time `json:"lastLogin"`
}

// WebSocketTransport is a component of the API’s document.
type WebSocketTransport struct {
	URL       string                       `json:"url"`
	Headers   map[string]string            `json:"headers,omitempty"`
	Reconnect *WebSocketTransportReconnect `json:"reconnect,omitempty"`
	Heartbeat *WebSocketTransportHeartbeat `json:"heartbeat,omitempty"`
}

// WebSocketTransportReconnect is the value of WebSocketTransport.Reconnect.
type WebSocketTransportReconnect struct {
	// Default: true.
	Enabled bool `json:"enabled"`

	// Default: 10.
	MaxAttempts int64 `json:"maxAttempts"`

	// Default: 1000.
	InitialDelayMs int64 `json:"initialDelayMs"`

	// Default: 30000.
	MaxDelayMs int64 `json:"maxDelayMs"`

	// Default: 2.
	BackoffMultiplier float64 `json:"backoffMultiplier"`
}

// WebSocketTransportHeartbeat is the value of WebSocketTransport.Heartbeat.
type WebSocketTransportHeartbeat struct {
	// Default: true.
	Enabled bool `json:"enabled"`

	// Default: 30000.
	IntervalMs int64 `json:"intervalMs"`

	// Default: 10000.
	TimeoutMs int64 `json:"timeoutMs"`
}

// WebSocketTransportInput is a component of the API’s document.
type WebSocketTransportInput struct {
	URL       string                            `json:"url"`
	Headers   map[string]string                 `json:"headers,omitempty"`
	Reconnect *WebSocketTransportInputReconnect `json:"reconnect,omitempty"`
	Heartbeat *WebSocketTransportInputHeartbeat `json:"heartbeat,omitempty"`
}

// WebSocketTransportInputReconnect is the value of WebSocketTransportInput.Reconnect.
type WebSocketTransportInputReconnect struct {
	// Default: true.
	Enabled *bool `json:"enabled,omitempty"`

	// Default: 10.
	MaxAttempts *int64 `json:"maxAttempts,omitempty"`

	// Default: 1000.
	InitialDelayMs *int64 `json:"initialDelayMs,omitempty"`

	// Default: 30000.
	MaxDelayMs *int64 `json:"maxDelayMs,omitempty"`

	// Default: 2.
	BackoffMultiplier *float64 `json:"backoffMultiplier,omitempty"`
}

// WebSocketTransportInputHeartbeat is the value of WebSocketTransportInput.Heartbeat.
type WebSocketTransportInputHeartbeat struct {
	// Default: true.
	Enabled *bool `json:"enabled,omitempty"`

	// Default: 30000.
	IntervalMs *int64 `json:"intervalMs,omitempty"`

	// Default: 10000.
	TimeoutMs *int64 `json:"timeoutMs,omitempty"`
}

// Webhook is a component of the API’s document.
type Webhook struct {
	ID     string         `json:"id"`
	URL    string         `json:"url"`
	Events []WebhookEvent `json:"events"`

	// The first 10 characters of a secret that the hub has made; the whole secret in the answer to its creation, and
	// nowhere else.
	Secret string `json:"secret"`

	Enabled bool `json:"enabled"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"createdAt"`

	LastDeliveryAt *time.Time           `json:"lastDeliveryAt"`
	DeliveryStats  WebhookDeliveryStats `json:"deliveryStats"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updatedAt"`

	DisabledReason *string `json:"disabledReason"`
}

// WebhookDeliveryStats is the value of Webhook.DeliveryStats.
type WebhookDeliveryStats struct {
	Total      int64 `json:"total"`
	Successful int64 `json:"successful"`

	// Given up.
	Failed int64 `json:"failed"`

	// Extension: waiting for their next attempt.
	Pending int64 `json:"pending"`
}

// WebhookDelivery is a component of the API’s document.
type WebhookDelivery struct {
	ID     string                `json:"id"`
	Event  string                `json:"event"`
	Status WebhookDeliveryStatus `json:"status"`

	// `null` where there was no answer.
	StatusCode *int64 `json:"statusCode"`

	DurationMs *int64                   `json:"durationMs"`
	Error      *string                  `json:"error"`
	Attempts   []WebhookDeliveryAttempt `json:"attempts"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"createdAt"`

	FinishedAt    *time.Time `json:"finishedAt"`
	NextAttemptAt *time.Time `json:"nextAttemptAt"`
	Test          bool       `json:"test"`
}

// WebhookDeliveryStatus is the value of WebhookDelivery.Status.
type WebhookDeliveryStatus string

// Values of WebhookDeliveryStatus.
const (
	WebhookDeliveryStatusSuccess WebhookDeliveryStatus = "success"
	WebhookDeliveryStatusFailed  WebhookDeliveryStatus = "failed"
	WebhookDeliveryStatusPending WebhookDeliveryStatus = "pending"
)

// WebhookDeliveryAttempt is the value of WebhookDelivery.Attempts.
type WebhookDeliveryAttempt struct {
	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	// `null` where there was no answer.
	StatusCode *int64 `json:"statusCode"`

	DurationMs int64   `json:"durationMs"`
	Error      *string `json:"error"`
}

// WebhookEvent is a component of the API’s document.
type WebhookEvent string

// Values of WebhookEvent.
const (
	WebhookEventServerConnected    WebhookEvent = "server.connected"
	WebhookEventServerDisconnected WebhookEvent = "server.disconnected"
	WebhookEventServerError        WebhookEvent = "server.error"
	WebhookEventToolInvoked        WebhookEvent = "tool.invoked"
	WebhookEventToolError          WebhookEvent = "tool.error"
	WebhookEventCircuitOpened      WebhookEvent = "circuit.opened"
	WebhookEventCircuitClosed      WebhookEvent = "circuit.closed"
)
