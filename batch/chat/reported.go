package chat

import (
	"cmp"
	"fmt"
	"math"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
)

// ErrorFrom returns the error for a response that is not an answer, from its status,
// its header and the part of its body that was read. With status 0 and no header, it
// returns the error for a message within a stream. Other Askers may use it:
// [batch.Run] decides by the fields of the error. The texts of the error are not
// cleaned or shortened; see [batch.Error].
func ErrorFrom(status int, header http.Header, body []byte) *batch.Error {
	mediaType, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	isJSON := valid(string(body))
	if status >= 300 && status < 400 {
		e := redirected(header.Get("Location"))
		e.Status = status
		return e
	}
	isPage := !isJSON && (mediaType == "text/html" || pageStart.Match(body))
	e := &batch.Error{Message: string(body)}
	if isJSON {
		e = reported(gjson.ParseBytes(body))
	} else {
		e.RetryAfter = waitInWords(e.Message)
	}
	if isPage {
		e.Message = "an HTML page" + title(body)
	}
	if status == 0 {
		return e
	}
	empty := strings.TrimSpace(e.Message) == ""
	switch {
	case empty && status < 300:
		e.Message = "an empty response"
	case empty:
		e.Message = strings.ToLower(http.StatusText(status))
	}
	if notTheAPI(status, isJSON || mediaType == "application/json" && !isPage) {
		e.Fatal = true
		e.Hint = "this is not the API's answer: check --base-url"
	}
	if status == http.StatusProxyAuthRequired {
		e.Fatal = true
		e.Hint = "the proxy wants another name or password: check HTTPS_PROXY or HTTP_PROXY"
	}
	e.Status = status
	e.MaybeCharged = fromGateway(e.Status) || empty && status < 300 // who knows what became of the answer
	timing(e, header, time.Now())
	if isJSON && e.RetryAfter == 0 {
		timing(e, passedOn(body), time.Now())
	}
	return e
}

// notTheAPI reports whether a response is probably not from the API: a success
// status without an answer, or an error that is not in JSON. Statuses that have the
// same meaning from any sender are believed.
func notTheAPI(status int, isJSON bool) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusRequestTimeout, http.StatusConflict,
		http.StatusRequestEntityTooLarge, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	case http.StatusMethodNotAllowed:
		return true // in JSON too: it is another path's
	}
	return status < 400 || !isJSON && status < 500
}

// fromGateway reports whether a gateway uses the status when the service did not
// finish in time. The request may have been charged. (520 to 524 are Cloudflare's.)
func fromGateway(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusGatewayTimeout || status >= 520 && status <= 524
}

// reported reads an error as the service writes it, in a response's body or a
// chunk: {"error": {type, message, details}}. Other servers leave the error
// member out, put a text in its place, or say detail. A message that stands beside
// the error belongs to it.
func reported(body gjson.Result) *batch.Error {
	if body.IsArray() { // Google's list of one
		body = body.Get("0")
	}
	source := errorIn(body)
	if inner, ok := objectIn(source); ok {
		return reported(inner)
	}
	e := &batch.Error{
		Type:      word(source, "type", "code", "status"),
		Code:      first(source, "details.0.reason", "code").Str,
		Param:     param(source),
		Message:   sentence(source),
		RequestID: first(source, "request_id", "details.request_id").String(),
	}
	if !speaks(source) && speaks(body) {
		e.Message = sentence(body)
	}
	if e.Code == e.Type {
		e.Code = ""
	}
	if e.RequestID == "" {
		e.RequestID = body.Get("request_id").String()
	}
	// Within a stream, gateways say the status that they met as a member.
	for _, name := range []string{"status", "code", "status_code"} {
		if n, err := strconv.Atoi(source.Get(name).String()); err == nil && n >= 400 && n < 600 {
			e.Status = n
			break
		}
	}
	details := source.Get("details")
	seconds, _ := number(first(source, "retry_after", "details.retry_after").String())
	e.RetryAfter = cmp.Or(retryInfo(details), wait(seconds, time.Second))
	e.ResetAt = moment(details.Get("reset_at").String())
	e.Balance, e.HasBalance = cents(details.Get("balance_before_cents"))
	e.Cost, _ = cents(details.Get("cost_cents"))
	if inner, ok := objectIn(first(source, said...)); ok {
		e.Message = ""
		unwrap(e, inner)
	}
	if heading := source.Get("error"); isText(heading) && speaks(source) {
		head(e, heading)
	}
	if inner := first(source, "metadata.raw"); inner.Exists() {
		unwrap(e, inner)
	}
	e.RetryAfter = cmp.Or(e.RetryAfter, waitInWords(e.Message))
	return e
}

