package chat

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tidwall/gjson"

	"bizbatch/batch"
)

func TestErrorResponse(t *testing.T) {
	headers := func(pairs ...string) map[string]string {
		h := map[string]string{"Content-Type": "application/json", "Date": "Wed, 07 Oct 2026 10:00:00 GMT"}
		for i := 0; i < len(pairs); i += 2 {
			h[pairs[i]] = pairs[i+1]
		}
		return h
	}
	htmlPage := headers("Content-Type", "text/html; charset=utf-8")
	const checkURL = "this is not the API's answer: check --base-url"

	tests := []struct {
		name    string
		status  int
		headers map[string]string
		body    string
		want    batch.Error
	}{
		{"a wrong key", 401, headers("X-Request-Id", "req_1"), `{"error":{"type":"authentication_error","message":"Invalid API key"}}`,
			batch.Error{Type: "authentication_error", Message: "Invalid API key", RequestID: "req_1"}},
		{"an empty balance", 402, headers(), `{"error":{"type":"insufficient_balance","message":"Please add credits to your account","details":{"balance_before_cents":10,"cost_cents":24}}}`,
			batch.Error{Type: "insufficient_balance", Message: "Please add credits to your account", Balance: 10 * batch.Cent, HasBalance: true, Cost: 24 * batch.Cent}},
		{"amounts in strings, in debt and with fractions", 402, headers(), `{"error":{"message":"m","details":{"balance_before_cents":"-3","cost_cents":"24.5"}}}`,
			batch.Error{Message: "m", Balance: -3 * batch.Cent, HasBalance: true, Cost: 245 * batch.Cent / 10}},
		{"a balance of nothing", 402, headers(), `{"error":{"message":"m","details":{"balance_before_cents":0}}}`, batch.Error{Message: "m", HasBalance: true}},
		{"amounts that are none", 402, headers(), `{"error":{"message":"m","details":{"balance_before_cents":"NaN","cost_cents":1e300}}}`, batch.Error{Message: "m"}},
		{"too many requests", 429, headers("Retry-After", "7"), `{"error":{"type":"rate_limit_exceeded","message":"slow down"}}`,
			batch.Error{Type: "rate_limit_exceeded", Message: "slow down", RetryAfter: 7 * time.Second}},
		{"a date to wait for, by the server's clock", 429, headers("Retry-After", "Wed, 07 Oct 2026 10:02:00 GMT"), `{"error":{"message":"m"}}`,
			batch.Error{Message: "m", RetryAfter: 2 * time.Minute}},
		{"a used-up month", 429, headers(), `{"error":{"type":"rate_limit_exceeded","message":"Monthly usage limit reached","details":{"reset_at":"2026-11-01T02:00:00+02:00"}}}`,
			batch.Error{Type: "rate_limit_exceeded", Message: "Monthly usage limit reached", ResetAt: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}},
		{"details beside the error", 422, headers(), `{"detail":[{"loc":["body","model"],"msg":"field required"},{"msg":"too long"}],"request_id":"r9"}`,
			batch.Error{Message: "field required, too long", RequestID: "r9", Param: "model"}},
		{"a place within the messages", 422, headers(), `{"object":"error","message":{"detail":[{"loc":["body","messages",0,"role"],"msg":"unknown"},{"loc":["body","model"]}]}}`,
			batch.Error{Message: `unknown, {"loc":["body","model"]}`, Param: "messages.0.role"}},
		{"a place that is no list", 422, headers(), `{"detail":[{"loc":"body","msg":"bad"}]}`, batch.Error{Message: "bad"}},
		{"a parameter", 400, headers(), `{"error":{"type":"invalid_request_error","message":"m","param":"top_p"}}`,
			batch.Error{Type: "invalid_request_error", Message: "m", Param: "top_p"}},
		{"a model, by its code", 404, headers(), `{"error":{"type":"invalid_request_error","message":"m","param":null,"code":"model_not_found"}}`,
			batch.Error{Type: "invalid_request_error", Code: "model_not_found", Message: "m", Param: "model"}},
		{"a parameter without end, of control characters", 400, headers(), `{"error":{"message":"m","param":"\u001b` + strings.Repeat("x", 200) + `"}}`,
			batch.Error{Message: "m", Param: strings.Repeat("x", 99) + "…"}},
		{"what the service behind a gateway said", 429, headers(), `{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"{\"error\":{\"message\":\"no money\",\"type\":\"insufficient_quota\"}}","provider_name":"OpenAI"}}}`,
			batch.Error{Type: "insufficient_quota", Code: "insufficient_quota", Message: "Provider returned error: no money"}},
		{"the same, as text", 502, headers(), `{"error":{"message":"Provider returned error","code":502,"metadata":{"raw":"upstream broke"}}}`,
			batch.Error{Message: "Provider returned error: upstream broke", MaybeCharged: true}},
		{"JSON in a text", 400, headers(), `{"error":{"type":"upstream_error","message":"{\"error\":{\"code\":\"bad_thing\",\"message\":\"it is bad\"}}"}}`,
			batch.Error{Type: "upstream_error", Code: "bad_thing", Message: "it is bad"}},
		{"JSON in a text in a text", 400, headers(), `{"error":"{\"error\":\"{\\\"code\\\":\\\"bad_thing\\\",\\\"error_msg\\\":\\\"it is bad\\\"}\"}"}`,
			batch.Error{Type: "bad_thing", Message: "it is bad"}},
		{"Google's wait", 429, headers(), `[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.Help"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"35s"}]}}]`,
			batch.Error{Type: "RESOURCE_EXHAUSTED", Message: "m", RetryAfter: 35 * time.Second}},
		{"a wait in words", 429, headers(), `{"error":{"type":"requests","message":"Rate limit reached. Please try again in 1m26.5s. Visit the console."}}`,
			batch.Error{Type: "requests", Message: "Rate limit reached. Please try again in 1m26.5s. Visit the console.", RetryAfter: 86500 * time.Millisecond}},
		{"a wait in words, as text", 429, headers("Content-Type", "text/plain"), "Please retry after 26 seconds.", batch.Error{Message: "Please retry after 26 seconds.", RetryAfter: 26 * time.Second}},
		{"a wait in words behind a gateway", 429, headers(), `{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"Try again in 5 minutes"}}}`,
			batch.Error{Message: "Provider returned error: Try again in 5 minutes", RetryAfter: 5 * time.Minute}},
		{"a wait of a day", 429, headers(), `{"error":"Daily limit reached. Try again in 1 day."}`, batch.Error{Message: "Daily limit reached. Try again in 1 day.", RetryAfter: 24 * time.Hour}},
		{"a wait in several units", 429, headers(), `{"error":"Please wait for 2 days 3 hrs and 5 mins."}`, batch.Error{Message: "Please wait for 2 days 3 hrs and 5 mins.", RetryAfter: 51*time.Hour + 5*time.Minute}},
		{"a wait before retrying", 429, headers(), `{"error":"Rate limit of 150 per 86400s exceeded. Please wait 61234 seconds before retrying."}`,
			batch.Error{Message: "Rate limit of 150 per 86400s exceeded. Please wait 61234 seconds before retrying.", RetryAfter: 61234 * time.Second}},
		{"a wait of a year", 429, headers(), `{"error":"Please wait 365 days"}`, batch.Error{Message: "Please wait 365 days", RetryAfter: longestWait}},
		{"a reset in the headers that a gateway passes on", 429, headers(), `{"error":{"message":"m","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1791374400000"},"provider_name":null}}}`,
			batch.Error{Message: "m", ResetAt: time.UnixMilli(1791374400000).UTC()}},
		{"the same, with a wait", 429, headers("Retry-After", "3"), `{"error":{"message":"m","metadata":{"headers":{"X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1791374400500"}}}}`,
			batch.Error{Message: "m", RetryAfter: 3 * time.Second}},
		{"words against a header", 429, headers("Retry-After", "3"), `{"error":"try again in 20s"}`, batch.Error{Message: "try again in 20s", RetryAfter: 3 * time.Second}},
		{"a wait as a member", 429, headers(), `{"error":{"message":"m","retry_after":1.5}}`, batch.Error{Message: "m", RetryAfter: 1500 * time.Millisecond}},
		{"no wait in words", 429, headers(), `{"error":"try again in 2 months, or retry after a moment"}`, batch.Error{Message: "try again in 2 months, or retry after a moment"}},
		{"a status that is no name", 400, headers(), `{"status":"error","code":"1113","message":"m"}`, batch.Error{Code: "1113", Message: "m"}},
		{"an error that is a text", 400, headers(), `{"error":"no such model"}`, batch.Error{Message: "no such model"}},
		{"Spring's, an empty balance", 403, headers(), `{"timestamp":"2026-01-01T00:00:00Z","status":403,"error":"Forbidden","message":"Insufficient balance: 0 credits left","path":"/v1/chat/completions"}`,
			batch.Error{Type: "Forbidden", Message: "Insufficient balance: 0 credits left"}},
		{"Spring's, a wait in words", 429, headers(), `{"status":429,"error":"Too Many Requests","message":"Rate limit exceeded, try again in 3600 seconds"}`,
			batch.Error{Message: "Too Many Requests: Rate limit exceeded, try again in 3600 seconds", RetryAfter: time.Hour}},
		{"NestJS's", 400, headers(), `{"statusCode":400,"message":["one is too long","two too"],"error":"Bad Request"}`, batch.Error{Message: "Bad Request: one is too long, two too"}},
		{"OAuth's", 403, headers(), `{"error":"invalid_token","error_description":"The access token expired at 10:00"}`, batch.Error{Type: "invalid_token", Message: "The access token expired at 10:00"}},
		{"an error that is a flag", 400, headers(), `{"error":true,"message":"Your credit balance is too low"}`, batch.Error{Message: "Your credit balance is too low"}},
		{"an error that is a flag, and no more", 400, headers(), `{"error":true}`, batch.Error{Message: `{"error":true}`}},
		{"an error that is a number", 400, headers(), `{"error":7,"msg":"no"}`, batch.Error{Message: "no"}},
		{"an error that is a name, with a code", 400, headers(), `{"error":"insufficient_quota","code":"E17","detail":"no"}`, batch.Error{Type: "E17", Code: "insufficient_quota", Message: "no"}},
		{"an error that is the reason, beside a message", 403, headers(), `{"error":"余额不足","message":"no"}`, batch.Error{Message: "余额不足: no"}},
		{"errors in a list of texts", 400, headers(), `{"error":["one","two"]}`, batch.Error{Message: "one, two"}},
		{"errors in a list of texts, beside a message", 400, headers(), `{"error":["one","two"],"message":"no"}`, batch.Error{Message: "one, two: no"}},
		{"JSON in a text beside a message", 400, headers(), `{"error":"{\"code\":\"bad_thing\",\"message\":\"it is bad\"}","message":"upstream"}`, batch.Error{Type: "bad_thing", Code: "bad_thing", Message: "upstream: it is bad"}},
		{"a message beside an error without one", 400, headers(), `{"error":{"code":"bad_thing"},"message":"it is bad"}`, batch.Error{Type: "bad_thing", Message: "it is bad"}},
		{"a message beside an error that has one", 400, headers(), `{"error":{"message":"it is bad"},"message":"no"}`, batch.Error{Message: "it is bad"}},
		{"messages in a list", 400, headers(), `{"error":{"message":["one","two"],"code":"bad"}}`, batch.Error{Type: "bad", Message: "one, two"}},
		{"JSON of another form", 500, headers(), `{"oops":1}`, batch.Error{Message: `{"oops":1}`}},
		{"plain text", 503, headers("Content-Type", "text/plain"), "upstream\nconnect error\n", batch.Error{Message: "upstream connect error"}},
		{"no body", 500, headers(), "", batch.Error{Message: "internal server error"}},
		{"a gateway's page", 502, htmlPage, "<html><head><title>502 Bad\nGateway</title></head></html>", batch.Error{Message: "an HTML page: 502 Bad Gateway", MaybeCharged: true}},
		{"a page in place of the API", 404, htmlPage, "<html>", batch.Error{Message: "an HTML page", Fatal: true, Hint: checkURL}},
		{"a page that says that the request is bad", 400, htmlPage, "<html><title>400 Bad Request</title>", batch.Error{Message: "an HTML page: 400 Bad Request", Fatal: true, Hint: checkURL}},
		{"a path that is gone", 410, headers("Content-Type", "text/plain"), "gone", batch.Error{Message: "gone", Fatal: true, Hint: checkURL}},
		{"a path that takes no requests", 405, headers("Content-Type", "text/plain"), "", batch.Error{Message: "method not allowed", Fatal: true, Hint: checkURL}},
		{"a path that takes no requests, in JSON", 405, headers(), `{"detail":"Method Not Allowed"}`, batch.Error{Message: "Method Not Allowed", Fatal: true, Hint: checkURL}},
		{"a model that is retired", 410, headers(), `{"error":{"code":"ModelDeprecated","message":"the model has been retired"}}`, batch.Error{Type: "ModelDeprecated", Message: "the model has been retired"}},
		{"a firewall's page", 403, htmlPage, "<html><title>Attention Required!</title>", batch.Error{Message: "an HTML page: Attention Required!"}},
		{"a page for a request that is too large", 413, htmlPage, "<html><title>413</title>", batch.Error{Message: "an HTML page: 413"}},
		{"a model that is not there", 404, headers(), `{"error":{"type":"not_found","message":"no such model"}}`, batch.Error{Type: "not_found", Message: "no such model"}},
		{"a login page", 200, htmlPage, "<!doctype html><TITLE>Sign in</TITLE>", batch.Error{Message: "an HTML page: Sign in", Fatal: true, Hint: checkURL}},
		{"a page that is called a text", 200, headers("Content-Type", "text/plain"), "\n<!DOCTYPE html><title>Sign in</title>", batch.Error{Message: "an HTML page: Sign in", Fatal: true, Hint: checkURL}},
		{"a page that is called JSON", 200, headers("Content-Type", "application/json"), "<html><title>Sign in</title>", batch.Error{Message: "an HTML page: Sign in", Fatal: true, Hint: checkURL}},
		{"a page that is called a stream", 200, headers("Content-Type", "text/event-stream"), "<HTML lang=en>", batch.Error{Message: "an HTML page", Fatal: true, Hint: checkURL}},
		{"a page that is called JSON, with an error's status", 400, headers("Content-Type", "application/json"), "<html><title>400 Bad Request</title>", batch.Error{Message: "an HTML page: 400 Bad Request", Fatal: true, Hint: checkURL}},
		{"XML in place of the API", 200, headers("Content-Type", "application/xml"), "<ok/>", batch.Error{Message: "<ok/>", Fatal: true, Hint: checkURL}},
		{"JSON in place of the API", 200, headers("Content-Type", "application/json"), `{"status":"ok"}`, batch.Error{Message: `{"status":"ok"}`, Fatal: true, Hint: checkURL}},
		{"nothing in place of the API", 200, headers(), "", batch.Error{Message: "an empty response", MaybeCharged: true, Fatal: true, Hint: checkURL}},
		{"nothing in place of the API, as JSON", 200, headers("Content-Type", "application/json"), "", batch.Error{Message: "an empty response", MaybeCharged: true, Fatal: true, Hint: checkURL}},
		{"control characters", 400, headers(), `{"error":{"type":"a\u001bb","message":"red \u001b[31m\u009b0m\r\nnext\u0000 \u202eevil\u2066\u2028end\ttab"}}`,
			batch.Error{Type: "ab", Message: "red [31m0m next evil end tab"}},
		{"the key in the message", 401, headers(), `{"error":{"message":"Incorrect key sk_live_\u00000123456789abcdef."}}`, batch.Error{Message: "Incorrect key (the key)."}},
		{"a message without end", 400, headers(), `{"error":{"message":"` + strings.Repeat("ü", 3<<20) + `"}}`, batch.Error{Message: `{"error":{"message":"` + strings.Repeat("ü", 500-22) + "…"}},
	}
	said := cmpopts.IgnoreFields(batch.Error{}, "echo")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				for name, value := range test.headers {
					w.Header().Set(name, value)
				}
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			})
			_, err := client.Ask(t.Context(), question)
			test.want.Status = test.status
			if diff := cmp.Diff(test.want, *failure(t, err), said); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A redirect is not followed: the key would travel to another host.
