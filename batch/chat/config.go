package chat

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"
)

// openAIURL is the address of a service of which nothing is said.
const openAIURL = "https://api.openai.com/v1"

// Config says how to reach the API. Only Key must be set.
type Config struct {
	// Provider is the service; default OpenAI.
	Provider Provider
	// BaseURL is the address that /chat/completions is added to; default that of
	// Provider. A slash at its end makes no difference. Its query may say api-version,
	// as addresses of Azure's do; of those a resource's is enough, such as
	// https://name.openai.azure.com.
	BaseURL string
	// Key is the API key. A service on this machine needs none, nor one whose
	// Headers say who asks.
	Key string
	// Organization is that of the user, where the account has several.
	Organization string
	// Headers are sent with every request, such as those that a gateway wants.
	Headers http.Header
	// Secrets are what no answer or error may hold, besides the key: values of
	// Headers.
	Secrets []string
	// IdleTimeout is the longest silence before or within a stream; default
	// 3 minutes (a recorded deep-research answer paused for about a minute).
	IdleTimeout time.Duration
	// InsecureHTTP allows a key to be sent without encryption to a host other
	// than this machine.
	InsecureHTTP bool
	// MaxAnswer bounds the stream of one answer, in bytes; default 32 MB (a
	// recorded answer had 414 KB).
	MaxAnswer int64
	// IncludeUsage asks for token counts in the stream (stream_options.include_usage),
	// which most services send only then. It is part of the transport, as stream is,
	// and not of a question's identity. A service that refuses it is asked without.
	IncludeUsage bool
	// UserAgent is the User-Agent header; default "bizbatch".
	UserAgent string
	// Transport makes the requests; nil: one for many workers on one host, which
	// goes through the proxy that the environment sets.
	Transport http.RoundTripper
}

// secrets are what no answer or error may hold.
func (cfg *Config) secrets() []string { return append([]string{cfg.Key}, cfg.Secrets...) }

// versionQuery is the query that an address may have.
var versionQuery = regexp.MustCompile(`^(api-version=[\w.-]{1,40})?$`)

func (cfg *Config) validate() error {
	for _, r := range cfg.Key {
		if r <= ' ' || r > '~' {
			return errors.New("the API key holds white space or another character that no key has")
		}
	}
	if cfg.IdleTimeout < 0 {
		return fmt.Errorf("idle time-out %v: must not be negative", cfg.IdleTimeout)
	}
	if cfg.MaxAnswer < 0 {
		return fmt.Errorf("longest answer %d bytes: must not be negative", cfg.MaxAnswer)
	}
	if strings.ContainsFunc(cfg.UserAgent, func(r rune) bool { return r < ' ' || r > '~' }) {
		return fmt.Errorf("user agent %q: must be printable ASCII", cfg.UserAgent)
	}
	for name, values := range cfg.Headers {
		if err := CheckHeader(name, strings.Join(values, "")); err != nil {
			return err
		}
	}
	if err := cfg.validateURL(); err != nil {
		return err
	}
	if cfg.Key == "" && cfg.NeedsKey() {
		return errors.New("the API key is empty")
	}
	return nil
}

// NeedsKey reports whether a key is needed: the service neither runs on this
// machine, nor is one that its users run, nor does a header say who asks.
func (cfg *Config) NeedsKey() bool {
	for _, name := range []string{"Authorization", openai.AzureAPIKeyHeader, "X-Api-Key"} {
		if cfg.Headers.Get(name) != "" {
			return false
		}
	}
	u, err := url.Parse(cmp.Or(cfg.BaseURL, cfg.Provider.BaseURL))
	return !cfg.Provider.KeyOptional && (err != nil || !loopback(u.Hostname()))
}

// CheckHeader reports a header that cannot be set: what is no header, and those
// that belong to the transport. An Idempotency-Key would make net/http send a
// request again by itself. The error does not hold the value.
func CheckHeader(name, value string) error {
	for _, r := range name {
		if r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) {
			return fmt.Errorf("%q is not the name of a header", name)
		}
	}
	if name == "" {
		return errors.New("a header has no name")
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return fmt.Errorf("the value of the header %s holds a control character", name)
	}
	switch http.CanonicalHeaderKey(name) {
	case "Accept", "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Host", "Idempotency-Key",
		"X-Idempotency-Key", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return fmt.Errorf("the header %s cannot be set: it belongs to the transport", name)
	}
	return nil
}

// validateURL repeats nothing of the address but a host: a password or a key
// may be in it, or have been put in its place.
func (cfg *Config) validateURL() error {
	if cfg.BaseURL == "" {
		return errors.New("base URL: there is none that is everybody's; give your own")
	}
	u, err := url.Parse(cfg.BaseURL)
	if err != nil {
		return fmt.Errorf("base URL: not an address such as %s", openAIURL) // err holds parts of it
	}
	switch {
	case u.User != nil:
		return errors.New("base URL: must not hold a user name or password")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return errors.New("base URL: must begin with https:// and a host")
	case u.ForceQuery || u.Fragment != "" || !versionQuery.MatchString(u.RawQuery):
		return errors.New("base URL: must not hold a query or fragment, but for ?api-version=…")
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/chat/completions"):
		return errors.New("base URL: leave out /chat/completions, which is added to it")
	case u.Scheme == "http" && !cfg.InsecureHTTP && !loopback(u.Hostname()):
		return fmt.Errorf("base URL: http would send the key unencrypted to %s; use https", clean(u.Hostname(), cfg.secrets(), 100))
	}
	return nil
}

// proxy is the host of the proxy that the environment sets for the API, without
// its password.
func (cfg *Config) proxy() (host string, err error) {
	u, err := url.Parse(cfg.BaseURL)
	if err != nil {
		return "", err
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if err != nil {
		return "", errors.New("the proxy's address in HTTPS_PROXY or HTTP_PROXY cannot be read") // err holds it
	}
	if proxy == nil {
		return "", nil
	}
	return proxy.Host, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
