// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package infrastructure

import (
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
	ExpiresAt *time.Time `json:"expires_at"`

	// `null` for never.
	LastUsed *time.Time `json:"last_used"`
}

// Cluster is a component of the API’s document.
type Cluster struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Status      ConnectionStatus `json:"status"`

	// Empty: not known yet.
	Version string `json:"version"`

	NodesCount int64 `json:"nodes_count"`

	// Extension: the site whose agent connects to it.
	Site string `json:"site"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// `null` for never.
	LastConnected *time.Time `json:"last_connected"`
}

// ClusterConfig is `kubeconfig`, or `host` with credentials.
type ClusterConfig struct {
	// Base64; certificates and keys are in it.
	Kubeconfig *string `json:"kubeconfig,omitempty"`

	// Extension: of the kubeconfig; default: its current-context.
	Context *string `json:"context,omitempty"`

	// Such as `https://192.0.2.1:6443`, as the site knows it.
	Host *string `json:"host,omitempty"`

	Token *string `json:"token,omitempty"`

	// CA certificate, PEM in base64.
	CaCert *string `json:"ca_cert,omitempty"`

	// Extension: client certificate, PEM in base64.
	ClientCert *string `json:"client_cert,omitempty"`

	// Extension: its key, PEM in base64.
	ClientKey *string `json:"client_key,omitempty"`

	// Extension: the host name for which the cluster's certificate must be valid.
	TLSServerName *string `json:"tls_server_name,omitempty"`

	// Extension: the agent's own access, to the cluster that it runs in or by its own kubeconfig; for admins.
	Agent *ClusterConfigAgent `json:"agent,omitempty"`

	// Extension: do not check the cluster's certificate.
	InsecureSkipTLSVerify *bool `json:"insecure_skip_tls_verify,omitempty"`

	// Extension: of one request, seconds; 0: 30.
	Timeout *float64 `json:"timeout,omitempty"`
}

// ClusterConfigAgent is the value of ClusterConfig.Agent.
type ClusterConfigAgent string

// Values of ClusterConfigAgent.
const (
	ClusterConfigAgentInCluster  ClusterConfigAgent = "in_cluster"
	ClusterConfigAgentKubeconfig ClusterConfigAgent = "kubeconfig"
)

// ClusterNode is a component of the API’s document.
type ClusterNode struct {
	Name    string   `json:"name"`
	Status  string   `json:"status"`
	Roles   []string `json:"roles"`
	Version string   `json:"version"`
	CPU     string   `json:"cpu"`
	Memory  string   `json:"memory"`
}

// CommandResult is a component of the API’s document.
type CommandResult struct {
	Command string `json:"command"`
	Output  string `json:"output"`

	// `false` where the device answered with an error.
	Success bool `json:"success"`

	// The device's own words; only where `success` is false.
	Error *string `json:"error,omitempty"`

	// Extension: whether it may change the device.
	Class CommandResultClass `json:"class"`

	// Extension: the JSON output of the device.
	Structured any `json:"structured,omitempty"`

	// Extension.
	DurationMs int64 `json:"duration_ms"`
}

// CommandResultClass is the value of CommandResult.Class.
type CommandResultClass string

// Values of CommandResultClass.
const (
	CommandResultClassRead   CommandResultClass = "read"
	CommandResultClassChange CommandResultClass = "change"
)

// Condition is a component of the API’s document.
type Condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Message string `json:"message"`

	// `null` for never.
	ChangedAt *time.Time `json:"changed_at"`
}

// ConfigBackup is a component of the API’s document.
type ConfigBackup struct {
	BackupID    string `json:"backup_id"`
	Description string `json:"description"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// Bytes.
	Size int64 `json:"size"`

	// Extension: from 1 on, for each device.
	Version int64 `json:"version"`

	// `sha256:…` of the configuration without the lines that change by themselves.
	Hash string `json:"hash"`

	By *string `json:"by"`
}

// ConfigChange is a component of the API’s document.
type ConfigChange struct {
	ChangeID   string            `json:"change_id"`
	Kind       ConfigChangeKind  `json:"kind"`
	State      ConfigChangeState `json:"state"`
	By         *string           `json:"by"`
	Replace    bool              `json:"replace"`
	Format     ConfigFormat      `json:"format"`
	Changed    *bool             `json:"changed"`
	Protected  *bool             `json:"protected"`
	Saved      *bool             `json:"saved"`
	Method     string            `json:"method"`
	HashBefore string            `json:"hash_before"`

	// Empty where it is not known.
	HashAfter string `json:"hash_after"`

	Diff     string  `json:"diff"`
	Error    string  `json:"error"`
	BackupID *string `json:"backup_id"`
	Undoes   *string `json:"undoes"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	EndedAt *time.Time `json:"ended_at"`
}

