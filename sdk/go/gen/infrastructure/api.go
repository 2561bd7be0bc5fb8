// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

// Package infrastructure is MCP Server: its operations, and the types of their inputs and results.
package infrastructure

import (
	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// API is MCP Server, its operations by noun.
type API struct {
	Auth       *AuthAPI
	Users      *UsersAPI
	APIKeys    *APIKeysAPI
	Kubernetes *KubernetesAPI
	Network    *NetworkAPI
	Docker     *DockerAPI
}

// New gives the API of a client; roundhouse.New does this for all of them.
func New(client *rest.Client) *API {
	return &API{
		Auth:       &AuthAPI{client: client},
		Users:      &UsersAPI{client: client},
		APIKeys:    &APIKeysAPI{client: client},
		Kubernetes: &KubernetesAPI{client: client},
		Network:    &NetworkAPI{client: client},
		Docker:     &DockerAPI{client: client},
	}
}
