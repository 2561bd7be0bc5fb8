// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// CacheAPI has the operations of MCP Connect on cache.
type CacheAPI struct{ client *rest.Client }

// GetStats: Get cache statistics; hits and misses since the hub started.
//
//	GET /connect/api/cache/stats
func (api *CacheAPI) GetStats(ctx context.Context, opts ...rest.Option) (*GetCacheStatsResponse, error) {
	return rest.JSON[*GetCacheStatsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/cache/stats", Unwrap: "data"}, opts)
}

// Clear: Clear the response cache: all entries within the key's grants, or those that the parameters name.
//
//	DELETE /connect/api/cache
func (api *CacheAPI) Clear(ctx context.Context, params *ClearCacheParams, opts ...rest.Option) (*ClearCacheResponse, error) {
	return rest.JSON[*ClearCacheResponse](ctx, api.client, rest.Request{Method: "DELETE", Path: "/connect/api/cache", Query: params, Unwrap: "data"}, opts)
}

// GetCacheStatsResponse is the response of CacheAPI.GetStats.
type GetCacheStatsResponse struct {
	Enabled bool  `json:"enabled"`
	Entries int64 `json:"entries"`
	Hits    int64 `json:"hits"`
	Misses  int64 `json:"misses"`

	// Hits per look-up; 0 before the first one.
	HitRate float64 `json:"hitRate"`

	// For people, such as "2.5 MB".
	MemoryUsage string `json:"memoryUsage"`

	OldestEntry *time.Time `json:"oldestEntry"`
}

// ClearCacheParams is the parameters of CacheAPI.Clear.
type ClearCacheParams struct {
	// Tool names: `*` any characters, `?` one character.
	Pattern *string `query:"pattern"`

	// Id or name.
	ServerID *string `query:"serverId"`
}

// ClearCacheResponse is the response of CacheAPI.Clear.
type ClearCacheResponse struct {
	// How many entries were removed.
	Cleared int64 `json:"cleared"`
}
