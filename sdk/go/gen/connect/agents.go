// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// AgentsAPI has the operations of MCP Connect on agents.
type AgentsAPI struct{ client *rest.Client }

// List: List the enrolled agents. The API’s document does not have it.
//
//	GET /connect/api/agents
func (api *AgentsAPI) List(ctx context.Context, opts ...rest.Option) ([]Agent, error) {
	return rest.JSON[[]Agent](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/agents", Unwrap: "data"}, opts)
}

// ListJoinTokens: List the valid join tokens. The API’s document does not have it.
//
//	GET /connect/api/agents/tokens
func (api *AgentsAPI) ListJoinTokens(ctx context.Context, opts ...rest.Option) ([]JoinToken, error) {
	return rest.JSON[[]JoinToken](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/agents/tokens", Unwrap: "data"}, opts)
}

// CreateJoinToken: Make a join token, which enrols one agent at a site. The API’s document does not have it.
//
//	POST /connect/api/agents/tokens
func (api *AgentsAPI) CreateJoinToken(ctx context.Context, body CreateJoinTokenBody, opts ...rest.Option) (*CreateJoinTokenResponse, error) {
	return rest.JSON[*CreateJoinTokenResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/agents/tokens", Body: body, Unwrap: "data"}, opts)
}

// RevokeJoinToken: Revoke a join token: no agent can use it any more. id: Id of the join token. The API’s document does
// not have it.
//
//	DELETE /connect/api/agents/tokens/{id}
func (api *AgentsAPI) RevokeJoinToken(ctx context.Context, id string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/connect/api/agents/tokens/{id}", Args: []string{id}}, opts)
}

// Revoke: Revoke an agent's certificate and close its streams. id: Id of the agent. The API’s document does not have
// it.
//
//	DELETE /connect/api/agents/{id}
func (api *AgentsAPI) Revoke(ctx context.Context, id string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/connect/api/agents/{id}", Args: []string{id}}, opts)
}

// GetPolicy: Get the policy of the site, as it is in force at an agent. id: Id of the agent. The API’s document does
// not have it.
//
//	GET /connect/api/agents/{id}/policy
func (api *AgentsAPI) GetPolicy(ctx context.Context, id string, opts ...rest.Option) (*SitePolicy, error) {
	return rest.JSON[*SitePolicy](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/agents/{id}/policy", Args: []string{id}, Unwrap: "data"}, opts)
}

// Ping: Send a value to an agent and get it back. id: Id of the agent. The API’s document does not have it.
//
//	POST /connect/api/agents/{id}/ping
func (api *AgentsAPI) Ping(ctx context.Context, id string, body *PingAgentBody, opts ...rest.Option) (*PingAgentResponse, error) {
	return rest.JSON[*PingAgentResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/agents/{id}/ping", Args: []string{id}, Body: body, Unwrap: "data"}, opts)
}

// CreateJoinTokenBody is the body of AgentsAPI.CreateJoinToken.
type CreateJoinTokenBody struct {
	Site string `json:"site"`

	// Default 3600.
	TTLSeconds *int64 `json:"ttlSeconds,omitempty"`
}

// CreateJoinTokenResponse is the response of AgentsAPI.CreateJoinToken.
type CreateJoinTokenResponse struct {
	ID   string `json:"id"`
	Site string `json:"site"`

	// Shown only once.
	Token string `json:"token"`

	// UTC, ISO 8601.
	ExpiresAt time.Time `json:"expiresAt"`
}

// GetAgentPolicyResponse is the response of AgentsAPI.GetPolicy.
type GetAgentPolicyResponse = SitePolicy

// PingAgentBody is the body of AgentsAPI.Ping.
type PingAgentBody struct {
	Echo any `json:"echo,omitempty"`
}

// PingAgentResponse is the response of AgentsAPI.Ping.
type PingAgentResponse struct {
	Echo any `json:"echo"`
}
