// A dashboard in a terminal: the servers of a hub and how they are, a call that tells its progress, then the events, until it is interrupted.
//
//	HUB=http://localhost:8080 KEY=… go run .
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	roundhouse "github.com/roundhouse/roundhouse/sdk/go"
	"github.com/roundhouse/roundhouse/sdk/go/gen/connect"
)

func main() {
	hub, err := roundhouse.NewWithConfig(os.Getenv("HUB"), roundhouse.Config{
		Credentials: roundhouse.APIKey(os.Getenv("KEY")),
		OnRetry: func(retry roundhouse.Retry) {
			log.Printf("%s is sent again in %s", retry.Path, retry.Wait)
		},
	})
	if err == nil {
		err = show(context.Background(), hub)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func show(ctx context.Context, hub *roundhouse.Client) error {
	servers, err := hub.Connect.Servers.List(ctx, nil)
	if err != nil {
		return err
	}
	for _, server := range servers {
		fmt.Printf("%s  %s  %d tools\n", server.Name, server.Status, server.ToolCount)
	}

	// The stream is opened before the call, so that it tells of the call.
	events, err := hub.Connect.SSE.StreamEvents(ctx, &connect.StreamEventsParams{Types: []connect.EventType{
		connect.EventTypeToolInvoked, connect.EventTypeServerConnected, connect.EventTypeServerDisconnected,
	}})
	if err != nil {
		return err
	}
	defer events.Close()
	if err := call(ctx, hub); err != nil {
		return err
	}

	for events.Next() {
		event, err := events.Event()
		if err != nil {
			return err
		}
		switch {
		case event.ToolInvoked != nil:
			fmt.Println(event.ToolInvoked.Data.ToolName, "was called")
		case event.ServerConnected != nil:
			fmt.Println(event.ServerConnected.Data.ServerName, "has", event.ServerConnected.Data.ToolCount, "tools")
		case event.ServerDisconnected != nil:
			fmt.Println(event.ServerDisconnected.Data.ServerName, "is away")
		}
	}
	return events.Err()
}

func call(ctx context.Context, hub *roundhouse.Client) error {
	told, err := hub.Connect.Tools.InvokeStream(ctx, "trigger-long-running-operation", &connect.InvokeToolBody{
		Arguments: map[string]any{"duration": 1, "steps": 2},
	})
	if err != nil {
		return err
	}
	defer told.Close()
	for told.Next() {
		switch item := told.Item(); item.Type {
		case "progress":
			var progress struct{ Progress, Total float64 }
			if err := json.Unmarshal(item.Data, &progress); err != nil {
				return err
			}
			fmt.Printf("step %v of %v\n", progress.Progress, progress.Total)
		case "result":
			var answer struct{ Data connect.ToolResult }
			if err := json.Unmarshal(item.Data, &answer); err != nil {
				return err
			}
			for _, block := range answer.Data.Content {
				if block.Text != nil {
					fmt.Println(block.Text.Text)
				}
			}
		}
	}
	return told.Err()
}
