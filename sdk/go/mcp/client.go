// Package mcp is the client of the MCP Automation System as its reference documents it, with the names used there:
//
//	client := mcp.NewClient("http://localhost:8080", "your-token")
//	status, err := client.GetStatus()
//
// It is a thin face of package roundhouse. Its member Hub is the client of that package, with all APIs.
package mcp

import (
	"context"

	roundhouse "github.com/roundhouse/roundhouse/sdk/go"
	"github.com/roundhouse/roundhouse/sdk/go/gen/automation"
)

// Client of the MCP Automation System.
type Client struct {
	hub *roundhouse.Client
	err error
}

// NewClient makes a client for the hub at an address, with an API key or access token. With an invalid address each call fails.
func NewClient(url, token string) *Client {
	hub, err := roundhouse.New(url, roundhouse.APIKey(token))
	return &Client{hub, err}
}

// Hub is the client of all the APIs.
func (c *Client) Hub() (*roundhouse.Client, error) { return c.hub, c.err }

// Close lets idle connections go.
func (c *Client) Close() {
	if c.hub != nil {
		c.hub.Close()
	}
}

// GetStatus tells how the system is.
func (c *Client) GetStatus() (*automation.GetStatusResponse, error) {
	return c.GetStatusContext(context.Background())
}

// GetStatusContext is GetStatus with a context.
func (c *Client) GetStatusContext(ctx context.Context) (*automation.GetStatusResponse, error) {
	if c.err != nil {
		return nil, c.err
	}
	return c.hub.Automation.Status.Get(ctx)
}

// UpdateServer begins to update a server to a version; "latest" is one.
func (c *Client) UpdateServer(server, version string) (*automation.UpdateServerResponse, error) {
	return c.UpdateServerContext(context.Background(), server, version)
}

// UpdateServerContext is UpdateServer with a context.
func (c *Client) UpdateServerContext(ctx context.Context, server, version string) (*automation.UpdateServerResponse, error) {
	if c.err != nil {
		return nil, c.err
	}
	return c.hub.Automation.Updates.UpdateServer(ctx, server, &automation.UpdateServerBody{Version: &version})
}

// RunTests begins a test run of a type: unit, integration, performance, security or all.
func (c *Client) RunTests(testType string) (*automation.RunTestsResponse, error) {
	return c.RunTestsContext(context.Background(), testType)
}

// RunTestsContext is RunTests with a context.
func (c *Client) RunTestsContext(ctx context.Context, testType string) (*automation.RunTestsResponse, error) {
	if c.err != nil {
		return nil, c.err
	}
	kind := automation.RunTestsBodyTestType(testType)
	return c.hub.Automation.Tests.Run(ctx, &automation.RunTestsBody{TestType: &kind})
}
