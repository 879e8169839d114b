package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
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

// serviceFlags say what service is asked.
type serviceFlags struct {
	Model string `group:"asking" placeholder:"NAME" help:"Model (default: the one that a line of an OpenAI Batch file names, else the provider's: bizora-1.0 for Bizora)."`
	Role  string `group:"asking" placeholder:"NAME" help:"Role of a question's message (default: human for Bizora, else user)."`

	Sandbox      bool     `group:"service" help:"Ask a pretend service on this machine: no key, no cost." example:"bizbatch run --sandbox questions.csv"`
	Provider     string   `group:"service" enum:",${serviceNames}" default:"" placeholder:"NAME" help:"Service to ask: ${services} (default: ${service})."`
	BaseURL      string   `group:"service" name:"base-url" placeholder:"URL" help:"Address of the API (default: the environment variable BIZORA_API_URL, or the provider's own, such as OPENAI_BASE_URL; else the provider's address)."`
	APIKeyFile   string   `group:"service" name:"api-key-file" placeholder:"FILE" help:"Read the API key from here (default: the environment variable BIZORA_API_KEY, or the provider's, such as OPENAI_API_KEY)." example:"bizbatch run questions.csv --api-key-file /etc/bizbatch/key"`
	Header       []string `group:"service" sep:"none" placeholder:"'NAME: VALUE'" help:"Send this header too, for example to a gateway; with @FILE as the value, it is read from that file and never shown; may be repeated."`
	InsecureHTTP bool     `group:"service" name:"insecure-http" help:"Allow sending the key unencrypted to an http:// address on another machine."`

	provider chat.Provider // that of --provider
}

// providers are the services that --provider names, the default first.
var providers = append([]chat.Provider{bizora.Provider}, chat.Providers...)

func providerNamed(name string) chat.Provider {
	for _, p := range providers {
		if p.Name == name {
			return p
		}
	}
	return bizora.Provider
}

// choose finds the provider, and fills in what it says of a run.
func (c *serviceFlags) choose() error {
	if c.Sandbox && c.BaseURL != "" {
		return exit.Usage(errors.New("--sandbox and --base-url exclude each other"), "leave one of them out")
	}
	c.provider = providerNamed(c.Provider)
	if c.provider.URLVariable != "" {
		c.BaseURL = cmp.Or(c.BaseURL, os.Getenv(c.provider.URLVariable))
	}
	if c.Provider == "" && isAzure(c.BaseURL) {
		c.provider = providerNamed("azure")
	}
	c.Role = cmp.Or(c.Role, c.provider.Role, "user")
	return nil
}

// model returns the model to ask where the file names none.
func (c *serviceFlags) model() string { return cmp.Or(c.Model, c.provider.Model) }

// isAzure reports whether the address is one of Azure's that takes the key in
// Azure's way alone.
func isAzure(baseURL string) bool {
	u, err := url.Parse(baseURL)
	return err == nil && strings.HasSuffix(u.Hostname(), ".openai.azure.com") && !strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/openai/v1")
}

// keyVariable returns the environment variable that holds the API key. A key of
// Bizora's is sent to nobody else, unless the user gives another address and no
// provider.
func (c *serviceFlags) keyVariable() string {
	if c.Provider == "" && (c.provider.KeyVariable == "" || os.Getenv(c.provider.KeyVariable) == "") {
		return bizora.Provider.KeyVariable
	}
	return c.provider.KeyVariable
}

// addressHint says what to check about the address.
func (c *serviceFlags) addressHint() string {
	if c.provider.URLVariable == "" {
		return "check --base-url"
	}
	return fmt.Sprintf("check --base-url (or %s)", c.provider.URLVariable)
}

// organization returns the organization of the user, if the provider knows several
// for an account.
func (c *serviceFlags) organization() string {
	if c.provider.OrgVariable == "" {
		return ""
	}
	return os.Getenv(c.provider.OrgVariable)
}

// sandboxEndpoint is what a checkpoint remembers instead of the sandbox's
// address, which differs each time.
const sandboxEndpoint = "sandbox"

// sandboxLatency is how long the built-in sandbox takes for an answer: long
// enough to watch, short enough to wait for.
const sandboxLatency = 1500 * time.Millisecond

