// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package mcp

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// MCPAPI has the operations of Roundhouse as an MCP server on mcp.
type MCPAPI struct{ client *rest.Client }

// PostMessage: Send messages to the fleet as one MCP server.
//
//	POST /mcp
func (api *MCPAPI) PostMessage(ctx context.Context, body any, params *PostMessageParams, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "POST", Path: "/mcp", Query: params, Body: body}, opts)
}

// OpenStream: Listen for messages of a session, or resume a stream.
//
//	GET /mcp
func (api *MCPAPI) OpenStream(ctx context.Context, params *OpenStreamParams, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "GET", Path: "/mcp", Query: params}, opts)
}

// EndSession: End a session.
//
//	DELETE /mcp
func (api *MCPAPI) EndSession(ctx context.Context, params *EndSessionParams, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "DELETE", Path: "/mcp", Query: params}, opts)
}

// PostServerMessage: Send messages to one server, under its own names. name: The server's name or id.
//
//	POST /mcp/servers/{name}
func (api *MCPAPI) PostServerMessage(ctx context.Context, name string, body any, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "POST", Path: "/mcp/servers/{name}", Args: []string{name}, Body: body}, opts)
}

// OpenServerStream: Listen for messages of a session with one server, or resume a stream. name: The server's name or
// id.
//
//	GET /mcp/servers/{name}
func (api *MCPAPI) OpenServerStream(ctx context.Context, name string, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "GET", Path: "/mcp/servers/{name}", Args: []string{name}}, opts)
}

// EndServerSession: End a session with one server. name: The server's name or id.
//
//	DELETE /mcp/servers/{name}
func (api *MCPAPI) EndServerSession(ctx context.Context, name string, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "DELETE", Path: "/mcp/servers/{name}", Args: []string{name}}, opts)
}

// OpenLegacyStream: Open a session of the older transport (HTTP with SSE, protocol version 2024-11-05).
//
//	GET /mcp/sse
func (api *MCPAPI) OpenLegacyStream(ctx context.Context, params *OpenLegacyStreamParams, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "GET", Path: "/mcp/sse", Query: params}, opts)
}

// PostLegacyMessage: Send a message to a session of the older transport.
//
//	POST /mcp/messages
func (api *MCPAPI) PostLegacyMessage(ctx context.Context, body any, params PostLegacyMessageParams, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "POST", Path: "/mcp/messages", Query: params, Body: body}, opts)
}

// PostMessageParams is the parameters of MCPAPI.PostMessage.
type PostMessageParams struct {
	// Only servers of this group, by id or name.
	Group *string `query:"group"`

	// Only servers of this site.
	Site *string `query:"site"`

	// Only servers with this tag.
	Tag *string `query:"tag"`

	// Whether to offer the hub's own tools, `roundhouse_…`, which are about the whole fleet.
	Operations *bool `query:"operations"`
}

// OpenStreamParams is the parameters of MCPAPI.OpenStream.
type OpenStreamParams struct {
	// Only servers of this group, by id or name.
	Group *string `query:"group"`

	// Only servers of this site.
	Site *string `query:"site"`

	// Only servers with this tag.
	Tag *string `query:"tag"`

	// Whether to offer the hub's own tools, `roundhouse_…`, which are about the whole fleet.
	Operations *bool `query:"operations"`
}

// EndSessionParams is the parameters of MCPAPI.EndSession.
type EndSessionParams struct {
	// Only servers of this group, by id or name.
	Group *string `query:"group"`

	// Only servers of this site.
	Site *string `query:"site"`

	// Only servers with this tag.
	Tag *string `query:"tag"`

	// Whether to offer the hub's own tools, `roundhouse_…`, which are about the whole fleet.
	Operations *bool `query:"operations"`
}

// OpenLegacyStreamParams is the parameters of MCPAPI.OpenLegacyStream.
type OpenLegacyStreamParams struct {
	// Only servers of this group, by id or name.
	Group *string `query:"group"`

	// Only servers of this site.
	Site *string `query:"site"`

	// Only servers with this tag.
	Tag *string `query:"tag"`

	// Whether to offer the hub's own tools, `roundhouse_…`, which are about the whole fleet.
	Operations *bool `query:"operations"`
}

// PostLegacyMessageParams is the parameters of MCPAPI.PostLegacyMessage.
type PostLegacyMessageParams struct {
	// As the first event of the stream told.
	SessionID string `query:"sessionId"`
}
