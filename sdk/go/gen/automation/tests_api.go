// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// TestsAPI has the operations of MCP Automation System on tests.
type TestsAPI struct{ client *rest.Client }

// Run: Execute the test suite for MCP servers.
//
//	POST /automation/api/v1/tests/run
func (api *TestsAPI) Run(ctx context.Context, body *RunTestsBody, opts ...rest.Option) (*RunTestsResponse, error) {
	return rest.JSON[*RunTestsResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/tests/run", Body: body, Unwrap: "data"}, opts)
}

// GetHistory: Test execution history, newest first.
//
//	GET /automation/api/v1/tests/history
func (api *TestsAPI) GetHistory(ctx context.Context, params *GetTestHistoryParams, opts ...rest.Option) (*GetTestHistoryResponse, error) {
	return rest.JSON[*GetTestHistoryResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/tests/history", Query: params, Unwrap: "data"}, opts)
}

// GetHistoryAll: Test execution history, newest first. It reads page after page.
//
//	GET /automation/api/v1/tests/history
func (api *TestsAPI) GetHistoryAll(ctx context.Context, params *GetTestHistoryParams, opts ...rest.Option) *rest.Pages[TestRunSummary] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Offset, 0), func(at int64) ([]TestRunSummary, int64, bool, error) {
		asked := asked
		asked.Offset = &at
		result, err := api.GetHistory(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Tests, at + int64(len(result.Tests)), result.Pagination.HasMore, nil
	})
}

// Get: Results of a test run, as far as there are any. testID: Id of the test run.
//
//	GET /automation/api/v1/tests/{test_id}
func (api *TestsAPI) Get(ctx context.Context, testID string, opts ...rest.Option) (*GetTestResponse, error) {
	return rest.JSON[*GetTestResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/tests/{test_id}", Args: []string{testID}, Unwrap: "data"}, opts)
}

// RunTestsBody is the body of TestsAPI.Run.
type RunTestsBody struct {
	// Default: "all".
	TestType *RunTestsBodyTestType `json:"test_type,omitempty"`

	// Names or ids; `all` for every enabled server. Default: ["all"].
	Servers []string `json:"servers,omitempty"`

	// Tests that passed are listed too. Default: false.
	Verbose *bool `json:"verbose,omitempty"`

	// Default: true.
	Parallel *bool `json:"parallel,omitempty"`

	// Seconds, for each server. Default: 300.
	Timeout *float64 `json:"timeout,omitempty"`
}

// RunTestsBodyTestType is the value of RunTestsBody.TestType.
type RunTestsBodyTestType string

// Values of RunTestsBodyTestType.
const (
	RunTestsBodyTestTypeUnit        RunTestsBodyTestType = "unit"
	RunTestsBodyTestTypeIntegration RunTestsBodyTestType = "integration"
	RunTestsBodyTestTypePerformance RunTestsBodyTestType = "performance"
	RunTestsBodyTestTypeSecurity    RunTestsBodyTestType = "security"
	RunTestsBodyTestTypeAll         RunTestsBodyTestType = "all"
)

// RunTestsResponse is the response of TestsAPI.Run.
type RunTestsResponse struct {
	TestID string `json:"test_id"`

	// Always "running".
	Status string `json:"status"`

	TestType TestType `json:"test_type"`
	Servers  []string `json:"servers"`

	// UTC, ISO 8601.
	StartedAt time.Time `json:"started_at"`
}

// GetTestHistoryParams is the parameters of TestsAPI.GetHistory.
type GetTestHistoryParams struct {
	// Name or id.
	Server *string `query:"server"`

	// Only runs of this type.
	TestType *TestType `query:"test_type"`

	// Only runs with this status.
	Status *JobStatus `query:"status"`

	// Entries to return at most. Default: 50.
	Limit *int64 `query:"limit"`

	// Entries to skip. Default: 0.
	Offset *int64 `query:"offset"`
}

// GetTestHistoryResponse is the response of TestsAPI.GetHistory.
type GetTestHistoryResponse struct {
	Tests      []TestRunSummary                 `json:"tests"`
	Pagination GetTestHistoryResponsePagination `json:"pagination"`
}

// GetTestHistoryResponsePagination is the value of GetTestHistoryResponse.Pagination.
type GetTestHistoryResponsePagination struct {
	Total   int64 `json:"total"`
	Limit   int64 `json:"limit"`
	Offset  int64 `json:"offset"`
	HasMore bool  `json:"has_more"`
}

// GetTestResponse is the response of TestsAPI.Get.
type GetTestResponse struct {
	TestID      string                `json:"test_id"`
	Status      JobStatus             `json:"status"`
	StartedAt   *time.Time            `json:"started_at"`
	CompletedAt *time.Time            `json:"completed_at"`
	Progress    int64                 `json:"progress"`
	Error       *GetTestResponseError `json:"error"`
	TestType    TestType              `json:"test_type"`
	Servers     []string              `json:"servers"`

	// Seconds.
	DurationSeconds float64 `json:"duration_seconds"`

	Summary GetTestResponseSummary `json:"summary"`
	Results []ServerTests          `json:"results"`
}

// GetTestResponseError is the value of GetTestResponse.Error.
type GetTestResponseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// GetTestResponseSummary is the value of GetTestResponse.Summary.
type GetTestResponseSummary struct {
	Total  int64 `json:"total"`
	Passed int64 `json:"passed"`
	Failed int64 `json:"failed"`

	// Those that were not run; `skipped` says why.
	Skipped int64 `json:"skipped"`

	// Share of the tests that ran and passed, 0 to 1; 0 where none ran.
	PassRate float64 `json:"pass_rate"`
}
