package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/batch/chat"
	"bizbatch/internal/sandbox"
)

// sandboxEndpoint is what a checkpoint remembers instead of the sandbox's
// address, which differs each time.
const sandboxEndpoint = "sandbox"

// sandboxLatency is how long the built-in sandbox takes for an answer: long
// enough to watch, short enough to wait for.
const sandboxLatency = 1500 * time.Millisecond

// A service is what a run asks.
type service struct {
	endpoint string // what the checkpoint remembers
	asker    batch.Asker
	idle     func() // closes the connections that are not in use
	close    func()
}

// service connects to the API, or starts the sandbox. Nothing is sent yet. A
// dry run needs no key.
func (c *runCmd) service(ctx context.Context) (service, error) {
	if c.Sandbox {
		return c.startSandbox()
	}
	key, err := c.apiKey(ctx)
	if c.DryRun {
		key, err = "none", nil
	}
	if err != nil {
		return service{}, err
	}
	client, err := chat.New(chat.Config{Provider: bizora.Provider,
		BaseURL: c.BaseURL, Key: key, IdleTimeout: c.IdleTimeout, MaxAnswer: int64(c.MaxAnswer), InsecureHTTP: c.InsecureHTTP,
		IncludeUsage: c.Role != "human", // the role of Bizora's questions
	})
	if err != nil {
		return service{}, usageError(fmt.Errorf("%w; nothing was sent", err), "check --base-url (or BIZORA_API_URL) and the key")
	}
	return service{endpoint: client.BaseURL(), asker: client, idle: client.Close, close: client.Close}, nil
}

func (c *runCmd) startSandbox() (service, error) {
	if c.DryRun {
		return service{endpoint: sandboxEndpoint, close: func() {}}, nil
	}
	server, err := sandbox.Start("", sandbox.Options{Latency: sandboxLatency, OpenAI: c.Role != "human"})
	if err != nil {
		return service{}, fmt.Errorf("start the sandbox: %w", err)
	}
	client, err := chat.New(chat.Config{Provider: bizora.Provider, BaseURL: server.URL, Key: "sandbox", IdleTimeout: c.IdleTimeout})
	if err != nil {
		_ = server.Close()
		return service{}, err
	}
	return service{endpoint: sandboxEndpoint, asker: client, idle: client.Close, close: func() {
		client.Close()
		_ = server.Close()
	}}, nil
}

// apiKey reads the key. It is never taken from the command line, where others
// on the machine could see it.
func (c *runCmd) apiKey(ctx context.Context) (string, error) {
	const hint = "set BIZORA_API_KEY, or name a file that holds the key with --api-key-file; to try without one: --sandbox"
	key := os.Getenv("BIZORA_API_KEY")
	if c.APIKeyFile != "" {
		b, err := await(ctx, func() ([]byte, error) { return readSmall(c.APIKeyFile) })
		switch {
		case ctx.Err() != nil:
			return "", err
		case err != nil:
			return "", usageError(fmt.Errorf("read the API key: %w; nothing was sent", err), hint)
		}
		key = string(b)
	}
	if key = strings.TrimSpace(key); key == "" {
		return "", usageError(errors.New("there is no API key; nothing was sent"), hint)
	}
	return key, nil
}

// readSmall reads a file that holds no more than a key does. It may be a pipe.
func readSmall(path string) ([]byte, error) {
	const most = 64 << 10
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(b) > most {
		err = fmt.Errorf("%s is longer than any key", path)
	}
	return b, err
}
