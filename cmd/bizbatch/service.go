package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"bizbatch/batch/bizora"
	"bizbatch/batch/chat"
	"bizbatch/internal/exit"
)

// serviceFlags say what service is asked.
type serviceFlags struct {
	Model string `group:"asking" placeholder:"NAME" help:"Model (default: the one that a line of an OpenAI Batch file names, else the provider's: bizora-1.0 for Bizora)."`
	Role  string `group:"asking" placeholder:"NAME" help:"Role of a question's message (default: human for Bizora, else user)."`

	Sandbox      bool     `group:"service" help:"Ask a pretend service on this machine: no key, no cost." example:"bizbatch run --sandbox questions.csv"`
	Provider     string   `group:"service" enum:",bizora,openai,azure,openrouter,perplexity,deepseek,groq,mistral,gemini,anthropic,ollama,vllm" default:"" placeholder:"NAME" help:"Service to ask: bizora, openai, azure, openrouter, perplexity, deepseek, groq, mistral, gemini, anthropic, ollama or vllm (default: bizora)."`
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

// model is the model to ask where the file names none.
func (c *serviceFlags) model() string { return cmp.Or(c.Model, c.provider.Model) }

// isAzure reports an address of Azure's that takes the key in Azure's way alone.
func isAzure(baseURL string) bool {
	u, err := url.Parse(baseURL)
	return err == nil && strings.HasSuffix(u.Hostname(), ".openai.azure.com") && !strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/openai/v1")
}

// keyVariable is the environment variable that holds the API key. A key of
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

// organization is the user's, where the provider knows several for an account.
func (c *serviceFlags) organization() string {
	if c.provider.OrgVariable == "" {
		return ""
	}
	return os.Getenv(c.provider.OrgVariable)
}