func TestRedirect(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			reached := false
			other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
			defer other.Close()
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", other.URL+"/v2/chat?token=secret")
				w.WriteHeader(status)
			})
			_, err := client.Ask(t.Context(), question)
			e := failure(t, err)
			host := strings.TrimPrefix(other.URL, "http://")
			if e.Status != status || !e.Fatal || e.MaybeCharged || !strings.Contains(e.Message, host) ||
				!strings.Contains(e.Hint, "--base-url") || strings.Contains(e.Hint, "secret") {
				t.Errorf("got %+v", e)
			}
			if reached {
				t.Error("the redirect was followed")
			}
		})
	}
}

func TestServerThatCannotBeReached(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	tls := httptest.NewUnstartedServer(sending(stop))
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	defer tls.Close()
	plain := httptest.NewServer(sending(stop))
	defer plain.Close()

	tests := []struct {
		name, url       string
		message, hint   string
		unreached, dead bool
	}{
		{"a refused connection", closed.URL, "the service cannot be reached: ", "", true, false},
		{"a certificate that is not trusted", tls.URL, "the service cannot be reached: ", "certificate is not trusted", false, true},
		{"a server without TLS", strings.Replace(plain.URL, "http:", "https:", 1), "the service cannot be reached: ", "does not speak TLS", false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := newClient(t, Config{BaseURL: test.url, Key: testKey}).Ask(t.Context(), question)
			e := failure(t, err)
			if e.Unreached != test.unreached || e.Fatal != test.dead || e.MaybeCharged || e.Err == nil ||
				!strings.HasPrefix(e.Message, test.message) || !strings.Contains(e.Hint, test.hint) || (e.Hint == "") != (test.hint == "") {
				t.Errorf("got %+v", e)
			}
		})
	}
}

