package chat

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// maxPartial bounds the text of half an answer, which every failed attempt
// keeps.
const maxPartial = 64 << 10

// describe returns the error of an exchange. Every error of Ask passes through it,
// so that none contains the key or control characters. If the caller cancelled the
// exchange, the cause says nothing about this request, even if it is the
// [batch.Error] of another one. If an answer had begun, the request may have been
// charged.
func (c *Client) describe(x *exchange, err error) *batch.Error {
	var e *batch.Error
	if !errors.As(err, &e) || errors.Is(context.Cause(x.parent), e) {
		e = x.broken(err)
	}
	e.MaybeCharged = e.MaybeCharged || x.begun
	if e.Status == http.StatusProxyAuthRequired && c.proxy != "" {
		e.Hint = proxyHint(c.proxy)
	}
	e.Partial = beginning(x.got.partial(), maxPartial)
	c.translate(e)
	if x.out.usage && refusesUsage(e) {
		c.noUsage.Store(true)
		e = &batch.Error{Message: "the service knows no stream_options; it is asked without from now on (" + e.Error() + ")", RequestID: e.RequestID}
	}
	if e.RequestID == "" {
		e.RequestID = x.got.finish(x.requestID()).RequestID
	}
	for text, limit := range map[*string]int{&e.Message: 500, &e.Hint: 500, &e.Type: 100, &e.Param: 100, &e.RequestID: 100} {
		*text = clean(*text, x.got.secrets, limit)
	}
	return e
}

// translate replaces the service's own name of an error by the usual one.
func (c *Client) translate(e *batch.Error) {
	for _, name := range []string{e.Code, e.Type} {
		if usual := c.cfg.Provider.Errors[name]; usual != "" {
			e.Code = usual
		}
	}
	if e.Code == "model_not_found" {
		e.Param = cmp.Or(e.Param, "model")
	}
}

// refusesUsage reports whether the service does not know how token counts are asked
// for. That is nothing a question can help.
func refusesUsage(e *batch.Error) bool { return usageOption.MatchString(e.Param + " " + e.Message) }

var usageOption = regexp.MustCompile(`(?i)\b(stream_?options|include_usage)\b`)

// beginning returns the first limit bytes of a text, in whole characters.
func beginning(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return strings.Clone(s[:limit]) // the rest can go
}

// requestID returns what the response's header calls the request.
func (x *exchange) requestID() string { return x.header.Get("X-Request-Id") }

// broken describes an exchange that ended without an error message of the service.
// After its header was written, the request counts as sent, and so as possibly
// charged.
func (x *exchange) broken(err error) *batch.Error {
	sent := x.sent.Load()
	e := &batch.Error{Err: err, MaybeCharged: sent}
	var long tooLong
	switch cause := context.Cause(x.ctx); {
	case errors.Is(err, errNotChunk):
		e.Message = fmt.Sprintf("the stream holds a line that is %v", err)
	case errors.As(err, &long): // the next attempt's would be too
		e.Type = "answer_too_large"
		e.Message = long.Error()
	case x.parent.Err() != nil:
		e.Err = context.Cause(x.parent)
		e.Message = e.Err.Error()
	case x.body != nil && errors.Is(err, io.EOF):
		e.Message = "the stream ended before its finish_reason"
		if said := cmp.Or(x.got.notice, x.lines.said); said != "" {
			e.Message += ": the service said " + said
		}
		e.Unfinished = x.begun
		e.Hint = "this service may never say a finish_reason, and without it half an answer would pass for a whole one: its maker can help"
	case cause == errIdle:
		e.Err = errIdle
		e.Message = fmt.Sprintf("nothing arrived for %v", x.client.cfg.IdleTimeout)
		e.Unreached, e.Unfinished = !sent, sent
		e.Hint = "if answers here are silent for longer, raise --idle-timeout"
	case x.body != nil:
		e.Message = fmt.Sprintf("the stream ended before its finish_reason: %v", err)
		e.Broken = x.begun
		e.Hint = "a proxy on the way, or the service itself, may break off long answers: its operator can help"
	case sent:
		e.Message = fmt.Sprintf("the connection broke before an answer began: %v", err)
	default:
		e.Message = fmt.Sprintf("the service cannot be reached: %v", err)
		e.Hint = connectionHint(err)
		if e.Hint == "" && x.client.proxy != "" && proxyRefused(err) {
			e.Hint = proxyHint(x.client.proxy)
		}
		e.Fatal = e.Hint != ""
		e.Unreached = !e.Fatal
	}
	return e
}

// connectionHint returns what the user has to change if no request can succeed, or
// "" for a passing fault.
func connectionHint(err error) string {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &certificate):
		return "the server's certificate is not trusted: check --base-url, this machine's clock, and the certificate authorities it trusts (SSL_CERT_FILE)"
	case errors.As(err, &record):
		return "the server does not speak TLS there: check --base-url, and its port"
	case strings.Contains(err.Error(), "protocol version"): // an alert, whose type is private to crypto/tls
		return "the server's TLS is older than 1.2: check --base-url"
	}
	return ""
}

// proxyRefused reports whether a proxy refused the connection. The error of net/http
// then contains only the text of its status.
func proxyRefused(err error) bool {
	for status := 400; status < 600; status++ {
		if text := http.StatusText(status); text != "" && err.Error() == text {
			return true
		}
	}
	return false
}

// proxyHint returns what the user has to change if a proxy refuses all requests.
func proxyHint(host string) string {
	return fmt.Sprintf("the proxy %s does not let requests through: check HTTPS_PROXY or HTTP_PROXY, and the name and password in it", host)
}

// redirected describes a redirect. It is not followed: the key would travel.
func redirected(location string) *batch.Error {
	e := &batch.Error{
		Message: "the service redirects to another address",
		Fatal:   true,
		Hint:    "check --base-url",
	}
	target, err := url.Parse(location)
	if err == nil && target.Host != "" {
		target = &url.URL{Scheme: target.Scheme, Host: target.Host, Path: target.Path} // no query, no password
		e.Message = fmt.Sprintf("the service redirects to %s", target.Host)
		e.Hint = fmt.Sprintf("redirects are not followed with a key: if %s is right, change --base-url", target)
	}
	return e
}

// clean makes text from the network fit for a terminal: one line without
// control characters or marks that change the direction of writing, without
// the key and other secrets, of at most limit characters.
func clean(s string, secrets []string, limit int) string {
	const enough = 64 << 10 // of a message without end
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, beginning(prose.UTF8(s), enough))
	s = hideAll(secrets, strings.Join(strings.Fields(s), " "))
	if runes := []rune(s); len(runes) > limit {
		s = string(runes[:limit-1]) + "…"
	}
	return s
}
