package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
)

func client(t *testing.T, config Config, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	made, err := NewClient(server.URL, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(made.Close)
	return made
}

func TestEventParser(t *testing.T) {
	text := ": hello\n\nid: 7\n\nevent: a\r\ndata: 1\r\ndata: 2\r\nid: 8\r\n\r\ndata:x\rid\r\rretry: 5\ndata\n\ndata: unfinished"
	for _, reader := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
		parser := newEventParser(reader, 1<<20)
		var got []string
		for {
			event, err := parser.next()
			if err != nil {
				if !isEnd(err) {
					t.Error(err)
				}
				break
			}
			got = append(got, fmt.Sprintf("%s %s %s %s", event.Type, event.ID, event.Data, parser.lastID("")))
		}
		want := []string{"a 8 1\n2 8", "message  x ", "message   "}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q", got)
		}
		if parser.retry != 5*time.Millisecond {
			t.Error(parser.retry)
		}
	}
}

func TestEncode(t *testing.T) {
	type inner struct {
		Name string         `json:"name"`
		More map[string]any `json:"-"`
	}
	type body struct {
		Needed   []string          `json:"needed"`
		Absent   *string           `json:"absent,omitempty"`
		Empty    []string          `json:"empty,omitempty"`
		Null     Nullable[string]  `json:"null,omitempty"`
		Unset    Nullable[string]  `json:"unset,omitempty"`
		Set      Nullable[inner]   `json:"set,omitempty"`
		Zero     *int64            `json:"zero,omitempty"`
		Any      any               `json:"any,omitempty"`
		Texts    map[string]string `json:"texts,omitempty"`
		When     *time.Time        `json:"when,omitempty"`
		unspoken int
	}
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	got, err := encodeJSON(&body{
		Empty: []string{}, Null: Null[string](), Set: Value(inner{"n", map[string]any{"b": 1, "a": nil}}), Zero: Ptr[int64](0),
		Texts: map[string]string{"y": "2", "x": "1"}, When: &when,
	})
	want := `{"needed":[],"empty":[],"null":null,"set":{"name":"n","a":null,"b":1},"zero":0,"texts":{"x":"1","y":"2"},"when":"2026-01-02T03:04:05Z"}`
	if err != nil || string(got) != want {
		t.Error(string(got), err)
	}
}

func TestErrorForms(t *testing.T) {
	for text, want := range map[string]string{
		`{"success":false,"error":{"code":"A","message":"m","details":{"k":1}}}`:     "A m 1",
		`{"success":false,"error":"m","code":"B","details":{"k":1},"timestamp":"t"}`: "B m 1",
		`{"detail":"m","code":"c","details":{"k":1}}`:                                "c m 1",
		`{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"m"}}`:          "-32600 m <nil>",
	} {
		failure, ok := parseError([]byte(text))
		if !ok || fmt.Sprint(failure.Code, " ", failure.Message, " ", failure.Details["k"]) != want {
			t.Error(text, failure)
		}
	}
	for _, text := range []string{``, `<html>`, `[]`, `{}`, `{"error":""}`, `{"error":null}`, `7`} {
		if failure, ok := parseError([]byte(text)); ok {
			t.Error(text, failure)
		}
	}
}

func TestRetries(t *testing.T) {
	const refused = `{"error":{"code":"X","message":"m","details":{"outcome":"not_run"}}}`
	const stopped = `{"error":{"code":"X","message":"m","details":{"outcome":"not_run","retryable":false}}}`
	for _, try := range []struct {
		method, body string
		status, want int32
	}{
		{"GET", "", 503, 2}, {"POST", "", 503, 1}, {"POST", refused, 503, 2}, {"POST", stopped, 503, 1}, {"GET", stopped, 503, 1}, {"POST", "", 429, 2}, {"GET", "", 500, 1}, {"GET", "", 502, 1},
	} {
		var count atomic.Int32
		asked := client(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
			if body, _ := io.ReadAll(r.Body); r.Method == "POST" && string(body) != `{"a":1}` {
				t.Error("the body is sent each time:", string(body))
			}
			if count.Add(1) > 1 {
				w.WriteHeader(204)
				return
			}
			w.WriteHeader(int(try.status))
			fmt.Fprint(w, try.body)
		})
		request := Request{Method: try.method, Path: "/"}
		if try.method == "POST" {
			request.Body = map[string]any{"a": 1}
		}
		_ = Nothing(context.Background(), asked, request, nil)
		if count.Load() != try.want {
			t.Error(try, count.Load())
		}
	}
}

func TestRetryAfterBeyondPatience(t *testing.T) {
	asked := client(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(429)
	})
	err := Nothing(context.Background(), asked, Request{Method: "GET", Path: "/"}, nil)
	var failure *Error
	if !errors.As(err, &failure) || failure.RetryAfter != time.Hour || failure.Code != CodeInvalidAnswer {
		t.Error(err)
	}
}