// ConfigChangeKind is the value of ConfigChange.Kind.
type ConfigChangeKind string

// Values of ConfigChangeKind.
const (
	ConfigChangeKindUpdate   ConfigChangeKind = "update"
	ConfigChangeKindCommit   ConfigChangeKind = "commit"
	ConfigChangeKindRestore  ConfigChangeKind = "restore"
	ConfigChangeKindRollback ConfigChangeKind = "rollback"
)

// ConfigChangeState is the value of ConfigChange.State.
type ConfigChangeState string

// Values of ConfigChangeState.
const (
	ConfigChangeStateBegun          ConfigChangeState = "begun"
	ConfigChangeStateRestorePending ConfigChangeState = "restore_pending"
	ConfigChangeStateConfirmed      ConfigChangeState = "confirmed"
	ConfigChangeStateReverted       ConfigChangeState = "reverted"
	ConfigChangeStateNotRun         ConfigChangeState = "not_run"
	ConfigChangeStateFailed         ConfigChangeState = "failed"
)

// ConfigChangeDetails is extension.
type ConfigChangeDetails struct {
	// Unified; `null` where it is known only once the candidate is committed.
	Diff *string `json:"diff"`

	// `false`: it is the candidate, and the device does not have it.
	Committed bool `json:"committed"`

	// `false` if nothing had to be changed.
	Changed *bool `json:"changed,omitempty"`

	// Whether the device would have undone the change by itself after the loss of the connection.
	Protected *bool `json:"protected,omitempty"`

	// The configuration survives a restart of the device.
	Saved *bool `json:"saved,omitempty"`

	Method   *string `json:"method,omitempty"`
	ChangeID *string `json:"change_id,omitempty"`

	// `sha256:…` of the configuration without the lines that change by themselves.
	Hash *string `json:"hash,omitempty"`

	// `sha256:…` of the configuration without the lines that change by themselves.
	BaseHash *string `json:"base_hash,omitempty"`

	DroppedCandidate *bool `json:"dropped_candidate,omitempty"`
}

// ConfigFormat is `set` (Junos) is an extension.
type ConfigFormat string

// Values of ConfigFormat.
const (
	ConfigFormatText ConfigFormat = "text"
	ConfigFormatSet  ConfigFormat = "set"
	ConfigFormatJSON ConfigFormat = "json"
	ConfigFormatXML  ConfigFormat = "xml"
)

// ConnectionOptions is a component of the API’s document.
type ConnectionOptions struct {
	// Seconds; 0: 30; from dialling to the first prompt.
	Timeout *float64 `json:"timeout,omitempty"`

	// Seconds; 0: 30; between two signs of life.
	Keepalive *float64 `json:"keepalive,omitempty"`

	// Connected as soon as it is registered, and by any command; default `true`.
	AutoConnect *bool `json:"auto_connect,omitempty"`

	// Extension: also the algorithms of old devices (SHA-1 key exchange, ssh-rsa, CBC).
	LegacyAlgorithms *bool `json:"legacy_algorithms,omitempty"`

	// Extension: an SSH server that the connection goes through.
	JumpHost rest.Nullable[JumpHost] `json:"jump_host,omitempty"`
}

// ConnectionStatus is a component of the API’s document.
type ConnectionStatus string

// Values of ConnectionStatus.
const (
	ConnectionStatusConnected    ConnectionStatus = "connected"
	ConnectionStatusDisconnected ConnectionStatus = "disconnected"
	ConnectionStatusError        ConnectionStatus = "error"
)

// Container is a component of the API’s document.
type Container struct {
	Name         string `json:"name"`
	Image        string `json:"image"`
	Ready        bool   `json:"ready"`
	RestartCount int64  `json:"restart_count"`

	// `running`, `waiting` or `terminated`.
	State string `json:"state"`

	// Extension: why it does not run, such as `CrashLoopBackOff`; else empty.
	Reason string `json:"reason"`

	// Extension.
	Message string `json:"message"`

	// Extension: where it has ended.
	ExitCode *int64 `json:"exit_code"`

	Ports     []ContainerPort    `json:"ports"`
	Resources ContainerResources `json:"resources"`
}

// ContainerPort is the value of Container.Ports.
type ContainerPort struct {
	ContainerPort int64  `json:"container_port"`
	Protocol      string `json:"protocol"`
	Name          string `json:"name"`
}

// ContainerResources is the value of Container.Resources.
type ContainerResources struct {
	Requests map[string]string `json:"requests"`
	Limits   map[string]string `json:"limits"`
}

