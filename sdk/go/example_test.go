package roundhouse_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	roundhouse "github.com/roundhouse/roundhouse/sdk/go"
	"github.com/roundhouse/roundhouse/sdk/go/gen/automation"
	"github.com/roundhouse/roundhouse/sdk/go/gen/connect"
	"github.com/roundhouse/roundhouse/sdk/go/gen/infrastructure"
)

func Example() {
	ctx := context.Background()
	hub, err := roundhouse.New("http://127.0.0.1:8080", roundhouse.APIKey(os.Getenv("KEY")))
	if err != nil {
		log.Fatal(err)
	}
	defer hub.Close()

	tools, err := hub.Connect.Tools.List(ctx, &connect.ListToolsParams{Category: roundhouse.Ptr("storage")})
	if err != nil {
		log.Fatal(err)
	}
	for _, tool := range tools.Tools {
		fmt.Println(tool.Name, tool.ServerName)
	}

	result, err := hub.Connect.Tools.Invoke(ctx, "read_text_file", &connect.InvokeToolBody{
		Arguments: map[string]any{"path": "/tmp/files/hello.txt"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Data.Content, result.Metadata.DurationMs)
}

func ExampleError() {
	var hub *roundhouse.Client
	_, err := hub.Connect.Servers.Get(context.Background(), "files")
	var failure *roundhouse.Error
	if errors.As(err, &failure) && failure.Status == 404 {
		fmt.Println(failure.Code, failure.Message)
	}
}

func ExampleClient_pages() {
	var hub *roundhouse.Client
	users := hub.Infrastructure.Users.ListAll(context.Background(), &infrastructure.ListUsersParams{
		Filters: []roundhouse.Filter{{Field: "role", Operator: "ne", Value: "viewer"}},
	})
	for users.Next() {
		fmt.Println(users.Item().Username)
	}
	if err := users.Err(); err != nil {
		log.Fatal(err)
	}
}

func ExampleClient_events() {
	var hub *roundhouse.Client
	types := []connect.EventType{connect.EventTypeServerConnected, connect.EventTypeToolInvoked}
	events, err := hub.Connect.SSE.StreamEvents(context.Background(), &connect.StreamEventsParams{Types: types})
	if err != nil {
		log.Fatal(err)
	}
	defer events.Close()
	for events.Next() {
		event, err := events.Event()
		if err != nil {
			log.Fatal(err)
		}
		if invoked := event.ToolInvoked; invoked != nil {
			fmt.Println(invoked.Data.ToolName, invoked.Data.DurationMs)
		}
	}
}

func ExampleClient_WaitForUpdate() {
	var hub *roundhouse.Client
	ctx := context.Background()
	update, err := hub.Automation.Updates.UpdateServer(ctx, "github", &automation.UpdateServerBody{Version: roundhouse.Ptr("latest")})
	if err != nil {
		log.Fatal(err)
	}
	done, err := hub.WaitForUpdate(ctx, update.UpdateID, func(now *automation.GetUpdateResponse) {
		fmt.Println(now.Progress, now.Message)
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(done.Status)
}
