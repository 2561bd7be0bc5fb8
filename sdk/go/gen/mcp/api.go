// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

// Package mcp is Roundhouse as an MCP server: its operations, and the types of their inputs and results.
package mcp

import (
	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// API is Roundhouse as an MCP server, its operations by noun.
type API struct {
	WellKnown *WellKnownAPI
	MCP       *MCPAPI
}

// New gives the API of a client; roundhouse.New does this for all of them.
func New(client *rest.Client) *API {
	return &API{
		WellKnown: &WellKnownAPI{client: client},
		MCP:       &MCPAPI{client: client},
	}
}