// connect connects to the API, or starts the sandbox. Nothing is sent yet. A
// dry run needs no key.
func (c *serviceFlags) connect(ctx context.Context, cfg chat.Config, dryRun bool) (job.Service, error) {
	if c.Sandbox {
		return startSandbox(cfg, c.Role != bizora.Provider.Role, dryRun)
	}
	headers, secrets, err := c.headers(ctx)
	if err != nil {
		return job.Service{}, err
	}
	cfg.Provider, cfg.BaseURL, cfg.Organization, cfg.Headers, cfg.Secrets = c.provider, c.BaseURL, c.organization(), headers, secrets
	cfg.InsecureHTTP, cfg.IncludeUsage = c.InsecureHTTP, !c.provider.NoUsageOption || c.provider.Role != "" && c.Role != c.provider.Role
	cfg.Key, err = c.apiKey(ctx, cfg.NeedsKey() || c.Role == bizora.Provider.Role) // a sandbox wants one as Bizora does
	if dryRun {
		cfg.Key, err = "none", nil
	}
	if err != nil {
		return job.Service{}, err
	}
	client, err := chat.New(cfg)
	if err != nil {
		return job.Service{}, exit.Usage(fmt.Errorf("%w; nothing was sent", err), c.addressHint()+" and the key")
	}
	return job.Service{Endpoint: client.BaseURL(), Account: accountOf(cfg), Asker: client, Idle: client.Close, Close: client.Close}, nil
}

// accountOf names the account that a key is for, by a digest: two keys count as two
// accounts, as do two organizations.
func accountOf(cfg chat.Config) string {
	if cfg.Key == "" {
		return ""
	}
	digest := sha256.Sum256([]byte(cfg.BaseURL + "\x00" + cfg.Organization + "\x00" + cfg.Key))
	return hex.EncodeToString(digest[:4])
}

// startSandbox starts the service of --sandbox.
func startSandbox(cfg chat.Config, openAI, dryRun bool) (job.Service, error) {
	if dryRun {
		return job.Service{Endpoint: sandboxEndpoint, Close: func() {}}, nil
	}
	server, err := sandbox.Start("", sandbox.Options{Latency: sandboxLatency, OpenAI: openAI})
	if err != nil {
		return job.Service{}, fmt.Errorf("start the sandbox: %w", err)
	}
	cfg.Provider, cfg.BaseURL, cfg.Key = bizora.Provider, server.URL, "sandbox"
	client, err := chat.New(cfg)
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
func (c *serviceFlags) apiKey(ctx context.Context, needed bool) (string, error) {
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
	if c.APIKeyFile != "" {
		return "", exit.Usage(fmt.Errorf("%s is empty: there is no API key; nothing was sent", c.APIKeyFile), hint)
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

// headers reads --header. The secrets among the values are those that come from
// files, and those of headers that are called so.
func (c *serviceFlags) headers(ctx context.Context) (headers http.Header, secrets []string, err error) {
	headers = http.Header{}
	for _, given := range c.Header {
		name, value, ok := strings.Cut(given, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok {
			return nil, nil, exit.Unsent(exit.Usage(errors.New("a --header has no colon"), "give it as --header 'NAME: VALUE'"))
		}
		path, isFile := strings.CutPrefix(value, "@")
		if isFile {
			b, err := interrupt.Await(ctx, func() ([]byte, error) { return readSmall(path) })
			switch {
			case ctx.Err() != nil:
				return nil, nil, err
			case err != nil:
				return nil, nil, exit.Unsent(exit.Usage(fmt.Errorf("read the header %s: %w", name, err), "name a file that holds its value"))
			}
			value = strings.TrimSpace(string(b))
		}
		if err := chat.CheckHeader(name, value); err != nil {
			return nil, nil, exit.Unsent(exit.Usage(fmt.Errorf("--header: %w", err), "give it as --header 'NAME: VALUE'"))
		}
		headers.Add(name, value)
		if words := strings.Fields(value); len(words) > 0 && (isFile || isSecret(name)) {
			secrets = append(secrets, value, words[len(words)-1]) // what follows Bearer
		}
	}
	return headers, secrets, nil
}

// isSecret reports whether the value of a header is secret, by its name.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"auth", "key", "token", "secret", "password", "cookie"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