// ContainerLogLine is a component of the API’s document.
type ContainerLogLine struct {
	// ISO 8601, to the nanosecond; empty if the engine does not say.
	Time string `json:"time"`

	Stream  ContainerLogLineStream `json:"stream"`
	Message string                 `json:"message"`
}

// ContainerLogLineStream is the value of ContainerLogLine.Stream.
type ContainerLogLineStream string

// Values of ContainerLogLineStream.
const (
	ContainerLogLineStreamStdout ContainerLogLineStream = "stdout"
	ContainerLogLineStreamStderr ContainerLogLineStream = "stderr"
)

// ContainerOutcome is a component of the API’s document.
type ContainerOutcome struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"`

	// `false` if the container had this state already.
	Changed bool `json:"changed"`
}

// ContainerSummary is a component of the API’s document.
type ContainerSummary struct {
	Name         string `json:"name"`
	Image        string `json:"image"`
	Ready        bool   `json:"ready"`
	RestartCount int64  `json:"restart_count"`

	// `running`, `waiting` or `terminated`.
	State string `json:"state"`

	// Extension: why it does not run, such as `CrashLoopBackOff`; else empty.
	Reason string `json:"reason"`

	// Extension.
	Message string `json:"message"`

	// Extension: where it has ended.
	ExitCode *int64 `json:"exit_code"`
}

// CreatedDevice is a component of the API’s document.
type CreatedDevice struct {
	ID       string           `json:"id"`
	Name     string           `json:"name"`
	Type     DeviceType       `json:"type"`
	Hostname string           `json:"hostname"`
	Port     int64            `json:"port"`
	Status   ConnectionStatus `json:"status"`

	// Extension: the site whose agent connects to it.
	Site string `json:"site"`

	Tags []string `json:"tags"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// Only where the status is `error`.
	Error *string `json:"error,omitempty"`

	// Extension: such as `auth_failed`, `host_key_changed`.
	ErrorReason *string `json:"error_reason,omitempty"`
}

// Deployment is a component of the API’s document.
type Deployment struct {
	Name string `json:"name"`

	// Extension.
	Namespace string `json:"namespace"`

	// The desired number.
	Replicas int64 `json:"replicas"`

	AvailableReplicas int64 `json:"available_replicas"`

	// Extension.
	ReadyReplicas int64 `json:"ready_replicas"`

	// Extension.
	UpdatedReplicas int64 `json:"updated_replicas"`

	Strategy string `json:"strategy"`

	// Extension.
	Paused bool `json:"paused"`

	// Extension.
	Images []string `json:"images"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	Labels map[string]string `json:"labels"`
}

// Device is a component of the API’s document.
type Device struct {
	ID       string           `json:"id"`
	Name     string           `json:"name"`
	Type     DeviceType       `json:"type"`
	Hostname string           `json:"hostname"`
	Port     int64            `json:"port"`
	Status   ConnectionStatus `json:"status"`

	// Extension: the site whose agent connects to it.
	Site string `json:"site"`

	Tags []string `json:"tags"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// `null` for never.
	LastConnected *time.Time `json:"last_connected"`
}

// DeviceCredentials is a component of the API’s document.
type DeviceCredentials struct {
	Username string  `json:"username"`
	Password *string `json:"password,omitempty"`

	// Private key, base64.
	SSHKey *string `json:"ssh_key,omitempty"`

	// Extension: of the private key.
	Passphrase *string `json:"passphrase,omitempty"`

	// Extension: for `enable`, where the platform has it.
	EnablePassword *string `json:"enable_password,omitempty"`
}

// DeviceType is `frr` is an extension.
type DeviceType string

// Values of DeviceType.
const (
	DeviceTypeCiscoIos     DeviceType = "cisco_ios"
	DeviceTypeCiscoNxos    DeviceType = "cisco_nxos"
	DeviceTypeJuniperJunos DeviceType = "juniper_junos"
	DeviceTypeFrr          DeviceType = "frr"
)

// DockerContainer is a component of the API’s document.
type DockerContainer struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Image string `json:"image"`

	// As the engine says: `running`, `exited`, `paused`, `created`, ….
	State string `json:"state"`

	Ports  []string          `json:"ports"`
	Labels map[string]string `json:"labels"`

	// The server of Roundhouse that runs in it; `null` for none.
	ServerID *string `json:"server_id"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// The engine's words, such as `Up 2 hours`.
	Status string `json:"status"`
}

// DockerEngine is a component of the API’s document.
type DockerEngine struct {
	Version      string  `json:"version"`
	Os           string  `json:"os"`
	Architecture string  `json:"architecture"`
	CPUs         float64 `json:"cpus"`
	MemoryBytes  float64 `json:"memory_bytes"`
	Containers   float64 `json:"containers"`
	Running      float64 `json:"running"`
	Images       float64 `json:"images"`
}

