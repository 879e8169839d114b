//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"

	"github.com/sashabaranov/go-openai"
	"golang.org/x/sync/errgroup"
)

// bare is the yardstick: the loop that one would write first, go-openai in an
// errgroup. It reads every answer and keeps nothing.
func bare(args []string) error {
	flags := flag.NewFlagSet("bare", flag.ExitOnError)
	n := flags.Int("n", 0, "")
	workers := flags.Int("workers", 0, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config := openai.DefaultConfig(os.Getenv("BIZORA_API_KEY"))
	config.BaseURL = os.Getenv("BIZORA_API_URL")
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = *workers // with two, the default, it would mostly connect
	config.HTTPClient = &http.Client{Transport: transport}
	client := openai.NewClientWithConfig(config)
	var g errgroup.Group
	g.SetLimit(*workers)
	for i := range *n {
		g.Go(func() error { return askBare(client, question(i)) })
	}
	return g.Wait()
}

func askBare(client *openai.Client, question string) error {
	stream, err := client.CreateChatCompletionStream(context.Background(), openai.ChatCompletionRequest{
		Model: "bizora-1.0", Stream: true,
		Messages: []openai.ChatCompletionMessage{{Role: "human", Content: question}},
	})
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
