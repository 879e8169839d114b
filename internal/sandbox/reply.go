package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net"
	"net/http"
	"time"
)

// reply returns what a rule that has a reply sends.
func (r Rule) reply(v *visit) *reply {
	out := &reply{status: cmp.Or(r.Status, http.StatusOK), header: http.Header{}}
	switch {
	case r.Redirect != "":
		out.status = cmp.Or(r.Status, http.StatusTemporaryRedirect)
		out.header.Set("Location", r.Redirect)
	case r.Body != "":
		out.body = []byte(r.Body)
	default:
		out = errorReply(r.Status, r.Type, cmp.Or(r.Message, errorMessage(r.Status)), r.details(v))
		out.pad(r.BodyBytes)
	}
	if r.RetryAfter != "" {
		out.header.Set("Retry-After", r.RetryAfter)
	}
	r.setHeaders(out.header)
	return out
}

// details returns the details member of the rule's error; nil = none.
func (r Rule) details(v *visit) any {
	switch {
	case r.ResetIn != 0:
		var members map[string]any
		if json.Unmarshal(r.Details, &members) != nil || members == nil {
			members = map[string]any{} // absent, or not an object
		}
		members["reset_at"] = time.Now().Add(time.Duration(r.ResetIn)).UTC().Format(time.RFC3339Nano)
		return members
	case r.Details != nil:
		return r.Details
	case r.Status == http.StatusPaymentRequired:
		return v.shortfallNow()
	}
	return nil
}

// setHeaders adds the headers that the rule has for any response.
func (r Rule) setHeaders(h http.Header) {
	if r.ContentType != "" {
		h.Set("Content-Type", r.ContentType)
	}
	for name, value := range r.Headers {
		h.Set(name, value)
	}
}

// pad makes the body n bytes long by filling up the error's message, so that
// it stays JSON.
func (r *reply) pad(n int) {
	const member = `"message":"`
	at := bytes.Index(r.body, []byte(member)) + len(member)
	if fill := n - len(r.body); fill > 0 {
		r.body = append(r.body[:at:at], append(bytes.Repeat([]byte("x"), fill), r.body[at:]...)...)
	}
}

func errorMessage(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "Invalid or missing API key"
	case http.StatusPaymentRequired:
		return "Please add credits to your account"
	case http.StatusTooManyRequests:
		return "Too many requests, please slow down"
	}
	return cmp.Or(http.StatusText(status), "Something went wrong")
}

// reset breaks the connection off, so that the client sees an error in the
// network and no end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no connection of its own (HTTP/2, a recorder)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) // a close sends RST
	}
	conn.Close()
}
