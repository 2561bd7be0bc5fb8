// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package mcp

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// WellKnownAPI has the operations of Roundhouse as an MCP server on well-known.
type WellKnownAPI struct{ client *rest.Client }

// ResourceMetadata: The authorization servers for MCP (OAuth 2.0 Protected Resource Metadata).
//
//	GET /.well-known/oauth-protected-resource
func (api *WellKnownAPI) ResourceMetadata(ctx context.Context, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "GET", Path: "/.well-known/oauth-protected-resource", Anonymous: true}, opts)
}

// MCPMetadata: The authorization servers for MCP (OAuth 2.0 Protected Resource Metadata).
//
//	GET /.well-known/oauth-protected-resource/mcp
func (api *WellKnownAPI) MCPMetadata(ctx context.Context, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "GET", Path: "/.well-known/oauth-protected-resource/mcp", Anonymous: true}, opts)
}

// SSEMetadata: The authorization servers for MCP (OAuth 2.0 Protected Resource Metadata).
//
//	GET /.well-known/oauth-protected-resource/mcp/sse
func (api *WellKnownAPI) SSEMetadata(ctx context.Context, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "GET", Path: "/.well-known/oauth-protected-resource/mcp/sse", Anonymous: true}, opts)
}

// ServerMetadata: The authorization servers for MCP (OAuth 2.0 Protected Resource Metadata). name: The server's name or
// id.
//
//	GET /.well-known/oauth-protected-resource/mcp/servers/{name}
func (api *WellKnownAPI) ServerMetadata(ctx context.Context, name string, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "GET", Path: "/.well-known/oauth-protected-resource/mcp/servers/{name}", Args: []string{name}, Anonymous: true}, opts)
}
