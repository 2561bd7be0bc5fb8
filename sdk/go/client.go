// Package roundhouse is the client of a Roundhouse hub: its five APIs and its MCP endpoints, typed, with pages, streams and jobs.
//
//	hub, err := roundhouse.New("http://127.0.0.1:8080", roundhouse.APIKey(os.Getenv("KEY")))
//	if err != nil { … }
//	tools, err := hub.Connect.Tools.List(ctx, &connect.ListToolsParams{Category: roundhouse.Ptr("storage")})
//
// Client has a member per API, each of these has one per noun, and methods are named by the operations of the OpenAPI documents. The types of
// their inputs and results are in the packages below gen. Every error is an *Error.
package roundhouse

import (
	"github.com/roundhouse/roundhouse/sdk/go/gen/automation"
	"github.com/roundhouse/roundhouse/sdk/go/gen/backend"
	"github.com/roundhouse/roundhouse/sdk/go/gen/connect"
	"github.com/roundhouse/roundhouse/sdk/go/gen/infrastructure"
	"github.com/roundhouse/roundhouse/sdk/go/gen/mcp"
	"github.com/roundhouse/roundhouse/sdk/go/gen/portal"
	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// Client of one hub. It may be used by several goroutines at once.
type Client struct {
	// Automation is the MCP Automation System: servers, updates, tests, cleanup, workflows, jobs, logs and alerts.
	Automation *automation.API

	// Infrastructure is the MCP Server API: users, API keys, Kubernetes clusters and network devices.
	Infrastructure *infrastructure.API

	// Portal is the MCP Portal: a catalog of servers that people enable for themselves.
	Portal *portal.API

	// Connect is MCP Connect: servers, tools, groups, webhooks, audit log and events.
	Connect *connect.API

	// Backend is the MCP Backend: definitions, workflow runs and external databases.
	Backend *backend.API

	// MCP has the endpoints that speak the Model Context Protocol; most programs use a client of that protocol for them.
	MCP *mcp.API

	rest *rest.Client
}

// New makes a client for the hub at an address such as http://127.0.0.1:8080. Nothing is sent yet.
func New(address string, credentials Credentials) (*Client, error) {
	return NewWithConfig(address, Config{Credentials: credentials})
}

// NewWithConfig is New with timeouts, retries and an HTTP client of one's own.
func NewWithConfig(address string, config Config) (*Client, error) {
	client, err := rest.NewClient(address, config)
	if err != nil {
		return nil, err
	}
	return &Client{
		Automation:     automation.New(client),
		Infrastructure: infrastructure.New(client),
		Portal:         portal.New(client),
		Connect:        connect.New(client),
		Backend:        backend.New(client),
		MCP:            mcp.New(client),
		rest:           client,
	}, nil
}

// Close lets idle connections go. Calls and streams that are under way end by their contexts and Close.
func (c *Client) Close() { c.rest.Close() }

// String tells the hub's address, and nothing of the credentials.
func (c *Client) String() string { return c.rest.String() }

// GoString is String.
func (c *Client) GoString() string { return c.rest.String() }
