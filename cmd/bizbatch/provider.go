package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/batch/chat"
	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
)

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
func (c *runCmd) choose() error {
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
	if c.model() == "" && c.Format != openAIBatch {
		return exit.Unsent(exit.Usage(fmt.Errorf("--provider %s needs a --model", c.provider.Name), "name the model to ask"))
	}
	if c.MaxSpend+c.MaxSpendTotal > 0 && !c.priced() {
		return exit.Unsent(exit.Usage(errors.New("a limit on spending needs a price, which is not known of "+c.provider.Name),
			"say what an answer costs with --price, or a million tokens with --price-tokens IN,OUT"))
	}
	return nil
}

// model is the model to ask where the file names none.
func (c *runCmd) model() string { return cmp.Or(c.Model, c.provider.Model) }

// askModes are the provider's. Where tokens are paid for, its list prices are not.
func (c *runCmd) askModes() batch.AskModes {
	modes := c.provider.AskModes
	if c.PriceTokens != nil {
		modes.Modes = slices.Clone(modes.Modes)
		for i := range modes.Modes {
			modes.Modes[i].Price = 0
		}
	}
	return modes
}

// priced reports that it can be said what an answer costs.
func (c *runCmd) priced() bool {
	return c.Price != nil || c.PriceTokens != nil || len(c.provider.AskModes.Modes) > 0 || c.provider.Name == ""
}

// isAzure reports an address of Azure's that takes the key in Azure's way alone.
func isAzure(baseURL string) bool {
	u, err := url.Parse(baseURL)
	return err == nil && strings.HasSuffix(u.Hostname(), ".openai.azure.com") && !strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/openai/v1")
}

// keyVariable is the environment variable that holds the API key. A key of
// Bizora's is sent to nobody else, unless the user gives another address and no
// provider.
func (c *runCmd) keyVariable() string {
	if c.Provider == "" && (c.provider.KeyVariable == "" || os.Getenv(c.provider.KeyVariable) == "") {
		return bizora.Provider.KeyVariable
	}
	return c.provider.KeyVariable
}

// headers reads --header. The secrets among the values are those that come from
// files, and those of headers that are called so.
func (c *runCmd) headers(ctx context.Context) (headers http.Header, secrets []string, err error) {
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

// isSecret reports a header whose value is one, by its name.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"auth", "key", "token", "secret", "password", "cookie"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
