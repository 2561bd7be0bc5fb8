// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package infrastructure

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// NetworkAPI has the operations of MCP Server on network.
type NetworkAPI struct{ client *rest.Client }

// ListDevices: List all network devices.
//
//	GET /infrastructure/api/v1/network/devices
func (api *NetworkAPI) ListDevices(ctx context.Context, params *ListDevicesParams, opts ...rest.Option) (*ListDevicesResponse, error) {
	return rest.JSON[*ListDevicesResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/network/devices", Query: params}, opts)
}

// ListDevicesAll: List all network devices. It reads page after page.
//
//	GET /infrastructure/api/v1/network/devices
func (api *NetworkAPI) ListDevicesAll(ctx context.Context, params *ListDevicesParams, opts ...rest.Option) *rest.Pages[Device] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]Device, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.ListDevices(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Data, at + 1, result.Metadata.Page < result.Metadata.Pages, nil
	})
}

// CreateDevice: Add a network device.
//
//	POST /infrastructure/api/v1/network/devices
func (api *NetworkAPI) CreateDevice(ctx context.Context, body CreateDeviceBody, opts ...rest.Option) (*CreatedDevice, error) {
	return rest.JSON[*CreatedDevice](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/network/devices", Body: body, Unwrap: "data"}, opts)
}

// GetDevice: Get a network device. deviceID: Id or name.
//
//	GET /infrastructure/api/v1/network/devices/{device_id}
func (api *NetworkAPI) GetDevice(ctx context.Context, deviceID string, opts ...rest.Option) (*GetDeviceResponse, error) {
	return rest.JSON[*GetDeviceResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/network/devices/{device_id}", Args: []string{deviceID}, Unwrap: "data"}, opts)
}

// UpdateDevice: Update a network device. deviceID: Id or name.
//
//	PUT /infrastructure/api/v1/network/devices/{device_id}
func (api *NetworkAPI) UpdateDevice(ctx context.Context, deviceID string, body UpdateDeviceBody, opts ...rest.Option) (*UpdateDeviceResponse, error) {
	return rest.JSON[*UpdateDeviceResponse](ctx, api.client, rest.Request{Method: "PUT", Path: "/infrastructure/api/v1/network/devices/{device_id}", Args: []string{deviceID}, Body: body, Unwrap: "data"}, opts)
}

// DeleteDevice: Remove a network device. deviceID: Id or name.
//
//	DELETE /infrastructure/api/v1/network/devices/{device_id}
func (api *NetworkAPI) DeleteDevice(ctx context.Context, deviceID string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/infrastructure/api/v1/network/devices/{device_id}", Args: []string{deviceID}, Unwrap: "data"}, opts)
}

// ConnectDevice: Connect to a network device. deviceID: Id or name.
//
//	POST /infrastructure/api/v1/network/devices/{device_id}/connect
func (api *NetworkAPI) ConnectDevice(ctx context.Context, deviceID string, opts ...rest.Option) (*ConnectDeviceResponse, error) {
	return rest.JSON[*ConnectDeviceResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/network/devices/{device_id}/connect", Args: []string{deviceID}, Unwrap: "data"}, opts)
}

// DisconnectDevice: Disconnect from a network device. deviceID: Id or name.
//
//	POST /infrastructure/api/v1/network/devices/{device_id}/disconnect
func (api *NetworkAPI) DisconnectDevice(ctx context.Context, deviceID string, opts ...rest.Option) (*DisconnectDeviceResponse, error) {
	return rest.JSON[*DisconnectDeviceResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/network/devices/{device_id}/disconnect", Args: []string{deviceID}, Unwrap: "data"}, opts)
}

// RunCommand: Execute a command on a network device. deviceID: Id or name.
//
//	POST /infrastructure/api/v1/network/devices/{device_id}/command
func (api *NetworkAPI) RunCommand(ctx context.Context, deviceID string, body RunCommandBody, opts ...rest.Option) (*RunCommandResponse, error) {
	return rest.JSON[*RunCommandResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/network/devices/{device_id}/command", Args: []string{deviceID}, Body: body, Unwrap: "data"}, opts)
}

// RunCommands: Execute multiple commands on a network device, one after the other. deviceID: Id or name.
//
//	POST /infrastructure/api/v1/network/devices/{device_id}/commands
func (api *NetworkAPI) RunCommands(ctx context.Context, deviceID string, body RunCommandsBody, opts ...rest.Option) (*RunCommandsResponse, error) {
	return rest.JSON[*RunCommandsResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/network/devices/{device_id}/commands", Args: []string{deviceID}, Body: body, Unwrap: "data"}, opts)
}

// GetConfig: Get the configuration of a network device. deviceID: Id or name.
//
//	GET /infrastructure/api/v1/network/devices/{device_id}/config
func (api *NetworkAPI) GetConfig(ctx context.Context, deviceID string, params *GetConfigParams, opts ...rest.Option) (*GetConfigResponse, error) {
	return rest.JSON[*GetConfigResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/network/devices/{device_id}/config", Args: []string{deviceID}, Query: params, Unwrap: "data"}, opts)
}

// PutConfig: Update the configuration of a network device. deviceID: Id or name.
//
//	PUT /infrastructure/api/v1/network/devices/{device_id}/config
func (api *NetworkAPI) PutConfig(ctx context.Context, deviceID string, body PutConfigBody, opts ...rest.Option) (*PutConfigResponse, error) {
	return rest.JSON[*PutConfigResponse](ctx, api.client, rest.Request{Method: "PUT", Path: "/infrastructure/api/v1/network/devices/{device_id}/config", Args: []string{deviceID}, Body: body, Unwrap: "data"}, opts)
}

// CommitConfig: Commit the candidate configuration. deviceID: Id or name.
//
//	POST /infrastructure/api/v1/network/devices/{device_id}/config/commit
func (api *NetworkAPI) CommitConfig(ctx context.Context, deviceID string, opts ...rest.Option) (*CommitConfigResponse, error) {
	return rest.JSON[*CommitConfigResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/network/devices/{device_id}/config/commit", Args: []string{deviceID}, Unwrap: "data"}, opts)
}

// RollbackConfig: Roll configuration changes back. deviceID: Id or name.
//
//	POST /infrastructure/api/v1/network/devices/{device_id}/config/rollback
func (api *NetworkAPI) RollbackConfig(ctx context.Context, deviceID string, body *RollbackConfigBody, opts ...rest.Option) (*RollbackConfigResponse, error) {
	return rest.JSON[*RollbackConfigResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/network/devices/{device_id}/config/rollback", Args: []string{deviceID}, Body: body, Unwrap: "data"}, opts)
}

// BackupConfig: Create a backup of the device configuration. deviceID: Id or name.
//
//	POST /infrastructure/api/v1/network/devices/{device_id}/config/backup
func (api *NetworkAPI) BackupConfig(ctx context.Context, deviceID string, body *BackupConfigBody, opts ...rest.Option) (*BackupConfigResponse, error) {
	return rest.JSON[*BackupConfigResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/network/devices/{device_id}/config/backup", Args: []string{deviceID}, Body: body, Unwrap: "data"}, opts)
}

// ListBackups: List configuration backups for a device. deviceID: Id or name.
//
//	GET /infrastructure/api/v1/network/devices/{device_id}/config/backups
func (api *NetworkAPI) ListBackups(ctx context.Context, deviceID string, params *ListBackupsParams, opts ...rest.Option) (*ListBackupsResponse, error) {
	return rest.JSON[*ListBackupsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/network/devices/{device_id}/config/backups", Args: []string{deviceID}, Query: params}, opts)
}

// ListBackupsAll: List configuration backups for a device. It reads page after page. deviceID: Id or name.
//
//	GET /infrastructure/api/v1/network/devices/{device_id}/config/backups
func (api *NetworkAPI) ListBackupsAll(ctx context.Context, deviceID string, params *ListBackupsParams, opts ...rest.Option) *rest.Pages[ConfigBackup] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]ConfigBackup, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.ListBackups(ctx, deviceID, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Data, at + 1, result.Metadata.Page < result.Metadata.Pages, nil
	})
}

// RestoreConfig: Restore a configuration backup. deviceID: Id or name.
//
//	POST /infrastructure/api/v1/network/devices/{device_id}/config/restore
func (api *NetworkAPI) RestoreConfig(ctx context.Context, deviceID string, body RestoreConfigBody, opts ...rest.Option) (*RestoreConfigResponse, error) {
	return rest.JSON[*RestoreConfigResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/network/devices/{device_id}/config/restore", Args: []string{deviceID}, Body: body, Unwrap: "data"}, opts)
}

// GetBackup: Get a configuration backup with its text. deviceID: Id or name. backupID: Id of the backup. The API’s
// document does not have it.
//
//	GET /infrastructure/api/v1/network/devices/{device_id}/config/backups/{backup_id}
func (api *NetworkAPI) GetBackup(ctx context.Context, deviceID, backupID string, opts ...rest.Option) (*GetBackupResponse, error) {
	return rest.JSON[*GetBackupResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/network/devices/{device_id}/config/backups/{backup_id}", Args: []string{deviceID, backupID}, Unwrap: "data"}, opts)
}

// DeleteBackup: Delete a configuration backup. deviceID: Id or name. backupID: Id of the backup. The API’s document
// does not have it.
//
//	DELETE /infrastructure/api/v1/network/devices/{device_id}/config/backups/{backup_id}
func (api *NetworkAPI) DeleteBackup(ctx context.Context, deviceID, backupID string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/infrastructure/api/v1/network/devices/{device_id}/config/backups/{backup_id}", Args: []string{deviceID, backupID}, Unwrap: "data"}, opts)
}

// GetCandidate: Get the candidate configuration that the hub keeps for a device. deviceID: Id or name. The API’s
// document does not have it.
//
//	GET /infrastructure/api/v1/network/devices/{device_id}/config/candidate
func (api *NetworkAPI) GetCandidate(ctx context.Context, deviceID string, opts ...rest.Option) (*GetCandidateResponse, error) {
	return rest.JSON[*GetCandidateResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/network/devices/{device_id}/config/candidate", Args: []string{deviceID}, Unwrap: "data"}, opts)
}

// ListChanges: List the changes of a device's configuration. deviceID: Id or name. The API’s document does not have it.
//
//	GET /infrastructure/api/v1/network/devices/{device_id}/config/changes
func (api *NetworkAPI) ListChanges(ctx context.Context, deviceID string, params *ListChangesParams, opts ...rest.Option) (*ListChangesResponse, error) {
	return rest.JSON[*ListChangesResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/network/devices/{device_id}/config/changes", Args: []string{deviceID}, Query: params}, opts)
}

// ListChangesAll: List the changes of a device's configuration. It reads page after page. deviceID: Id or name. The
// API’s document does not have it.
//
//	GET /infrastructure/api/v1/network/devices/{device_id}/config/changes
func (api *NetworkAPI) ListChangesAll(ctx context.Context, deviceID string, params *ListChangesParams, opts ...rest.Option) *rest.Pages[ConfigChange] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]ConfigChange, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.ListChanges(ctx, deviceID, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Data, at + 1, result.Metadata.Page < result.Metadata.Pages, nil
	})
}

// ListDevicesSort is the value of ListDevicesParams.Sort.
type ListDevicesSort string

// Values of ListDevicesSort.
const (
	ListDevicesSortID            ListDevicesSort = "id"
	ListDevicesSortName          ListDevicesSort = "name"
	ListDevicesSortType          ListDevicesSort = "type"
	ListDevicesSortHostname      ListDevicesSort = "hostname"
	ListDevicesSortPort          ListDevicesSort = "port"
	ListDevicesSortStatus        ListDevicesSort = "status"
	ListDevicesSortSite          ListDevicesSort = "site"
	ListDevicesSortTags          ListDevicesSort = "tags"
	ListDevicesSortCreatedAt     ListDevicesSort = "created_at"
	ListDevicesSortLastConnected ListDevicesSort = "last_connected"
)

// ListDevicesOrder is the value of ListDevicesParams.Order.
type ListDevicesOrder string

// Values of ListDevicesOrder.
const (
	ListDevicesOrderAsc  ListDevicesOrder = "asc"
	ListDevicesOrderDesc ListDevicesOrder = "desc"
)

// ListDevicesParams is the parameters of NetworkAPI.ListDevices.
type ListDevicesParams struct {
	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 10.
	Limit *int64 `query:"limit"`

	// Field to sort by. Default: "created_at".
	Sort *ListDevicesSort `query:"sort"`

	// Ascending or descending. Default: "asc".
	Order *ListDevicesOrder `query:"order"`

	// Is: text; empty for none.
	ID *string `query:"id"`

	// Is: text; empty for none.
	Name *string `query:"name"`

	// Is: text; empty for none.
	Type *string `query:"type"`

	// Is: text; empty for none.
	Hostname *string `query:"hostname"`

	// Is: number; empty for none.
	Port *string `query:"port"`

	// Is: text; empty for none.
	Status *string `query:"status"`

	// Is: text; empty for none.
	Site *string `query:"site"`

	// Is: text; empty for none.
	Tags *string `query:"tags"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	CreatedAt *string `query:"created_at"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	LastConnected *string `query:"last_connected"`

	// Conditions on fields: id, name, type, hostname, port, status, site, tags, created_at, last_connected.
	Filters []rest.Filter `query:"*"`
}

// ListDevicesResponse is the response of NetworkAPI.ListDevices.
type ListDevicesResponse struct {
	Data     []Device                    `json:"data"`
	Metadata ListDevicesResponseMetadata `json:"metadata"`
}

// ListDevicesResponseMetadata is the value of ListDevicesResponse.Metadata.
type ListDevicesResponseMetadata struct {
	Page  int64 `json:"page"`
	Limit int64 `json:"limit"`
	Total int64 `json:"total"`
	Pages int64 `json:"pages"`

	// Extension: `false` if the search took too long; the list holds the items that were found until then.
	Complete bool `json:"complete"`
}

// CreateDeviceBody is the body of NetworkAPI.CreateDevice.
type CreateDeviceBody struct {
	Name string     `json:"name"`
	Type DeviceType `json:"type"`

	// Name or address, as the site knows it.
	Hostname string `json:"hostname"`

	Port              *int64             `json:"port,omitempty"`
	Credentials       DeviceCredentials  `json:"credentials"`
	ConnectionOptions *ConnectionOptions `json:"connection_options,omitempty"`

	// Extension: the fingerprint that the host must show, `SHA256:…`; `null`: pin the next fingerprint.
	KnownHostKey rest.Nullable[string] `json:"known_host_key,omitempty"`

	Tags []string `json:"tags,omitempty"`

	// Extension: see `GET /api/sites`.
	Site *string `json:"site,omitempty"`
}

// CreateDeviceResponse is the response of NetworkAPI.CreateDevice.
type CreateDeviceResponse = CreatedDevice

// GetDeviceResponse is the response of NetworkAPI.GetDevice.
type GetDeviceResponse struct {
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

	// Only where the status is `error`.
	Error *string `json:"error,omitempty"`

	// Extension: such as `auth_failed`, `host_key_changed`.
	ErrorReason *string `json:"error_reason,omitempty"`

	// Empty where the device does not say, or was never connected.
	SystemInfo GetDeviceResponseSystemInfo `json:"system_info"`

	// Extension.
	Username string `json:"username"`

	ConnectionOptions GetDeviceResponseConnectionOptions `json:"connection_options"`

	// Extension: the pinned fingerprint; `null`: none yet.
	KnownHostKey *string `json:"known_host_key"`

	// `null` for never.
	NextAttempt *time.Time `json:"next_attempt"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`
}

// GetDeviceResponseSystemInfo is the value of GetDeviceResponse.SystemInfo.
type GetDeviceResponseSystemInfo struct {
	Model     string `json:"model"`
	Serial    string `json:"serial"`
	OsVersion string `json:"os_version"`

	// As the device prints it, when it was asked last.
	Uptime string `json:"uptime"`
}

// GetDeviceResponseConnectionOptions is the value of GetDeviceResponse.ConnectionOptions.
type GetDeviceResponseConnectionOptions struct {
	Timeout          float64                                     `json:"timeout"`
	Keepalive        float64                                     `json:"keepalive"`
	AutoConnect      bool                                        `json:"auto_connect"`
	LegacyAlgorithms bool                                        `json:"legacy_algorithms"`
	JumpHost         *GetDeviceResponseConnectionOptionsJumpHost `json:"jump_host"`
}

// GetDeviceResponseConnectionOptionsJumpHost is the value of GetDeviceResponseConnectionOptions.JumpHost.
type GetDeviceResponseConnectionOptionsJumpHost struct {
	Hostname string `json:"hostname"`
	Port     int64  `json:"port"`
	Username string `json:"username"`

	// Extension: the pinned fingerprint; `null`: none yet.
	KnownHostKey *string `json:"known_host_key"`
}

// UpdateDeviceBody is the body of NetworkAPI.UpdateDevice.
type UpdateDeviceBody struct {
	Name *string `json:"name,omitempty"`

	// Name or address, as the site knows it.
	Hostname *string `json:"hostname,omitempty"`

	Port              *int64             `json:"port,omitempty"`
	Credentials       *DeviceCredentials `json:"credentials,omitempty"`
	ConnectionOptions *ConnectionOptions `json:"connection_options,omitempty"`

	// Extension: the fingerprint that the host must show, `SHA256:…`; `null`: pin the next fingerprint.
	KnownHostKey rest.Nullable[string] `json:"known_host_key,omitempty"`

	Tags []string `json:"tags,omitempty"`
}

// UpdateDeviceResponse is the response of NetworkAPI.UpdateDevice.
type UpdateDeviceResponse struct {
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

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`
}

// ConnectDeviceResponse is the response of NetworkAPI.ConnectDevice.
type ConnectDeviceResponse struct {
	ID   string `json:"id"`
	Name string `json:"name"`

	// Always "connected".
	Status string `json:"status"`

	// UTC, ISO 8601.
	ConnectedAt time.Time `json:"connected_at"`
}

// DisconnectDeviceResponse is the response of NetworkAPI.DisconnectDevice.
type DisconnectDeviceResponse struct {
	ID   string `json:"id"`
	Name string `json:"name"`

	// Always "disconnected".
	Status string `json:"status"`

	// UTC, ISO 8601.
	DisconnectedAt time.Time `json:"disconnected_at"`
}

// RunCommandBody is the body of NetworkAPI.RunCommand.
type RunCommandBody struct {
	// One line.
	Command string `json:"command"`

	// Seconds for each command; 0: the default, 60.
	Timeout *float64 `json:"timeout,omitempty"`

	// Extension: ask for JSON where the platform has it for the command.
	Structured *bool `json:"structured,omitempty"`

	// Extension: answers to the questions of a command, in order; an empty one is the Enter key.
	Answers []string `json:"answers,omitempty"`
}

// RunCommandResponse is the response of NetworkAPI.RunCommand.
type RunCommandResponse struct {
	Command string `json:"command"`
	Output  string `json:"output"`

	// `false` where the device answered with an error.
	Success bool `json:"success"`

	// The device's own words; only where `success` is false.
	Error *string `json:"error,omitempty"`

	// Extension: whether it may change the device.
	Class RunCommandResponseClass `json:"class"`

	// Extension: the JSON output of the device.
	Structured any `json:"structured,omitempty"`

	// Extension.
	DurationMs int64 `json:"duration_ms"`

	// UTC, ISO 8601.
	ExecutedAt time.Time `json:"executed_at"`
}

// RunCommandResponseClass is the value of RunCommandResponse.Class.
type RunCommandResponseClass string

// Values of RunCommandResponseClass.
const (
	RunCommandResponseClassRead   RunCommandResponseClass = "read"
	RunCommandResponseClassChange RunCommandResponseClass = "change"
)

// RunCommandsBody is the body of NetworkAPI.RunCommands.
type RunCommandsBody struct {
	Commands []string `json:"commands"`

	// Seconds for each command; 0: the default, 60.
	Timeout *float64 `json:"timeout,omitempty"`

	// Extension: ask for JSON where the platform has it for the command.
	Structured *bool `json:"structured,omitempty"`

	// Extension: answers to the questions of a command, in order; an empty one is the Enter key.
	Answers []string `json:"answers,omitempty"`

	// Extension: skip the commands after a failed one.
	StopOnError *bool `json:"stop_on_error,omitempty"`
}

// RunCommandsResponse is the response of NetworkAPI.RunCommands.
type RunCommandsResponse struct {
	Results []CommandResult `json:"results"`

	// UTC, ISO 8601.
	ExecutedAt time.Time `json:"executed_at"`
}

// GetConfigFormat is the value of GetConfigParams.Format.
type GetConfigFormat string

// Values of GetConfigFormat.
const (
	GetConfigFormatText GetConfigFormat = "text"
	GetConfigFormatJSON GetConfigFormat = "json"
	GetConfigFormatXML  GetConfigFormat = "xml"
	GetConfigFormatSet  GetConfigFormat = "set"
)

// GetConfigParams is the parameters of NetworkAPI.GetConfig.
type GetConfigParams struct {
	// Form of the configuration; each platform has some of them. Default: "text".
	Format *GetConfigFormat `query:"format"`

	// The beginning of a line of the first level, such as `interface eth0`; on Junos a path. Default: "".
	Section *string `query:"section"`
}

// GetConfigResponse is the response of NetworkAPI.GetConfig.
type GetConfigResponse struct {
	Config string       `json:"config"`
	Format ConfigFormat `json:"format"`

	// UTC, ISO 8601.
	RetrievedAt time.Time `json:"retrieved_at"`

	// `sha256:…` of the configuration without the lines that change by themselves.
	Hash *string `json:"hash,omitempty"`
}

// PutConfigBody is the body of NetworkAPI.PutConfig.
type PutConfigBody struct {
	Config string `json:"config"`

	// Default: "text".
	Format *PutConfigBodyFormat `json:"format,omitempty"`

	// It becomes the whole configuration; otherwise it is merged. Default: false.
	Replace *bool `json:"replace,omitempty"`

	// `false`: into the candidate, which the hub keeps. Default: true.
	Commit *bool `json:"commit,omitempty"`
}

// PutConfigBodyFormat is the value of PutConfigBody.Format.
type PutConfigBodyFormat string

// Values of PutConfigBodyFormat.
const (
	PutConfigBodyFormatText PutConfigBodyFormat = "text"
	PutConfigBodyFormatJSON PutConfigBodyFormat = "json"
	PutConfigBodyFormatXML  PutConfigBodyFormat = "xml"
	PutConfigBodyFormatSet  PutConfigBodyFormat = "set"
)

// PutConfigResponse is the response of NetworkAPI.PutConfig.
type PutConfigResponse struct {
	Message string `json:"message"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`

	Details ConfigChangeDetails `json:"details"`
}

// CommitConfigResponse is the response of NetworkAPI.CommitConfig.
type CommitConfigResponse struct {
	Message string `json:"message"`

	// UTC, ISO 8601.
	CommittedAt time.Time `json:"committed_at"`

	Details ConfigChangeDetails `json:"details"`
}

// RollbackConfigBody is the body of NetworkAPI.RollbackConfig.
type RollbackConfigBody struct {
	// Extension: the `revision` of the candidate that is to be dropped, `null` for no candidate.
	Candidate rest.Nullable[int64] `json:"candidate,omitempty"`
}

// RollbackConfigResponse is the response of NetworkAPI.RollbackConfig.
type RollbackConfigResponse struct {
	Message string `json:"message"`

	// UTC, ISO 8601.
	RolledBackAt time.Time `json:"rolled_back_at"`

	Details ConfigChangeDetails `json:"details"`
}

// BackupConfigBody is the body of NetworkAPI.BackupConfig.
type BackupConfigBody struct {
	// Default: "".
	Description *string `json:"description,omitempty"`
}

// BackupConfigResponse is the response of NetworkAPI.BackupConfig.
type BackupConfigResponse struct {
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

	// Extension.
	Details BackupConfigResponseDetails `json:"details"`
}

// BackupConfigResponseDetails is the value of BackupConfigResponse.Details.
type BackupConfigResponseDetails struct {
	// The changes since the backup before, unified.
	Diff string `json:"diff"`

	PreviousBackupID *string `json:"previous_backup_id"`
	Changed          bool    `json:"changed"`
}

// ListBackupsSort is the value of ListBackupsParams.Sort.
type ListBackupsSort string

// Values of ListBackupsSort.
const (
	ListBackupsSortBackupID    ListBackupsSort = "backup_id"
	ListBackupsSortDescription ListBackupsSort = "description"
	ListBackupsSortCreatedAt   ListBackupsSort = "created_at"
	ListBackupsSortSize        ListBackupsSort = "size"
	ListBackupsSortVersion     ListBackupsSort = "version"
	ListBackupsSortHash        ListBackupsSort = "hash"
)

// ListBackupsOrder is the value of ListBackupsParams.Order.
type ListBackupsOrder string

// Values of ListBackupsOrder.
const (
	ListBackupsOrderAsc  ListBackupsOrder = "asc"
	ListBackupsOrderDesc ListBackupsOrder = "desc"
)

// ListBackupsParams is the parameters of NetworkAPI.ListBackups.
type ListBackupsParams struct {
	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 100.
	Limit *int64 `query:"limit"`

	// Field to sort by. Default: "created_at".
	Sort *ListBackupsSort `query:"sort"`

	// Ascending or descending. Default: "desc".
	Order *ListBackupsOrder `query:"order"`

	// Is: text; empty for none.
	BackupID *string `query:"backup_id"`

	// Is: text; empty for none.
	Description *string `query:"description"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	CreatedAt *string `query:"created_at"`

	// Is: number; empty for none.
	Size *string `query:"size"`

	// Is: number; empty for none.
	Version *string `query:"version"`

	// Is: text; empty for none.
	Hash *string `query:"hash"`

	// Conditions on fields: backup_id, description, created_at, size, version, hash.
	Filters []rest.Filter `query:"*"`
}

// ListBackupsResponse is the response of NetworkAPI.ListBackups.
type ListBackupsResponse struct {
	Data     []ConfigBackup              `json:"data"`
	Metadata ListBackupsResponseMetadata `json:"metadata"`
}

// ListBackupsResponseMetadata is the value of ListBackupsResponse.Metadata.
type ListBackupsResponseMetadata struct {
	Page  int64 `json:"page"`
	Limit int64 `json:"limit"`
	Total int64 `json:"total"`
	Pages int64 `json:"pages"`

	// Extension: `false` if the search took too long; the list holds the items that were found until then.
	Complete bool `json:"complete"`
}

// RestoreConfigBody is the body of NetworkAPI.RestoreConfig.
type RestoreConfigBody struct {
	BackupID string `json:"backup_id"`

	// `false`: into the candidate. Default: true.
	Commit *bool `json:"commit,omitempty"`
}

// RestoreConfigResponse is the response of NetworkAPI.RestoreConfig.
type RestoreConfigResponse struct {
	Message string `json:"message"`

	// UTC, ISO 8601.
	RestoredAt time.Time `json:"restored_at"`

	Details ConfigChangeDetails `json:"details"`
}

// GetBackupResponse is the response of NetworkAPI.GetBackup.
type GetBackupResponse struct {
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

	By     *string `json:"by"`
	Config string  `json:"config"`
}

// GetCandidateResponse is the response of NetworkAPI.GetCandidate.
type GetCandidateResponse struct {
	Config  string       `json:"config"`
	Format  ConfigFormat `json:"format"`
	Replace bool         `json:"replace"`

	// `sha256:…` of the configuration without the lines that change by themselves.
	BaseHash string `json:"base_hash"`

	Owner *string `json:"owner"`

	// How many changes were put into it.
	Parts int64 `json:"parts"`

	// Another one after each change.
	Revision int64 `json:"revision"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`

	// Seconds.
	Age int64 `json:"age"`

	Diff *string `json:"diff"`
}

// ListChangesSort is the value of ListChangesParams.Sort.
type ListChangesSort string

// Values of ListChangesSort.
const (
	ListChangesSortChangeID  ListChangesSort = "change_id"
	ListChangesSortKind      ListChangesSort = "kind"
	ListChangesSortState     ListChangesSort = "state"
	ListChangesSortBy        ListChangesSort = "by"
	ListChangesSortChanged   ListChangesSort = "changed"
	ListChangesSortCreatedAt ListChangesSort = "created_at"
	ListChangesSortEndedAt   ListChangesSort = "ended_at"
)

// ListChangesOrder is the value of ListChangesParams.Order.
type ListChangesOrder string

// Values of ListChangesOrder.
const (
	ListChangesOrderAsc  ListChangesOrder = "asc"
	ListChangesOrderDesc ListChangesOrder = "desc"
)

// ListChangesParams is the parameters of NetworkAPI.ListChanges.
type ListChangesParams struct {
	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 10.
	Limit *int64 `query:"limit"`

	// Field to sort by. Default: "created_at".
	Sort *ListChangesSort `query:"sort"`

	// Ascending or descending. Default: "desc".
	Order *ListChangesOrder `query:"order"`

	// Is: text; empty for none.
	ChangeID *string `query:"change_id"`

	// Is: text; empty for none.
	Kind *string `query:"kind"`

	// Is: text; empty for none.
	State *string `query:"state"`

	// Is: text; empty for none.
	By *string `query:"by"`

	// Is: `true` or `false`; empty for none.
	Changed *string `query:"changed"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	CreatedAt *string `query:"created_at"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	EndedAt *string `query:"ended_at"`

	// Conditions on fields: change_id, kind, state, by, changed, created_at, ended_at.
	Filters []rest.Filter `query:"*"`
}

// ListChangesResponse is the response of NetworkAPI.ListChanges.
type ListChangesResponse struct {
	Data     []ConfigChange              `json:"data"`
	Metadata ListChangesResponseMetadata `json:"metadata"`
}

// ListChangesResponseMetadata is the value of ListChangesResponse.Metadata.
type ListChangesResponseMetadata struct {
	Page  int64 `json:"page"`
	Limit int64 `json:"limit"`
	Total int64 `json:"total"`
	Pages int64 `json:"pages"`

	// Extension: `false` if the search took too long; the list holds the items that were found until then.
	Complete bool `json:"complete"`
}