// objectIn returns the object that is encoded in a string.
func objectIn(v gjson.Result) (object gjson.Result, ok bool) {
	if !strings.HasPrefix(v.Str, "{") || !valid(v.Str) {
		return gjson.Result{}, false
	}
	return gjson.Parse(v.Str), true
}

// unwrap adds to a gateway's error what the service behind it said: OpenRouter
// puts that into metadata.raw, as JSON in a string or as text.
func unwrap(e *batch.Error, inner gjson.Result) {
	behind := reported(inner)
	e.Message = strings.TrimPrefix(e.Message+": "+behind.Message, ": ")
	e.RetryAfter = cmp.Or(e.RetryAfter, behind.RetryAfter)
	e.Type, e.Code, e.Param = cmp.Or(e.Type, behind.Type), cmp.Or(e.Code, behind.Code, behind.Type), cmp.Or(e.Param, behind.Param)
}

// word returns the first of the members that is a name for an error. Some services
// have numbers there, or a status such as "error".
func word(source gjson.Result, names ...string) string {
	for _, name := range names {
		s := source.Get(name).Str
		if _, err := strconv.Atoi(s); s != "" && err != nil && (name != "status" || s == strings.ToUpper(s)) {
			return s
		}
	}
	return ""
}

// retryInfo returns how long Google asks to wait.
func retryInfo(details gjson.Result) time.Duration {
	d, err := time.ParseDuration(details.Get("#(retryDelay).retryDelay").Str)
	if err != nil {
		return 0
	}
	return min(max(d, 0), longestWait)
}

// isMessage reports whether a chunk is no part of an answer and says something
// without an error member: mostly what is wrong.
func (c *collector) isMessage(chunk gjson.Result) bool {
	if chunk.Get("choices").IsArray() {
		return false
	}
	for name := range c.provided {
		if chunk.Get(name).Exists() {
			return false
		}
	}
	return errorIn(chunk).Raw != chunk.Raw || first(chunk, said...).Exists()
}

// isNotice reports whether a message goes well with an answer: a success, or what
// the service is doing.
func isNotice(message gjson.Result) bool {
	for _, name := range []string{"code", "status", "status_code"} {
		if code := message.Get(name); code.Type == gjson.Number && (code.Num == 0 || code.Num == 200) {
			return true
		}
	}
	kind := first(message, "type", "object").Str
	return kind != "" && !strings.Contains(strings.ToLower(kind), "err") && errorIn(message).Raw == message.Raw && !given(first(message, "code", "status_code"))
}

// param returns the member of the request that an error names: OpenAI's param, or
// the loc of FastAPI's detail, such as ["body", "messages", 0, "role"].
func param(source gjson.Result) string {
	if p := source.Get("param").Str; p != "" {
		return p
	}
	for _, name := range []string{"code", "type"} {
		if source.Get(name).Str == "model_not_found" {
			return "model"
		}
	}
	var path []string
	for _, step := range first(source, "detail.0.loc", "message.detail.0.loc").Array() {
		if path = append(path, step.String()); len(path) == 1 && path[0] == "body" {
			path = nil
		}
	}
	return strings.Join(path, ".")
}

// first returns the first of the members that is given.
func first(v gjson.Result, paths ...string) gjson.Result {
	for _, path := range paths {
		if member := v.Get(path); given(member) {
			return member
		}
	}
	return gjson.Result{}
}

// cents reads an amount, a number or a number in a string.
func cents(v gjson.Result) (batch.Money, bool) {
	if v.Type != gjson.Number && v.Type != gjson.String {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(v.String()), 64)
	if err != nil || !(math.Abs(f) < 1e11) { // a billion dollars, and NaN
		return 0, false
	}
	return batch.Money(math.Round(f * float64(batch.Cent))), true
}

var pageStart = regexp.MustCompile(`(?i)^\s*<(!doctype html|html)\b`)

var titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.{0,200}?)</title>`)

// title returns an HTML page's title, to be put behind a description of the page.
func title(page []byte) string {
	if m := titleTag.FindSubmatch(page); m != nil {
		return fmt.Sprintf(": %s", m[1])
	}
	return ""
}
