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
func (api *TestsAPI) GetHistoryAll(ctx context.Context, params *GetTestHistoryParams, opts ...rest.Option) *rest.Pages[GetTestHistoryTest] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Offset, 0), func(at int64) ([]GetTestHistoryTest, int64, bool, error) {
		asked := asked
		asked.Offset = &at
		result, err := api.GetHistory(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Tests, at + int64(len(result.Tests)), result.Pagination.HasMore, nil
	})
}

// Get: Results of a test run, as far as there are any.
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

	TestType  RunTestsBodyTestType `json:"test_type"`
	Servers   []string             `json:"servers"`
	StartedAt time.Time            `json:"started_at"`
}

// GetTestHistoryStatus is the value of GetTestHistoryParams.Status.
type GetTestHistoryStatus string

// Values of GetTestHistoryStatus.
const (
	GetTestHistoryStatusScheduled GetTestHistoryStatus = "scheduled"
	GetTestHistoryStatusQueued    GetTestHistoryStatus = "queued"
	GetTestHistoryStatusRunning   GetTestHistoryStatus = "running"
	GetTestHistoryStatusCompleted GetTestHistoryStatus = "completed"
	GetTestHistoryStatusFailed    GetTestHistoryStatus = "failed"
	GetTestHistoryStatusCancelled GetTestHistoryStatus = "cancelled"
)

// GetTestHistoryParams is what TestsAPI.GetHistory may be asked.
type GetTestHistoryParams struct {
	// Name or id.
	Server *string `query:"server"`

	TestType *RunTestsBodyTestType `query:"test_type"`
	Status   *GetTestHistoryStatus `query:"status"`

	// Default: 50.
	Limit *int64 `query:"limit"`

	// Default: 0.
	Offset *int64 `query:"offset"`
}

// GetTestHistoryTest is one of what TestsAPI.GetHistory lists.
type GetTestHistoryTest struct {
	TestID   string               `json:"test_id"`
	TestType RunTestsBodyTestType `json:"test_type"`
	Status   GetTestHistoryStatus `json:"status"`

	// Share of the tests that ran and passed, 0 to 1; 0 where none ran.
	PassRate float64 `json:"pass_rate"`

	// Seconds.
	DurationSeconds float64 `json:"duration_seconds"`

	ExecutedAt time.Time                 `json:"executed_at"`
	Servers    []string                  `json:"servers"`
	Summary    GetTestHistoryTestSummary `json:"summary"`
}

// GetTestHistoryTestSummary is the value of GetTestHistoryTest.Summary.
type GetTestHistoryTestSummary struct {
	Total  int64 `json:"total"`
	Passed int64 `json:"passed"`
	Failed int64 `json:"failed"`

	// Those that were not run; `skipped` says why.
	Skipped int64 `json:"skipped"`
}

// GetTestHistoryResponse is the response of TestsAPI.GetHistory.
type GetTestHistoryResponse struct {
	Tests      []GetTestHistoryTest             `json:"tests"`
	Pagination GetTestHistoryResponsePagination `json:"pagination"`
}

// GetTestHistoryResponsePagination is the value of GetTestHistoryResponse.Pagination.
type GetTestHistoryResponsePagination struct {
	Total   int64 `json:"total"`
	Limit   int64 `json:"limit"`
	Offset  int64 `json:"offset"`
	HasMore bool  `json:"has_more"`
}

// GetTestResult is one of what TestsAPI.Get lists.
type GetTestResult struct {
	Server   string                    `json:"server"`
	Tests    GetTestHistoryTestSummary `json:"tests"`
	Failures []GetTestResultFailure    `json:"failures"`
	Skipped  []GetTestResultSkipped    `json:"skipped"`

	// Where the run is verbose.
	Passed []GetTestResultPassed `json:"passed"`

	// What the performance tests measured.
	Figures *GetTestResultFigures `json:"figures"`

	ServerID string  `json:"server_id"`
	Version  *string `json:"version"`

	// A second instance with blanked credentials; a remote server by its protocol only; nothing at all.
	Subject GetTestResultSubject `json:"subject"`

	// The variables whose values were blanked.
	Blanked []string `json:"blanked"`

	// Seconds.
	DurationSeconds float64 `json:"duration_seconds"`
}

