package roundhouse

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/gen/automation"
	"github.com/roundhouse/roundhouse/sdk/go/gen/backend"
	"github.com/roundhouse/roundhouse/sdk/go/gen/portal"
	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// How often a job is asked after: soon while something happens, seldom while nothing does.
const (
	firstPoll = 200 * time.Millisecond
	mostPoll  = 5 * time.Second
	// patience with a hub that does not answer: jobs survive its restart.
	patience = 2 * time.Minute
)

// Wait asks until something has ended, and gives it as it then is. onProgress, unless it is nil, is called with each change. A hub that is away
// for less than two minutes is waited for; the context bounds the whole.
func Wait[T any](ctx context.Context, get func(context.Context) (T, error), isOver func(T) bool, onProgress func(T)) (T, error) {
	var last T
	seen, wait := false, firstPoll
	answered := time.Now()
	for {
		now, err := get(ctx)
		if err != nil {
			if ctx.Err() != nil || !mayPass(err) || time.Since(answered) > patience {
				return last, err
			}
		} else {
			answered = time.Now()
			if !seen || !reflect.DeepEqual(last, now) {
				seen, wait = true, firstPoll
				if onProgress != nil {
					onProgress(now)
				}
			}
			last = now
			if isOver(now) {
				return now, nil
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			// Says that it was canceled, as every call does.
			_, err := get(ctx)
			return last, err
		}
		if wait += wait / 2; wait > mostPoll {
			wait = mostPoll
		}
	}
}

func mayPass(err error) bool {
	switch StatusOf(err) {
	case 0:
		return CodeOf(err) == CodeConnectionFailed
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// WaitForJob waits for a job of any kind: the ids of updates, test runs, cleanups, workflows and runs are all ids of jobs. A job that failed or
// was canceled is no error: its Status says so.
func (c *Client) WaitForJob(ctx context.Context, id string, onProgress func(*automation.Job)) (*automation.Job, error) {
	get := func(ctx context.Context) (*automation.Job, error) { return c.Automation.Jobs.Get(ctx, id) }
	return Wait(ctx, get, func(job *automation.Job) bool { return rest.IsOver(string(job.Status)) }, onProgress)
}

// WaitForUpdate waits for an update or rollback.
func (c *Client) WaitForUpdate(ctx context.Context, id string, onProgress func(*automation.GetUpdateResponse)) (*automation.GetUpdateResponse, error) {
	get := func(ctx context.Context) (*automation.GetUpdateResponse, error) {
		return c.Automation.Updates.Get(ctx, id)
	}
	return Wait(ctx, get, func(update *automation.GetUpdateResponse) bool { return rest.IsOver(string(update.Status)) }, onProgress)
}

// WaitForTest waits for a test run.
func (c *Client) WaitForTest(ctx context.Context, id string, onProgress func(*automation.GetTestResponse)) (*automation.GetTestResponse, error) {
	get := func(ctx context.Context) (*automation.GetTestResponse, error) { return c.Automation.Tests.Get(ctx, id) }
	return Wait(ctx, get, func(test *automation.GetTestResponse) bool { return rest.IsOver(string(test.Status)) }, onProgress)
}

// WaitForCleanup waits for a cleanup.
func (c *Client) WaitForCleanup(ctx context.Context, id string, onProgress func(*automation.GetCleanupResponse)) (*automation.GetCleanupResponse, error) {
	get := func(ctx context.Context) (*automation.GetCleanupResponse, error) {
		return c.Automation.Cleanup.Get(ctx, id)
	}
	return Wait(ctx, get, func(cleanup *automation.GetCleanupResponse) bool { return rest.IsOver(string(cleanup.Status)) }, onProgress)
}

// WaitForWorkflow waits for a workflow of the Automation API.
func (c *Client) WaitForWorkflow(ctx context.Context, id string, onProgress func(*automation.GetWorkflowResponse)) (*automation.GetWorkflowResponse, error) {
	get := func(ctx context.Context) (*automation.GetWorkflowResponse, error) {
		return c.Automation.Orchestration.GetWorkflow(ctx, id)
	}
	return Wait(ctx, get, func(workflow *automation.GetWorkflowResponse) bool { return rest.IsOver(string(workflow.Status)) }, onProgress)
}

// WaitForWorkflowRun waits for a workflow run of the Backend API. Its stream tells more, and sooner: Backend.WorkflowRuns.Stream.
func (c *Client) WaitForWorkflowRun(ctx context.Context, id string, onProgress func(*backend.GetWorkflowRunResponse)) (*backend.GetWorkflowRunResponse, error) {
	get := func(ctx context.Context) (*backend.GetWorkflowRunResponse, error) {
		return c.Backend.WorkflowRuns.Get(ctx, id)
	}
	return Wait(ctx, get, func(run *backend.GetWorkflowRunResponse) bool { return rest.IsOver(string(run.Status)) }, onProgress)
}

// WaitForOperation waits for an operation of the Portal API: servers that are enabled, disabled or restarted.
func (c *Client) WaitForOperation(ctx context.Context, id string, onProgress func(*portal.GetOperationResponse)) (*portal.GetOperationResponse, error) {
	get := func(ctx context.Context) (*portal.GetOperationResponse, error) {
		return c.Portal.Operations.Get(ctx, id)
	}
	return Wait(ctx, get, func(operation *portal.GetOperationResponse) bool { return rest.IsOver(string(operation.Status)) }, onProgress)
}
