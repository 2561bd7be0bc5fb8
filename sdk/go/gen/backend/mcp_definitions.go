// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package backend

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// MCPDefinitionsAPI has the operations of MCP Backend on mcp-definitions.
type MCPDefinitionsAPI struct{ client *rest.Client }

// List: List MCP definitions, in the order of their making.
//
//	GET /backend/api/v1/mcp-definitions
func (api *MCPDefinitionsAPI) List(ctx context.Context, params *ListMCPDefinitionsParams, opts ...rest.Option) (*ListMCPDefinitionsResponse, error) {
	return rest.JSON[*ListMCPDefinitionsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/mcp-definitions", Query: params}, opts)
}

// ListAll: List MCP definitions, in the order of their making. It reads page after page.
//
//	GET /backend/api/v1/mcp-definitions
func (api *MCPDefinitionsAPI) ListAll(ctx context.Context, params *ListMCPDefinitionsParams, opts ...rest.Option) *rest.Pages[MCPDefinition] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Skip, 0), func(at int64) ([]MCPDefinition, int64, bool, error) {
		asked := asked
		asked.Skip = &at
		result, err := api.List(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Items, at + int64(len(result.Items)), int64(len(result.Items)) > 0 && at+int64(len(result.Items)) < result.Total, nil
	})
}

