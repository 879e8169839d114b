package bizora_test

import (
	"context"
	"fmt"
	"log"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/batch/chat"
	"bizbatch/internal/sandbox"
)

func Example() {
	server, err := sandbox.Start("", sandbox.Options{
		Script: sandbox.Script{Rules: []sandbox.Rule{{Text: "It lets a business expense equipment."}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	client, err := chat.New(chat.Config{Provider: bizora.Provider, BaseURL: server.URL, Key: "sk_live_example"})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	answer, err := client.Ask(context.Background(), batch.Request{
		Payload: []byte(`{"messages":[{"content":"What is section 179?","role":"human"}],"model":"bizora-1.0"}`),
	})
	if err != nil {
		log.Fatal(err) // a *batch.Error
	}
	fmt.Println(answer.FinishReason+":", answer.Text)
	// Output: stop: It lets a business expense equipment.
}
