// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package infrastructure

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// DockerAPI has the operations of MCP Server on docker.
type DockerAPI struct{ client *rest.Client }

// ListHosts: List the Docker hosts. The API’s document does not have it.
//
//	GET /infrastructure/api/v1/docker/hosts
func (api *DockerAPI) ListHosts(ctx context.Context, opts ...rest.Option) ([]DockerHost, error) {
	return rest.JSON[[]DockerHost](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/docker/hosts", Unwrap: "data"}, opts)
}

// ListContainers: List the containers of a Docker host. hostID: Id or name of the agent whose machine has the Docker
// Engine. The API’s document does not have it.
//
//	GET /infrastructure/api/v1/docker/hosts/{host_id}/containers
func (api *DockerAPI) ListContainers(ctx context.Context, hostID string, params *ListContainersParams, opts ...rest.Option) (*ListContainersResponse, error) {
	return rest.JSON[*ListContainersResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/docker/hosts/{host_id}/containers", Args: []string{hostID}, Query: params}, opts)
}

// ListContainersAll: List the containers of a Docker host. It reads page after page. hostID: Id or name of the agent
// whose machine has the Docker Engine. The API’s document does not have it.
//
//	GET /infrastructure/api/v1/docker/hosts/{host_id}/containers
func (api *DockerAPI) ListContainersAll(ctx context.Context, hostID string, params *ListContainersParams, opts ...rest.Option) *rest.Pages[DockerContainer] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]DockerContainer, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.ListContainers(ctx, hostID, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Data, at + 1, result.Metadata.Page < result.Metadata.Pages, nil
	})
}

// GetContainer: Get a container. hostID: Id or name of the agent whose machine has the Docker Engine. container: Id or
// name of the container. The API’s document does not have it.
//
//	GET /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}
func (api *DockerAPI) GetContainer(ctx context.Context, hostID, container string, opts ...rest.Option) (*GetContainerResponse, error) {
	return rest.JSON[*GetContainerResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}", Args: []string{hostID, container}, Unwrap: "data"}, opts)
}