// Create: Create an MCP definition.
//
//	POST /backend/api/v1/mcp-definitions
func (api *MCPDefinitionsAPI) Create(ctx context.Context, body CreateMCPDefinitionBody, opts ...rest.Option) (*MCPDefinition, error) {
	return rest.JSON[*MCPDefinition](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/mcp-definitions", Body: body}, opts)
}

// Get: Get an MCP definition, with its versions, newest first. definitionID: Id or name.
//
//	GET /backend/api/v1/mcp-definitions/{definition_id}
func (api *MCPDefinitionsAPI) Get(ctx context.Context, definitionID string, opts ...rest.Option) (*GetMCPDefinitionResponse, error) {
	return rest.JSON[*GetMCPDefinitionResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/mcp-definitions/{definition_id}", Args: []string{definitionID}}, opts)
}

// Update: Update an MCP definition. definitionID: Id or name.
//
//	PUT /backend/api/v1/mcp-definitions/{definition_id}
func (api *MCPDefinitionsAPI) Update(ctx context.Context, definitionID string, body UpdateMCPDefinitionBody, opts ...rest.Option) (*MCPDefinition, error) {
	return rest.JSON[*MCPDefinition](ctx, api.client, rest.Request{Method: "PUT", Path: "/backend/api/v1/mcp-definitions/{definition_id}", Args: []string{definitionID}, Body: body}, opts)
}

// Delete: Delete an MCP definition, versions and all. definitionID: Id or name.
//
//	DELETE /backend/api/v1/mcp-definitions/{definition_id}
func (api *MCPDefinitionsAPI) Delete(ctx context.Context, definitionID string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/backend/api/v1/mcp-definitions/{definition_id}", Args: []string{definitionID}}, opts)
}

// RegisterServer: Register a server from an MCP definition. definitionID: Id or name. The API’s document does not have
// it.
//
//	POST /backend/api/v1/mcp-definitions/{definition_id}/servers
func (api *MCPDefinitionsAPI) RegisterServer(ctx context.Context, definitionID string, body RegisterServerBody, opts ...rest.Option) (*RegisterServerResponse, error) {
	return rest.JSON[*RegisterServerResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/mcp-definitions/{definition_id}/servers", Args: []string{definitionID}, Body: body}, opts)
}

// UpdateServer: Take a server that was registered from an MCP definition to a version of it. definitionID: Id or name.
// serverID: Id or name. The API’s document does not have it.
//
//	PUT /backend/api/v1/mcp-definitions/{definition_id}/servers/{server_id}
func (api *MCPDefinitionsAPI) UpdateServer(ctx context.Context, definitionID, serverID string, body *UpdateServerBody, opts ...rest.Option) (*RegisterServerResponse, error) {
	return rest.JSON[*RegisterServerResponse](ctx, api.client, rest.Request{Method: "PUT", Path: "/backend/api/v1/mcp-definitions/{definition_id}/servers/{server_id}", Args: []string{definitionID, serverID}, Body: body}, opts)
}

// ListMCPDefinitionsMCPType is the value of ListMCPDefinitionsParams.MCPType.
type ListMCPDefinitionsMCPType string

// Values of ListMCPDefinitionsMCPType.
const (
	ListMCPDefinitionsMCPTypeStdio     ListMCPDefinitionsMCPType = "stdio"
	ListMCPDefinitionsMCPTypeNpm       ListMCPDefinitionsMCPType = "npm"
	ListMCPDefinitionsMCPTypePypi      ListMCPDefinitionsMCPType = "pypi"
	ListMCPDefinitionsMCPTypeDocker    ListMCPDefinitionsMCPType = "docker"
	ListMCPDefinitionsMCPTypeHTTP      ListMCPDefinitionsMCPType = "http"
	ListMCPDefinitionsMCPTypeSSE       ListMCPDefinitionsMCPType = "sse"
	ListMCPDefinitionsMCPTypeWebsocket ListMCPDefinitionsMCPType = "websocket"
	ListMCPDefinitionsMCPTypeWorkflow  ListMCPDefinitionsMCPType = "workflow"
)

// ListMCPDefinitionsParams is what MCPDefinitionsAPI.List may be asked.
type ListMCPDefinitionsParams struct {
	// Records to skip. Default: 0.
	Skip *int64 `query:"skip"`

	// Records to return at most. Default: 10.
	Limit *int64 `query:"limit"`

	MCPType *ListMCPDefinitionsMCPType `query:"mcp_type"`
}

// MCPDefinition is one of what MCPDefinitionsAPI.List lists.
type MCPDefinition struct {
	ID          string                    `json:"id"`
	Name        string                    `json:"name"`
	Description string                    `json:"description"`
	MCPType     ListMCPDefinitionsMCPType `json:"mcp_type"`

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

	Config MCPDefinitionLatestVersionConfig `json:"config"`
}

// MCPDefinitionLatestVersionConfig is the value of MCPDefinitionLatestVersion.Config.
type MCPDefinitionLatestVersionConfig struct {
	// Always "stdio".
	Type ListMCPDefinitionsMCPType `json:"type"`

	Command *string `json:"command,omitempty"`

	// Arguments of the server itself.
	Args []string `json:"args,omitempty"`

	// `{{database:NAME}}` stands for an external database.
	Env map[string]string `json:"env,omitempty"`

	Package *string `json:"package,omitempty"`
	Version *string `json:"version,omitempty"`
	Image   *string `json:"image,omitempty"`

	// Further flags of `docker run`.
	Options []string `json:"options,omitempty"`

	URL        *string                                              `json:"url,omitempty"`
	Headers    map[string]string                                    `json:"headers,omitempty"`
	Auth       *MCPDefinitionLatestVersionConfigAuth                `json:"auth,omitempty"`
	Parameters map[string]MCPDefinitionLatestVersionConfigParameter `json:"parameters,omitempty"`
	Steps      []MCPDefinitionLatestVersionConfigStep               `json:"steps,omitempty"`
}

// MCPDefinitionLatestVersionConfigAuth is the value of MCPDefinitionLatestVersionConfig.Auth.
type MCPDefinitionLatestVersionConfigAuth struct {
	// Always "none".
	Type MCPDefinitionLatestVersionConfigAuthType `json:"type"`

	Key          *string                                        `json:"key,omitempty"`
	Header       *string                                        `json:"header,omitempty"`
	Prefix       *string                                        `json:"prefix,omitempty"`
	GrantType    *MCPDefinitionLatestVersionConfigAuthGrantType `json:"grant_type,omitempty"`
	ClientID     *string                                        `json:"client_id,omitempty"`
	ClientSecret *string                                        `json:"client_secret,omitempty"`
	PrivateKey   *string                                        `json:"private_key,omitempty"`
	TokenURL     *string                                        `json:"token_url,omitempty"`
	Scopes       []string                                       `json:"scopes,omitempty"`
}

// MCPDefinitionLatestVersionConfigAuthType is the value of MCPDefinitionLatestVersionConfigAuth.Type.
type MCPDefinitionLatestVersionConfigAuthType string

// Values of MCPDefinitionLatestVersionConfigAuthType.
const (
	MCPDefinitionLatestVersionConfigAuthTypeNone   MCPDefinitionLatestVersionConfigAuthType = "none"
	MCPDefinitionLatestVersionConfigAuthTypeAPIKey MCPDefinitionLatestVersionConfigAuthType = "api_key"
	MCPDefinitionLatestVersionConfigAuthTypeOauth2 MCPDefinitionLatestVersionConfigAuthType = "oauth2"
)

// MCPDefinitionLatestVersionConfigAuthGrantType is the value of MCPDefinitionLatestVersionConfigAuth.GrantType.
type MCPDefinitionLatestVersionConfigAuthGrantType string

// Values of MCPDefinitionLatestVersionConfigAuthGrantType.
const (
	MCPDefinitionLatestVersionConfigAuthGrantTypeClientCredentials MCPDefinitionLatestVersionConfigAuthGrantType = "client_credentials"
	MCPDefinitionLatestVersionConfigAuthGrantTypeAuthorizationCode MCPDefinitionLatestVersionConfigAuthGrantType = "authorization_code"
)

// MCPDefinitionLatestVersionConfigParameter is the value of MCPDefinitionLatestVersionConfig.Parameters.
type MCPDefinitionLatestVersionConfigParameter struct {
	Type        MCPDefinitionLatestVersionConfigParameterType `json:"type"`
	Default     any                                           `json:"default"`
	Description *string                                       `json:"description,omitempty"`
}

// MCPDefinitionLatestVersionConfigParameterType is the value of MCPDefinitionLatestVersionConfigParameter.Type.
type MCPDefinitionLatestVersionConfigParameterType string

// Values of MCPDefinitionLatestVersionConfigParameterType.
const (
	MCPDefinitionLatestVersionConfigParameterTypeBoolean MCPDefinitionLatestVersionConfigParameterType = "boolean"
	MCPDefinitionLatestVersionConfigParameterTypeNumber  MCPDefinitionLatestVersionConfigParameterType = "number"
	MCPDefinitionLatestVersionConfigParameterTypeString  MCPDefinitionLatestVersionConfigParameterType = "string"
	MCPDefinitionLatestVersionConfigParameterTypeStrings MCPDefinitionLatestVersionConfigParameterType = "strings"
)

// MCPDefinitionLatestVersionConfigStep is the value of MCPDefinitionLatestVersionConfig.Steps.
type MCPDefinitionLatestVersionConfigStep struct {
	Name string `json:"name"`
	Kind string `json:"kind"`

	// A boolean parameter.
	When *string `json:"when,omitempty"`

	OnError *MCPDefinitionLatestVersionConfigStepOnError `json:"on_error,omitempty"`

	// Arguments of the step’s kind.
	With map[string]any `json:"with,omitempty"`
}

// MCPDefinitionLatestVersionConfigStepOnError is the value of MCPDefinitionLatestVersionConfigStep.OnError.
type MCPDefinitionLatestVersionConfigStepOnError string

// Values of MCPDefinitionLatestVersionConfigStepOnError.
const (
	MCPDefinitionLatestVersionConfigStepOnErrorStop     MCPDefinitionLatestVersionConfigStepOnError = "stop"
	MCPDefinitionLatestVersionConfigStepOnErrorContinue MCPDefinitionLatestVersionConfigStepOnError = "continue"
)

// ListMCPDefinitionsResponse is the response of MCPDefinitionsAPI.List.
type ListMCPDefinitionsResponse struct {
	Items []MCPDefinition `json:"items"`

	// On all pages.
	Total int64 `json:"total"`

	Skip  int64 `json:"skip"`
	Limit int64 `json:"limit"`
}

// CreateMCPDefinitionBody is the body of MCPDefinitionsAPI.Create.
type CreateMCPDefinitionBody struct {
	Name        string                        `json:"name"`
	Description *string                       `json:"description,omitempty"`
	MCPType     ListMCPDefinitionsMCPType     `json:"mcp_type"`
	Config      CreateMCPDefinitionBodyConfig `json:"config"`
}

// CreateMCPDefinitionBodyConfig is the value of CreateMCPDefinitionBody.Config.
type CreateMCPDefinitionBodyConfig struct {
	// Always "stdio".
	Type ListMCPDefinitionsMCPType `json:"type"`

	Command *string `json:"command,omitempty"`

	// Arguments of the server itself.
	Args []string `json:"args,omitempty"`

	// `{{database:NAME}}` stands for an external database.
	Env map[string]string `json:"env,omitempty"`

	Package *string `json:"package,omitempty"`
	Version *string `json:"version,omitempty"`
	Image   *string `json:"image,omitempty"`

	// Further flags of `docker run`.
	Options []string `json:"options,omitempty"`

	URL        *string                                           `json:"url,omitempty"`
	Headers    map[string]string                                 `json:"headers,omitempty"`
	Auth       *CreateMCPDefinitionBodyConfigAuth                `json:"auth,omitempty"`
	Parameters map[string]CreateMCPDefinitionBodyConfigParameter `json:"parameters,omitempty"`
	Steps      []CreateMCPDefinitionBodyConfigStep               `json:"steps,omitempty"`
}

// CreateMCPDefinitionBodyConfigAuth is the value of CreateMCPDefinitionBodyConfig.Auth.
type CreateMCPDefinitionBodyConfigAuth struct {
	// Always "none".
	Type MCPDefinitionLatestVersionConfigAuthType `json:"type"`

	Key          *string                                        `json:"key,omitempty"`
	Header       *string                                        `json:"header,omitempty"`
	Prefix       *string                                        `json:"prefix,omitempty"`
	GrantType    *MCPDefinitionLatestVersionConfigAuthGrantType `json:"grant_type,omitempty"`
	ClientID     *string                                        `json:"client_id,omitempty"`
	ClientSecret *string                                        `json:"client_secret,omitempty"`
	PrivateKey   *string                                        `json:"private_key,omitempty"`
	TokenURL     *string                                        `json:"token_url,omitempty"`
	Scopes       []string                                       `json:"scopes,omitempty"`
}

// CreateMCPDefinitionBodyConfigParameter is the value of CreateMCPDefinitionBodyConfig.Parameters.
type CreateMCPDefinitionBodyConfigParameter struct {
	Type        MCPDefinitionLatestVersionConfigParameterType `json:"type"`
	Default     any                                           `json:"default"`
	Description *string                                       `json:"description,omitempty"`
}

// CreateMCPDefinitionBodyConfigStep is the value of CreateMCPDefinitionBodyConfig.Steps.
type CreateMCPDefinitionBodyConfigStep struct {
	Name string `json:"name"`
	Kind string `json:"kind"`

	// A boolean parameter.
	When *string `json:"when,omitempty"`

	OnError *MCPDefinitionLatestVersionConfigStepOnError `json:"on_error,omitempty"`

	// Arguments of the step’s kind.
	With map[string]any `json:"with,omitempty"`
}

// CreateMCPDefinitionResponse is the response of MCPDefinitionsAPI.Create.
type CreateMCPDefinitionResponse = MCPDefinition

// GetMCPDefinitionVersion is one of what MCPDefinitionsAPI.Get lists.
type GetMCPDefinitionVersion struct {
	ID string `json:"id"`

	// From `1` on.
	Version string `json:"version"`

	Config MCPDefinitionLatestVersionConfig `json:"config"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`
}

// GetMCPDefinitionResponse is the response of MCPDefinitionsAPI.Get.
type GetMCPDefinitionResponse struct {
	ID          string                    `json:"id"`
	Name        string                    `json:"name"`
	Description string                    `json:"description"`
	MCPType     ListMCPDefinitionsMCPType `json:"mcp_type"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`

	Versions []GetMCPDefinitionVersion `json:"versions"`
}

// UpdateMCPDefinitionBody is the body of MCPDefinitionsAPI.Update.
type UpdateMCPDefinitionBody struct {
	Name        *string `json:"name,omitempty"`
	Description *string `json:"description,omitempty"`

	// Extension: makes a new version.
	Config *CreateMCPDefinitionBodyConfig `json:"config,omitempty"`
}

// UpdateMCPDefinitionResponse is the response of MCPDefinitionsAPI.Update.
type UpdateMCPDefinitionResponse = MCPDefinition

// RegisterServerBody is the body of MCPDefinitionsAPI.RegisterServer.
type RegisterServerBody struct {
	Name    string                `json:"name"`
	Site    *string               `json:"site,omitempty"`
	GroupID rest.Nullable[string] `json:"group_id,omitempty"`

	// `{{database:NAME}}` stands for an external database.
	Env map[string]string `json:"env,omitempty"`

	// Its number or id; default: the latest.
	Version *string `json:"version,omitempty"`
}

// RegisterServerResponse is the response of MCPDefinitionsAPI.RegisterServer.
type RegisterServerResponse struct {
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

// UpdateServerBody is the body of MCPDefinitionsAPI.UpdateServer.
type UpdateServerBody struct {
	// `{{database:NAME}}` stands for an external database.
	Env map[string]string `json:"env,omitempty"`

	// Its number or id; default: the latest.
	Version *string `json:"version,omitempty"`
}

// UpdateServerResponse is the response of MCPDefinitionsAPI.UpdateServer.
type UpdateServerResponse = RegisterServerResponse