func TestDeadlineBeforeRetry(t *testing.T) {
	asked := client(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "20")
		w.WriteHeader(429)
	})
	err := Nothing(context.Background(), asked, Request{Method: "GET", Path: "/"}, []Option{WithTimeout(10 * time.Second)})
	if StatusOf(err) != 429 {
		t.Error(err)
	}
}

func TestOwnTimeout(t *testing.T) {
	const standard = 50 * time.Millisecond
	asked := client(t, Config{Timeout: standard}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/never" {
			// The server notices that the client is gone once it has read the body.
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return
		}
		time.Sleep(2 * standard)
		w.WriteHeader(204)
	})
	post := func(path string, body any, opts ...Option) error {
		return Nothing(context.Background(), asked, Request{Method: "POST", Path: path, Body: body}, opts)
	}
	for _, body := range []any{map[string]any{"timeoutMs": 1000}, map[string]any{"timeout": 1}} {
		if err := post("/later", body); err != nil {
			t.Error(body, err)
		}
		if err := post("/never", body, WithTimeout(standard)); CodeOf(err) != CodeCallTimeout {
			t.Error("the option comes first:", err)
		}
	}
	if err := post("/never", map[string]any{"timeout": "x"}); CodeOf(err) != CodeCallTimeout {
		t.Error(err)
	}
}

func TestCloseIsNoEvent(t *testing.T) {
	var count atomic.Int32
	asked := client(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		at := count.Add(1)
		fmt.Fprintf(w, "retry: 1\n\nevent: made\ndata: {}\nid: %d\n\nevent: close\ndata: {\"reason\":\"shutdown\"}\n\n", at)
	})
	events, err := Follow(context.Background(), asked, Request{Method: "GET", Path: "/"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	for _, want := range []string{"1", "2"} {
		if !events.Next() || events.Item().Type != "made" || events.Item().ID != want {
			t.Fatal(events.Item(), events.Err())
		}
	}
}

func TestRetriesAreTold(t *testing.T) {
	var count atomic.Int32
	var lines bytes.Buffer
	var told []Retry
	config := Config{Credentials: APIKey("planted"), Logger: log.New(&lines, "", 0), OnRetry: func(retry Retry) { told = append(told, retry) }}
	asked := client(t, config, func(w http.ResponseWriter, _ *http.Request) {
		if count.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(429)
			return
		}
		w.WriteHeader(204)
	})
	if err := Nothing(context.Background(), asked, Request{Method: "GET", Path: "/thing"}, nil); err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 || told[0].Path != "/thing" || told[0].Attempt != 1 || told[0].Wait != time.Second || told[0].Err.Status != 429 {
		t.Error(told)
	}
	for _, want := range []string{"GET /thing: 429 in ", "GET /thing is sent again in 1s: ", "GET /thing: 204 in "} {
		if !strings.Contains(lines.String(), want) {
			t.Error(want, "is missing in", lines.String())
		}
	}
	if strings.Contains(lines.String(), "planted") {
		t.Error("a credential is logged")
	}
}

func TestFailuresNameTheHub(t *testing.T) {
	nobody, err := NewClient("http://127.0.0.1:1", Config{Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	var failure *Error
	err = Nothing(context.Background(), nobody, Request{Method: "POST", Path: "/"}, nil)
	if !errors.As(err, &failure) || !strings.Contains(failure.Message, "http://127.0.0.1:1") || failure.Details["outcome"] != "not_run" {
		t.Error(err)
	}
	asked := client(t, Config{}, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	err = Nothing(context.Background(), asked, Request{Method: "GET", Path: "/"}, []Option{WithTimeout(20 * time.Millisecond)})
	if !errors.As(err, &failure) || !strings.Contains(failure.Message, asked.Address()+" within ") {
		t.Error(err)
	}
	cut := client(t, Config{Retries: -1}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "half")
	})
	_, err = Text(context.Background(), cut, Request{Method: "GET", Path: "/"}, nil)
	if !errors.As(err, &failure) || !strings.Contains(failure.Message, "broke before the answer was complete, to "+cut.Address()) {
		t.Error(err)
	}
}

func TestRefresh(t *testing.T) {
	var signIns, refreshes atomic.Int32
	asked := client(t, Config{Credentials: Password("u", "p")}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case signInPath:
			signIns.Add(1)
			fmt.Fprint(w, `{"access_token":"a0","refresh_token":"r0","expires_in":0}`)
		case refreshPath:
			if want := fmt.Sprintf(`{"refresh_token":"r%d"}`, refreshes.Load()); string(body) != want {
				t.Error(string(body), want)
			}
			n := refreshes.Add(1)
			fmt.Fprintf(w, `{"access_token":"a%d","refresh_token":"r%d","expires_in":3600}`, n, n)
		default:
			fmt.Fprintf(w, "%q", r.Header.Get("Authorization"))
		}
	})
	ask := func() string {
		got, err := JSON[string](context.Background(), asked, Request{Method: "GET", Path: "/x"}, nil)
		if err != nil {
			t.Error(err)
		}
		return got
	}
	// The first is over as soon as it is there.
	if got := []string{ask(), ask(), ask()}; !reflect.DeepEqual(got, []string{"Bearer a0", "Bearer a1", "Bearer a1"}) {
		t.Error(got)
	}
	if signIns.Load() != 1 || refreshes.Load() != 1 {
		t.Error(signIns.Load(), refreshes.Load())
	}
}