// A certificate that is trusted, but another host's, gets no key.
func TestCertificateOfAnotherHost(t *testing.T) {
	asked := false
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS() // for example.com and the address
	defer server.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "https://"), ":")
	client := newClient(t, Config{BaseURL: "https://localhost:" + port, Key: testKey})
	trust(client, server)
	_, err := client.Ask(t.Context(), question)
	e := failure(t, err)
	if asked || !e.Fatal || e.MaybeCharged || !strings.Contains(e.Message, "not localhost") || !strings.Contains(e.Hint, "certificate is not trusted") {
		t.Errorf("asked: %v; got %+v", asked, e)
	}
}

// FuzzReported holds any body and headers of an error against what the fields
// of batch.Error promise.
func FuzzReported(f *testing.F) {
	f.Add(429, "7", "1s", `{"error":{"type":"t","message":"m","details":{"reset_at":"2026-11-01T00:00:00Z","cost_cents":24}}}`)
	f.Add(200, "Wed, 07 Oct 2026 10:02:00 GMT", "1700000000", "<html><title>x</title>")
	f.Add(302, "NaN", "-5", "\x1b[31m\u202e")
	client := newClient(f, Config{Key: testKey})
	f.Fuzz(func(t *testing.T, status int, retryAfter, reset, body string) {
		header := http.Header{
			"Retry-After": {retryAfter}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {reset}, "Location": {reset}}
		for _, mediaType := range []string{"application/json", "text/html"} {
			header.Set("Content-Type", mediaType)
			x := client.exchange(t.Context(), question)
			e := client.describe(x, ErrorFrom(status, header, []byte(body)))
			x.end()
			if e.RetryAfter < 0 || e.RetryAfter > longestWait {
				t.Errorf("retry after %v", e.RetryAfter)
			}
			for _, text := range []string{e.Type, e.Param, e.Message, e.Hint, e.RequestID} {
				if text != clean(text, []string{testKey}, 500) {
					t.Errorf("%q is not clean", text)
				}
			}
		}
		if gjson.Valid(body) {
			inStream := collector{}
			_ = inStream.chunk([]byte(`{"error":` + body + `}`))
		}
	})
}