// DockerHost is a component of the API’s document.
type DockerHost struct {
	// Id of the agent.
	ID string `json:"id"`

	// Name of the agent.
	Name string `json:"name"`

	Site      string `json:"site"`
	Reachable bool   `json:"reachable"`

	// Why the engine does not answer.
	Reason *string `json:"reason"`

	Engine *DockerEngine `json:"engine"`
}

// DockerImage is a component of the API’s document.
type DockerImage struct {
	ID         string   `json:"id"`
	Tags       []string `json:"tags"`
	Digests    []string `json:"digests"`
	Bytes      float64  `json:"bytes"`
	Containers float64  `json:"containers"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`
}

// JumpHost is a component of the API’s document.
type JumpHost struct {
	// Name or address, as the site knows it.
	Hostname string `json:"hostname"`

	Port        *int64              `json:"port,omitempty"`
	Credentials JumpHostCredentials `json:"credentials"`

	// Extension: the fingerprint that the host must show, `SHA256:…`; `null`: pin the next fingerprint.
	KnownHostKey rest.Nullable[string] `json:"known_host_key,omitempty"`
}

// JumpHostCredentials is the value of JumpHost.Credentials.
type JumpHostCredentials struct {
	Username string  `json:"username"`
	Password *string `json:"password,omitempty"`

	// Private key, base64.
	SSHKey *string `json:"ssh_key,omitempty"`

	// Extension: of the private key.
	Passphrase *string `json:"passphrase,omitempty"`
}

// Namespace is a component of the API’s document.
type Namespace struct {
	Name string `json:"name"`

	// `Active` or `Terminating`.
	Status string `json:"status"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// NewContainer is `ports`, `resources`, `env`, `volume_mounts`, and everything else that Kubernetes knows.
type NewContainer struct {
	Name  string `json:"name"`
	Image string `json:"image"`

	// Further members, sent with the others.
	More map[string]any `json:"-"`
}

// Pod is a component of the API’s document.
type Pod struct {
	Name string `json:"name"`

	// Extension.
	Namespace string `json:"namespace"`

	// The phase, or the reason for a delay: `CrashLoopBackOff`, `Terminating`, ….
	Status string `json:"status"`

	Phase string `json:"phase"`

	// Empty: none yet.
	IP string `json:"ip"`

	// Empty: none yet.
	Node string `json:"node"`

	// Extension.
	Ready bool `json:"ready"`

	// Extension: of all containers.
	RestartCount int64 `json:"restart_count"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	Containers []ContainerSummary `json:"containers"`
}

// PodEvent is a component of the API’s document.
type PodEvent struct {
	Type    string `json:"type"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Count   int64  `json:"count"`

	// `null` for never.
	FirstAt *time.Time `json:"first_at"`

	// `null` for never.
	LastAt *time.Time `json:"last_at"`
}

// PodTemplate is a component of the API’s document.
type PodTemplate struct {
	Metadata *PodTemplateMetadata `json:"metadata,omitempty"`
	Spec     PodTemplateSpec      `json:"spec"`

	// Further members, sent with the others.
	More map[string]any `json:"-"`
}

// PodTemplateMetadata is the value of PodTemplate.Metadata.
type PodTemplateMetadata struct {
	Labels map[string]string `json:"labels,omitempty"`

	// Further members, sent with the others.
	More map[string]any `json:"-"`
}

// PodTemplateSpec is the value of PodTemplate.Spec.
type PodTemplateSpec struct {
	Containers []NewContainer          `json:"containers"`
	Volumes    []PodTemplateSpecVolume `json:"volumes,omitempty"`

	// Further members, sent with the others.
	More map[string]any `json:"-"`
}

// PodTemplateSpecVolume is the value of PodTemplateSpec.Volumes.
type PodTemplateSpecVolume struct {
	Name string `json:"name"`

	// Further members, sent with the others.
	More map[string]any `json:"-"`
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

// TerminalTicket is a component of the API’s document.
type TerminalTicket struct {
	// Good for one terminal.
	Ticket string `json:"ticket"`

	// UTC, ISO 8601.
	ExpiresAt time.Time `json:"expires_at"`

	// Of the WebSocket, below the address of the hub: `/terminals/ws`.
	Path string `json:"path"`
}

// Tokens is a component of the API’s document.
type Tokens struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`

	// Always "Bearer".
	TokenType string `json:"token_type"`

	// Lifetime of the access token, seconds.
	ExpiresIn int64 `json:"expires_in"`
}

// User is a component of the API’s document.
type User struct {
	ID       string  `json:"id"`
	Username string  `json:"username"`
	Email    *string `json:"email"`
	Role     Role    `json:"role"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// `null` for never.
	LastLogin *time.Time `json:"last_login"`
}