func TestRedirectionsAreNotFollowed(t *testing.T) {
	asked := client(t, Config{Credentials: APIKey("k")}, func(w http.ResponseWriter, _ *http.Request) {
		http.Redirect(w, &http.Request{}, "http://elsewhere.example.com/", http.StatusFound)
	})
	where, err := Location(context.Background(), asked, Request{Method: "POST", Path: "/"}, nil)
	if err != nil || where != "http://elsewhere.example.com/" {
		t.Error(where, err)
	}
	if err := Nothing(context.Background(), asked, Request{Method: "POST", Path: "/"}, nil); StatusOf(err) != 302 || CodeOf(err) != CodeInvalidAnswer || !strings.Contains(err.Error(), "redirects to http://elsewhere.example.com,") {
		t.Error(err)
	}
}

func TestAnswersHaveABound(t *testing.T) {
	asked := 0
	asking := client(t, Config{MaxAnswerBytes: 1000}, func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path == "/api/short" {
			fmt.Fprintf(w, "%q", strings.Repeat("x", 998))
			return
		}
		// An answer without an end.
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte(strings.Repeat("x", 4096))); err != nil {
				return
			}
		}
	})
	ctx := context.Background()
	if text, err := Text(ctx, asking, Request{Method: "GET", Path: "/api/short"}, nil); err != nil || len(text) != 1000 {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
	asked = 0
	endless := Request{Method: "GET", Path: "/api/endless"}
	if _, err := Text(ctx, asking, endless, nil); CodeOf(err) != CodeInvalidAnswer || !strings.Contains(err.Error(), "longer than 1000 bytes (MaxAnswerBytes)") {
		t.Fatalf("%v", err)
	}
	if asked != 1 {
		t.Fatalf("asked %d times", asked)
	}
	lines, err := OpenLines[string](ctx, asking, endless, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lines.Next() || CodeOf(lines.Err()) != CodeInvalidAnswer {
		t.Fatalf("a line: %v", lines.Err())
	}
}

func TestEventsHaveABound(t *testing.T) {
	for name, line := range map[string]string{"one line": strings.Repeat("x", 4096), "many lines": "data: x\n"} {
		asking := client(t, Config{MaxAnswerBytes: 1000}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprintf(w, "data: short\n\ndata: short\n\ndata: ")
			for r.Context().Err() == nil {
				if _, err := w.Write([]byte(line)); err != nil {
					return
				}
			}
		})
		events, err := Follow(context.Background(), asking, Request{Method: "GET", Path: "/api/events"}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		for events.Next() {
			read++
		}
		if read != 2 || CodeOf(events.Err()) != CodeInvalidAnswer {
			t.Fatalf("%s: %d events, %v", name, read, events.Err())
		}
	}
}

func TestSilentStreamIsAskedForAgain(t *testing.T) {
	var count atomic.Int32
	asked := client(t, Config{IdleTimeout: 50 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		n := count.Add(1)
		fmt.Fprintf(w, "id: %d\ndata: %q\n\n", n, r.Header.Get("Last-Event-ID"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	events, err := Follow(context.Background(), asked, Request{Method: "GET", Path: "/"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for n := 0; n < 2 && events.Next(); n++ {
		got.Write(events.Item().Data)
	}
	events.Close()
	if got.String() != `"""1"` || events.Next() || events.Err() != nil {
		t.Error(got.String(), events.Err())
	}
}

func TestStreamOfOneCall(t *testing.T) {
	asked := client(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "event: progress\ndata: {}\n\nevent: error\ndata: {\"success\":false,\"error\":\"m\",\"code\":\"TIMEOUT\"}\n\n")
	})
	events, err := Listen(context.Background(), asked, Request{Method: "POST", Path: "/"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !events.Next() || events.Item().Type != "progress" || events.Next() || CodeOf(events.Err()) != "TIMEOUT" {
		t.Error(events.Item(), events.Err())
	}
	if events.Next() || CodeOf(events.Err()) != "TIMEOUT" {
		t.Error("it stays ended")
	}
}
