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

// openAIURL is the default address.
const openAIURL = "https://api.openai.com/v1"

// Config describes how to reach an API. Only Key is required.
type Config struct {
	// Provider is the service. Default: OpenAI.
	Provider Provider
	// BaseURL is the address to which /chat/completions is added. A slash at its end
	// makes no difference. For Azure, it may be the address of the resource, such as
	// https://name.openai.azure.com, and its query may contain api-version. Default:
	// the address of Provider.
	BaseURL string
	// Key is the API key. It is not required for a service on this machine, or if
	// Headers authenticate the user.
	Key string
	// Organization is the user's organization, if the account has several.
	Organization string
	// Headers are sent with every request, for example to a gateway.
	Headers http.Header
	// Secrets are removed from answers and errors, as the key is. Use it for values
	// of Headers.
	Secrets []string
	// IdleTimeout is the longest silence before or within a stream. Default 3
	// minutes (a recorded deep-research answer paused for about a minute).
	IdleTimeout time.Duration
	// InsecureHTTP allows the key to be sent without encryption to another machine.
	InsecureHTTP bool
	// MaxAnswer is the maximum size of an answer's stream, in bytes. Default 32 MB
	// (a recorded answer had 414 KB).
	MaxAnswer int64
	// IncludeUsage requests token counts in the stream
	// (stream_options.include_usage). Most services send them only then. It is not
	// part of a question's identity. If a service refuses the option, it is not sent
	// again.
	IncludeUsage bool
	// UserAgent is the User-Agent header. Default "bizbatch".
	UserAgent string
	// Transport makes the requests. Default: a transport for many workers on one
	// host, with the proxy of the environment.
	Transport http.RoundTripper
}

// secrets returns the texts that no answer or error may contain.
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

// NeedsKey reports whether a key is required: the service does not run on this
// machine, is not usually run by its users, and no header authenticates the user.
func (cfg *Config) NeedsKey() bool {
	for _, name := range []string{"Authorization", openai.AzureAPIKeyHeader, "X-Api-Key"} {
		if cfg.Headers.Get(name) != "" {
			return false
		}
	}
	u, err := url.Parse(cmp.Or(cfg.BaseURL, cfg.Provider.BaseURL))
	return !cfg.Provider.KeyOptional && (err != nil || !loopback(u.Hostname()))
}

// CheckHeader returns an error if a header cannot be set: its name or value is
// invalid, it belongs to the transport, or it is Idempotency-Key, with which
// net/http would send a request again by itself. The error does not contain the
// value.
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

// proxy returns the host of the proxy that the environment sets for the API, without
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
