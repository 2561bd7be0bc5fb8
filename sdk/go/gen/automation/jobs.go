// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// JobsAPI has the operations of MCP Automation System on jobs.
type JobsAPI struct{ client *rest.Client }

// List: List jobs, newest first. The API’s document does not have it.
//
//	GET /automation/api/v1/jobs
func (api *JobsAPI) List(ctx context.Context, params *ListJobsParams, opts ...rest.Option) (*ListJobsResponse, error) {
	return rest.JSON[*ListJobsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/jobs", Query: params, Unwrap: "data"}, opts)
}

// ListAll: List jobs, newest first. It reads page after page. The API’s document does not have it.
//
//	GET /automation/api/v1/jobs
func (api *JobsAPI) ListAll(ctx context.Context, params *ListJobsParams, opts ...rest.Option) *rest.Pages[Job] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Offset, 0), func(at int64) ([]Job, int64, bool, error) {
		asked := asked
		asked.Offset = &at
		result, err := api.List(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Jobs, at + int64(len(result.Jobs)), result.Pagination.HasMore, nil
	})
}

// Get: A job, with its steps. jobID: Id of the job. The API’s document does not have it.
//
//	GET /automation/api/v1/jobs/{job_id}
func (api *JobsAPI) Get(ctx context.Context, jobID string, opts ...rest.Option) (*Job, error) {
	return rest.JSON[*Job](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/jobs/{job_id}", Args: []string{jobID}, Unwrap: "data"}, opts)
}

// Cancel: Cancel a job. jobID: Id of the job. The API’s document does not have it.
//
//	POST /automation/api/v1/jobs/{job_id}/cancel
func (api *JobsAPI) Cancel(ctx context.Context, jobID string, opts ...rest.Option) (*Job, error) {
	return rest.JSON[*Job](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/jobs/{job_id}/cancel", Args: []string{jobID}, Unwrap: "data"}, opts)
}

// ListJobsParams is the parameters of JobsAPI.List.
type ListJobsParams struct {
	// Only jobs of this kind, such as `update`.
	Kind *string `query:"kind"`

	// Only jobs with this status.
	Status *JobStatus `query:"status"`

	// Entries to return at most. Default: 50.
	Limit *int64 `query:"limit"`

	// Entries to skip. Default: 0.
	Offset *int64 `query:"offset"`
}

// ListJobsResponse is the response of JobsAPI.List.
type ListJobsResponse struct {
	Jobs       []Job                      `json:"jobs"`
	Pagination ListJobsResponsePagination `json:"pagination"`
}

// ListJobsResponsePagination is the value of ListJobsResponse.Pagination.
type ListJobsResponsePagination struct {
	Total   int64 `json:"total"`
	Limit   int64 `json:"limit"`
	Offset  int64 `json:"offset"`
	HasMore bool  `json:"has_more"`
}

// GetJobResponse is the response of JobsAPI.Get.
type GetJobResponse = Job

// CancelJobResponse is the response of JobsAPI.Cancel.
type CancelJobResponse = Job