// StartContainer: Start a container. hostID: Id or name of the agent whose machine has the Docker Engine. container: Id
// or name of the container. The API’s document does not have it.
//
//	POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/start
func (api *DockerAPI) StartContainer(ctx context.Context, hostID, container string, opts ...rest.Option) (*ContainerOutcome, error) {
	return rest.JSON[*ContainerOutcome](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/start", Args: []string{hostID, container}, Unwrap: "data"}, opts)
}

// StopContainer: Stop a container. hostID: Id or name of the agent whose machine has the Docker Engine. container: Id
// or name of the container. The API’s document does not have it.
//
//	POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/stop
func (api *DockerAPI) StopContainer(ctx context.Context, hostID, container string, body *StopContainerBody, opts ...rest.Option) (*ContainerOutcome, error) {
	return rest.JSON[*ContainerOutcome](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/stop", Args: []string{hostID, container}, Body: body, Unwrap: "data"}, opts)
}

// RestartContainer: Restart a container. hostID: Id or name of the agent whose machine has the Docker Engine.
// container: Id or name of the container. The API’s document does not have it.
//
//	POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/restart
func (api *DockerAPI) RestartContainer(ctx context.Context, hostID, container string, body *RestartContainerBody, opts ...rest.Option) (*ContainerOutcome, error) {
	return rest.JSON[*ContainerOutcome](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/restart", Args: []string{hostID, container}, Body: body, Unwrap: "data"}, opts)
}

// ReadContainerLog: Get logs for a container. hostID: Id or name of the agent whose machine has the Docker Engine.
// container: Id or name of the container. The API’s document does not have it.
//
//	GET /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/logs
func (api *DockerAPI) ReadContainerLog(ctx context.Context, hostID, container string, params *ReadContainerLogParams, opts ...rest.Option) (*ReadContainerLogResponse, error) {
	return rest.JSON[*ReadContainerLogResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/logs", Args: []string{hostID, container}, Query: params, Unwrap: "data"}, opts)
}

// ReadContainerLogStream: Get logs for a container. The text comes as it is written, until the body is closed. hostID:
// Id or name of the agent whose machine has the Docker Engine. container: Id or name of the container. The API’s
// document does not have it.
//
//	GET /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/logs
func (api *DockerAPI) ReadContainerLogStream(ctx context.Context, hostID, container string, params *ReadContainerLogParams, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/logs", Args: []string{hostID, container}, Query: params, Unwrap: "data", Set: []string{"follow", "true"}}, opts)
}

// ExecInContainer: Execute a command in a container. hostID: Id or name of the agent whose machine has the Docker
// Engine. container: Id or name of the container. The API’s document does not have it.
//
//	POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/exec
func (api *DockerAPI) ExecInContainer(ctx context.Context, hostID, container string, body ExecInContainerBody, opts ...rest.Option) (*ExecInContainerResponse, error) {
	return rest.JSON[*ExecInContainerResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/exec", Args: []string{hostID, container}, Body: body, Unwrap: "data"}, opts)
}

// OpenContainerTerminal: Open a terminal in a container. hostID: Id or name of the agent whose machine has the Docker
// Engine. container: Id or name of the container. The API’s document does not have it.
//
//	POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/terminals
func (api *DockerAPI) OpenContainerTerminal(ctx context.Context, hostID, container string, body *OpenContainerTerminalBody, opts ...rest.Option) (*TerminalTicket, error) {
	return rest.JSON[*TerminalTicket](ctx, api.client, rest.Request{Method: "POST", Path: "/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/terminals", Args: []string{hostID, container}, Body: body, Unwrap: "data"}, opts)
}

// ListImages: List the images of a Docker host. hostID: Id or name of the agent whose machine has the Docker Engine.
// The API’s document does not have it.
//
//	GET /infrastructure/api/v1/docker/hosts/{host_id}/images
func (api *DockerAPI) ListImages(ctx context.Context, hostID string, params *ListImagesParams, opts ...rest.Option) (*ListImagesResponse, error) {
	return rest.JSON[*ListImagesResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/infrastructure/api/v1/docker/hosts/{host_id}/images", Args: []string{hostID}, Query: params}, opts)
}

// ListImagesAll: List the images of a Docker host. It reads page after page. hostID: Id or name of the agent whose
// machine has the Docker Engine. The API’s document does not have it.
//
//	GET /infrastructure/api/v1/docker/hosts/{host_id}/images
func (api *DockerAPI) ListImagesAll(ctx context.Context, hostID string, params *ListImagesParams, opts ...rest.Option) *rest.Pages[DockerImage] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]DockerImage, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.ListImages(ctx, hostID, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Data, at + 1, result.Metadata.Page < result.Metadata.Pages, nil
	})
}

// ListContainersSort is the value of ListContainersParams.Sort.
type ListContainersSort string

// Values of ListContainersSort.
const (
	ListContainersSortID        ListContainersSort = "id"
	ListContainersSortName      ListContainersSort = "name"
	ListContainersSortImage     ListContainersSort = "image"
	ListContainersSortState     ListContainersSort = "state"
	ListContainersSortCreatedAt ListContainersSort = "created_at"
)

// ListContainersOrder is the value of ListContainersParams.Order.
type ListContainersOrder string

// Values of ListContainersOrder.
const (
	ListContainersOrderAsc  ListContainersOrder = "asc"
	ListContainersOrderDesc ListContainersOrder = "desc"
)

// ListContainersParams is the parameters of DockerAPI.ListContainers.
type ListContainersParams struct {
	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 10.
	Limit *int64 `query:"limit"`

	// Field to sort by. Default: "name".
	Sort *ListContainersSort `query:"sort"`

	// Ascending or descending. Default: "asc".
	Order *ListContainersOrder `query:"order"`

	// Containers that do not run, too. Default: true.
	All *bool `query:"all"`

	// Is: text; empty for none.
	ID *string `query:"id"`

	// Is: text; empty for none.
	Name *string `query:"name"`

	// Is: text; empty for none.
	Image *string `query:"image"`

	// Is: text; empty for none.
	State *string `query:"state"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	CreatedAt *string `query:"created_at"`

	// Conditions on fields: id, name, image, state, created_at.
	Filters []rest.Filter `query:"*"`
}

// ListContainersResponse is the response of DockerAPI.ListContainers.
type ListContainersResponse struct {
	Data     []DockerContainer              `json:"data"`
	Metadata ListContainersResponseMetadata `json:"metadata"`
}

// ListContainersResponseMetadata is the value of ListContainersResponse.Metadata.
type ListContainersResponseMetadata struct {
	Page  int64 `json:"page"`
	Limit int64 `json:"limit"`
	Total int64 `json:"total"`
	Pages int64 `json:"pages"`

	// Extension: `false` if the search took too long; the list holds the items that were found until then.
	Complete bool `json:"complete"`
}

// GetContainerResponse is the response of DockerAPI.GetContainer.
type GetContainerResponse struct {
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

	Site     string   `json:"site"`
	ImageID  string   `json:"image_id"`
	Command  []string `json:"command"`
	User     string   `json:"user"`
	Workdir  string   `json:"workdir"`
	Hostname string   `json:"hostname"`
	Tty      bool     `json:"tty"`

	// Names.
	Env []string `json:"env"`

	Pid       float64 `json:"pid"`
	ExitCode  float64 `json:"exit_code"`
	Error     string  `json:"error"`
	OomKilled bool    `json:"oom_killed"`

	// Empty: the image has no health check.
	Health string `json:"health"`

	// `null` for never.
	StartedAt *time.Time `json:"started_at"`

	// `null` for never.
	FinishedAt *time.Time `json:"finished_at"`

	RestartCount float64 `json:"restart_count"`

	// The restart policy, such as `unless-stopped`.
	Restart string `json:"restart"`

	Mounts   []GetContainerResponseMount   `json:"mounts"`
	Networks []GetContainerResponseNetwork `json:"networks"`

	// The limit; 0: none.
	MemoryBytes float64 `json:"memory_bytes"`

	// The limit; 0: none.
	CPUs float64 `json:"cpus"`

	Privileged bool `json:"privileged"`
}

// GetContainerResponseMount is the value of GetContainerResponse.Mounts.
type GetContainerResponseMount struct {
	Type     string `json:"type"`
	Source   string `json:"source"`
	Target   string `json:"target"`
	ReadOnly bool   `json:"read_only"`
}

// GetContainerResponseNetwork is the value of GetContainerResponse.Networks.
type GetContainerResponseNetwork struct {
	Name string `json:"name"`
	IP   string `json:"ip"`
}

// StartContainerResponse is the response of DockerAPI.StartContainer.
type StartContainerResponse = ContainerOutcome

// StopContainerBody is the body of DockerAPI.StopContainer.
type StopContainerBody struct {
	// Seconds until the engine kills a container that does not end; default: the container's own, 10.
	Timeout *int64 `json:"timeout,omitempty"`
}

// StopContainerResponse is the response of DockerAPI.StopContainer.
type StopContainerResponse = ContainerOutcome

// RestartContainerBody is the body of DockerAPI.RestartContainer.
type RestartContainerBody struct {
	// Seconds until the engine kills a container that does not end; default: the container's own, 10.
	Timeout *int64 `json:"timeout,omitempty"`
}

// RestartContainerResponse is the response of DockerAPI.RestartContainer.
type RestartContainerResponse = ContainerOutcome

// ReadContainerLogParams is the parameters of DockerAPI.ReadContainerLog.
type ReadContainerLogParams struct {
	// How many of the last lines. Default: 100.
	TailLines *int64 `query:"tail_lines"`

	// Only lines of this many past seconds.
	SinceSeconds *int64 `query:"since_seconds"`

	// Each line of a followed log begins with its time. Default: false.
	Timestamps *bool `query:"timestamps"`
}

// ReadContainerLogResponse is the response of DockerAPI.ReadContainerLog.
type ReadContainerLogResponse struct {
	// Oldest first.
	Lines []ContainerLogLine `json:"lines"`

	// The log is longer, and its last part is left out.
	Truncated bool `json:"truncated"`
}

// ExecInContainerBody is the body of DockerAPI.ExecInContainer.
type ExecInContainerBody struct {
	// The program and its arguments; no shell reads them.
	Command []string `json:"command"`

	// The command's input, which ends there.
	Stdin *string `json:"stdin,omitempty"`

	// Environment variables of the command.
	Env map[string]string `json:"env,omitempty"`

	// Name or id; default: the container's user.
	User *string `json:"user,omitempty"`

	// An absolute path.
	Workdir *string `json:"workdir,omitempty"`

	// Seconds; then it is ended; default 60.
	Timeout *int64 `json:"timeout,omitempty"`
}

// ExecInContainerResponse is the response of DockerAPI.ExecInContainer.
type ExecInContainerResponse struct {
	Stdout   string  `json:"stdout"`
	Stderr   string  `json:"stderr"`
	ExitCode float64 `json:"exit_code"`

	// Of each output only the first MiB is kept.
	Truncated bool `json:"truncated"`

	DurationMs float64 `json:"duration_ms"`
}

// OpenContainerTerminalBody is the body of DockerAPI.OpenContainerTerminal.
type OpenContainerTerminalBody struct {
	// The program and its arguments; no shell reads them; default: `/bin/sh`.
	Command []string `json:"command,omitempty"`

	// Name or id; default: the container's user.
	User *string `json:"user,omitempty"`
}

// OpenContainerTerminalResponse is the response of DockerAPI.OpenContainerTerminal.
type OpenContainerTerminalResponse = TerminalTicket

// ListImagesSort is the value of ListImagesParams.Sort.
type ListImagesSort string

// Values of ListImagesSort.
const (
	ListImagesSortID         ListImagesSort = "id"
	ListImagesSortName       ListImagesSort = "name"
	ListImagesSortBytes      ListImagesSort = "bytes"
	ListImagesSortContainers ListImagesSort = "containers"
	ListImagesSortCreatedAt  ListImagesSort = "created_at"
)

// ListImagesOrder is the value of ListImagesParams.Order.
type ListImagesOrder string

// Values of ListImagesOrder.
const (
	ListImagesOrderAsc  ListImagesOrder = "asc"
	ListImagesOrderDesc ListImagesOrder = "desc"
)

// ListImagesParams is the parameters of DockerAPI.ListImages.
type ListImagesParams struct {
	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 10.
	Limit *int64 `query:"limit"`

	// Field to sort by. Default: "name".
	Sort *ListImagesSort `query:"sort"`

	// Ascending or descending. Default: "asc".
	Order *ListImagesOrder `query:"order"`

	// Is: text; empty for none.
	ID *string `query:"id"`

	// Is: text; empty for none.
	Name *string `query:"name"`

	// Is: number; empty for none.
	Bytes *string `query:"bytes"`

	// Is: number; empty for none.
	Containers *string `query:"containers"`

	// Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none.
	CreatedAt *string `query:"created_at"`

	// Conditions on fields: id, name, bytes, containers, created_at.
	Filters []rest.Filter `query:"*"`
}

// ListImagesResponse is the response of DockerAPI.ListImages.
type ListImagesResponse struct {
	Data     []DockerImage              `json:"data"`
	Metadata ListImagesResponseMetadata `json:"metadata"`
}

// ListImagesResponseMetadata is the value of ListImagesResponse.Metadata.
type ListImagesResponseMetadata struct {
	Page  int64 `json:"page"`
	Limit int64 `json:"limit"`
	Total int64 `json:"total"`
	Pages int64 `json:"pages"`

	// Extension: `false` if the search took too long; the list holds the items that were found until then.
	Complete bool `json:"complete"`
}