// GetTestResultFailure is the value of GetTestResult.Failures.
type GetTestResultFailure struct {
	Test  string `json:"test"`
	Error string `json:"error"`

	// What was sent and what came back, shortened.
	Trace string `json:"trace"`

	Type GetTestResultFailureType `json:"type"`
}

// GetTestResultFailureType is the value of GetTestResultFailure.Type.
type GetTestResultFailureType string

// Values of GetTestResultFailureType.
const (
	GetTestResultFailureTypeUnit        GetTestResultFailureType = "unit"
	GetTestResultFailureTypeIntegration GetTestResultFailureType = "integration"
	GetTestResultFailureTypePerformance GetTestResultFailureType = "performance"
	GetTestResultFailureTypeSecurity    GetTestResultFailureType = "security"
)

// GetTestResultSkipped is the value of GetTestResult.Skipped.
type GetTestResultSkipped struct {
	Test   string                   `json:"test"`
	Type   GetTestResultFailureType `json:"type"`
	Reason string                   `json:"reason"`
}

// GetTestResultPassed is the value of GetTestResult.Passed.
type GetTestResultPassed struct {
	Test string                   `json:"test"`
	Type GetTestResultFailureType `json:"type"`

	// Milliseconds.
	DurationMs float64 `json:"duration_ms"`
}

// GetTestResultFigures is the value of GetTestResult.Figures.
type GetTestResultFigures struct {
	// Milliseconds.
	StartMs float64 `json:"start_ms"`

	// By the name of the tool; `ping` is of MCP itself.
	Latency map[string]GetTestResultFiguresLatency `json:"latency"`

	Memory *GetTestResultFiguresMemory `json:"memory"`
}

// GetTestResultFiguresLatency is the value of GetTestResultFigures.Latency.
type GetTestResultFiguresLatency struct {
	Calls  int64 `json:"calls"`
	Errors int64 `json:"errors"`

	// Milliseconds.
	P50Ms float64 `json:"p50_ms"`

	// Milliseconds.
	P95Ms float64 `json:"p95_ms"`

	// Milliseconds.
	P99Ms float64 `json:"p99_ms"`

	// Milliseconds.
	MaxMs float64 `json:"max_ms"`

	CallsPerSecond *float64 `json:"calls_per_second"`
}

// GetTestResultFiguresMemory is the value of GetTestResultFigures.Memory.
type GetTestResultFiguresMemory struct {
	BeforeBytes  int64 `json:"before_bytes"`
	AfterBytes   int64 `json:"after_bytes"`
	Calls        int64 `json:"calls"`
	BytesPerCall int64 `json:"bytes_per_call"`
}

// GetTestResultSubject is the value of GetTestResult.Subject.
type GetTestResultSubject string

// Values of GetTestResultSubject.
const (
	GetTestResultSubjectInstance GetTestResultSubject = "instance"
	GetTestResultSubjectRemote   GetTestResultSubject = "remote"
	GetTestResultSubjectNone     GetTestResultSubject = "none"
)

// GetTestResponse is the response of TestsAPI.Get.
type GetTestResponse struct {
	TestID      string                  `json:"test_id"`
	Status      GetTestHistoryStatus    `json:"status"`
	StartedAt   *time.Time              `json:"started_at"`
	CompletedAt *time.Time              `json:"completed_at"`
	Progress    int64                   `json:"progress"`
	Error       *GetUpdateResponseError `json:"error"`
	TestType    RunTestsBodyTestType    `json:"test_type"`
	Servers     []string                `json:"servers"`

	// Seconds.
	DurationSeconds float64 `json:"duration_seconds"`

	Summary GetTestResponseSummary `json:"summary"`
	Results []GetTestResult        `json:"results"`
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
