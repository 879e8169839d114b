package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"bizbatch/batch/bizora"
	"bizbatch/batch/chat"
	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
	"bizbatch/internal/job"
	"bizbatch/internal/sandbox"
)

// sandboxEndpoint is what a checkpoint remembers instead of the sandbox's
// address, which differs each time.
const sandboxEndpoint = "sandbox"

// sandboxLatency is how long the built-in sandbox takes for an answer: long
// enough to watch, short enough to wait for.
const sandboxLatency = 1500 * time.Millisecond

// connect connects to the API, or starts the sandbox. Nothing is sent yet. A
// dry run needs no key.
func (c *runCmd) connect(ctx context.Context) (job.Service, error) {
	if c.Sandbox {
		return c.startSandbox()
	}
	headers, secrets, err := c.headers(ctx)
	if err != nil {
		return job.Service{}, err
	}
	cfg := chat.Config{
		Provider: c.provider, BaseURL: c.BaseURL, Organization: c.organization(), Headers: headers, Secrets: secrets,
		IdleTimeout: c.IdleTimeout, MaxAnswer: int64(c.MaxAnswer), InsecureHTTP: c.InsecureHTTP,
		IncludeUsage: !c.provider.NoUsageOption || c.provider.Role != "" && c.Role != c.provider.Role,
	}
	cfg.Key, err = c.apiKey(ctx, cfg.NeedsKey() || c.Role == bizora.Provider.Role) // a sandbox wants one as Bizora does
	if c.DryRun {
		cfg.Key, err = "none", nil
	}
	if err != nil {
		return job.Service{}, err
	}
	client, err := chat.New(cfg)
	if err != nil {
		return job.Service{}, exit.Usage(fmt.Errorf("%w; nothing was sent", err), c.addressHint()+" and the key")
	}
	return job.Service{Endpoint: client.BaseURL(), Asker: client, Idle: client.Close, Close: client.Close}, nil
}

// addressHint says what to check about the address.
func (c *runCmd) addressHint() string {
	if c.provider.URLVariable == "" {
		return "check --base-url"
	}
	return fmt.Sprintf("check --base-url (or %s)", c.provider.URLVariable)
}

// organization is the user's, where the provider knows several for an account.
func (c *runCmd) organization() string {
	if c.provider.OrgVariable == "" {
		return ""
	}
	return os.Getenv(c.provider.OrgVariable)
}

func (c *runCmd) startSandbox() (job.Service, error) {
	if c.DryRun {
		return job.Service{Endpoint: sandboxEndpoint, Close: func() {}}, nil
	}
	server, err := sandbox.Start("", sandbox.Options{Latency: sandboxLatency, OpenAI: c.Role != bizora.Provider.Role})
	if err != nil {
		return job.Service{}, fmt.Errorf("start the sandbox: %w", err)
	}
	client, err := chat.New(chat.Config{Provider: bizora.Provider, BaseURL: server.URL, Key: "sandbox", IdleTimeout: c.IdleTimeout})
	if err != nil {
		_ = server.Close()
		return job.Service{}, err
	}
	return job.Service{Endpoint: sandboxEndpoint, Asker: client, Idle: client.Close, Close: func() {
		client.Close()
		_ = server.Close()
	}}, nil
}

// apiKey reads the key. It is never taken from the command line, where others
// on the machine could see it. Where none is needed, there
// may be none.
func (c *runCmd) apiKey(ctx context.Context, needed bool) (string, error) {
	variable := c.keyVariable()
	hint := "name a file that holds the key with --api-key-file; to try without one: --sandbox"
	key := ""
	if variable != "" {
		hint = "set " + variable + ", or " + hint
		key = os.Getenv(variable)
	}
	if c.APIKeyFile != "" {
		b, err := interrupt.Await(ctx, func() ([]byte, error) { return readSmall(c.APIKeyFile) })
		switch {
		case ctx.Err() != nil:
			return "", err
		case err != nil:
			return "", exit.Usage(fmt.Errorf("read the API key: %w; nothing was sent", err), hint)
		}
		key = string(b)
	}
	if key = strings.TrimSpace(key); key != "" || c.APIKeyFile == "" && !needed {
		return key, nil
	}
	return "", exit.Usage(errors.New("there is no API key; nothing was sent"), hint)
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
